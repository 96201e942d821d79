"""Starts three servers of NATS and three nodes on loopback, and tries what a cluster has to bear: see scripts/cluster."""

import argparse
import asyncio
import pathlib
import sys
import tempfile
import time

sys.path.append(str(pathlib.Path(__file__).parent.parent / "Chaos"))

import cases  # noqa: E402
from cut import Cut  # noqa: E402
from nats import NATS  # noqa: E402


async def main():
    parser = argparse.ArgumentParser(prog="scripts/cluster")
    parser.add_argument("--program", required=True)
    parser.add_argument("--log-level", default="info", help="of the nodes")
    parser.add_argument("case", nargs="*", help="names of cases; all without one")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="broadcast-cluster-") as directory:
        return await play(arguments, directory)


async def play(arguments, directory):
    nats = NATS(directory, 3)
    await nats.start()
    cut = Cut([server.port for server in nats.servers])
    await cut.start()
    # Only the relay's ports: the servers do not tell of each other (no_advertise), which would lead around it.
    urls = ",".join(f"nats://127.0.0.1:{port}" for port in cut.ports)
    stage = cases.Stage(arguments.program, nats, urls)
    stage.flags = ["--log-level", arguments.log_level]
    failures = 0
    try:
        await stage.start()
        tries = [
            cases.one_order, cases.node_killed, cases.node_stopped, cases.leader_killed, cases.leader_stands_still,
            cases.all_killed, cases.node_cut_off,
        ]
        for case in tries:
            if arguments.case and case.__name__ not in arguments.case:
                continue
            begin = time.monotonic()
            try:
                run = case(stage, cut) if case is cases.node_cut_off else case(stage)
                result = await asyncio.wait_for(run, 180)
                print(f"ok    {case.__name__} ({time.monotonic() - begin:.0f} s): {result}", flush=True)
            except (Exception, asyncio.TimeoutError) as error:
                failures += 1
                print(f"FAILED {case.__name__}: {error!r}", flush=True)
                for node in stage.nodes:
                    print(*node.lines, sep="\n", file=sys.stderr)
                break
    finally:
        await stage.stop()
        cut.close()
        await nats.kill()
    return 1 if failures else 0


sys.exit(asyncio.run(main()))
