"""Tables of what was measured, medians of the rounds."""
import re

from bench.figures import markdown_table, number_text, quartiles, ratio_text, rounded
from bench.machine import caption

_LATENCIES = ("p50_us", "p99_us", "delivery_p50_us", "delivery_p99_us")
_LATENCY_HEADS = ["", "acknowledged, p50", "p99", "delivered, p50", "p99", "acknowledged", "delivered"]
_RATE, _COST = "messages_per_second", "cpu_us_per_message"
_MARKS = ("<!-- figures -->", "<!-- end of figures -->")


def rows(cells, measured):
    """Of each cell first quartile, median and third quartile of every figure, and of the ratios of each round."""
    return [_row(cell, measured[cell.key]) for cell in cells]


def _row(cell, samples):
    row = {"key": cell.key, "title": cell.title, "window": cell.window, "rounds": len(samples)}
    row["messages_each"] = _triple([sample["messages_each"] for sample in samples])
    row["bytes_each"] = _triple([sample["bytes_each"] for sample in samples])
    for name, figures in (("cluster", (*_LATENCIES, _RATE, _COST)), ("jetstream", (*_LATENCIES, _RATE))):
        row[name] = {figure: _triple([sample[name][figure] for sample in samples]) for figure in figures}
    row["ratios"] = {
        figure: _triple([sample["cluster"][figure] / sample["jetstream"][figure] for sample in samples])
        for figure in (*_LATENCIES, _RATE)
    }
    return row


def _triple(values):
    return [rounded(value) for value in quartiles(values)]


def text(figures):
    """The section of docs/cluster.md."""
    rows = figures["cells"]
    latencies = [
        [row["title"], *(f"{_time(row, 'cluster', f)} / {_time(row, 'jetstream', f)}" for f in _LATENCIES),
         _ratio(row, "p50_us"), _ratio(row, "delivery_p50_us")]
        for row in rows if row["window"] == 1
    ]
    rates = [
        [row["title"], _number(row["messages_each"]), _number(row["cluster"][_RATE]), _number(row["jetstream"][_RATE]),
         _ratio(row, _RATE), _number(row["cluster"][_COST])]
        for row in rows
    ]
    server = figures["machine"]["nats"].removeprefix("nats-server: ")
    return "\n\n".join([
        f"{caption(figures['machine'])} nats-server {server}. Medians of {rows[0]['rounds']} rounds.",
        "From publishing on one node to the acknowledgement, and until a member of another node has it: milliseconds\n"
        "with the cluster / with JetStream alone, and their ratio with its quartiles:",
        markdown_table(_LATENCY_HEADS, latencies),
        "Messages a second of one member, in batches of so many, and what a message costs the node that it is said on:",
        markdown_table(["", "a batch", "cluster", "JetStream alone", "ratio", "CPU µs of each"], rates),
    ]) + "\n"


def _time(row, name, figure):
    return f"{row[name][figure][1] / 1000:.2f}"


def _number(triple):
    return number_text(triple[1])


def _ratio(row, figure):
    return ratio_text(row["ratios"][figure])


def put_into(page, section):
    """Puts it in the place of what stands between the marks."""
    begin, end = _MARKS
    content = page.read_text()
    found = re.compile(f"{begin}.*{end}", re.DOTALL)
    if not found.search(content):
        raise SystemExit(f"error: {page} has no place for figures: {begin}")
    page.write_text(found.sub(lambda _: f"{begin}\n{section}{end}", content))
