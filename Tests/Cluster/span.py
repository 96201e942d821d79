"""What one connection of somebody who listens has brought."""

import position


class Span:
    """Begins where the one before it ended, or with a gap, or where the channel was."""

    def __init__(self, asked, begin, is_recovered):
        """`asked` is the position that it came with, `begin` the one that it was told."""
        self.asked, self.begin, self.is_recovered = asked, begin, is_recovered
        self.heard = []
        self.gap = None
        # Up to where it was sent what was there already, and what it was told of its place since.
        self.live = self._last = None
        # What came at a place where it has no business.
        self.strange = None

    def add(self, gap):
        """A gap came."""
        if self.heard or self.gap is not None:
            self.strange = self.strange or gap
        self.gap = gap

    def came_to(self, where):
        """It was told how far it has come."""
        self.live = self.live or where
        self._last = where

    def has_come_to(self, number):
        """Whether it was told of all up to there."""
        told = [self.begin, self._last, self.gap and self.gap["to"], self.heard and self.heard[-1][0]]
        return any(where and position.parse(where)[1] >= number for where in told)

    def problem(self, transcript, own=None, history=None, is_last=False):
        """What is wrong with it; None if nothing is. Who is called `own` is not told of what it says itself."""
        if self.strange is not None:
            return f"a gap where none can be: {self.strange}"
        if self.asked is not None and not self.is_recovered and self.gap is None:
            return f"came with {self.asked}, and nobody told of what it has missed"
        if self.gap is not None and (wrong := self._problem_of_gap(transcript, history)):
            return wrong
        start = self.gap["to"] if self.gap is not None else self.asked or self.begin
        expected = [line for line in transcript.behind(start) if line[1] != own]
        if not is_last:
            expected = expected[: len(self.heard)]
        for number, (found, should) in enumerate(zip(self.heard, expected)):
            if found != should:
                return f"message {number} behind {start} is {found}, and should be {should}"
        if len(self.heard) != len(expected):
            return f"heard {len(self.heard)} messages behind {start}, which should be {len(expected)}"
        return None

    def _problem_of_gap(self, transcript, history):
        """One is right only where so much was said that it was not kept."""
        gap = self.gap
        if gap["reason"] != "expired" or gap.get("from") != self.asked or history is None:
            return f"a gap that should not be: {gap}"
        kept = transcript.behind(gap["to"])
        if self.live is not None:
            kept = [line for line in kept if position.parse(line[0]) <= position.parse(self.live)]
        if len(kept) < history:
            return f"a gap, with {len(kept)} messages behind it when {history} are kept: {gap}"
        return None
