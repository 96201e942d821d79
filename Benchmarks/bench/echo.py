"""Echo: what the wrapper costs beside the same server in C."""
from . import plot, results, rows
from .cells import Cell
from .figures import markdown_table, size_text
from .machine import caption
from .servers import C_DIRECT, C_EXAMPLE, CLOSURES, ECHOING, SEQUENCE

COST = "cpu_us_per_message"
PAIRS = ((CLOSURES, C_EXAMPLE), (SEQUENCE, C_EXAMPLE), (CLOSURES, C_DIRECT), (C_DIRECT, C_EXAMPLE))
SHOWN = PAIRS[:3]


def echo(connections, window, size, messages, idle=0):
    return Cell(
        key=f"echo-{connections}x{size}x{window}" + ("-idle" if idle else ""),
        title=f"{connections} × {window}, {size_text(size)}" + (f", {idle:,} idle" if idle else ""),
        mode="echo",
        load={"connections": connections, "window": window, "bytes": size, "messages": messages, "idle": idle},
        servers=ECHOING,
        figures=(COST, "p50_us", "p99_us"),
        compared=(COST,),
        pairs=PAIRS,
        quick={"messages": messages // 20, "idle": idle // 10},
        rounds=(5, 25),
        connections=connections + idle,
    )


CELLS = [
    echo(1, 1, 64, 60_000),
    echo(100, 1, 64, 250_000),
    echo(100, 64, 64, 800_000),
    echo(10, 1, 1_024, 200_000),
    echo(10, 1, 16_384, 60_000),
    echo(100, 1, 64, 250_000, idle=10_000),
]


def report(figures):
    measured = figures["cells"]
    names = rows.names(measured, ECHOING)
    pairs = [pair for pair in SHOWN if set(pair) <= set(names)]
    heads = ["connections × in flight, message", *(f"`{name}`" for name in names)]
    heads += [f"`{mine}` / `{other}`" for mine, other in pairs]
    table = markdown_table(heads, [
        [rows.title(row), *(rows.figure_text(row, name, COST) for name in names)]
        + [rows.ratio_cell(row, *pair, COST) for pair in pairs]
        for row in measured
    ])
    return "\n\n".join([
        caption(figures["machine"]),
        "CPU seconds of the server per million messages, median of the rounds; ratios with their quartiles.",
        table,
        *rows.remarks(measured),
    ]) + "\n"


def draw(measured):
    def relative(row, name):
        # The example is the measure, so it has no ratio of its own.
        return (1, 1, 1) if name == C_EXAMPLE else rows.ratio(row, name, C_EXAMPLE, COST)

    clusters = [(row["title"], [relative(row, name) for name in ECHOING]) for row in measured]
    plot.bars(results.path("echo.svg"), clusters, ECHOING, "CPU time per message, the C example = 1")
