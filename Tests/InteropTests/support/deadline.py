"""How long the cases wait for an event before they give up."""

import time

# Longer than anything takes on a machine under load.
PATIENCE = 30


class Deadline:
    """A moment up to which an event is awaited."""

    def __init__(self, seconds=PATIENCE):
        self._end = time.monotonic() + seconds

    @property
    def remaining(self):
        """The seconds that are left, never less than 0."""
        return max(0, self._end - time.monotonic())


def wait_until(condition):
    """Waits for what nobody tells of: asks again and again, and gives what it is in the end."""
    deadline = Deadline()
    while not (result := condition()):
        assert deadline.remaining
        time.sleep(0.01)
    return result
