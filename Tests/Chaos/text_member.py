"""A member without a subprotocol: it gets lines, and nobody tells it what it misses."""

from guest import Guest
from text_connection import TextConnection
from words import text_of


class TextMember(Guest):
    """Somebody who takes what comes."""

    @property
    def is_up_to_date(self):
        """Whether the last it got is the last of the order."""
        order = self.channel.order
        return self.connection.last_token == order.publications[order.last].token

    async def connect(self, port, has_name, receive_buffer, last=None, after=None):
        """Joins anew, with a name that nobody else has; `after` is a number that the history is sure to have."""
        name = self._new_name(has_name)
        connection = TextConnection(self, f"{self.key}+{self._identity}", name)
        await self._join(connection.open(port, receive_buffer, last, after), connection)

    # MARK: What it does

    def say(self, size):
        """Publishes a text."""
        token = self._new_token(size)
        self.diary.note(f"> {token} and {size} characters")
        self.connection.socket.send(text_of(token, size, self._count))

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
