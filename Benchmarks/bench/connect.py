"""Connections as such: what one costs to make and to keep, plain requests, resumed TLS sessions, and what is left."""
from . import rows, servers
from .cells import Cell
from .figures import markdown_table
from .machine import caption

CONNECTIONS, FEW = 10_000, 500
CPU, BYTES = "cpu_us_per_connect", "bytes_per_connection"
REQUEST, FULL, RESUMED = "cpu_us_per_request", "cpu_us_full", "cpu_us_resumed"
LASTING = (servers.CLOSURES, servers.SEQUENCE, servers.SUBJECT)


def burst(key, title, **more):
    return Cell(
        key=key, title=title, mode="connect", load={"connections": CONNECTIONS} | more.pop("load", {}),
        servers=servers.BROADCASTING, figures=(CPU, BYTES, "connect_us"), compared=(CPU, BYTES),
        pairs=((servers.SUBJECT, servers.REFERENCE),), quick={"connections": FEW}, connections=CONNECTIONS, **more,
    )


def resume(kind, title):
    return Cell(
        key=f"resume-{kind}", title=title, mode="resume", load={"connections": FEW, "rounds": 4, "tls": True},
        servers=(servers.SUBJECT,), figures=(RESUMED, FULL, "resumed_over_full", "resumed_part"),
        compared=(RESUMED, FULL, "resumed_over_full", "resumed_part"), features=frozenset({"tls", "loops", kind}),
        quick={"connections": 100, "rounds": 1}, rounds=(3, 9), connections=FEW,
    )


BURSTS = [
    burst("connect-ws", "ws", rounds=(5, 25)),
    burst("connect-wss", "wss", load={"tls": True}, features=frozenset({"tls"}), rounds=(3, 9)),
]
HTTP = Cell(
    key="http", title="GET /healthz, 100 connections", mode="http", load={"connections": 100, "messages": 50_000},
    servers=(servers.SUBJECT,), figures=(REQUEST, "p50_us", "p99_us"), compared=(REQUEST,), quick={"messages": 2_000},
    rounds=(5, 25), connections=100,
)
RESUMES = [resume("ecdsa", "ECDSA P-256"), resume("rsa", "RSA 2048")]
CHURN = Cell(
    key="churn", title="opened and closed three times", mode="churn", load={"connections": CONNECTIONS, "rounds": 3},
    servers=LASTING, figures=(BYTES, "rss_growth", "threads_left", "connect_us"), compared=(BYTES,),
    quick={"connections": FEW}, rounds=(1, 1), connections=CONNECTIONS,
)
CELLS = [*BURSTS, HTTP, *RESUMES, CHURN]


def each_server(measured, *figures):
    """The cells' servers, a line for each: cell, server, and the medians."""
    return [
        [rows.title(row), f"`{name}`", *(rows.figure_text(row, name, figure) for figure in figures)]
        for row in measured for name in row["servers"]
    ]


def bursts_table(measured):
    lines = each_server(measured, CPU, BYTES, "connect_us")
    return markdown_table(["", "server", "CPU µs per connect", "bytes per idle connection", "µs to connect"], lines)


def http_table(measured):
    return markdown_table(
        ["", "server", "CPU µs per request", "p50, µs", "p99, µs"], each_server(measured, REQUEST, "p50_us", "p99_us")
    )


def resumes_table(measured):
    lines = each_server(measured, FULL, RESUMED, "resumed_over_full", "resumed_part")
    return markdown_table(
        ["certificate", "server", "CPU µs, full", "CPU µs, with ticket", "with ticket / full", "tickets taken"], lines
    )


def churn_table(row):
    return markdown_table(
        ["server", "bytes per idle connection", "resident memory, last round / first", "threads left", "µs to connect"],
        [
            [f"`{name}`", rows.figure_text(row, name, BYTES), growth_text(rows.median(row, name, "rss_growth")),
             count_text(rows.median(row, name, "threads_left")), rows.figure_text(row, name, "connect_us")]
            for name in row["servers"]
        ],
    )


def growth_text(growth):
    return "–" if growth is None else f"{growth * 100:+.1f} %"


def count_text(count):
    return "–" if count is None else f"{count:.0f}"


def report(figures):
    measured = {row["key"]: row for row in figures["cells"]}
    bursts, resumes = ([measured[cell.key] for cell in cells if cell.key in measured] for cells in (BURSTS, RESUMES))
    parts = [caption(figures["machine"])]
    if bursts:
        parts += [f"A burst of {CONNECTIONS:,} clients that connect and stay:", bursts_table(bursts)]
    if HTTP.key in measured:
        parts += ["Plain requests on kept connections, one at a time on each:", http_table([measured[HTTP.key]])]
    if resumes:
        parts += ["TLS on two loops, connects with a full handshake and with the newest ticket:",
                  resumes_table(resumes)]
    if CHURN.key in measured:
        parts += [f"{CONNECTIONS:,} connections, {CHURN.title}; no descriptor is left:",
                  churn_table(measured[CHURN.key])]
    return "\n\n".join([*parts, *rows.remarks(figures["cells"])]) + "\n"


def draw(_):
    pass
