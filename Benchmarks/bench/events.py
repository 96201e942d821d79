"""Streams of events: what a member costs that has one, beside the same with a WebSocket."""
from . import rows, servers
from .cells import Cell
from .figures import markdown_table
from .machine import caption
from .rounds import label

CONNECTIONS, RESUMING, FEW = 10_000, 5_000, 200
COST, CPU, BYTES, MEMBER = "cpu_us_per_delivery", "cpu_us_per_connect", "bytes_per_connection", "cpu_us_per_member"
WEBSOCKETS, EVENTS = (label(servers.SUBJECT, variant) for variant in ("WebSocket", "events"))
SHARED = {
    "servers": (servers.SUBJECT,),
    "variants": {"WebSocket": {}, "events": {"events": True}},
    "pairs": ((EVENTS, WEBSOCKETS),),
    "settling": (EVENTS, WEBSOCKETS),
}


def fan_out(subscribers, window):
    return Cell(
        key=f"events-{subscribers}x64x{window}", title=f"{subscribers:,} × 64 B, {window} in flight", mode="fanout",
        load={"subscribers": subscribers, "bytes": 64, "window": window, "warmup": 0.2, "seconds": 0.6},
        figures=(COST, "p50_us", "p99_us", "load_utilization"), compared=(COST,), quick={"seconds": 0.3},
        timeout=30, rounds=(7, 63), connections=subscribers + 1, **SHARED,
    )


FAN_OUTS = [fan_out(subscribers, window) for subscribers in (100, 1_000) for window in (1, 64)]
IDLE = Cell(
    key="event-idle", title=f"{CONNECTIONS:,} that connect and stay", mode="connect", load={"connections": CONNECTIONS},
    figures=(BYTES, CPU, "connect_us"), compared=(BYTES, CPU), quick={"connections": FEW}, rounds=(5, 15),
    connections=CONNECTIONS, **SHARED,
)
REPLAY = Cell(
    key="event-replay", title=f"{RESUMING:,} that come back and missed 100 messages of 100 bytes", mode="replay",
    load={"connections": RESUMING, "messages": 100, "bytes": 100},
    figures=(MEMBER, "replay_ns", "live_ns", "rss_growth_mib"), compared=(MEMBER,), features=frozenset({"history"}),
    quick={"connections": FEW}, rounds=(5, 15), connections=RESUMING, **SHARED,
)
CELLS = [*FAN_OUTS, IDLE, REPLAY]


def beside(head, measured, figures):
    """A line for each cell and figure, which are pairs of its name and what it is called."""
    return markdown_table([head, "WebSocket", "events", "events / WebSocket"], [
        [rows.title(row) + name, *(rows.figure_text(row, each, figure) for each in (WEBSOCKETS, EVENTS)),
         rows.ratio_cell(row, EVENTS, WEBSOCKETS, figure)]
        for row in measured for figure, name in figures
    ])


def report(figures):
    measured = {row["key"]: row for row in figures["cells"]}
    fan_outs = [measured[cell.key] for cell in FAN_OUTS if cell.key in measured]
    parts = [caption(figures["machine"])]
    if fan_outs:
        parts += ["CPU seconds of the server per million deliveries:",
                  beside("subscribers × message", fan_outs, [(COST, "")])]
    if IDLE.key in measured:
        parts += ["Connections that stay idle:",
                  beside("", [measured[IDLE.key]], [(BYTES, ", bytes of each"), (CPU, ", CPU µs of each")])]
    if REPLAY.key in measured:
        parts += ["Connections that ask for the history, with the connect:",
                  beside("", [measured[REPLAY.key]], [(MEMBER, ", CPU µs of each")])]
    return "\n\n".join([*parts, *rows.remarks(figures["cells"])]) + "\n"


def draw(_):
    pass
