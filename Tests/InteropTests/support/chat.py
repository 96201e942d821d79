"""A member of a channel that speaks JSON (docs/protocol.md), one object at a time."""

import contextlib
import itertools
import json
import socket

from websockets.sync.client import connect

from .deadline import PATIENCE, Deadline

SUBPROTOCOL = "broadcast.v1.json"
_keys = itertools.count(1)


def session_subprotocol(session):
    """What a client that comes back offers besides."""
    return f"broadcast.session.{session}"


class Chatter:
    """A connection with its `welcome`; what comes is taken in order."""

    def __init__(self, connection):
        self.connection = connection
        assert connection.subprotocol == SUBPROTOCOL
        self.welcome = self.next()
        assert self.welcome["type"] == "welcome", self.welcome

    @property
    def session(self):
        return self.welcome["session"]

    @property
    def member(self):
        return self.welcome["member"]

    @property
    def position(self):
        return self.welcome["position"]

    def next(self):
        """The next object, or the next binary message."""
        message = self.connection.recv(timeout=PATIENCE)
        return message if isinstance(message, bytes) else json.loads(message)

    def until(self, kind, **fields):
        """Takes what comes up to an object of a type that has these fields; gives it with those before it."""
        deadline = Deadline()
        before = []
        while deadline.remaining:
            content = self.next()
            if isinstance(content, dict) and content["type"] == kind and fields.items() <= content.items():
                return content, before
            before.append(content)
        raise AssertionError(f"no {kind} with {fields} among {before}")

    def get(self, kind, **fields):
        """Takes what comes up to an object of a type that has these fields; gives it."""
        return self.until(kind, **fields)[0]

    def send(self, message):
        """Sends an object, or a text or bytes as they are."""
        is_raw = isinstance(message, (str, bytes))
        self.connection.send(message if is_raw else json.dumps(message, ensure_ascii=False))

    def say(self, text):
        """Says something; gives the `ack`, so that it has its place when this returns."""
        key = f"say {next(_keys)}"
        self.send({"type": "message", "text": text, "key": key})
        return self.get("ack", key=key)

    def texts_until(self, text):
        """The texts that come, up to this one, which is left out."""
        messages = self.until("message", text=text)[1]
        return [content["text"] for content in messages if isinstance(content, dict) and content["type"] == "message"]

    def close(self, code=1000):
        """Leaves."""
        self.connection.close(code)

    def vanish(self):
        """Ends the TCP connection without a word."""
        self.connection.socket.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def chatting(url, *offers, session=None):
    """Joins; `offers` are further subprotocols."""
    subprotocols = [SUBPROTOCOL, *offers]
    if session is not None:
        subprotocols.append(session_subprotocol(session))
    with connect(url, subprotocols=subprotocols, max_size=None, compression=None, open_timeout=PATIENCE) as connection:
        yield Chatter(connection)
