"""Nodes: `broadcast-server start --cluster`, each a process of its own."""

import collections

from server import Server

_KEPT_LINES = 1_000


class Node(Server):
    """One that can also be killed and started anew, at another port then."""

    def __init__(self, program, urls, flags=()):
        super().__init__(program, ["--cluster", urls, "--log-messages", "off", *flags])
        self.lines = collections.deque(maxlen=_KEPT_LINES)
