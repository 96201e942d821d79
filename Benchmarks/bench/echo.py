"""Echo: what the wrapper costs beside the same server in C, and what connections leave behind."""
import statistics

from . import plot, results
from .figures import markdown_table, median, number_text, ratio_text, ratios, size_text
from .machine import caption
from .paths import BROADCAST_SERVER, BUILD, ECHO_BENCH
from .progress import progress
from .server import Server

SERVERS = {
    "c-example": [f"{BUILD}/c-echo", "{port}", "example"],
    "c-direct": [f"{BUILD}/c-echo", "{port}", "direct"],
    "closures": [ECHO_BENCH, "{port}", "closures"],
    "sequence": [ECHO_BENCH, "{port}", "sequence"],
}
CHURN_SERVERS = {
    "closures": SERVERS["closures"],
    "sequence": SERVERS["sequence"],
    "broadcast-server": [
        BROADCAST_SERVER, "start", "--port", "{port}", "--no-log-file", "--log-level", "warning",
    ],
}
# Connections, messages in flight on each, bytes of a message, messages in all, idle connections beside.
CELLS = [
    (1, 1, 64, 60_000, 0),
    (100, 1, 64, 250_000, 0),
    (100, 64, 64, 800_000, 0),
    (10, 1, 1_024, 200_000, 0),
    (10, 1, 16_384, 60_000, 0),
    (100, 1, 64, 250_000, 10_000),
]
# For 10,000 connections, those that are active beside them, and what a process needs besides.
DESCRIPTORS = 10_300
COST = "cpu_us_per_message"


def title(cell):
    connections, window, size, _, idle = cell
    return f"{connections} × {window}, {size_text(size)}" + (f", {idle:,} idle" if idle else "")


def measure_cells(rounds, quick):
    rows = []
    for cell in CELLS:
        connections, window, size, messages, idle = cell
        options = {
            "connections": connections, "window": window, "bytes": size, "idle": idle,
            "messages": messages // 20 if quick else messages,
        }
        samples = {name: [] for name in SERVERS}
        for number in range(rounds):
            for name, command in SERVERS.items():
                with Server(command) as server:
                    samples[name].append(server.load("echo", options))
                progress(
                    f"echo  {title(cell):24} round {number + 1}/{rounds}  {name:10} "
                    f"{samples[name][-1][COST]:8.2f} CPU s/M messages"
                )
        rows.append({"cell": title(cell), "samples": samples})
    return rows


def measure_churn(quick):
    rows = []
    for name, command in CHURN_SERVERS.items():
        with Server(command) as server:
            result = server.load("churn", {"connections": 1_000 if quick else 10_000, "rounds": 3})
        per_connection = result["rounds"][0]["bytes_per_connection"]
        progress(f"churn {name:24} {per_connection:,.0f} bytes per idle connection")
        rows.append({"server": name, **result})
    return rows


def echo_table(rows):
    compared = [("closures", "c-example"), ("sequence", "c-example"), ("closures", "c-direct")]
    heads = ["connections × in flight, message", "`c-example`", "`c-direct`", "closures", "sequence"]
    heads += [f"{mine} / `{other}`" for mine, other in compared]
    return markdown_table(heads, [
        [row["cell"], *(number_text(median(row["samples"][name], COST)) for name in SERVERS)]
        + [ratio_text(ratios(row["samples"][mine], row["samples"][other], COST)) for mine, other in compared]
        for row in rows
    ])


def churn_table(rows):
    lines = []
    for row in rows:
        first, second, last = row["rounds"][0], row["rounds"][1], row["rounds"][-1]
        growth = (second["rss_after_kib"] / first["rss_after_kib"] - 1) * 100
        lines.append([
            row["server"], f"{row['connections']:,}", f"{first['bytes_per_connection']:,.0f}", f"{growth:+.1f} %",
            str(last["descriptors_left"]), str(last["threads_left"]),
            f"{statistics.median(each['connect_us'] for each in row['rounds']):.0f}",
        ])
    return markdown_table(
        ["server", "connections", "bytes per idle connection", "resident memory, second round / first",
         "descriptors left", "threads left", "µs to connect"],
        lines,
    )


def draw(rows):
    clusters = [
        (row["cell"], [
            statistics.median(ratios(row["samples"][name], row["samples"]["c-example"], COST)) for name in SERVERS
        ])
        for row in rows
    ]
    plot.bars(results.path("echo.svg"), clusters, list(SERVERS), "CPU time per message, the C example = 1")


def run(machine, descriptors, rounds, quick):
    if descriptors < DESCRIPTORS:
        raise SystemExit(
            f"error: 10,000 connections need more descriptors than {descriptors}: raise it with 'ulimit -Hn 16384'"
        )
    rows, churn = measure_cells(rounds, quick), measure_churn(quick)
    report = (
        f"{caption(machine)}\n\nCPU seconds of the server per million messages, median of {rounds} rounds; ratios with "
        f"their spread.\n\n{echo_table(rows)}\n\n{churn_table(churn)}\n"
    )
    if not quick:
        results.write("echo", report, {"machine": machine, "echo": rows, "churn": churn})
        draw(rows)
    return report
