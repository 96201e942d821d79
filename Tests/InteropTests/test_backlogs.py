"""Members that do not read for a while: what they are told then, and what is for them alone, is in order and complete."""

import contextlib
import http.client
import json
import socket
import threading
import time

import pytest
from support.chat import SUBPROTOCOL, Chatter, chatting
from support.deadline import PATIENCE
from websockets.frames import Frame, Opcode
from websockets.sync.client import connect

PADDING = "x" * 4000


class Slowly(Chatter):
    """A member that is sent what it does not read, and may say something meanwhile."""

    def send(self, message):
        # The library sends nothing while what it was sent waits to be read.
        self.connection.socket.sendall(Frame(Opcode.TEXT, json.dumps(message).encode()).serialize(mask=True))


@contextlib.contextmanager
def chatting_slowly(server, name):
    """A member whose system takes little that it has not asked for."""
    with contextlib.closing(socket.socket()) as plain:
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        plain.settimeout(PATIENCE)
        plain.connect(("127.0.0.1", server.port))
        options = {"max_size": None, "max_queue": 1, "compression": None, "ping_interval": None}
        url = f"{server.url}/?name={name}"
        with connect(url, sock=plain, subprotocols=[SUBPROTOCOL], open_timeout=PATIENCE, **options) as connection:
            yield Slowly(connection)


def number(position):
    return int(position.partition(".")[2])


def test_an_acknowledgement_comes_behind_what_was_lost_before_it(start_server):
    flags = ["--slow-client", "drop-newest", "--max-backlog", "128K", "--ping-interval", "10m", "--log-level", "error"]
    server = start_server(*flags, host="127.0.0.1")
    with chatting_slowly(server, "slow") as slow, chatting(f"{server.url}/?name=author") as author:
        last = number(slow.position)
        for count in range(3000):
            author.send({"type": "message", "text": f"{count} {PADDING}"})
        author.say("end")
        for key in range(3):
            slow.send({"type": "message", "text": "own", "key": str(key)})
        gaps = acknowledged = 0
        # Whenever it lost its connection, it would have been told of everything up to where it has come.
        while acknowledged < 3:
            content = slow.next()
            if content["type"] == "message":
                assert number(content["id"]) == last + 1
                last += 1
            elif content["type"] == "gap":
                assert (content["reason"], number(content["from"])) == ("slow", last)
                last = number(content["to"])
                gaps += 1
            elif content["type"] == "ack":
                assert number(content["id"]) <= last + 1, f"{content} came when nothing behind {last} was told"
                last = max(last, number(content["id"]))
                acknowledged += 1
        assert gaps > 0
        author.say("now")
        assert slow.get("message", text="now")


def test_pages_that_nobody_reads_pause_those_who_ask(start_server):
    """Many times what may wait for a member is asked for at once: it is not cut off, and gets each page."""
    server = start_server("--max-backlog", "1M", "--ping-interval", "10m", host="127.0.0.1")
    with chatting(f"{server.url}/?name=author") as author:
        start = author.position
        for count in range(100):
            author.send({"type": "message", "text": f"{count} {PADDING}"})
        author.say("end")
    with chatting_slowly(server, "slow") as slow:
        for _ in range(200):
            slow.send({"type": "fetch", "after": start, "limit": 50})
        slow.send({"type": "message", "text": "behind all", "key": "last"})
        with chatting(f"{server.url}/?name=witness") as witness:
            witness.say("the others go on")
            heard = []
            listener = threading.Thread(target=lambda: heard.append(witness.get("message", text="behind all")))
            listener.start()
            pages = [slow.get("history") for _ in range(200)]
            assert slow.get("ack", key="last")
            listener.join(PATIENCE)
            assert heard
    texts = [message["text"] for message in pages[0]["messages"]]
    assert texts and texts == [f"{count} {PADDING}" for count in range(len(texts))]
    assert all(page["messages"] == pages[0]["messages"] for page in pages)


class Publisher(threading.Thread):
    """Publishes numbered texts over HTTP, each once the one before it was answered."""

    def __init__(self, server, count, text):
        super().__init__(daemon=True)
        self.server, self.count, self.text = server, count, text
        self.answered = 0

    def run(self):
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=PATIENCE)) as client:
            for count in range(self.count):
                client.request("POST", "/?name=author", f"{count} {self.text}", {"Content-Type": "text/plain"})
                answer = client.getresponse()
                assert answer.status == 200, answer.read()
                answer.read()
                self.answered += 1


@pytest.mark.parametrize("threads", [1, 2])
def test_a_publisher_over_http_is_slowed_down_by_who_reads_slowly(start_server, threads):
    """30 MB go to a member that would be cut off 1 MiB behind: nothing is lost, since the answers wait for it."""
    flags = ["--max-backlog", "1M", "--threads", threads, "--log-level", "error"]
    server = start_server(*flags, host="127.0.0.1")
    with chatting_slowly(server, "slow") as slow:
        publisher = Publisher(server, 300, "x" * 100_000)
        publisher.start()
        for count in range(300):
            assert slow.get("message")["text"].startswith(f"{count} ")
            # Beside what may wait there are 4 MiB that the system takes.
            assert publisher.answered - count < 80
            # It is slow: that is the matter here.
            time.sleep(0.005)
        publisher.join(PATIENCE)
        assert publisher.answered == 300
        with chatting(f"{server.url}/?name=ann") as ann:
            ann.say("live")
            assert slow.get("message", text="live")
