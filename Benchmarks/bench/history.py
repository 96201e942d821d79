"""The history: members that ask for what was said before, all at once; what that does to others; and to keep none."""
from . import rows, servers
from .cells import Cell
from .figures import markdown_table, number_text, ratio_text
from .machine import caption
from .rounds import label

MEMBERS = 5_000
REPLAY, LIVE, RATIO, GROWTH = "replay_ns", "live_ns", "replay_over_live", "rss_growth_mib"
COST = "cpu_us_per_delivery"
ALONE, MEANWHILE = (label(servers.SUBJECT, variant) for variant in ("alone", "meanwhile"))


def replay(messages):
    return Cell(
        key=f"replay-{messages}", title=f"{messages:,} messages of 100 bytes for each of {MEMBERS:,}", mode="replay",
        load={"connections": MEMBERS, "messages": messages, "bytes": 100}, servers=(servers.SUBJECT,),
        figures=(REPLAY, LIVE, RATIO, GROWTH), compared=(REPLAY, RATIO), features=frozenset({"history"}),
        quick={"connections": 200}, rounds=(5, 9), connections=MEMBERS,
    )


REPLAYS = [replay(100), replay(1_000)]
# The warm-up says more than 1,000 messages.
RESUME = Cell(
    key="resume-p99", title=f"{MEMBERS:,} come back and missed 1,000 messages", mode="fanout",
    load={"subscribers": 100, "bytes": 100, "rate": 1_000, "warmup": 1.2, "seconds": 1.5},
    servers=(servers.SUBJECT,), figures=("p50_us", "p99_us", "max_us", "pause_p99_us", "seconds"),
    compared=("p99_us", "p50_us", "max_us"),
    features=frozenset({"history"}), pairs=((MEANWHILE, ALONE),),
    variants={"alone": {}, "meanwhile": {"resumers": MEMBERS, "resume": 1_000}}, quick={}, rounds=(9, 9),
    connections=MEMBERS + 101,
)
OFF = Cell(
    key="history-off", title="100 × 64 B, 64 in flight", mode="fanout",
    load={"subscribers": 100, "bytes": 64, "window": 64, "warmup": 0.2, "seconds": 0.6},
    servers=(servers.SUBJECT, servers.FORGETFUL), figures=(COST, "p50_us", "p99_us"), compared=(COST,),
    pairs=((servers.FORGETFUL, servers.SUBJECT),), settling=(servers.FORGETFUL, servers.SUBJECT),
    quick={"seconds": 0.3}, rounds=(7, 63), connections=101,
)
CELLS = [*REPLAYS, RESUME, OFF]


def replays_table(measured):
    return markdown_table(
        ["", "CPU ns a message, replayed", "as it comes, 64 at once", "replayed / as it comes", "memory grown by, MiB"],
        [
            [rows.title(row), *(rows.figure_text(row, name, figure) for figure in (REPLAY, LIVE, RATIO, GROWTH))]
            for row in measured for name in row["servers"]
        ],
    )


def milliseconds(row, name, figure):
    value = rows.median(row, name, figure)
    return number_text(value and value / 1000)


def resume_table(row):
    return markdown_table(["milliseconds", "alone", "meanwhile", "meanwhile / alone"], [
        [name, *(milliseconds(row, each, figure) for each in (ALONE, MEANWHILE)),
         ratio_text(rows.ratio(row, MEANWHILE, ALONE, figure))]
        for name, figure in (
            ("p50", "p50_us"), ("p99", "p99_us"), ("most", "max_us"),
            ("p99 of the load client's own pauses", "pause_p99_us"),
        )
    ])


def off_table(row):
    return markdown_table(["", "1,000 messages", "none", "none / 1,000 messages"], [
        [rows.title(row), *(rows.figure_text(row, name, COST) for name in OFF.servers),
         rows.ratio_cell(row, *OFF.pairs[0], COST)]
    ])


def report(figures):
    measured = {row["key"]: row for row in figures["cells"]}
    replays = [measured[cell.key] for cell in REPLAYS if cell.key in measured]
    parts = [caption(figures["machine"])]
    if replays:
        parts += ["Members that connect and ask for the history at once; what a connect costs is taken off:",
                  replays_table(replays)]
    if RESUME.key in measured:
        parts += [f"How late 1,000 messages a second come to 100 members while {RESUME.title}:",
                  resume_table(measured[RESUME.key])]
    if OFF.key in measured:
        parts += ["With a history and without, CPU seconds per million deliveries:", off_table(measured[OFF.key])]
    return "\n\n".join([*parts, *rows.remarks(figures["cells"])]) + "\n"


def draw(_):
    pass
