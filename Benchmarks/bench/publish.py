"""Messages that are published over HTTP, beside Nchan."""
from . import rows, servers
from .cells import Cell
from .figures import markdown_table
from .machine import caption

COST = "cpu_us_per_message"
PAIR = (servers.SUBJECT, servers.NCHAN)


def publish(connections):
    title = f"{connections} connections" if connections > 1 else "one connection"
    return Cell(
        key=f"publish-{connections}", title=title, mode="publish",
        load={"connections": connections, "messages": 50_000, "bytes": 64}, servers=PAIR,
        figures=(COST, "p50_us", "p99_us"), compared=(COST,), pairs=(PAIR,), settling=PAIR, quick={"messages": 2_000},
        rounds=(7, 25), connections=connections + 1,
    )


CELLS = [publish(1), publish(64)]


def report(figures):
    table = markdown_table(["", *(f"`{name}`" for name in PAIR), " / ".join(f"`{name}`" for name in PAIR)], [
        [rows.title(row), *(rows.figure_text(row, name, COST) for name in PAIR), rows.ratio_cell(row, *PAIR, COST)]
        for row in figures["cells"]
    ])
    text = "Messages of 64 bytes, each a POST on a kept connection, to one subscriber on a WebSocket; CPU µs of each:"
    head = f"{caption(figures['machine'])} Nchan: {figures['machine']['nchan']}."
    return "\n\n".join([head, text, table, *rows.remarks(figures["cells"])]) + "\n"


def draw(_):
    pass
