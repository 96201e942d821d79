"""One connection of a member that speaks JSON."""

import asyncio
import json
from dataclasses import dataclass

from account import Account
from member_connection import AccountedConnection
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


class Connection(AccountedConnection):
    """One connection of a JSON member."""

    def __init__(self, member, request):
        super().__init__(member, Account(member.diary, member.settings, request))
        self.request = request
        self.socket = WebSocket(
            lambda message: self._guarded(member.receive, self, message),
            lambda code, reason: self._guarded(member.was_closed, self, code, reason),
        )
        self.welcomed = asyncio.get_running_loop().create_future()
        # Whether another connection of the session has taken over.
        self.is_superseded = False
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
            self.diary.fail(f"the server chose {self.socket.subprotocol}")

    def send(self, content):
        """Sends an object."""
        self.diary.note(f"> {json.dumps(content, ensure_ascii=False)}")
        self.socket.send(json.dumps(content, ensure_ascii=False))

    def fetch(self, content):
        """Asks for a page."""
        self._fetches.append(content)
        self.send(content)

    def answered(self, page):
        """A page came: the oldest question is answered."""
        if not self._fetches:
            self.diary.fail("a page that nobody asked for")
        question = self._fetches.pop(0)
        for side in ("after", "before"):
            if question.get(side) != page.get(side):
                self.diary.fail(f"not an answer to {question}: {page}")
        return page | {"asked limit": question.get("limit", 50)}
