"""The listener whose transcript is the order all others are held to: it reads always, says nothing and stays."""

import asyncio
import json

from failure import Diary
from order import Order, token_of
from protocol import PATIENCE, SUBPROTOCOL, session_subprotocol, target
from roster import Roster
from websocket import WebSocket


class Listener:
    """A JSON member of one channel during one run of the server."""

    def __init__(self, channel, former=None):
        """`former` listened to the server before, whose sessions this one knows."""
        self.diary = Diary(f"listener of {channel.name}")
        self._channel, self._former = channel, former
        self._socket = None
        self._welcomed = asyncio.Event()
        self.member = None
        self.session = None
        self.order = None
        self.roster = None

    @property
    def is_here(self):
        """Whether there is a connection."""
        return self._socket.is_open

    async def connect(self, port):
        """Joins before anybody else does."""
        self._socket = WebSocket(self._receive, self._closed)
        offers = [SUBPROTOCOL] + ([session_subprotocol(self._former.session)] if self._former else [])
        await self._socket.open(port, target(self._channel.name, name="listener"), offers)
        await asyncio.wait_for(self._welcomed.wait(), PATIENCE)

    def _receive(self, message):
        try:
            self._take(message)
        except Exception as error:
            self._channel.fail(error)

    def _take(self, message):
        if isinstance(message, bytes):
            self.order.add_binary(message)
            self._channel.came(token_of(message))
            return
        content = json.loads(message)
        self.diary.note(message)
        match content["type"]:
            case "welcome":
                self.member, self.session = content["member"], content["session"]
                self._check_return(content)
                self.order = Order(self.diary, content)
                self.roster = Roster(self.diary, content)
                self._welcomed.set()
            case "message":
                self._check_author(content["from"])
                self.order.add_text(content)
                self._channel.ledger.note(self.diary, content["id"], token_of(content["text"]))
                self._channel.came(token_of(content["text"]))
            case "joined" | "left" | "renamed":
                self.order.add_presence(content)
                self.roster.apply(content)
            case "position" | "closing":
                pass
            case other:
                self.diary.fail(f"the listener, who reads always and says nothing, got {other}: {message}")

    def _check_return(self, content):
        if self._former and (self.session, self.member["id"]) != (self._former.session, self._former.member["id"]):
            self.diary.fail(f"was {self._former.member} with {self._former.session}: {content}")

    def _check_author(self, author):
        if author["id"] == 0 and author["name"] in self._channel.names_of_publishers:
            return
        if self.roster.names.get(author["id"]) != author["name"]:
            self.diary.fail(f"a message of {author}, at a place of the order where there are {self.roster.names}")

    def _closed(self, code, reason):
        self.diary.note(f"closed {code} {reason}")
        if not self._channel.is_stopping:
            self._channel.fail(RuntimeError(f"the listener was closed: {code} {reason}"))
