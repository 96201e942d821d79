"""A node that waits for its cluster when it starts."""

import signal
import socket

import pytest

from support.silent_node import SilentNode

_SIGNALS = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)


@pytest.fixture
def closed_port():
    """A port at which nobody listens, nor anybody begins to."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        yield probe.getsockname()[1]


def check_end(node, number):
    """The first signal ends it in good order."""
    node.signal(number)
    assert node.exit_code() == 0, node.output
    assert f"Server stops ({number.name})." in node.output
    assert "Server stopped." in node.output
    assert "Server started" not in node.output


@_SIGNALS
def test_a_signal_ends_one_that_waits_for_NATS(start_node, closed_port, number):
    node = start_node("--cluster", f"nats://127.0.0.1:{closed_port}", "--cluster-wait")
    node.wait_for(rf"Cannot reach NATS at nats://127.0.0.1:{closed_port}: .*\. It is waited for\.")
    check_end(node, number)


@_SIGNALS
def test_a_signal_ends_one_that_waits_for_other_nodes(start_nats, start_node, number):
    nats = start_nats()
    with SilentNode(nats) as other:
        node = start_node("--cluster", nats.url)
        # It asks again when nobody has answered.
        other.wait_for_greetings(2)
        check_end(node, number)


def test_one_that_waits_begins_when_NATS_does(start_nats, start_node):
    nats = start_nats()
    nats.stop()
    node = start_node("--cluster", nats.url, "--cluster-wait")
    node.wait_for("It is waited for")
    nats.start()
    node.wait_for("Server started")
