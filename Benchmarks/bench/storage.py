"""A state directory: messages that are acknowledged when they are on the disk, and what it costs those that are not."""
from . import rows, servers
from .cells import Cell
from .figures import markdown_table
from .machine import caption
from .rounds import label

COST, RATE, MESSAGE = "cpu_us_per_delivery", "messages_per_second", "cpu_us_per_message"
MEMORY, DISK = (label(servers.STORING, variant) for variant in ("memory", "disk"))
ACKNOWLEDGED = Cell(
    key="disk", title="64 in flight", mode="acknowledged", load={"window": 64, "messages": 50_000, "bytes": 64},
    servers=(servers.STORING,), figures=(RATE, MESSAGE, "p50_us", "p99_us"), compared=(RATE, MESSAGE),
    pairs=((DISK, MEMORY),), variants={"memory": {}, "disk": {"stored": "disk"}}, quick={"messages": 5_000},
    rounds=(5, 15), connections=1,
)
FAN_OUT = Cell(
    key="state-dir", title="100 × 64 B, 64 in flight", mode="fanout",
    load={"subscribers": 100, "bytes": 64, "window": 64, "warmup": 0.2, "seconds": 0.6, "settle": True},
    servers=(servers.SUBJECT, servers.STORING), figures=(COST, "p50_us", "p99_us"), compared=(COST,),
    pairs=((servers.STORING, servers.SUBJECT),), settling=(servers.STORING, servers.SUBJECT), quick={"seconds": 0.3},
    rounds=(7, 63), connections=101,
)
CELLS = [ACKNOWLEDGED, FAN_OUT]


def acknowledged_table(row):
    return markdown_table(["acknowledged when in", "messages a second", "CPU µs of each", "p50, µs", "p99, µs"], [
        [name.split(": ")[1], *(rows.figure_text(row, name, figure) for figure in ACKNOWLEDGED.figures)]
        for name in row["servers"] if ": " in name
    ])


def fan_out_table(row):
    names = FAN_OUT.servers
    return markdown_table(["", "without", "with", "with / without"], [
        [rows.title(row), *(rows.figure_text(row, name, COST) for name in names),
         rows.ratio_cell(row, *FAN_OUT.pairs[0], COST)]
    ])


def report(figures):
    measured = {row["key"]: row for row in figures["cells"]}
    parts = [caption(figures["machine"])]
    if ACKNOWLEDGED.key in measured:
        parts += ["One publisher of JSON, 64 messages of 64 bytes that wait to be acknowledged:",
                  acknowledged_table(measured[ACKNOWLEDGED.key])]
    if FAN_OUT.key in measured:
        parts += ["With and without a state directory, CPU seconds per million deliveries, until the server is at rest:",
                  fan_out_table(measured[FAN_OUT.key])]
    return "\n\n".join([*parts, *rows.remarks(figures["cells"])]) + "\n"


def draw(_):
    pass
