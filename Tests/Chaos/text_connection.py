"""One connection of a plain-text member, and what is wrong with its transcript."""

from order import token_of
from protocol import target
from websocket import WebSocket


def _token_of(message):
    return token_of(message if isinstance(message, bytes) else message.partition(": ")[2])


class TextConnection:
    """From the first message on it has to get everything; if it hung, there may be holes."""

    def __init__(self, member, author, name):
        self._member, self._diary = member, member.diary
        self.author, self.name = author, name
        self.socket = WebSocket(self._receive, self._closed)
        self.hangs = self.has_hung = False
        # Tokens of what was sent here.
        self.sent = []
        self.last_token = None
        self._received = []
        # The number of the last message that was judged; None before the first.
        self._cursor = None

    async def open(self, port, receive_buffer, last, after):
        """Connects, and asks for the `last` so many, or for everything after a number."""
        channel = self._member.channel
        query = {"name": self.name, "last": last, "after": None}
        if after is not None:
            self._cursor = after
            query["after"] = f"{channel.order.epoch}.{after}"
        self._diary.note(f"* connect {query}")
        await self.socket.open(port, target(channel.name, **query), [], receive_buffer)

    def hang(self):
        """Stops reading."""
        self.hangs = self.has_hung = True
        self.socket.pause()

    def go_on(self):
        """Reads on."""
        self.hangs = False
        self.socket.resume()

    def _receive(self, message):
        self._diary.note(f"< {message!r}")
        self._received.append(message)
        self.last_token = _token_of(message)

    def _closed(self, code, reason):
        try:
            self._member.was_closed(self, code, reason)
        except Exception as error:
            self._member.channel.fail(error)

    # MARK: Judging

    def judge(self, order):
        """Looks at all that came since the last time; the order has to be complete up to the last of it."""
        received, self._received = self._received, []
        for message in received:
            entry = order.tokens.get(_token_of(message))
            if entry is None or message != entry.line:
                self._diary.fail(f"others got {entry and entry.line!r:.200}, not {message!r:.200}")
            if entry.author == self.author:
                self._diary.fail(f"got its own message: {message!r:.200}")
            if self._cursor is not None:
                if entry.number <= self._cursor:
                    self._diary.fail(f"came twice, or after {self._cursor}: {entry.number} {message!r:.200}")
                self._pass(order.between(self._cursor, entry.number - 1), message)
            self._cursor = entry.number

    def judge_end(self, order):
        """Nothing may be left: the connection has had the time to get everything."""
        if self._cursor is not None:
            self._pass(order.between(self._cursor, order.last), "the end")

    def _pass(self, entries, content):
        missed = [entry.number for entry in entries if entry.author != self.author]
        if missed and not (self.has_hung and self._member.settings.may_drop):
            self._diary.fail(f"never got {missed[:10]} ({len(missed)} messages), but {content!r:.200}")
