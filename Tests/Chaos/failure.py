"""What went wrong, and whom it happened to."""

import collections
import re
import time

# Enough to see what led to a failure, without the rest of the run.
_KEPT_EVENTS = 60
_SHOWN_CHARACTERS = 230
# What messages are filled up with.
_PADDING = re.compile(r"(x|\\x00){4,}")


class Failure(Exception):
    """The server broke a promise."""

    def __init__(self, diary, text):
        super().__init__(f"{diary.owner}: {text}")
        self.diary = diary


class Diary:
    """The last things that happened to somebody, up to the first failure of anybody."""

    beginning = time.monotonic()
    is_closed = False

    def __init__(self, owner):
        self.owner = owner
        self._events = collections.deque(maxlen=_KEPT_EVENTS)

    def note(self, event):
        """Keeps an event with its time."""
        if not Diary.is_closed:
            self._events.append((time.monotonic() - self.beginning, event))

    def fail(self, text):
        """Ends the run."""
        self.note(f"FAILED: {text}")
        Diary.is_closed = True
        raise Failure(self, text)

    @property
    def lines(self):
        """The events, oldest first."""
        for seconds, event in self._events:
            text = _PADDING.sub(r"\1…", event)
            cut = text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}… ({len(text)})"
            yield f"{seconds:9.3f}  {cut}"
