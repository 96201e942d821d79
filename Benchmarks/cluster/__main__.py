"""scripts/cluster-figures: what a cluster costs beside JetStream alone."""
import argparse
import asyncio
import pathlib
import signal
import sys

HERE = pathlib.Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent
sys.path[:0] = [str(REPOSITORY / "Tests" / "Cluster"), str(REPOSITORY / "Benchmarks")]
sys.path.append(str(REPOSITORY / "Tests" / "Chaos"))

from bench import machine, results  # noqa: E402

import report  # noqa: E402
from rounds import CELLS, measure  # noqa: E402

_NAME = "cluster"


async def _measure(options, rounds):
    """Ended from outside, it ends its servers and nodes first."""
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, asyncio.current_task().cancel)
    return await measure(options.program, pathlib.Path(options.tools), rounds, options.quick)


def main():
    parser = argparse.ArgumentParser(prog="scripts/cluster-figures", description=__doc__)
    parser.add_argument("--program", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--tools", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--rounds", type=int, default=7, help="with one server of NATS, and with three (default: 7)")
    parser.add_argument("--quick", action="store_true", help="one short round, to see that everything runs")
    parser.add_argument("--update", action="store_true", help="write to docs/cluster.md and to the results")
    options = parser.parse_args()
    if options.update and options.quick:
        parser.error("--update takes whole rounds")
    machine.require_two_cores()
    now = machine.describe() | {"nats": machine.output("/usr/sbin/nats-server", "--version")}
    rounds = 1 if options.quick else options.rounds
    try:
        measured = asyncio.run(_measure(options, rounds))
    except asyncio.CancelledError:
        sys.exit("error: ended by SIGTERM")
    figures = {"machine": now, "cells": report.rows(CELLS, measured)}
    text = report.text(figures)
    print(text)
    if options.update:
        results.write(_NAME, text, figures)
        report.put_into(REPOSITORY / "docs" / "cluster.md", text)


main()
