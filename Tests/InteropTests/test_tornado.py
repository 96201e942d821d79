"""Tornado, whose server lets compressed messages refer back to earlier ones, whatever a client asks for."""

import asyncio
import threading

import pytest
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port
from tornado.web import Application
from tornado.websocket import WebSocketHandler

from support.deadline import PATIENCE

MESSAGES = ["hello again and again " * 20, "hello again and again " * 20, b"\x00\xff" * 500, "", "x" * 100_000, "hello"] * 3


class Repeater(WebSocketHandler):
    """Sends each message when the one before has come back."""

    answers = []
    extensions = []

    def get_compression_options(self):
        return {}

    def open(self):
        Repeater.answers = []
        self.write_message(MESSAGES[0])

    def on_message(self, message):
        self.answers.append(message)
        if len(self.answers) < len(MESSAGES):
            following = MESSAGES[len(self.answers)]
            self.write_message(following, binary=isinstance(following, bytes))
        else:
            self.close()

    def set_header(self, name, value):
        if name == "Sec-WebSocket-Extensions":
            Repeater.extensions = [value]
        super().set_header(name, value)


@pytest.fixture
def url():
    """The URL of a server in a thread of its own."""
    started = threading.Event()
    place = {}

    async def serve():
        socket, place["port"] = bind_unused_port()
        server = HTTPServer(Application([("/", Repeater)]))
        server.add_socket(socket)
        place["loop"], place["end"] = asyncio.get_running_loop(), asyncio.Event()
        started.set()
        await place["end"].wait()
        server.stop()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert started.wait(PATIENCE)
    yield f"ws://127.0.0.1:{place['port']}/"
    place["loop"].call_soon_threadsafe(place["end"].set)
    thread.join(PATIENCE)


def test_our_client_keeps_the_window_of_its_server(start_program, url):
    program = start_program("echo-client", url)
    assert program.exit_code() == 0, program.output
    assert Repeater.extensions == ["permessage-deflate"]
    assert Repeater.answers == MESSAGES
