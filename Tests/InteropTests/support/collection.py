"""Objects of every kind that the server has, each got from it in the way a client gets it."""

import contextlib
import signal
import socket
import time

from websockets.sync.client import connect

from .chat import SUBPROTOCOL, Chatter, chatting
from .deadline import PATIENCE
from .tokens import bearer, make_key, make_token


class Collection:
    """Plays what it takes to get them all, once."""

    # What such a server is started with.
    FLAGS = ("--slow-client", "drop-oldest", "--max-backlog", "64K", "--history-messages", "20", "--session-grace", "1s")

    # And one that knows tokens, and that takes no more than so many messages at once.
    SECRET = make_key("HS256")
    GUARD_FLAGS = ("--anonymous", "*", "--rate-client-messages", "20:20", "--token-secret")

    def __init__(self, server, node, nats, guard):
        """`node` is a server with a cluster of its own, which stands on `nats`; `guard` one with tokens."""
        self._guard = guard
        self._server = server
        self._node, self._nats = node, nats
        self.objects = []
        self._stack = contextlib.ExitStack()
        with self._stack:
            self._play()

    def _join(self, channel, query="", server=None, offers=()):
        url = f"{(server or self._server).url}/{channel}?{query}"
        member = self._stack.enter_context(chatting(url, *offers))
        return self._recording(member)

    def _recording(self, member):
        """Keeps every object that it gets."""
        take = member.next

        def next():
            content = take()
            if isinstance(content, dict):
                self.objects.append(content)
            return content

        member.next = next
        self.objects.append(member.welcome)
        return member

    def _play(self):
        self._play_presence()
        first = self._play_messages()
        self._play_gaps(first)
        self._play_errors()
        self._play_slowness()
        self._play_cluster()
        self._play_rights()
        self._play_closing()

    def _play_presence(self):
        ann = self._join("presence", "name=ann")
        bob = self._join("presence", "name=bob")
        ann.get("joined")
        bob.send({"type": "name", "name": "robert"})
        ann.get("renamed")
        bob.close()
        ann.get("left")

    def _play_messages(self):
        author, member = self._join("messages", "name=ann"), self._join("messages")
        author.send({"type": "message", "text": "hello", "key": "one"})
        first = author.get("ack")["id"]
        author.send({"type": "message", "text": "hello", "key": "one"})
        author.get("ack", duplicate=True)
        author.send(b"\x00\x01")
        for number in range(30):
            last = author.say(f"text {number}")["id"]
        author.send(b"\x00\x01")
        author.send({"type": "message", "text": "without a key"})
        author.get("position")
        member.get("message", text="without a key")
        member.send({"type": "fetch", "after": first})
        member.get("history")
        member.send({"type": "fetch", "after": last})
        member.get("history")
        member.send({"type": "fetch", "before": last, "limit": 2})
        member.get("history")
        return first

    def _play_gaps(self, first):
        for after in (first, "zzz.17", f"{first.partition('.')[0]}.999", "nonsense"):
            self._join("messages", f"after={after}").get("gap")
        newcomer = self._join("messages", "last=3")
        for _ in range(3):
            newcomer.next()
        newcomer.get("position")

    def _play_errors(self):
        member = self._join("errors", "last=x")
        member.get("error")
        for wrong in (
            "hello",
            {"type": "shout"},
            {"type": "message"},
            {"type": "message", "key": "k"},
            {"type": "name", "name": "a: b"},
            {"type": "fetch", "after": "zzz.17"},
        ):
            member.send(wrong)
            member.get("error")

    def _play_slowness(self):
        author = self._join("slowness")
        endpoint = socket.socket()
        endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        endpoint.connect(("localhost", self._server.port))
        url = f"{self._server.url}/slowness"
        # One message waits in the client, the others in the socket and then in the server.
        options = {"subprotocols": [SUBPROTOCOL], "compression": None, "max_size": None, "max_queue": 1}
        slow = self._stack.enter_context(connect(url, sock=endpoint, open_timeout=PATIENCE, **options))
        slow = self._recording(Chatter(slow))
        for _ in range(4):
            with chatting(url):
                pass
            for _ in range(2000):
                author.send({"type": "message", "text": "x" * 1000})
            author.say("mark")
        slow.get("members")
        author.say("after all")
        slow.get("message", text="after all")

    def _play_cluster(self):
        author = self._join("cluster", server=self._node)
        author.send({"type": "message", "text": "hello", "key": "one"})
        author.get("ack", stored="cluster")
        self._nats.stop()
        author.get("status", cluster="away")
        author.send({"type": "message", "text": "meanwhile", "key": "two"})
        author.get("error", code="unavailable", key="two")
        self._nats.start()
        author.get("status", cluster="back")

    def _token(self, seconds):
        return make_token(self.SECRET, "HS256", exp=int(time.time()) + seconds, channels=["*"])

    def _play_rights(self):
        member = self._join("rights", server=self._guard, offers=[bearer(self._token(30))])
        member.get("expiring")
        member.send({"type": "token", "token": self._token(600)})
        member.get("rights")
        for number in range(60):
            member.send({"type": "message", "text": f"text {number}"})
        member.get("notice", code="slowed")

    def _play_closing(self):
        member = self._join("closing", server=self._guard)
        self._guard.program.signal(signal.SIGTERM)
        member.get("closing")
