"""The listener whose transcript is the order all others are held to: it reads always, says nothing and stays."""

import asyncio
import json

from failure import Diary
from order import Order, token_of
from protocol import PATIENCE, SUBPROTOCOL, target
from roster import Roster
from websocket import WebSocket


class Listener:
    """A JSON member of one channel during one run of the server."""

    def __init__(self, channel, on_token, on_failure):
        self.diary = Diary(f"listener of {channel}")
        self._channel, self._on_token, self._on_failure = channel, on_token, on_failure
        self._socket = None
        self._welcomed = asyncio.Event()
        self.member = None
        self.order = None
        self.roster = None
        self.is_stopping = False

    async def connect(self, port):
        """Joins before anybody else does."""
        self._socket = WebSocket(self._receive, self._closed)
        await self._socket.open(port, target(self._channel, name="listener"), [SUBPROTOCOL])
        await asyncio.wait_for(self._welcomed.wait(), PATIENCE)

    def _receive(self, message):
        try:
            self._take(message)
        except Exception as error:
            self._on_failure(error)

    def _take(self, message):
        if isinstance(message, bytes):
            self.order.add_binary(message)
            self._on_token(token_of(message))
            return
        content = json.loads(message)
        self.diary.note(message)
        match content["type"]:
            case "welcome":
                self.member = content["member"]
                self.order = Order(self.diary, content)
                self.roster = Roster(self.diary, content)
                self._welcomed.set()
            case "message":
                self._check_author(content["from"])
                self.order.add_text(content)
                self._on_token(token_of(content["text"]))
            case "joined" | "left" | "renamed":
                self.order.add_presence(content)
                self.roster.apply(content)
            case "position":
                pass
            case other:
                self.diary.fail(f"the listener, who reads always and says nothing, got {other}: {message}")

    def _check_author(self, author):
        if self.roster.names.get(author["id"]) != author["name"]:
            self.diary.fail(f"a message of {author}, at a place of the order where there are {self.roster.names}")

    def _closed(self, code, reason):
        self.diary.note(f"closed {code} {reason}")
        if not self.is_stopping:
            self._on_failure(RuntimeError(f"the listener was closed: {code} {reason}"))
