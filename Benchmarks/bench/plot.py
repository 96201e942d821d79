"""Charts as SVG."""
import math
from html import escape

COLORS = ["#9aa0a6", "#5f6368", "#f05138", "#f7a58f", "#4285b4", "#8fb8d8"]
DARK, LIGHT = "#444444", "#dddddd"


def text(x, y, content, anchor="start", more=""):
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}"{more}>{escape(content)}</text>'


def lines(points, color, more=""):
    """Straight lines, each (x, y, x, y), as one path."""
    path = "".join(f"M{a:.1f} {b:.1f}L{c:.1f} {d:.1f}" for a, b, c, d in points)
    return f'<path d="{path}" stroke="{color}" fill="none"{more}/>'


def write(path, width, height, parts):
    with open(path, "w") as file:
        file.write(
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
            'font-family="sans-serif" font-size="12">\n<rect width="100%" height="100%" fill="white"/>\n'
            + "\n".join(parts) + "\n</svg>\n"
        )


def scale(low, high, start, end, is_logarithmic):
    """Where a value between `low` and `high` lies between `start` and `end`, and outside of them at the nearer one."""
    turn = math.log if is_logarithmic else float
    first, last = turn(low), turn(high)

    def place(value):
        return start + (end - start) * (turn(min(max(value, low), high)) - first) / (last - first)

    return place


def ticks(highest):
    """Round numbers from 0 to `highest`, about five."""
    raw = highest / 5
    power = 10 ** math.floor(math.log10(raw))
    step = next(each * power for each in (1, 2, 5, 10) if each * power >= raw)
    return [step * index for index in range(math.ceil(highest / step) + 1)]


def decades(lowest, highest):
    return [10.0 ** power for power in range(math.floor(math.log10(lowest)), math.ceil(math.log10(highest)) + 1)]


def bars(path, rows, names, label, is_logarithmic=False):
    """Draws a cluster for each row: (title, [(first quartile, median, third quartile) or None for each name])."""
    left, right, top, bottom, width, height = 70, 1060, 40, 320, 1080, 460
    values = [value for _, cells in rows for cell in cells if cell for value in cell]
    marks = decades(min(values), max(values)) if is_logarithmic else ticks(max(values))
    y = scale(marks[0], marks[-1], bottom, top, is_logarithmic)
    parts = [lines([(left, y(mark), right, y(mark)) for mark in marks], LIGHT)]
    parts += [text(left - 6, y(mark) + 4, f"{mark:g}", "end") for mark in marks]
    parts.append(text(16, (top + bottom) / 2, label, "middle", f' transform="rotate(-90 16 {(top + bottom) / 2:.0f})"'))
    cluster = (right - left) / len(rows)
    bar = cluster / (len(names) + 1)
    boxes, spreads = [""] * len(names), []
    for row, (title, cells) in enumerate(rows):
        middle = left + (row + 0.5) * cluster
        parts.append(text(middle, bottom + 16, title, "end", f' transform="rotate(-30 {middle:.0f} {bottom + 16})"'))
        for index, cell in enumerate(cells):
            if cell:
                x = middle + (index - len(names) / 2) * bar
                boxes[index] += f"M{x:.1f} {bottom}V{y(cell[1]):.1f}h{bar * 0.9:.1f}V{bottom}z"
                spreads.append((x + bar * 0.45, y(cell[0]), x + bar * 0.45, y(cell[2])))
    for index, name in enumerate(names):
        x = left + index * (right - left) / len(names)
        parts.append(f'<path d="{boxes[index]}" fill="{COLORS[index]}"/>')
        parts.append(f'<rect x="{x:.0f}" y="10" width="12" height="12" fill="{COLORS[index]}"/>')
        parts.append(text(x + 18, 20, name))
    write(path, width, height, [*parts, lines(spreads, DARK), lines([(left, bottom, right, bottom)], DARK)])


def dots(path, rows, label, limit):
    """Draws a line for each row: (title, (first quartile, median, third quartile)), with a mark at 1 and a dashed one
    at `limit`. What lies beyond the chart is drawn at its edge."""
    left, right, top, step, width = 330, 880, 24, 17, 900
    bottom = top + step * len(rows)
    x = scale(0.5, 2, left, right, is_logarithmic=True)
    marks = [0.5, 0.7, 0.85, 1, 1.2, 1.4, 2]
    parts = [lines([(x(mark), top, x(mark), bottom) for mark in marks], LIGHT)]
    parts += [text(x(mark), bottom + 16, f"{mark:g}", "middle") for mark in marks]
    parts.append(text((left + right) / 2, bottom + 34, label, "middle"))
    parts.append(lines([(x(1), top, x(1), bottom)], DARK))
    parts.append(lines([(x(limit), top, x(limit), bottom)], DARK, ' stroke-dasharray="4 3"'))
    spreads, medians = [], ""
    for row, (title, (lower, median, upper)) in enumerate(rows):
        y = top + (row + 0.5) * step
        parts.append(text(left - 8, y + 4, title, "end"))
        spreads.append((x(lower), y, x(upper), y))
        medians += f"M{x(median) - 3:.1f} {y:.1f}a3 3 0 1 0 6 0a3 3 0 1 0 -6 0z"
    parts += [lines(spreads, COLORS[2], ' stroke-width="1.5"'), f'<path d="{medians}" fill="{COLORS[2]}"/>']
    write(path, width, bottom + 44, parts)
