"""Members of a channel that come back on another node when theirs is gone, with their session, position and keys."""

import asyncio
import json
import time

from span import Span
from trouble import Trouble
from websocket import WebSocket

# Longer than anything takes on a machine under load, in seconds.
PATIENCE = 120


class Member:
    """One that speaks JSON, and keeps what `docs/protocol.md` asks it to keep."""

    def __init__(self, nodes, at, channel, name):
        self._nodes, self._at = nodes, at
        self._channel, self.name = channel, name
        self._session = self._position = None
        self._socket = None
        self._task = None
        self.is_member = asyncio.Event()
        self.heard = []
        self.spans = []
        # All that it has had.
        self.sessions = set()
        # Ids and names of who was there when it came last.
        self.members = []
        self.news = asyncio.Event()
        self.gaps = []
        self.reconnects = 0
        # What was wrong first.
        self.trouble = None
        self._is_wanted = asyncio.Event()

    async def start(self):
        self._is_wanted.set()
        self._task = asyncio.create_task(self._run())
        await asyncio.wait_for(self.is_member.wait(), PATIENCE)

    async def stop(self):
        self._task.cancel()
        try:
            await self._task
        except asyncio.CancelledError:
            pass
        if self._socket is not None and self._socket.is_open:
            self._socket.close()

    def vanish(self):
        """Loses its connection, and comes to another node at once."""
        self._give_up(self._socket)

    def _give_up(self, socket):
        if socket is not None:
            socket.reset()

    def check(self):
        """Throws what was wrong first."""
        if self.trouble is not None:
            raise self.trouble

    async def _run(self):
        try:
            await self._visit_nodes()
        except Trouble as error:
            self._fail(error)

    def _fail(self, error):
        self.trouble = self.trouble or error
        self.news.set()

    async def _visit_nodes(self):
        while True:
            await self._is_wanted.wait()
            ended = asyncio.get_running_loop().create_future()

            def closed(code, reason, ended=ended):
                if not ended.done():
                    ended.set_result(code)

            self._socket = WebSocket(self._take, closed)
            self._asked = self._position
            target = f"/{self._channel}?name={self.name}"
            if self._position is not None:
                target += f"&after={self._position}"
            offers = ["broadcast.v1.json"]
            if self._session is not None:
                offers.append(f"broadcast.session.{self._session}")
            node = self._nodes[self._at % len(self._nodes)]
            try:
                await asyncio.wait_for(self._socket.open(node.port, target, offers), 3)
                code = await ended
            except Exception:
                self._give_up(self._socket)
                code = 1006
            self.is_member.clear()
            if 4000 <= code < 4100:
                raise Trouble(f"{self.name} was closed with {code}")
            self.reconnects += 1
            self._at += 1
            await asyncio.sleep(0.1)

    def _take(self, message):
        try:
            self._read(json.loads(message))
        except Exception as error:  # A fault in here must not be lost in a callback.
            self._fail(error)

    def _read(self, found):
        match found["type"]:
            case "welcome":
                self._session = found["session"]
                self.sessions.add(self._session)
                self.spans.append(Span(self._asked, found["position"], found["recovered"]))
                self._position = found["position"]
                self.members = [(member["id"], member["name"]) for member in found["members"]]
                self.is_member.set()
                self.welcomed()
            case "message":
                self._position = found["id"]
                self.heard.append((found["id"], found["from"]["name"], found["text"]))
                self.spans[-1].heard.append(self.heard[-1])
                self.news.set()
            case "position":
                self._position = found["id"]
                self.spans[-1].came_to(found["id"])
            case "gap":
                self._position = found["to"]
                self.gaps.append(found)
                self.spans[-1].add(found)
            case "ack":
                self.acknowledged(found)
            case "error":
                self.refused(found)

    def welcomed(self):
        """It is a member (again)."""

    def acknowledged(self, found):
        """Something that it has said has its place."""

    def refused(self, found):
        """Something was not taken."""
        raise Trouble(f"{self.name}: {found}")

    async def has_heard(self, count):
        """Returns when it has heard so many messages."""
        deadline = time.monotonic() + PATIENCE
        while len(self.heard) < count:
            self.check()
            self.news.clear()
            try:
                await asyncio.wait_for(self.news.wait(), 1)
            except TimeoutError:
                if time.monotonic() > deadline:
                    raise Trouble(f"{self.name} has heard {len(self.heard)} of {count}") from None
        self.check()


class Speaker(Member):
    """Says numbered messages with keys, a hundred at most without an answer, and again what was not acknowledged."""

    _WINDOW = 100

    def __init__(self, nodes, at, channel, name):
        super().__init__(nodes, at, channel, name)
        self._open = {}
        self._said = 0
        self._room = asyncio.Event()
        self.ids = {}
        # Those that were not taken, and were said again, behind others perhaps.
        self.refusals = 0
        self.last = time.monotonic()
        self.silence = 0.0

    async def say(self, count, pause=0.0):
        """Says so many more, and returns when all have their places."""
        self.last = time.monotonic()
        for _ in range(count):
            while len(self._open) >= self._WINDOW:
                await self._wait()
            self._said += 1
            self._open[str(self._said)] = f"{self.name} {self._said}"
            self._send(str(self._said))
            if pause:
                await asyncio.sleep(pause)
        while self._open:
            await self._wait()

    async def _wait(self):
        self._room.clear()
        try:
            await asyncio.wait_for(self._room.wait(), PATIENCE)
        except TimeoutError:
            raise Trouble(f"{self.name} waits for {len(self._open)} acknowledgements") from None
        self.check()

    def _fail(self, error):
        super()._fail(error)
        self._room.set()

    def _send(self, key):
        if self.is_member.is_set():
            self._socket.send(json.dumps({"type": "message", "text": self._open[key], "key": key}))

    def welcomed(self):
        for key in list(self._open):
            self._send(key)

    def acknowledged(self, found):
        key = found["key"]
        if found["stored"] != "cluster":
            raise Trouble(f"acknowledged as {found['stored']}")
        if key in self.ids and self.ids[key] != found["id"]:
            raise Trouble(f"the key {key} has two places")
        self.ids[key] = found["id"]
        self._open.pop(key, None)
        now = time.monotonic()
        self.silence = max(self.silence, now - self.last)
        self.last = now
        self._room.set()

    def refused(self, found):
        if found.get("code") != "unavailable" or "key" not in found:
            super().refused(found)
        self.refusals += 1
        if found["key"] in self._open:
            self._send(found["key"])

    @property
    def texts(self):
        """All that it has said, as it was said."""
        return [f"{self.name} {number + 1}" for number in range(self._said)]

    @staticmethod
    def key_of(text):
        """The key that a text had."""
        return text.partition(" ")[2]
