"""A server on two threads: members on either have the same messages in the same order."""

import asyncio
import hashlib
from contextlib import AsyncExitStack

import pytest
from websockets.asyncio.client import connect

from support.deadline import PATIENCE

MEMBERS, MESSAGES = 6, 300


async def exchange(url, options):
    """Has every member send, all at once; gives for each member what it received."""

    async def publish(number, member):
        for count in range(MESSAGES):
            # Some are long enough to be compressed.
            await member.send(f"{number}-{count} " + "lorem ipsum " * (count % 40))

    async def receive(member):
        return [await member.recv() for _ in range(MEMBERS * MESSAGES)]

    async with AsyncExitStack() as stack:
        members = [await stack.enter_async_context(connect(url, **options)) for _ in range(MEMBERS)]
        everything = asyncio.gather(
            *(receive(member) for member in members),
            *(publish(number, member) for number, member in enumerate(members)),
        )
        return (await asyncio.wait_for(everything, PATIENCE))[:MEMBERS]


@pytest.mark.parametrize("scheme", ["ws", "wss"])
@pytest.mark.parametrize("compression", ["deflate", None], ids=["deflate", "plain"])
def test_members_on_two_threads_have_one_order(start_server, certificates, scheme, compression):
    flags = ["--threads", "2", "--echo", "--log-level", "warning"]
    options = {"compression": compression, "max_queue": None}
    if scheme == "wss":
        flags += ["--tls-cert", certificates.certificate, "--tls-key", certificates.key]
        options["ssl"] = certificates.client_context
    received = asyncio.run(exchange(start_server(*flags, scheme=scheme).url, options))
    # The echo makes every member see every message, so that the orders are the same as a whole.
    digests = {hashlib.sha256("\n".join(messages).encode()).hexdigest() for messages in received}
    assert len(digests) == 1
    assert len(set(received[0])) == MEMBERS * MESSAGES
    for number in range(MEMBERS):
        own = [message.split(": ")[1].split(" ")[0] for message in received[0] if f": {number}-" in message]
        assert own == [f"{number}-{count}" for count in range(MESSAGES)]
