"""The history: members that ask for what was said before, all at once."""
from . import rows, servers
from .cells import Cell
from .figures import markdown_table
from .machine import caption

MEMBERS = 5_000
REPLAY, LIVE, RATIO, GROWTH = "replay_ns", "live_ns", "replay_over_live", "rss_growth_mib"


def replay(messages):
    return Cell(
        key=f"replay-{messages}", title=f"{messages:,} messages of 100 bytes for each of {MEMBERS:,}", mode="replay",
        load={"connections": MEMBERS, "messages": messages, "bytes": 100}, servers=(servers.SUBJECT,),
        figures=(REPLAY, LIVE, RATIO, GROWTH), compared=(REPLAY, RATIO), features=frozenset({"history"}),
        quick={"connections": 200}, rounds=(5, 9), connections=MEMBERS,
    )


CELLS = [replay(100), replay(1_000)]


def report(figures):
    lines = [
        [rows.title(row), *(rows.figure_text(row, name, figure) for figure in (REPLAY, LIVE, RATIO, GROWTH))]
        for row in figures["cells"] for name in row["servers"]
    ]
    table = markdown_table(
        ["", "CPU ns a message, replayed", "as it comes, 64 at once", "replayed / as it comes", "memory grown by, MiB"],
        lines,
    )
    text = "Members that connect and ask for the history at once; what a connect costs is taken off:"
    return "\n\n".join([caption(figures["machine"]), text, table, *rows.remarks(figures["cells"])]) + "\n"


def draw(_):
    pass
