"""Fan-out: the matrix of cells, each server in each round, one after another."""
import statistics

from . import plot, results, servers
from .cells import PEERS
from .figures import is_good, is_settled, markdown_table, median, number_text, ratio_text, ratios
from .machine import caption
from .progress import progress
from .server import LoadFailure, Server

COST = "cpu_us_per_delivery"
WARMUP = 0.2


def takes_part(name, cell, wanted):
    if name not in wanted or (name in PEERS and not cell.has_peers):
        return False
    return servers.command(name, cell.features) is not None


def measure_once(name, cell, quick):
    options = cell.load | {"seconds": 0.3 if quick else cell.seconds, "warmup": 0.1 if quick else WARMUP}
    try:
        with Server(servers.command(name, cell.features)) as server:
            return server.load("fanout", options, cell.timeout)
    except LoadFailure as failure:
        return {"failure": str(failure)}


def sample_text(sample):
    if not is_good(sample):
        return sample["failure"]
    return f"{sample[COST]:9.3f} CPU s/M deliveries, p99 {sample['p99_us'] / 1000:.2f} ms"


def measure_cell(cell, names, rounds, quick):
    """`rounds`: how many, or None for as many as the cell needs."""
    # What is compared runs next to one another, before the machine changes its pace.
    order = sorted(names, key=lambda name: name not in servers.COMPARED)
    samples = {name: [] for name in order if takes_part(name, cell, names)}
    minimum, maximum = cell.rounds
    for number in range(rounds or minimum):
        measure_round(cell, samples, number, quick)
    compared = {name: mine for name, mine in samples.items() if name in servers.COMPARED}
    if not rounds and len(compared) == len(servers.COMPARED):
        for number in range(minimum, maximum):
            if is_settled(ratios(compared[servers.SUBJECT], compared[servers.REFERENCE], COST)):
                break
            measure_round(cell, compared, number, quick)
    return {"key": cell.key, "title": cell.title, "samples": samples}


def measure_round(cell, samples, number, quick):
    # Every other round backwards, so that none always runs before or behind the same one.
    for name, mine in list(samples.items())[:: 1 if number % 2 == 0 else -1]:
        # Unable once, a server is left out of the cell's further rounds.
        if mine and not is_good(mine[-1]):
            mine.append(mine[-1])
            continue
        mine.append(measure_once(name, cell, quick))
        progress(f"{cell.key:22} round {number + 1:2}  {name:17} {sample_text(mine[-1])}")


def title(row):
    return f"{row['title']} \\*" if "machine" in row else row["title"]


def strangers(rows):
    """The cells that were measured on another machine than the rest, a line each."""
    return "\n".join(f"- {row['title']}: {caption(row['machine'])}" for row in rows if "machine" in row)


def cost_text(row, name):
    samples = row["samples"].get(name)
    if not samples:
        return "–"
    cost = median(samples, COST)
    return number_text(cost) if cost is not None else "failed"


def table(rows):
    names = [name for name in servers.NAMES if any(name in row["samples"] for row in rows)]
    compared = [(servers.SUBJECT, servers.REFERENCE), (servers.SUBJECT, servers.EXAMPLE)]
    compared = [pair for pair in compared if all(name in names for name in pair)]
    heads = ["subscribers × message", *(f"`{name}`" for name in names)]
    heads += [f"`{mine}` / `{other}`" for mine, other in compared]
    lines = []
    for row in rows:
        line = [title(row), *(cost_text(row, name) for name in names)]
        for mine, other in compared:
            samples = row["samples"].get(mine, []), row["samples"].get(other, [])
            line.append(ratio_text(ratios(*samples, COST)))
        lines.append(line)
    return markdown_table(heads, lines)


def failures(rows):
    """What the load client found wrong, a line each."""
    lines = []
    for row in rows:
        for name, samples in row["samples"].items():
            failure = next((sample["failure"] for sample in samples if not is_good(sample)), None)
            if failure:
                lines.append(f"- `{name}`, {row['title']}: {failure}")
    return "\n".join(lines)


def latency_table(rows):
    names = [name for name in servers.NAMES if any(name in row["samples"] for row in rows)]
    heads = ["subscribers × message", *(f"`{name}`" for name in names)]
    lines = []
    for row in rows:
        line = [title(row)]
        for name in names:
            samples = row["samples"].get(name, [])
            values = [median(samples, figure) for figure in ("p50_us", "p99_us")]
            line.append("–" if None in values else " / ".join(number_text(value / 1000) for value in values))
        lines.append(line)
    return markdown_table(heads, lines)


def draw(rows):
    names = [name for name in servers.NAMES if any(name in row["samples"] for row in rows)]
    costs = [
        (row["title"], [median(row["samples"].get(name, []), COST) for name in names])
        for row in rows if len(row["samples"]) == len(names)
    ]
    if costs:
        plot.bars(results.path("fanout.svg"), costs, names, "CPU s per million deliveries", is_logarithmic=True)
    compared = [
        (row["title"], spread(ratios(row["samples"][servers.SUBJECT], row["samples"][servers.REFERENCE], COST)))
        for row in rows if {servers.SUBJECT, servers.REFERENCE} <= row["samples"].keys()
    ]
    compared = [(title, values) for title, values in compared if values]
    if compared:
        plot.dots(results.path("fanout-ratio.svg"), compared, "CPU time, the C reference = 1", limit=1.1)


def spread(values):
    return (statistics.median(values), min(values), max(values)) if values else None
