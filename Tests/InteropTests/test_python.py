"""Python's `websockets`: its client against our server, its server against our client."""

import pytest
from websockets.exceptions import ConnectionClosedError
from websockets.sync.client import connect

from support.deadline import PATIENCE
from support.serving import serving

MEBIBYTE = 1 << 20
MESSAGES = ["", "hello", "Grüße 👋", "x" * MEBIBYTE, b"", bytes(range(256)), b"\xff" * MEBIBYTE]
KINDS = ["empty-text", "text", "emoji", "1MiB-text", "empty-binary", "binary", "1MiB-binary"]


@pytest.fixture
def echo(start_server):
    return start_server("--echo", "--envelope", "none")


@pytest.mark.parametrize("message", MESSAGES, ids=KINDS)
@pytest.mark.parametrize("compression", ["deflate", None], ids=["deflate", "plain"])
def test_our_server_sends_back_what_its_client_sends(echo, message, compression):
    with connect(echo.url, compression=compression, max_size=2 * MEBIBYTE) as client:
        assert bool(client.protocol.extensions) == (compression is not None)
        client.send(message)
        assert client.recv(timeout=PATIENCE) == message


def test_our_server_puts_the_fragments_of_its_client_together(echo):
    with connect(echo.url) as client:
        client.send(["frag", "", "men", "ted 👋"])
        assert client.recv(timeout=PATIENCE) == "fragmented 👋"


def test_our_server_answers_pings_and_keeps_the_order(echo):
    with connect(echo.url) as client:
        for number in range(10_000):
            client.send(str(number))
        # The client reads on, to the pong too, only as messages are taken from it.
        pong = client.ping()
        assert [client.recv(timeout=PATIENCE) for _ in range(10_000)] == [str(number) for number in range(10_000)]
        assert pong.wait(PATIENCE)


def test_our_server_and_its_client_agree_on_codes_and_reasons(echo):
    with connect(echo.url) as client:
        client.close(4000, "enough 👋")
        assert client.close_code == 4000
    echo.wait_for(r'disconnected \(4000 "enough 👋" from the peer\)')
    with connect(echo.url) as client:
        client.send("x" * (MEBIBYTE + 1))
        with pytest.raises(ConnectionClosedError) as closed:
            client.recv(timeout=PATIENCE)
        assert closed.value.rcvd.code == 1009
    with connect(echo.url) as client:
        echo.stop()
        with pytest.raises(ConnectionClosedError) as closed:
            client.recv(timeout=PATIENCE)
        assert closed.value.rcvd.code == 1012


@pytest.mark.parametrize("message", MESSAGES, ids=KINDS)
@pytest.mark.parametrize("compression", ["deflate", None], ids=["deflate", "plain"])
def test_our_client_sends_back_what_its_server_sends(start_program, message, compression):
    answers = []

    def handler(connection):
        assert bool(connection.protocol.extensions) == (compression is not None)
        connection.send(message)
        answers.append(connection.recv(timeout=PATIENCE))

    with serving(handler, compression=compression, max_size=2 * MEBIBYTE) as url:
        assert start_program("echo-client", url).exit_code() == 0
    assert answers == [message]


def test_our_client_puts_the_fragments_of_its_server_together(start_program):
    answers = []

    def handler(connection):
        connection.send(["frag", "", "men", "ted 👋"])
        answers.append(connection.recv(timeout=PATIENCE))

    with serving(handler) as url:
        assert start_program("echo-client", url).exit_code() == 0
    assert answers == ["fragmented 👋"]


def test_our_client_and_its_server_agree_on_codes_and_reasons(start_program):
    closes = []

    def handler(connection):
        connection.close(4000, "enough 👋")
        closes.append(connection.close_code)

    with serving(handler) as url:
        program = start_program("echo-client", url)
        program.wait_for(r"4000.*enough 👋")
        program.exit_code()
    assert closes == [4000]


def test_the_chat_client_talks_to_its_server(start_program):
    lines = []

    def handler(connection):
        connection.send("Welcome 👋")
        lines.extend([connection.recv(timeout=PATIENCE), connection.recv(timeout=PATIENCE)])

    with serving(handler) as url:
        program = start_program("broadcast-server", "connect", url, "--no-log-file")
        program.wait_for("Welcome 👋")
        program.write("first line\nGrüße\n")
        program.wait_for("closed")
        program.exit_code()
    assert lines == ["first line", "Grüße"]
