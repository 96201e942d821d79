"""What a matrix does not show: a reader that stands still, a flood to slow readers, logging, and a publisher of JSON."""
from . import rows, servers
from .cells import Cell
from .figures import markdown_table, number_text, ratio_text
from .machine import caption
from .rounds import label

COST = "cpu_us_per_delivery"
WITHOUT, WITH = "without", "with"
FLOOD_MESSAGES, FLOOD_BYTES, FLOOD_RATE = 2000, 65536, 1600
# 100,000 deliveries a second are about all that Python can do: its latencies would be those of a queue.
FAST = tuple(name for name in servers.BROADCASTING if name != servers.PYTHON)

STALLED = Cell(
    key="stalled",
    title="one of 100 readers stands still",
    mode="fanout",
    load={"subscribers": 100, "publishers": 1, "bytes": 8192, "rate": 1000, "warmup": 0.2, "seconds": 4},
    servers=FAST,
    figures=("p99_us", "peak_rss_kib"),
    compared=("p99_us",),
    pairs=tuple((label(name, WITH), label(name, WITHOUT)) for name in FAST),
    variants={WITHOUT: {}, WITH: {"stalled": 1}},
    quick={"seconds": 1},
)
FLOOD = Cell(
    key="flood",
    title=f"{FLOOD_MESSAGES:,} messages of 64 KiB to slow readers",
    mode="fanout",
    load={
        "subscribers": 10, "publishers": 1, "bytes": FLOOD_BYTES, "rate": FLOOD_RATE, "messages": FLOOD_MESSAGES,
        "seconds": 600, "read-rate": FLOOD_BYTES * FLOOD_RATE / 10,
    },
    servers=servers.BROADCASTING,
    figures=("seconds", "peak_rss_kib"),
    compared=("peak_rss_kib",),
    quick={"messages": FLOOD_MESSAGES // 20},
    rounds=(1, 1),
)


def logging(window):
    return Cell(
        key=f"logging-{window}",
        title=f"{window} in flight",
        mode="fanout",
        load={"subscribers": 100, "publishers": 1, "bytes": 64, "window": window, "warmup": 0.2, "seconds": 1},
        servers=(servers.SUBJECT, servers.LOGGING),
        figures=(COST,),
        compared=(COST,),
        pairs=((servers.LOGGING, servers.SUBJECT),),
        quick={"seconds": 0.3},
        # A few hundredths are what it is about.
        rounds=(25, 25),
    )


TEXT, JSON = "text", "JSON"
LANGUAGES = Cell(
    key="json",
    title="100 × 128 B, 64 in flight",
    mode="fanout",
    load={"subscribers": 100, "publishers": 1, "bytes": 128, "window": 64, "warmup": 0.2, "seconds": 1},
    servers=(servers.SUBJECT,),
    figures=(COST,),
    compared=(COST,),
    pairs=((label(servers.SUBJECT, JSON), label(servers.SUBJECT, TEXT)),),
    settling=(label(servers.SUBJECT, JSON), label(servers.SUBJECT, TEXT)),
    variants={TEXT: {}, JSON: {"json": True}},
    quick={"seconds": 0.3},
    rounds=(7, 25),
)


def guarded(subscribers):
    return Cell(
        key=f"rights-{subscribers}",
        title=f"{subscribers} × 64 B, 64 in flight",
        mode="fanout",
        load={
            "subscribers": subscribers, "publishers": 1, "bytes": 64, "window": 64, "warmup": 0.2, "seconds": 1,
            "bearer": servers.TOKEN,
        },
        servers=(servers.SUBJECT, servers.GUARDED),
        figures=(COST,),
        compared=(COST,),
        pairs=((servers.GUARDED, servers.SUBJECT),),
        settling=(servers.GUARDED, servers.SUBJECT),
        quick={"seconds": 0.3},
        rounds=(7, 25),
    )


FLOODED = Cell(
    key="flooder",
    title="one of 100 sends as fast as it can",
    mode="fanout",
    load={"subscribers": 98, "publishers": 1, "bytes": 64, "rate": 50, "warmup": 1, "seconds": 8},
    servers=(servers.LIMITED,),
    figures=("p50_us", "p99_us", "peak_rss_kib"),
    compared=("p99_us",),
    pairs=((label(servers.LIMITED, WITH), label(servers.LIMITED, WITHOUT)),),
    variants={WITHOUT: {}, WITH: {"flooders": 1}},
    quick={"seconds": 1},
)
CONNECT = "cpu_us_per_connect"
GUARDED_CONNECT = Cell(
    key="rights-connect",
    title="a connect",
    mode="connect",
    load={"connections": 5_000, "bearer": servers.TOKEN},
    servers=(servers.SUBJECT, servers.GUARDED),
    figures=(CONNECT,),
    compared=(CONNECT,),
    pairs=((servers.GUARDED, servers.SUBJECT),),
    quick={"connections": 500},
    rounds=(5, 9),
    connections=5_000,
)
CELLS = [STALLED, FLOOD, logging(1), logging(64), LANGUAGES, guarded(100), guarded(1000), GUARDED_CONNECT,
         FLOODED]


def scaled(value, unit):
    return number_text(value and value / unit)


def stalled_table(row):
    lines = []
    for name in dict.fromkeys(each.split(": ")[0] for each in row["servers"]):
        without, stalled = label(name, WITHOUT), label(name, WITH)
        lines.append([
            name, *(scaled(rows.median(row, each, "p99_us"), 1000) for each in (without, stalled)),
            ratio_text(rows.ratio(row, stalled, without, "p99_us")),
            *(scaled(rows.median(row, each, "peak_rss_kib"), 1024) for each in (without, stalled)),
        ])
    return markdown_table(
        ["server", "p99 without, ms", "p99 with, ms", "with / without", "peak memory without, MiB", "with, MiB"], lines
    )


def flood_table(row):
    return markdown_table(["server", "arrived", "seconds", "peak memory, MiB"], [
        [name, server.get("failure", "all"), number_text(rows.median(row, name, "seconds")),
         scaled(rows.median(row, name, "peak_rss_kib"), 1024)]
        for name, server in row["servers"].items()
    ])


def logging_table(measured):
    return markdown_table(["100 subscribers, 64 B", "off", "on", "on / off"], [
        [rows.title(row), *(rows.figure_text(row, name, COST) for name in (servers.SUBJECT, servers.LOGGING)),
         rows.ratio_cell(row, servers.LOGGING, servers.SUBJECT, COST)]
        for row in measured
    ])


def languages_table(row):
    text, json = (label(servers.SUBJECT, language) for language in (TEXT, JSON))
    return markdown_table(["", "text", "JSON", "JSON / text"], [
        [rows.title(row), *(rows.figure_text(row, name, COST) for name in (text, json)),
         rows.ratio_cell(row, json, text, COST)]
    ])


def rights_table(measured):
    figure = {"rights-connect": CONNECT}
    return markdown_table(["", "off", "on", "on / off"], [
        [rows.title(row),
         *(rows.figure_text(row, name, figure.get(row["key"], COST)) for name in (servers.SUBJECT, servers.GUARDED)),
         rows.ratio_cell(row, servers.GUARDED, servers.SUBJECT, figure.get(row["key"], COST))]
        for row in measured
    ])


def report(figures):
    parts = [caption(figures["machine"])]
    by_key = {row["key"]: row for row in figures["cells"]}
    if STALLED.key in by_key:
        parts += ["One of 100 readers stands still; 8 KiB, 1,000 messages a second:",
                  stalled_table(by_key[STALLED.key])]
    if FLOOD.key in by_key:
        parts += [f"{FLOOD_MESSAGES:,} messages of 64 KiB to readers at a tenth of the publisher's speed:",
                  flood_table(by_key[FLOOD.key])]
    logged = [row for row in figures["cells"] if row["key"].startswith("logging-")]
    if logged:
        parts += ["Logging each message, CPU seconds per million deliveries:", logging_table(logged)]
    if LANGUAGES.key in by_key:
        parts += ["A publisher of JSON to members of plain text, CPU seconds per million deliveries:",
                  languages_table(by_key[LANGUAGES.key])]
    if FLOODED.key in by_key:
        parts += [f"One of 100 sends as fast as it can, where {servers.FLOOD_RATE} messages a second are allowed; the others "
                  "get 50 a second of somebody else besides:", stalled_table(by_key[FLOODED.key])]
    guarded_rows = [row for row in figures["cells"] if row["key"].startswith("rights-")]
    if guarded_rows:
        parts += ["Rights and limits, off and on, CPU µs per delivery and per connect, whose token is known already:",
                  rights_table(guarded_rows)]
    return "\n\n".join([*parts, *rows.remarks(figures["cells"])]) + "\n"


def draw(_):
    pass
