"""Runs what is measured: a cluster, then JetStream alone with batches of the size that the cluster has made."""
import asyncio
import json
import sys
import tempfile
from dataclasses import dataclass

from nats import NATS
from node import Node

_STREAM = "BROADCAST"
_MESSAGE_BYTES = 64
# What the stream has of a batch besides: its subject, its header, and what the server puts before and behind.
_OVERHEAD_BYTES = 130
_SECONDS = 120
# The load has one message in ten go before those that count.
_WARMUP = 1.1


@dataclass(frozen=True)
class Cell:
    """So many messages wait to be acknowledged."""

    servers: int
    window: int
    messages: int
    title: str

    @property
    def key(self):
        """Of its row."""
        return f"r{self.servers}-{self.window}"


CELLS = [
    Cell(servers, window, messages, f"{servers} {'server' if servers == 1 else 'servers'}, {title}")
    for servers in (1, 3)
    for window, messages, title in (
        (1, 2_000, "one message under way"), (64, 40_000, "64 under way"), (2_048, 200_000, "2,048 under way"),
    )
]


class Trouble(Exception):
    """A tool has failed."""


async def measure(program, tools, rounds, is_quick):
    """For each cell the samples of its rounds."""
    measured = {cell.key: [] for cell in CELLS}
    for number in range(rounds):
        for servers in sorted({cell.servers for cell in CELLS}):
            cells = [cell for cell in CELLS if cell.servers == servers]
            for cell, sample in await _round(program, tools, cells, is_quick):
                measured[cell.key].append(sample)
                print(f"round {number + 1}, {cell.title}: {sample}", file=sys.stderr, flush=True)
    return measured


async def _round(program, tools, cells, is_quick):
    """Each cell once, with nodes and servers that were just started."""
    with tempfile.TemporaryDirectory(prefix="broadcast-figures-") as directory:
        nats = NATS(directory, cells[0].servers)
        # The one speaks to the first server, the other to the last, and where there are three, that between them leads.
        urls = [nats.servers[0].url, nats.servers[-1].url]
        nodes = [Node(program, url, ["--cluster-wait", "--log-level", "warning"]) for url in urls]
        try:
            await nats.start()
            for node in nodes:
                await node.start()
            return [(cell, await _sample(tools, nats, nodes, urls, cell, is_quick)) for cell in cells]
        finally:
            for node in nodes:
                await node.kill()
            await nats.kill()


async def _sample(tools, nats, nodes, urls, cell, is_quick):
    messages = cell.messages // 20 if is_quick else cell.messages
    leader = nats.servers[len(nats.servers) // 2]
    await _run(tools / "jetstream", urls[0], _STREAM, leader.name)
    before = leader.stream(_STREAM)["state"]
    load = [
        "acknowledged", "--port", nodes[0].port, "--pid", nodes[0].pid, "--listen-port", nodes[1].port,
        "--window", cell.window, "--messages", messages, "--bytes", _MESSAGE_BYTES, "--patience", 30,
    ]
    cluster = json.loads(await _run(tools / "load", *load))
    after = leader.stream(_STREAM)["state"]
    batches = after["last_seq"] - before["last_seq"]
    # Presence is in batches, too.
    each = max(messages * _WARMUP / batches, 1)
    bytes_each = max(int((after["bytes"] - before["bytes"]) / batches) - _OVERHEAD_BYTES, 1)
    count = max(int(messages / each), 100)
    alone = await _run(tools / "jetstream", *urls, cell.servers, leader.name, count, bytes_each, 1)
    jetstream = json.loads(alone)
    jetstream["messages_per_second"] = round(jetstream.pop("batches_per_second") * each, 1)
    return {
        "cluster": cluster, "jetstream": jetstream, "messages_each": round(each, 2), "bytes_each": bytes_each,
    }


async def _run(program, *arguments):
    """What a tool prints."""
    process = await asyncio.create_subprocess_exec(
        program, *map(str, arguments), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        output, errors = await asyncio.wait_for(process.communicate(), _SECONDS)
    except TimeoutError:
        process.kill()
        raise Trouble(f"{program.name} is not done after {_SECONDS} s") from None
    if process.returncode != 0:
        raise Trouble(errors.decode().strip())
    return output.decode()
