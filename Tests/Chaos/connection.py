"""One connection of a member that speaks JSON."""

import asyncio
import json
from dataclasses import dataclass

from account import Account
from protocol import PATIENCE, SUBPROTOCOL, session_subprotocol, target
from websocket import WebSocket


@dataclass
class Request:
    """What a connection asked for."""

    name: str | None = None
    session: str | None = None
    after: str | None = None
    last: int | None = None
    receive_buffer: int | None = None


class Connection:
    """One connection of a JSON member."""

    def __init__(self, member, request):
        self.member, self.request = member, request
        self.socket = WebSocket(self._receive, self._closed)
        self.welcomed = asyncio.get_running_loop().create_future()
        self.account = Account(member.diary, member.settings, request)
        self.author = None
        self.roster = None
        self.hangs = self.has_hung = False
        # Whether another connection of the session has taken over.
        self.is_superseded = False
        # Tokens of what was sent here, with their bytes.
        self.sent = {}
        self._fetches = []

    @property
    def is_open(self):
        """Whether messages can come and go."""
        return self.socket.is_open and self.roster is not None

    async def open(self, port):
        """Connects, and waits for `welcome`."""
        offers = [SUBPROTOCOL]
        if self.request.session:
            offers.append(session_subprotocol(self.request.session))
        query = {"name": self.request.name, "after": self.request.after, "last": self.request.last}
        address = target(self.member.channel.name, **query)
        await self.socket.open(port, address, offers, self.request.receive_buffer)
        await asyncio.wait_for(self.welcomed, PATIENCE)
        if self.socket.subprotocol != SUBPROTOCOL:
            self.member.diary.fail(f"the server chose {self.socket.subprotocol}")

    def send(self, content):
        """Sends an object."""
        self.member.diary.note(f"> {json.dumps(content, ensure_ascii=False)}")
        self.socket.send(json.dumps(content, ensure_ascii=False))

    def hang(self):
        """Stops reading."""
        self.hangs = self.has_hung = True
        self.account.is_lossless = self.account.is_lossless and not self.member.settings.may_drop
        if self.roster and not self.account.is_lossless:
            self.roster.is_trusted = False
        self.socket.pause()

    def go_on(self):
        """Reads on."""
        self.hangs = False
        self.socket.resume()

    def _receive(self, message):
        try:
            self.member.receive(self, message)
        except Exception as error:
            self.member.channel.fail(error)

    def _closed(self, code, reason):
        try:
            self.member.was_closed(self, code, reason)
        except Exception as error:
            self.member.channel.fail(error)

    def judge(self, order):
        """Holds what came against the order."""
        self.account.judge(order, self.author)

    def judge_end(self, order):
        """Nothing may be left: the connection has had the time to get everything."""
        self.account.judge_end(order)

    def fetch(self, content):
        """Asks for a page."""
        self._fetches.append(content)
        self.send(content)

    def answered(self, page):
        """A page came: the oldest question is answered."""
        if not self._fetches:
            self.member.diary.fail("a page that nobody asked for")
        question = self._fetches.pop(0)
        for side in ("after", "before"):
            if question.get(side) != page.get(side):
                self.member.diary.fail(f"not an answer to {question}: {page}")
        return page | {"asked limit": question.get("limit", 50)}
