"""The order of a channel during one run of the server, as the one listener has it that never loses anything."""

import base64
import bisect
import re
import time

import position

# How many bytes of text or binary a token may have before its space.
_LONGEST_TOKEN = 64


def token_of(message):
    """Every message of a run begins with a token that is used once: `<author>/<number>`, then a space."""
    if isinstance(message, bytes):
        message = message[:_LONGEST_TOKEN].split(b" ", 1)[0].decode(errors="replace")
    return message.split(" ", 1)[0]


def author_of(token):
    """Who made the message of a token."""
    return token.rpartition("/")[0]


class Publication:
    """A message with its number."""

    def __init__(self, number, index, content, payload=None):
        self.number, self.index = number, index
        # The object that told of a text, or the bytes of a binary message.
        self.object, self.payload = content, payload
        self.token = token_of(content["text"] if payload is None else payload)
        self.author = author_of(self.token)
        self.arrived = time.monotonic()

    @property
    def is_binary(self):
        return self.payload is not None

    def is_told_by(self, entry):
        """Whether it is what an entry of a page of the history says."""
        if self.is_binary:
            return base64.b64decode(entry.get("binary", "")) == self.payload
        return entry == {name: value for name, value in self.object.items() if name != "type"}

    @property
    def spoken(self):
        """What a listener to events of plain text gets."""
        return self.payload if self.is_binary else f"{self.object['from']['name']}: {self.object['text']}"

    @property
    def lines(self):
        """What a plain-text member gets: further lines are marked as such."""
        return self.payload if self.is_binary else re.sub(r"(\r\n|\r(?!\n)|\n)(?=.)", r"\1  | ", self.spoken, flags=re.S)


class Presence:
    """Somebody who came, left or took another name, at a place of the order."""

    def __init__(self, index, content):
        self.index, self.object = index, content


class Order:
    """All publications and all presence of a channel, merged as they came."""

    def __init__(self, diary, welcome):
        self._diary = diary
        self.epoch, self.first = position.parse(welcome["position"])
        self.last = self.first
        self.merged = []
        self.publications = {}
        self.tokens = {}
        self._numbers = []
        self._presence = []
        # Where a server was killed: what had numbers between these is lost, if there was anything.
        self.holes = []
        # Whether others may have got more than the listener.
        self.is_cut = False

    def adopt(self, publications, holes):
        """What servers before have given numbers to, and the disk has; before anything else comes."""
        for publication in publications:
            publication.index = len(self.merged)
            self._put(publication)
        self.holes = holes

    def add_text(self, message):
        """The listener got an object `message`."""
        epoch, number = position.parse(message["id"])
        if epoch != self.epoch:
            self._diary.fail(f"an id of another epoch than {self.epoch}: {message}")
        self._add(Publication(number, len(self.merged), message))

    def add_binary(self, payload):
        """The listener got a binary message: it has the next number, though nobody says so."""
        self._add(Publication(self.last + 1, len(self.merged), None, payload))

    def _add(self, publication):
        if publication.number != self.last + 1:
            self._diary.fail(f"the listener, who misses nothing, got {publication.number} after {self.last}")
        self.last = publication.number
        self._put(publication)

    def _put(self, publication):
        if publication.token in self.tokens:
            self._diary.fail(f"published twice: {publication.token}")
        self.merged.append(publication)
        self.publications[publication.number] = publication
        self.tokens[publication.token] = publication
        self._numbers.append(publication.number)

    def add_presence(self, content):
        """The listener got `joined`, `left` or `renamed`."""
        presence = Presence(len(self.merged), content)
        self.merged.append(presence)
        self._presence.append(presence)

    def between(self, behind, up_to):
        """The publications behind a number, up to and including another."""
        first, end = (bisect.bisect_right(self._numbers, number) for number in (behind, up_to))
        return (self.publications[number] for number in self._numbers[first:end])

    def latest(self, number):
        """The last publication up to and including a number, or None."""
        at = bisect.bisect_right(self._numbers, number)
        return self.publications[self._numbers[at - 1]] if at else None

    def has_hole(self, behind, up_to):
        """Whether something may have been lost between two numbers."""
        return any(behind < high and low < up_to for low, high in self.holes)

    def presence_behind(self, index):
        """The next presence behind an index of the merged order, or None."""
        at = bisect.bisect_right(self._presence, index, key=lambda presence: presence.index)
        return self._presence[at] if at < len(self._presence) else None

    def count_left(self, member):
        """How often a member left."""
        return sum(
            1
            for presence in self._presence
            if presence.object["type"] == "left" and presence.object["member"]["id"] == member
        )
