"""Clients that come back by themselves: members of objects, listeners to events, and clients of plain text."""

import asyncio
import json
import random
import time

from endpoint import Refused
from event_stream import EventStream
from protocol import SUBPROTOCOL, session_subprotocol, target
from websocket import WebSocket

MAXIMUM_PENDING = 128
_FIRST_BACKOFF, _LONGEST_BACKOFF = 0.5, 30
_EVENT_RETRY = 2


class Client:
    """One that is connected until it is told to leave."""

    def __init__(self, run, channel):
        self.run, self.channel = run, channel
        self.texts = []
        self.is_leaving = False
        self._socket = None
        self._ended = None
        # When the server wants it back, on the monotonic clock.
        self.return_time = None
        self.is_connected = asyncio.Event()

    async def live(self):
        """Connects, and again whenever the connection has ended."""
        failures = 0
        while not self.is_leaving:
            self._ended = asyncio.get_running_loop().create_future()
            try:
                await self.connect()
            except Refused as refused:
                self.run.count_refusal(refused)
                await asyncio.sleep(random.random() * min(_FIRST_BACKOFF * 2**failures, _LONGEST_BACKOFF))
                failures += 1
                continue
            failures = 0
            self.is_connected.set()
            code = await self._ended
            self.is_connected.clear()
            self.run.closes[code] += 1
            if self.return_time is not None:
                await asyncio.sleep(max(self.return_time - time.monotonic(), 0))
                self.return_time = None

    def ended(self, code=0, reason=""):
        if not self._ended.done():
            self._ended.set_result(code)

    def leave(self):
        """Goes for good."""
        self.is_leaving = True
        if self._socket is not None:
            self._socket.reset()


class Member(Client):
    """Speaks objects, resumes by its position and its session, and publishes by keys when it is told to."""

    def __init__(self, run, channel):
        super().__init__(run, channel)
        self.session = self.position = None
        # Keys and texts without an acknowledgement, in order.
        self.pending = {}
        self.trouble = None
        self.is_welcomed = False

    async def connect(self):
        self.is_welcomed = False
        offers = [SUBPROTOCOL] + ([session_subprotocol(self.session)] if self.session else [])
        self._socket = WebSocket(self.take, self.ended)
        await self._socket.open(self.run.port, target(self.channel, after=self.position), offers)

    def take(self, message):
        content = json.loads(message)
        match content["type"]:
            case "welcome":
                if self.session is not None and content["session"] != self.session:
                    self.trouble = "its session is not known any more"
                self.session, self.position = content["session"], content["position"]
                self.is_welcomed = True
                for key, text in self.pending.items():
                    self.transmit(key, text)
            case "message":
                self.position = content["id"]
                self.texts.append(content["text"])
            case "position":
                self.position = content["id"]
            case "ack":
                if not content.get("duplicate") and content["stored"] == "memory":
                    self.position = content["id"]
                if (text := self.pending.pop(content["key"], None)) is not None:
                    self.run.acknowledged(self.channel, text)
            case "gap":
                self.trouble = f"it has a gap: {content}"
            case "error":
                self.trouble = f"it was refused something: {content}"
            case "closing":
                self.return_time = time.monotonic() + content["after"] / 1000
                self.run.told += 1

    def publish(self, text):
        # The server remembers so many keys of a session.
        if len(self.pending) == MAXIMUM_PENDING:
            return
        self.pending[text] = text
        if self.is_welcomed:
            self.transmit(text, text)

    def transmit(self, key, text):
        self._socket.send(json.dumps({"type": "message", "key": key, "text": text}))


class Listener(Client):
    """Listens to events, and shows the last id, as browsers do."""

    def __init__(self, run, channel):
        super().__init__(run, channel)
        self.last_id = None
        self.retry = _EVENT_RETRY
        self.trouble = None

    async def connect(self):
        fields = [f"Last-Event-ID: {self.last_id}"] if self.last_id else []
        self._socket = EventStream(self.take, self.over)
        await self._socket.open(self.run.port, target(self.channel), fields)

    def over(self):
        self.return_time = time.monotonic() + self.retry
        self.ended()

    def take(self, event):
        if event.retry is not None:
            self.retry = int(event.retry) / 1000
        if event.id is not None:
            self.last_id = event.id
        if event.name == "gap":
            self.trouble = f"it has a gap: {event.data}"
        if event.name is None and event.data is not None:
            # "Client 5: text"
            self.texts.append(event.data.partition(": ")[2])


class Guest(Client):
    """Speaks plain text, and comes back at once."""

    async def connect(self):
        self._socket = WebSocket(self.take, self.ended)
        await self._socket.open(self.run.port, target(self.channel), [])

    def take(self, message):
        self.texts.append(message.partition(": ")[2])
