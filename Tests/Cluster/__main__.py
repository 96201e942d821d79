"""Servers of NATS and nodes on loopback, and what a cluster has to bear: see scripts/cluster."""

import argparse
import asyncio
import pathlib
import secrets
import signal
import sys
import tempfile
import time

sys.path.append(str(pathlib.Path(__file__).parent.parent / "Chaos"))

import cases  # noqa: E402
from random_run import RandomRun  # noqa: E402
from stage import NODES, Stage  # noqa: E402

_CASES = [
    cases.one_order,
    cases.node_killed,
    cases.node_stopped,
    cases.all_nodes_killed,
    cases.leader_killed,
    cases.all_killed,
    cases.node_cut_off,
    # Last: behind it the servers of NATS 2.9 may have different streams (docs/cluster.md, Servers that differ), which no case
    # after it could bear.
    cases.leader_stands_still,
]
# Longer than any takes on a machine under load, in seconds.
_CASE_SECONDS = 400


def main():
    names = [case.__name__ for case in _CASES]
    parser = argparse.ArgumentParser(prog="scripts/cluster")
    parser.add_argument("--program", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--log-level", default="info", help="of the nodes")
    seed = secrets.randbelow(1 << 32)
    parser.add_argument("--random", nargs="?", type=int, const=seed, metavar="SEED", help="a run of chance")
    parser.add_argument("--minutes", type=float, default=3, help="how long, with --random (default: 3)")
    listed = f"{', '.join(names)}; all without one"
    parser.add_argument("case", nargs="*", choices=[*names, []], metavar="CASE", help=listed)
    arguments = parser.parse_args()
    run = _play_cases if arguments.random is None else _play_random
    with tempfile.TemporaryDirectory(prefix="broadcast-cluster-") as directory:
        try:
            return asyncio.run(_until_ended(run(arguments, directory)))
        except asyncio.CancelledError:
            return "error: ended by SIGTERM"


async def _until_ended(run):
    """Ended from outside, it ends its servers and nodes first."""
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, asyncio.current_task().cancel)
    return await run


async def _play_cases(arguments, directory):
    stage = Stage(arguments.program, directory, ["--log-level", arguments.log_level], cuts=[NODES - 1])
    try:
        await stage.start()
        for case in _CASES:
            if arguments.case and case.__name__ not in arguments.case:
                continue
            begin = time.monotonic()
            try:
                result = await asyncio.wait_for(case(stage), _CASE_SECONDS)
            except Exception as error:
                _explain(case.__name__, error, stage)
                return 1
            print(f"ok    {case.__name__} ({time.monotonic() - begin:.0f} s): {result}", flush=True)
    finally:
        await stage.stop()
    return 0


async def _play_random(arguments, directory):
    print(f"seed {arguments.random}", flush=True)
    stage = Stage(arguments.program, directory, ["--log-level", arguments.log_level], cuts=range(NODES))
    run = RandomRun(stage, arguments.random)
    try:
        await stage.start()
        acts = await run.play(arguments.minutes)
    except Exception as error:
        _explain(f"random run; again: scripts/cluster --random {arguments.random}", error, stage)
        return 1
    finally:
        await stage.stop()
    print(f"ok    {acts} acts with seed {arguments.random}", flush=True)
    return 0


def _explain(what, error, stage):
    """What failed, and what the nodes have said."""
    print(f"FAILED {what}: {error!r}", flush=True)
    for number, node in enumerate(stage.nodes):
        print(f"The last lines of node {number + 1}:", *node.lines, sep="\n", file=sys.stderr)


sys.exit(main())
