"""Pages of the history, over HTTP."""

import json

from http_connection import HTTPConnection
from protocol import target
from trouble import Trouble

_MOST = 100


class Page:
    """What a node has answered to a query."""

    def __init__(self, query, found):
        self._query = query
        self._lines = [(line["id"], line["from"]["name"], line["text"]) for line in found["messages"]]
        self._is_incomplete = "incomplete" in found or "missing" in found

    def problem(self, transcript):
        """What is wrong with it; None if nothing is."""
        lines = self._lines
        if "before" in self._query:
            expected = transcript.before(self._query["before"])[-len(lines) :] if lines else []
        elif "after" in self._query and not self._is_incomplete:
            expected = transcript.behind(self._query["after"])[: len(lines)]
        elif lines:
            expected = [lines[0], *transcript.behind(lines[0][0])][: len(lines)]
            if transcript.text_at(lines[0][0]) is None:
                return f"a page with {lines[0]}, which nobody has heard"
        else:
            expected = []
        if lines != expected:
            return f"a page for {self._query} has {lines[:3]}…, and should have {expected[:3]}…"
        return None


async def read_all(node, channel):
    """All that a node has of a channel, page by page, the oldest first."""
    connection = HTTPConnection()
    await connection.open(node.port)
    lines, query = [], {"limit": _MOST}
    while True:
        answer = await connection.request("GET", target(channel, **query), ["Accept: application/json"])
        if answer.status != 200:
            raise Trouble(f"the history of {channel} was answered {answer}")
        found = json.loads(answer.body)
        lines = [(line["id"], line["from"]["name"], line["text"]) for line in found["messages"]] + lines
        if not found["more"]:
            connection.reset()
            return lines
        query = {"limit": _MOST, "before": found["next"]}
