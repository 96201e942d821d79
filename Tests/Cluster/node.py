"""Nodes: `broadcast-server start --cluster`, each a process of its own."""

import collections
import signal

from server import Server

_KEPT_LINES = 1_000


class Node(Server):
    """One that can also be killed and started anew, at another port then."""

    def __init__(self, program, urls, flags=()):
        super().__init__(program, ["--cluster", urls, "--log-messages", "off", *flags])
        self.lines = collections.deque(maxlen=_KEPT_LINES)

    @property
    def pid(self):
        """Of its process."""
        return self._process.pid

    def stand_still(self):
        """Stops it where it is, with SIGSTOP."""
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self):
        """Has it go on, with SIGCONT."""
        self._process.send_signal(signal.SIGCONT)
