"""scripts/bench: measures, shows its progress, and prints and writes a report."""
import argparse
import fnmatch

from . import conditions, echo, fanout, machine, results, servers
from .cells import CELLS
from .progress import progress

PARTS = ["fanout", "conditions", "echo"]
# What the descriptors of a process serve besides connections.
OTHER_DESCRIPTORS = 100


def arguments():
    parser = argparse.ArgumentParser(
        prog="scripts/bench",
        description="Measures the broadcast server beside the same server in C and beside others, and the wrapper "
        "beside C. Writes Benchmarks/results unless --quick, --cells or --servers make it a part of the whole; with "
        "--update a part, too.",
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)} (default: all)")
    parser.add_argument(
        "--rounds", type=int,
        help="rounds of each cell (default: until the ratio settles) and of the other parts (default: 5, logging 25)",
    )
    parser.add_argument("--quick", action="store_true", help="few cells, short: to see that everything runs")
    parser.add_argument("--cells", default="*", metavar="PATTERN", help="only cells with such a key, as '100x*p1'")
    parser.add_argument("--servers", metavar="LIST", help=f"only these, of {','.join(servers.NAMES)}")
    parser.add_argument("--list", action="store_true", help="list the keys of the cells")
    parser.add_argument("--update", action="store_true", help="put cells measured anew among those of the last run")
    parser.add_argument("--report", action="store_true", help="write report and plots of the last run anew")
    options = parser.parse_args()
    options.parts = options.parts or PARTS
    for part in options.parts:
        if part not in PARTS:
            parser.error(f"no part {part!r}: choose from {', '.join(PARTS)}")
    options.names = options.servers.split(",") if options.servers else servers.NAMES
    for name in options.names:
        if name not in servers.NAMES:
            parser.error(f"no server {name!r}: choose from {', '.join(servers.NAMES)}")
    if not any(fnmatch.fnmatch(cell.key, options.cells) for cell in CELLS):
        parser.error(f"no cell is called {options.cells!r}: see --list")
    if options.update and (options.quick or options.servers is not None):
        parser.error("--update takes whole cells: with all servers, and not --quick")
    options.is_partial = options.quick or options.cells != "*" or options.servers is not None
    return options


def cells_to_measure(options, descriptors):
    for cell in CELLS:
        if not fnmatch.fnmatch(cell.key, options.cells) or (options.quick and not cell.is_quick):
            continue
        if cell.connections + OTHER_DESCRIPTORS > descriptors:
            progress(f"{cell.key:22} left out: it needs {cell.connections + OTHER_DESCRIPTORS} descriptors, "
                     f"'ulimit -Hn' allows {descriptors}")
            continue
        yield cell


def fanout_report(figures):
    rows = figures["cells"]
    parts = [
        machine.caption(figures["machine"]),
        "CPU seconds of the server per million deliveries, median of the rounds; ratios with their spread.",
        fanout.table(rows),
        "Milliseconds from sending to arrival, p50 / p99:",
        fanout.latency_table(rows),
    ]
    strangers = fanout.strangers(rows)
    if strangers:
        parts += ["\\* On another machine, so that its costs compare with each other and not with the rest:", strangers]
    failures = fanout.failures(rows)
    if failures:
        parts += ["Did not come to an end, or made a mistake:", failures]
    return "\n\n".join(parts) + "\n"


def conditions_report(figures):
    parts = [
        machine.caption(figures["machine"]),
        "One of 100 readers stands still; 8 KiB, 1,000 messages a second:",
        conditions.stalled_table(figures["stalled"]),
        f"{conditions.FLOOD_MESSAGES:,} messages of 64 KiB to readers at a tenth of the publisher's speed:",
        conditions.flood_table(figures["flood"]),
        "Logging each message, CPU seconds per million deliveries:",
        conditions.logging_table(figures["logging"]),
        "Connections:",
        conditions.connections_table(figures["connections"]),
    ]
    return "\n\n".join(parts) + "\n"


def measure_fanout(options, descriptors):
    """Writes what there is after each cell: it takes long, and somebody may need the machine."""
    now = machine.describe()
    last = results.read("fanout") if options.update else {"machine": now, "cells": []}
    is_same = machine.kind(last["machine"]) == machine.kind(now)
    figures = {"machine": now if is_same else last["machine"], "cells": []}
    recorded = {row["key"]: row for row in last["cells"]}
    for cell in cells_to_measure(options, descriptors):
        rounds = options.rounds or (1 if options.quick else None)
        row = fanout.measure_cell(cell, options.names, rounds, options.quick)
        # Ratios hold on any machine, costs do not: the report names the machine of such a row.
        recorded[cell.key] = row | {"commit": now["commit"]} | ({} if is_same else {"machine": now})
        figures["cells"] = [recorded[cell.key] for cell in CELLS if cell.key in recorded]
        if options.update or not options.is_partial:
            results.write("fanout", fanout_report(figures), figures)
    return figures


def measure_conditions(options):
    rounds = options.rounds or (1 if options.quick else 5)
    names = options.names
    # 100,000 deliveries a second are about all that Python can do: its latencies would be those of a queue.
    fast = [name for name in names if name != "websockets"]
    return {
        "machine": machine.describe(),
        "stalled": conditions.stalled_reader(fast, rounds, options.quick),
        "flood": conditions.flood(names, options.quick),
        # A few hundredths are what it is about.
        "logging": conditions.logging(options.rounds or (1 if options.quick else 25), options.quick),
        "connections": conditions.connections(names, options.quick),
    }


def main():
    options = arguments()
    if options.list:
        print("\n".join(f"{cell.key:24} {cell.title}" for cell in CELLS))
        return
    machine.require_two_cores()
    descriptors = machine.raise_descriptor_limit()
    servers.make_certificate()
    reports = []
    if "fanout" in options.parts:
        figures = results.read("fanout") if options.report else measure_fanout(options, descriptors)
        reports.append(fanout_report(figures))
        if options.update or not options.is_partial:
            results.write("fanout", reports[-1], figures)
            fanout.draw(figures["cells"])
    if "conditions" in options.parts and options.cells == "*":
        figures = results.read("conditions") if options.report else measure_conditions(options)
        reports.append(conditions_report(figures))
        if not options.is_partial:
            results.write("conditions", reports[-1], figures)
    if "echo" in options.parts and options.cells == "*" and not options.servers and not options.report:
        rounds = options.rounds or (1 if options.quick else 5)
        reports.append(echo.run(machine.describe(), descriptors, rounds, options.quick))
    print("\n".join(reports))


main()
