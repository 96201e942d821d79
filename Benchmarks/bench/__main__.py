"""scripts/bench: measures, shows its progress, and prints and writes a report."""
import signal
import sys

from . import against, arguments, machine, results, servers
from .arguments import PARTS
from .build import build
from .run import Record, measure_part, wanted

AGAINST = "against"
ALL_KEYS = [cell.key for part in PARTS.values() for cell in part.CELLS]


def write_reports(options):
    """Of what was measured before."""
    for name in options.parts:
        figures = results.read(name)
        if figures:
            results.write(name, PARTS[name].report(figures), figures)
            PARTS[name].draw(figures["cells"])
            print(PARTS[name].report(figures))
    figures = results.read(AGAINST)
    if figures:
        results.write(AGAINST, against.report(figures), figures)


def needed_servers(options):
    return {servers.base(name) for part in options.parts for _, names in wanted(part, options) for name in names}


def measure_parts(options, now, descriptors):
    for part in options.parts:
        module = PARTS[part]
        record = Record(part, [cell.key for cell in module.CELLS], module.report, now, options)
        measured = measure_part(part, record, options, descriptors, {})
        if measured:
            # Of a run that records nothing, what it has measured.
            figures = record.figures if options.records else {"machine": now, "cells": measured}
            print(module.report(figures))
        if measured and options.records:
            module.draw(record.figures["cells"])


def measure_against(options, commit, now, descriptors):
    record = Record(AGAINST, ALL_KEYS, against.report, now, options)
    measured = []
    for part in options.parts:
        rows = measure_part(part, record, options, descriptors, {"before": commit[:7]})
        measured += rows
        if rows and options.servers:
            print(PARTS[part].report({"machine": now, "cells": rows}))
    print(against.report({"machine": now, "cells": measured}))
    if any("failure" in server for row in measured for server in row["servers"].values()):
        raise SystemExit("error: a server made a mistake or did not come to an end, see above")


def main():
    options = arguments.parse()
    if options.list:
        print("\n".join(f"{cell.key:24} {cell.title}" for part in options.parts for cell in PARTS[part].CELLS))
        return
    if options.report:
        write_reports(options)
        return
    # Ended from outside, it ends its servers first.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("error: ended by SIGTERM"))
    machine.require_two_cores()
    commit = build(needed_servers(options), options.against)
    descriptors = machine.raise_descriptor_limit()
    servers.make_certificates()
    now = machine.describe()
    if options.against:
        measure_against(options, commit, now, descriptors)
    else:
        measure_parts(options, now, descriptors)


if __name__ == "__main__":
    main()
