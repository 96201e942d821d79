"""The line that is typed at a terminal that breaks long rows anew when its width changes."""

import pytest
from conftest import BUILD
from support.deadline import PATIENCE
from support.tmux import Window
from websockets.sync.client import connect

PROMPT = "Enter message: "


@pytest.fixture
def server(start_server):
    return start_server()


@pytest.fixture
def window(server, tmp_path):
    window = Window([BUILD / "broadcast-server", "connect", server.url, "--no-log-file"], tmp_path)
    window.wait_until(lambda window: window.lines[-1:] == [PROMPT.rstrip()])
    yield window
    window.stop()


@pytest.fixture
def peer(window, server):
    with connect(server.url, compression=None) as peer:
        server.wait_for("Total clients: 2")
        yield peer


def rows(text, columns):
    """A text as a terminal breaks it."""
    return [text[start : start + columns].rstrip() for start in range(0, len(text), columns)]


@pytest.mark.parametrize("widths", [[40], [33], [100], [40, 33], [100, 33, 70], [30, 80, 30, 80, 45], [55, 54, 53, 45]])
def test_no_remainder_of_the_line_stays_and_nothing_above_goes(window, peer, widths):
    for number in range(3):
        peer.send(f"message {number}")
    said = [f"Client 2: message {number}" for number in range(3)]
    window.wait_for("Client 2 joined.", *said, PROMPT.rstrip())
    line = PROMPT + "".join(f"{number:03}." for number in range(30))
    window.type(line.removeprefix(PROMPT))
    window.wait_for(*said, *rows(line, 60))
    for columns in widths:
        window.resize(columns, 16)
        window.wait_for(*said[-1:], *rows(line, columns))
    # What follows finds the line where it is.
    peer.send("after")
    window.wait_for(*said[-1:], "Client 2: after", *rows(line, columns))
    assert [row for row in window.history if row.startswith((PROMPT.rstrip(), "Client 2: "))] == [
        *said, "Client 2: after", rows(line, columns)[0],
    ]


def test_the_window_may_be_resized_while_the_program_is_stopped(tmp_path, server):
    window = Window(["bash", "--norc", "-i"], tmp_path, environment={"PS1": "$ "})
    try:
        window.type(f"{BUILD}/broadcast-server connect {server.url} --no-log-file\r")
        window.wait_until(lambda window: window.lines[-1:] == [PROMPT.rstrip()])
        line = PROMPT + "".join(f"{number:03}." for number in range(30))
        window.type(line.removeprefix(PROMPT))
        window.wait_for(*rows(line, 60))
        window.type("\x1a")
        window.wait_until(lambda window: window.lines[-1:] == ["$"])
        window.resize(35, 16)
        window.type("fg\r")
        window.wait_for(*rows(line, 35))
        with connect(server.url, compression=None) as peer:
            peer.send("hello")
            window.wait_for("Client 2 joined.", "Client 2: hello", *rows(line, 35))
            assert sum(row.startswith(PROMPT) for row in window.lines) == 1
            window.type("\r")
            assert peer.recv(PATIENCE) == "Client 1: " + line.removeprefix(PROMPT)
    finally:
        window.stop()
