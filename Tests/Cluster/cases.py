"""What is tried: each case has members on three nodes, and one transcript in the end."""

import asyncio
import hashlib
import time

from trouble import Trouble


async def check(listeners, speakers, count):
    """All have heard everything, once, in one order, in which each speaker's messages stand as they were said."""
    total = count * len(speakers)
    for listener in listeners:
        await listener.has_heard(total)
    transcripts = [listener.heard for listener in listeners]
    for one in [*listeners, *speakers]:
        one.check()
    for listener in listeners:
        if listener.gaps:
            raise Trouble(f"a gap that should not be: {listener.gaps[0]}")
        if len(listener.heard) != total:
            raise Trouble(f"heard {len(listener.heard)} messages of {total}")
    if any(transcript != transcripts[0] for transcript in transcripts):
        raise Trouble("the transcripts differ")
    for index, speaker in enumerate(speakers):
        mine = [(found, text) for found, _, text in transcripts[0] if text.startswith(f"s{index} ")]
        if [text for _, text in mine] != [f"s{index} {n + 1}" for n in range(count)]:
            raise Trouble(f"what s{index} has said is not as it was said")
        if [found for found, _ in mine] != [speaker.ids[str(n + 1)] for n in range(count)]:
            raise Trouble(f"acknowledgements of s{index} name other places")
    text = "\n".join(" ".join(line) for line in transcripts[0])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


async def one_order(stage):
    """Members and publishers on all nodes."""
    listeners, speakers = await stage.people("order", 3, 4)
    begin = time.monotonic()
    await asyncio.gather(*(speaker.say(5_000) for speaker in speakers))
    seconds = time.monotonic() - begin
    digest = await check(listeners, speakers, 5_000)
    await leave(listeners, speakers)
    return f"20,000 messages in {seconds:.1f} s, transcript {digest}"


async def _through(stage, channel, deed):
    """Speakers speak while something happens."""
    count = 1_500
    listeners, speakers = await stage.people(channel)
    talk = asyncio.gather(*(speaker.say(count, pause=0.003) for speaker in speakers))
    await asyncio.sleep(1)
    await deed()
    await talk
    digest = await check(listeners, speakers, count)
    for one in [*listeners, *speakers]:
        if len(one.sessions) != 1:
            raise Trouble(f"{one.name} has had {len(one.sessions)} sessions")
    silence = max(speaker.silence for speaker in speakers)
    back = sum(one.reconnects for one in [*listeners, *speakers])
    await leave(listeners, speakers)
    return f"{3 * count} messages, {silence:.1f} s without acknowledgements, {back} came back, transcript {digest}"


async def leave(listeners, speakers):
    for one in [*listeners, *speakers]:
        await one.stop()


async def _without(node, end):
    """A node with publishers and members on it ends, and is started again."""
    await end()
    await asyncio.sleep(1)
    await node.start()


async def node_killed(stage):
    """kill -9 of a node with publishers and members on it."""
    node = stage.nodes[1]
    return await _through(stage, "killed", lambda: _without(node, node.kill))


async def node_stopped(stage):
    """SIGTERM of a node with publishers and members on it."""
    node = stage.nodes[0]
    return await _through(stage, "stopped", lambda: _without(node, node.stop))


async def _through_leader(stage, channel, deed):
    """Speakers speak while something happens to the server that leads the stream."""

    async def deed_to_leader():
        await deed(await stage.nats.leader("BROADCAST"))

    return await _through(stage, channel, deed_to_leader)


async def all_nodes_killed(stage):
    """kill -9 of all nodes at once: who was there is read from the stream by the first that starts again."""

    async def deed():
        await asyncio.gather(*(node.kill() for node in stage.nodes))
        await asyncio.sleep(1)
        await asyncio.gather(*(node.start() for node in stage.nodes))

    return await _through(stage, "nodes", deed)


async def leader_killed(stage):
    """kill -9 of the server that leads the stream."""

    async def deed(leader):
        await leader.kill()
        await asyncio.sleep(8)
        await leader.start()

    return await _through_leader(stage, "leader", deed)


async def leader_stands_still(stage):
    """SIGSTOP of the server that leads the stream, for 10 s."""

    async def deed(leader):
        leader.stand_still()
        await asyncio.sleep(10)
        leader.go_on()

    return await _through_leader(stage, "still", deed)


async def all_killed(stage):
    """kill -9 of all servers of NATS, which are started again."""

    async def deed():
        await stage.nats.kill()
        await asyncio.sleep(1)
        await stage.nats.start()

    return await _through(stage, "all", deed)


async def node_cut_off(stage):
    """A node is cut off from NATS for 8 s."""

    cut = stage.cuts[len(stage.nodes) - 1]

    async def deed():
        cut.cut()
        await asyncio.sleep(8)
        cut.mend()

    return await _through(stage, "cut", deed)
