"""The command line."""
import argparse

from . import conditions, connect, echo, events, fanout, history, publish, servers, storage
from .cells import matches

PARTS = {
    "fanout": fanout, "events": events, "history": history, "publish": publish, "storage": storage,
    "conditions": conditions, "connect": connect, "echo": echo,
}


def parse(words=None):
    parser = argparse.ArgumentParser(
        prog="scripts/bench",
        description="Measures the broadcast server beside the same server in C and beside others, and the wrapper "
        "beside C. Writes Benchmarks/results unless --quick, --cells, --servers or --against make it a part of the "
        "whole; with --update a part, too.",
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)} (default: all)")
    parser.add_argument("--rounds", type=int, help="rounds of each cell (default: until the ratio settles)")
    parser.add_argument("--quick", action="store_true", help="few cells, short: to see that everything runs")
    parser.add_argument("--cells", default="*", metavar="LIST", help="only cells with such keys, as '100x*p1,*-tls'")
    parser.add_argument("--servers", metavar="LIST", help=f"only these, of {','.join(servers.NAMES)}")
    parser.add_argument(
        "--against", metavar="REVISION",
        help="runs that revision's servers in the same rounds, and gives the ratios to them; of the other servers "
        "those take part that --servers names",
    )
    parser.add_argument("--list", action="store_true", help="list the keys of the cells")
    parser.add_argument(
        "--update", action="store_true",
        help="put cells measured anew among those of the last run; with --against, among results/against",
    )
    parser.add_argument("--report", action="store_true", help="write reports and plots of the last run anew")
    options = parser.parse_args(words)
    check(options, parser)
    return options


def check(options, parser):
    for part in options.parts:
        if part not in PARTS:
            parser.error(f"no part {part!r}: choose from {', '.join(PARTS)}")
    options.parts = options.parts or list(PARTS)
    if options.rounds is not None and options.rounds < 1:
        parser.error("--rounds needs one or more")
    named = tuple(options.servers.split(",")) if options.servers else ()
    for name in named:
        if name not in servers.NAMES:
            parser.error(f"no server {name!r}: choose from {', '.join(servers.NAMES)}")
    # A comparison is of two revisions, unless more are asked for.
    options.names = (*named, *servers.OWN) if options.against else named or servers.NAMES
    if not any(matches(cell, options.cells) for part in options.parts for cell in PARTS[part].CELLS):
        parser.error(f"no cell of these parts is called {options.cells!r}: see --list")
    is_partial = options.quick or options.cells != "*" or named or options.against
    if options.update and (options.quick or (named and not options.against)):
        parser.error("--update takes whole cells: with all servers, and not --quick")
    options.records = options.update or not is_partial
