"""A member without a subprotocol: it gets lines, and nobody tells it what it misses."""

from failure import Diary
from protocol import GOING_AWAY
from text_connection import TextConnection


class TextMember:
    """Somebody who comes and goes, each time as somebody new."""

    def __init__(self, channel, key, settings):
        self.channel, self.key, self.settings = channel, key, settings
        self.diary = Diary(f"{key} of {channel.name}")
        self.connection = None
        # Connections that have ended, and are to be judged.
        self._past = []
        self.is_connecting = False
        self._identity = self._count = 0

    @property
    def is_here(self):
        """Whether there is a connection."""
        return self.connection is not None

    @property
    def is_away(self):
        """Whether it may connect."""
        return self.connection is None and not self.is_connecting

    @property
    def name(self):
        """What others call it; None when it did not say."""
        return self.connection.name

    @property
    def hangs(self):
        """Whether it does not read."""
        return self.connection.hangs

    @property
    def is_writable(self):
        """Whether what it says leaves."""
        return self.connection.socket.is_writable

    @property
    def is_up_to_date(self):
        """Whether the last it got is the last of the order."""
        order = self.channel.order
        return self.connection.last_token == order.publications[order.last].token

    # MARK: Coming and going

    async def connect(self, port, has_name, receive_buffer, last=None, after=None):
        """Joins anew, with a name that nobody else has; `after` is a number that the history is sure to have."""
        self._identity += 1
        name = f"{self.key} {self._identity}" if has_name else None
        connection = TextConnection(self, f"{self.key}+{self._identity}", name)
        self.is_connecting = True
        try:
            await connection.open(port, receive_buffer, last, after)
        finally:
            self.is_connecting = False
        if connection.socket.is_open:
            self.connection = connection

    def hang(self):
        """Stops reading."""
        self.diary.note("* hang")
        self.connection.hang()

    def go_on(self):
        """Reads on."""
        self.diary.note("* go on")
        self.connection.go_on()

    def lose(self, how):
        """Ends the connection: `reset`, or `leave` with a closing handshake."""
        self.diary.note(f"* {how}")
        connection = self.connection
        connection.go_on()
        self._drop(connection)
        if how == "leave":
            connection.socket.close(1000)
        else:
            connection.socket.reset()

    def _drop(self, connection):
        self.connection = None
        self._past.append(connection)
        self.channel.given_up(connection.sent)

    def was_closed(self, connection, code, reason):
        """The server ended a connection, or it was lost."""
        self.diary.note(f"< closed {code} {reason}")
        if connection is not self.connection:
            return
        self._drop(connection)
        may_be_slow = self.settings.slow_client == "close" and connection.has_hung
        if not (may_be_slow or (code == GOING_AWAY and self.channel.is_stopping)):
            self.diary.fail(f"was closed without a cause: {code} {reason}")

    # MARK: What it does

    def say(self, size):
        """Publishes a text."""
        token = self._new_token(size)
        self.diary.note(f"> {token} and {size} characters")
        self.connection.socket.send(f"{token} {'x' * size}")

    def say_binary(self, size):
        """Publishes bytes."""
        token = self._new_token(size)
        self.diary.note(f"> {token} and {size} binary bytes")
        self.connection.socket.send(token.encode() + b" " + bytes(size))

    def _new_token(self, size):
        self._count += 1
        token = f"{self.connection.author}/{self._count}"
        self.connection.sent.append(token)
        self.channel.sent(token, size)
        return token

    # MARK: Judging

    def judge(self):
        """Holds all connections of this run of the server against the order."""
        for connection in self._past:
            connection.judge(self.channel.order)
        self._past.clear()
        if self.is_here:
            self.connection.judge(self.channel.order)

    def judge_end(self):
        """Nothing may be left: the connection has had the time to get everything."""
        self.connection.judge_end(self.channel.order)

