"""One event stream of a member."""

import asyncio
import base64
import json
from dataclasses import dataclass

from account import Account
from endpoint import Refused
from event_stream import EventStream
from member_connection import AccountedConnection
from order import token_of
from protocol import PATIENCE, target
from roster import Roster

_RETRY = "2000"


@dataclass
class EventRequest:
    """What a stream asks for."""

    name: str | None = None
    is_json: bool = False
    after: str | None = None
    # Where the position stands: `field` for `Last-Event-ID`, or the name of a parameter.
    place: str = "after"
    last: int | None = None
    receive_buffer: int | None = None

    @property
    def parameters(self):
        """For the URL."""
        query = {"name": self.name, "last": self.last, "form": "json" if self.is_json else None}
        if self.after is not None:
            # The field counts more than what a URL says for ever.
            query["after" if self.place == "field" else self.place] = "x.1" if self.place == "field" else self.after
        return query

    @property
    def fields(self):
        """For the head."""
        return [f"Last-Event-ID: {self.after}"] if self.after is not None and self.place == "field" else []


class EventConnection(AccountedConnection):
    """Begins with a position, perhaps a gap, and who is there."""

    def __init__(self, member, request):
        super().__init__(member, Account(member.diary, member.settings, request))
        self.request, self.name = request, request.name
        self.socket = EventStream(
            lambda event: self._guarded(self._receive, event), lambda: self._guarded(self._ended)
        )
        self._arrived = asyncio.get_running_loop().create_future()
        # The id that came last.
        self.position = None

    async def open(self, port, request):
        """Connects, and waits until it is told who is there."""
        self.diary.note(f"* connect {request}")
        address = target(self.member.channel.name, **request.parameters)
        await self.socket.open(port, address, request.fields, request.receive_buffer)
        await asyncio.wait_for(self._arrived, PATIENCE)

    def leave(self):
        """Goes without a word, as all do that listen to events."""
        self.socket.end()

    def _ended(self):
        if not self._arrived.done():
            self._arrived.set_exception(Refused(0, "the stream ended before it said who is there"))
            # Nobody may wait for it any more.
            self._arrived.exception()
        self.member.was_closed(self, "the stream", is_going_away=True)

    def _receive(self, event):
        self.diary.note(f"< {event}")
        if self.position is None:
            self._begin(event)
        elif event.retry is not None:
            # The server goes, and has told when to come back: to whoever is restarted, that means nothing.
            pass
        elif event.name in (None, "binary"):
            self._take_publication(event)
        else:
            self._take_object(event)

    def _begin(self, event):
        if event.retry != _RETRY or event.id is None or event.name is not None or event.data is not None:
            self.diary.fail(f"a stream begins with how to come back: {event}")
        self.position = event.id
        asked = self.request.after
        self.account.add("welcome", {"position": event.id, "recovered": asked is not None and event.id == asked})

    def _take_publication(self, event):
        if event.id is None or event.data is None or self.roster is None:
            self.diary.fail(f"no publication, or not at its place: {event}")
        self.position = event.id
        self.account.add("event", (event, self.request.is_json))
        self.member.channel.ledger.note(self.diary, event.id, self._token(event))

    def _token(self, event):
        content = json.loads(event.data) if self.request.is_json else None
        if event.name == "binary":
            return token_of(base64.b64decode(content["binary"] if content else event.data))
        return token_of(content["text"] if content else event.data.partition(": ")[2])

    def _take_object(self, event):
        content = json.loads(event.data or "null")
        if event.id is not None or not isinstance(content, dict) or content.get("type") != event.name:
            self.diary.fail(f"has an id, or is no object of that type: {event}")
        match event.name:
            case "members" if self.roster is None:
                self.roster = Roster(self.diary, content)
                self.roster.is_trusted = self.account.is_lossless
                self._arrived.set_result(None)
            case "members":
                self.roster.replace(content)
                self.account.add("members", content)
            case "gap":
                self.member.channel.tally.gaps += 1
                self.member.channel.tally.missing += content.get("missing", 0)
                self.account.add("gap", content)
            case "joined" | "left" | "renamed" if self.roster is not None:
                self.roster.apply(content)
                self.account.add("presence", content)
            case _:
                self.diary.fail(f"did nothing to get this: {event}")
