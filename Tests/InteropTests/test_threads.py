"""A server on two threads: members on either have the same messages in the same order."""

import hashlib
import threading
from contextlib import ExitStack

import pytest
from websockets.sync.client import connect

PATIENCE = 30
MEMBERS, MESSAGES = 6, 300


@pytest.mark.parametrize("scheme", ["ws", "wss"])
@pytest.mark.parametrize("compression", ["deflate", None], ids=["deflate", "plain"])
def test_members_on_two_threads_have_one_order(start_server, certificates, scheme, compression):
    flags = ["--threads", "2", "--echo", "--log-level", "warning"]
    options = {"compression": compression, "max_queue": None}
    if scheme == "wss":
        flags += ["--tls-cert", certificates.certificate, "--tls-key", certificates.key]
        options["ssl"] = certificates.client_context
    server = start_server(*flags, scheme=scheme)
    with ExitStack() as stack:
        members = [stack.enter_context(connect(server.url, **options)) for _ in range(MEMBERS)]

        def publish(number):
            for count in range(MESSAGES):
                # Some are long enough to be compressed.
                members[number].send(f"{number}-{count} " + "lorem ipsum " * (count % 40))

        publishers = [threading.Thread(target=publish, args=(number,)) for number in range(MEMBERS)]
        for publisher in publishers:
            publisher.start()
        received = [[member.recv(timeout=PATIENCE) for _ in range(MEMBERS * MESSAGES)] for member in members]
        for publisher in publishers:
            publisher.join()
    # The echo makes every member see every message, so that the orders are the same as a whole.
    digests = {hashlib.sha256("\n".join(messages).encode()).hexdigest() for messages in received}
    assert len(digests) == 1
    assert len(set(received[0])) == MEMBERS * MESSAGES
    for number in range(MEMBERS):
        own = [message.split(": ")[1].split(" ")[0] for message in received[0] if f": {number}-" in message]
        assert own == [f"{number}-{count}" for count in range(MESSAGES)]
