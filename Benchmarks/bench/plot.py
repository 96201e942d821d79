"""Charts as SVG, drawn by gnuplot."""
import subprocess

COLORS = ["#9aa0a6", "#5f6368", "#f05138", "#f7a58f", "#4285b4", "#8fb8d8"]


def bars(path, rows, names, label, is_logarithmic=False):
    """Draws a cluster for each row: (title, [value or (value, low, high) or None for each name])."""
    data = []
    for title, values in rows:
        cells = [value if isinstance(value, tuple) else (value, value, value) for value in values]
        numbers = " ".join("NaN NaN NaN" if cell[0] is None else "{:.5g} {:.5g} {:.5g}".format(*cell) for cell in cells)
        data.append(f'"{title}" {numbers}')
    colors = "\n".join(f'set linetype {index + 1} linecolor "{color}"' for index, color in enumerate(COLORS))
    columns = ", ".join(
        f'$rows using {3 * index + 2}:{3 * index + 3}:{3 * index + 4}:xtic(1) title "{name}" linetype {index + 1}'
        for index, name in enumerate(names)
    )
    scale = "set logscale y\nset yrange [*:*]" if is_logarithmic else "set yrange [0:*]"
    script = f"""
$rows << END
{chr(10).join(data)}
END
set terminal svg size 1080,460 dynamic font "sans-serif,13" background "white"
set output "{path}"
set style data histogram
set style histogram errorbars gap 1.2 linewidth 1
set errorbars 0.5 linecolor "#444444"
set style fill solid 0.9 noborder
set boxwidth 0.9
{colors}
{scale}
set ylabel "{label}"
set ytics nomirror
set xtics nomirror rotate by -30 noenhanced
set grid ytics linecolor "#dddddd"
set border 3
set key outside top center horizontal noenhanced
plot {columns}
"""
    subprocess.run(["gnuplot"], input=script, text=True, check=True)


def dots(path, rows, label, limit):
    """Draws a line for each row: (title, (value, low, high)), with a mark at 1 and a dashed one at `limit`."""
    data = "\n".join('"{}" {:.5g} {:.5g} {:.5g}'.format(title, *values) for title, values in rows)
    script = f"""
$rows << END
{data}
END
set terminal svg size 900,{90 + 19 * len(rows)} dynamic font "sans-serif,13" background "white"
set output "{path}"
set yrange [{len(rows)}:-1]
set logscale x 2
set xrange [0.25:4]
set xlabel "{label}"
set ytics nomirror noenhanced scale 0
set xtics nomirror
set grid xtics ytics linecolor "#eeeeee"
set border 1
set errorbars 0
set arrow from 1, graph 0 to 1, graph 1 nohead linecolor "#444444"
set arrow from {limit}, graph 0 to {limit}, graph 1 nohead linecolor "#444444" dashtype 2
plot $rows using 2:0:3:4:ytic(1) with xerrorbars notitle pointtype 7 pointsize 0.7 linewidth 1.5 linecolor "{COLORS[2]}"
"""
    subprocess.run(["gnuplot"], input=script, text=True, check=True)
