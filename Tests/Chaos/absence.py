"""How long somebody has been away, and what others must make of it."""

import time

# For the server to notice, and for a timer to fire, on a machine under load.
SLACK = 2


class Absence:
    """Begins when this process ends a connection, or sees its end."""

    def __init__(self, grace):
        # 0 for one who has said goodbye.
        self._grace = grace
        self._since = time.monotonic()

    @property
    def seconds(self):
        """How long it has been."""
        return time.monotonic() - self._since

    @property
    def is_surely_here(self):
        """Whether nobody may have been told that it left."""
        return self.seconds < self._grace / 2

    @property
    def is_surely_gone(self):
        """Whether everybody must have been told."""
        return self.seconds > self._grace + SLACK
