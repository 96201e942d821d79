"""What was said in a channel, as all who have listened to it have it together."""

import bisect
import hashlib

import position
from trouble import Trouble


class Transcript:
    """Lines of position, name and text, in their order."""

    def __init__(self, heard):
        """From the lists of lines of all of them."""
        lines = {}
        for line in (line for each in heard for line in each):
            if lines.setdefault(line[0], line) != line:
                raise Trouble(f"a place with two messages: {lines[line[0]]} and {line}")
        self.lines = sorted(lines.values(), key=lambda line: position.parse(line[0])[1])
        if len({position.parse(line[0])[0] for line in self.lines}) > 1:
            raise Trouble("positions of several epochs")
        self._numbers = [position.parse(line[0])[1] for line in self.lines]
        self._check_once()

    def _check_once(self):
        places = {}
        for found, _, text in self.lines:
            if text in places:
                raise Trouble(f"doubled: {text!r} is at {places[text]} and at {found}")
            places[text] = found

    def behind(self, where):
        """What stands behind a position."""
        return self.lines[bisect.bisect_right(self._numbers, position.parse(where)[1]) :]

    def before(self, where):
        """What stands before a position."""
        return self.lines[: bisect.bisect_left(self._numbers, position.parse(where)[1])]

    def text_at(self, where):
        """What was said there; None if nothing was."""
        number = position.parse(where)[1]
        at = bisect.bisect_left(self._numbers, number)
        return self.lines[at][2] if at < len(self.lines) and self._numbers[at] == number else None

    def said_by(self, name):
        """The lines of one."""
        return [line for line in self.lines if line[1] == name]

    @property
    def digest(self):
        """The same for the same lines only."""
        text = "\n".join(" ".join(line) for line in self.lines)
        return hashlib.sha256(text.encode()).hexdigest()[:16]
