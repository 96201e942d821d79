"""One connection of a plain-text member, and what is wrong with its transcript."""

from member_connection import MemberConnection
from order import token_of
from protocol import RESTART, target
from websocket import WebSocket


def _token_of(message):
    return token_of(message if isinstance(message, bytes) else message.partition(": ")[2])


class TextConnection(MemberConnection):
    """From the first message on it has to get everything; if it hung, there may be holes."""

    def __init__(self, member, author, name):
        super().__init__(member)
        self.author, self.name = author, name
        self.socket = WebSocket(
            lambda message: self._guarded(self._receive, message),
            lambda code, reason: self._guarded(
                member.was_closed, self, f"{code} {reason}", code == RESTART
            ),
        )
        self.last_token = None
        self._received = []
        # The number of the last message that was judged; None before the first.
        self._cursor = None

    async def open(self, port, receive_buffer, last, after):
        """Connects, and asks for the `last` so many, or for everything after a number."""
        channel = self.member.channel
        query = {"name": self.name, "last": last, "after": None}
        if after is not None:
            self._cursor = after
            query["after"] = f"{channel.order.epoch}.{after}"
        self.diary.note(f"* connect {query}")
        await self.socket.open(port, target(channel.name, **query), [], receive_buffer)

    def _receive(self, message):
        self.diary.note(f"< {message!r}")
        self._received.append(message)
        self.last_token = _token_of(message)

    # MARK: Judging

    def judge(self, order):
        """Looks at all that came since the last time; the order has to be complete up to the last of it."""
        received, self._received = self._received, []
        for message in received:
            entry = order.tokens.get(_token_of(message))
            if entry is None and order.is_cut:
                break
            if entry is None or message != entry.lines:
                self.diary.fail(f"others got {entry and entry.lines!r:.200}, not {message!r:.200}")
            if entry.author == self.author:
                self.diary.fail(f"got its own message: {message!r:.200}")
            if self._cursor is not None:
                if entry.number <= self._cursor:
                    self.diary.fail(f"came twice, or after {self._cursor}: {entry.number} {message!r:.200}")
                self._pass(order.between(self._cursor, entry.number - 1), message)
            self._cursor = entry.number

    def judge_end(self, order):
        """Nothing may be left: the connection has had the time to get everything."""
        if self._cursor is not None:
            self._pass(order.between(self._cursor, order.last), "the end")

    def _pass(self, entries, content):
        missed = [entry.number for entry in entries if entry.author != self.author]
        if missed and not (self.has_hung and self.member.settings.may_drop):
            self.diary.fail(f"never got {missed[:10]} ({len(missed)} messages), but {content!r:.200}")
