"""How long somebody has been away, and what others must make of it."""

import time

# For the server to notice, and for a timer to fire, on a machine under load.
SLACK = 2


class Absence:
    """Begins when this process ends a connection, or sees its end."""

    def __init__(self, grace, is_unsure=False):
        # 0 for one who has said goodbye.
        self._grace = grace
        # Whether nobody can know if its place is kept.
        self._is_unsure = is_unsure
        self._earliest = self._latest = time.monotonic()

    def begin_again(self, earliest):
        """Another server keeps the place, and has begun at some time from `earliest` to now."""
        self._earliest, self._latest = earliest, time.monotonic()

    @property
    def seconds(self):
        """How long it has been at least."""
        return time.monotonic() - self._latest

    @property
    def is_surely_here(self):
        """Whether nobody may have been told that it left."""
        return not self._is_unsure and time.monotonic() - self._earliest < self._grace / 2

    @property
    def is_surely_gone(self):
        """Whether everybody must have been told."""
        return self.seconds > self._grace + SLACK
