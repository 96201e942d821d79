"""A channel in which somebody watches that all goes on, whatever others send."""

import contextlib
import itertools

from .chat import chatting

# As many messages are said before anybody sends something bad.
KEPT = 5
CHANNELS = itertools.count(1)


class Channel:
    """A channel with a few messages, and a witness who is to go on whatever happens."""

    def __init__(self, server):
        self.url = f"{server.url}/bad{next(CHANNELS)}"
        self._stack = contextlib.ExitStack()
        self.witness = self._stack.enter_context(chatting(f"{self.url}?name=witness"))
        self.author = self._stack.enter_context(chatting(f"{self.url}?name=author"))
        self.ids = [self.author.say(f"kept {number}")["id"] for number in range(KEPT)]
        self.epoch = self.ids[0].partition(".")[0]

    def join(self, query="", session=None, offers=()):
        """A JSON member."""
        return self._stack.enter_context(chatting(f"{self.url}?{query}", *offers, session=session))

    def position(self, number):
        return f"{self.epoch}.{number}"

    def check(self):
        """The witness still gets what is said, and got nothing of what was wrong."""
        self.author.say("all is well")
        assert not [text for text in self.witness.texts_until("all is well") if "never" in text]
        self._stack.close()

    @property
    def texts(self):
        return [f"kept {number}" for number in range(KEPT)]
