"""What is kept of a cell: for each server, and for each pair that is compared, median and quartiles of the rounds.

    {"key": …, "title": …, "servers": {name: {"rounds": n, figure: [q1, median, q3], …, "failure": …}},
     "ratios": {"mine / other": {"rounds": n, figure: [q1, median, q3], …}}, "commit": …, "machine": …}
"""
from .figures import is_good, number_text, quartiles, ratio_text, ratios, rounded
from .machine import caption


def make(cell, samples, pairs):
    return {
        "key": cell.key,
        "title": cell.title,
        "servers": {name: server(mine, cell.figures) for name, mine in samples.items()},
        "ratios": {
            f"{mine} / {other}": comparison(samples[mine], samples[other], cell.compared)
            for mine, other in pairs if mine in samples and other in samples
        },
    }


def server(samples, figures):
    good = [sample for sample in samples if is_good(sample)]
    kept = {"rounds": len(good)}
    if good:
        kept |= {figure: triple(quartiles([sample[figure] for sample in good])) for figure in figures}
    failure = next((sample["failure"] for sample in samples if not is_good(sample)), None)
    return kept | ({"failure": failure} if failure else {})


def comparison(mine, other, figures):
    values = {figure: ratios(mine, other, figure) for figure in figures}
    return {"rounds": max(map(len, values.values()))} | {
        figure: triple(quartiles(each)) for figure, each in values.items() if each
    }


def triple(values):
    return [rounded(value) for value in values]


# MARK: Reading them

def figure(row, name, which):
    """(first quartile, median, third quartile), or None."""
    return row["servers"].get(name, {}).get(which)


def median(row, name, which):
    values = figure(row, name, which)
    return values[1] if values else None


def ratio(row, mine, other, which):
    return row["ratios"].get(f"{mine} / {other}", {}).get(which)


# MARK: What all tables have

def names(rows, order):
    """Those of `order` that took part, then the rest."""
    present = list(dict.fromkeys(name for row in rows for name in row["servers"]))
    return [name for name in order if name in present] + [name for name in present if name not in order]


def title(row):
    return f"{row['title']} \\*" if "machine" in row else row["title"]


def figure_text(row, name, which):
    if name not in row["servers"]:
        return "–"
    value = median(row, name, which)
    return "failed" if value is None else number_text(value)


def ratio_cell(row, mine, other, which):
    return ratio_text(ratio(row, mine, other, which))


def strangers(rows):
    """The cells that were measured on another machine than the rest, a line each."""
    return "\n".join(f"- {row['title']}: {caption(row['machine'])}" for row in rows if "machine" in row)


def failures(rows):
    """What the load client found wrong, a line each."""
    return "\n".join(
        f"- `{name}`, {row['title']}: {server['failure']}"
        for row in rows for name, server in row["servers"].items() if "failure" in server
    )


def remarks(rows):
    """The paragraphs below a part's tables."""
    parts = []
    if strangers(rows):
        parts += ["\\* On another machine, so that its costs compare with each other and not with the rest:",
                  strangers(rows)]
    if failures(rows):
        parts += ["Did not come to an end, or made a mistake:", failures(rows)]
    return parts
