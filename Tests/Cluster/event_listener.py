"""Somebody who listens to events over HTTP, and comes to another node when the stream ends."""

import asyncio
import json

from event_stream import EventStream
from protocol import target
from span import Span
from trouble import Trouble


class EventListener:
    """Keeps the id that came last, as browsers do."""

    def __init__(self, nodes, at, channel, name, places):
        """`places` is how many nodes it goes to, from the first one on."""
        self._nodes, self._at, self._places = nodes, at, places
        self._target = target(channel, name=name, form="json")
        self._position = None
        self._stream = None
        self._task = None
        self._begun = asyncio.Event()
        self.name = name
        self.spans = []
        self.trouble = None

    async def start(self):
        """Returns when it listens."""
        self._task = asyncio.create_task(self._run())
        await asyncio.wait_for(self._begun.wait(), 60)

    async def stop(self):
        """Goes for good."""
        self._task.cancel()
        try:
            await self._task
        except asyncio.CancelledError:
            pass
        self.vanish()

    def vanish(self):
        """Loses its connection."""
        if self._stream is not None:
            self._stream.reset()

    def check(self):
        """Throws what was wrong first."""
        if self.trouble is not None:
            raise self.trouble

    @property
    def heard(self):
        """All lines."""
        return [line for span in self.spans for line in span.heard]

    async def _run(self):
        while True:
            ended = asyncio.get_running_loop().create_future()
            self._stream = EventStream(lambda event: self._take(event), lambda: ended.done() or ended.set_result(None))
            self._asked, self._is_new = self._position, True
            fields = [f"Last-Event-ID: {self._position}"] if self._position is not None else []
            try:
                port = self._nodes[self._at % self._places].port
                await asyncio.wait_for(self._stream.open(port, self._target, fields), 3)
                await ended
            except Exception:
                self._stream.reset()
            self._at += 1
            await asyncio.sleep(0.1)

    def _take(self, event):
        try:
            self._read(event)
        except Exception as error:  # A fault in here must not be lost in a callback.
            self.trouble = self.trouble or error

    def _read(self, event):
        if self._is_new:
            if event.id is None:
                raise Trouble(f"{self.name}: a stream begins with a position: {event}")
            self._is_new = False
            self._position = event.id
            self.spans.append(Span(self._asked, event.id, event.id == self._asked))
            self._begun.set()
        elif event.name == "gap":
            self.spans[-1].add(json.loads(event.data))
        elif event.name is None and event.id is not None:
            content = json.loads(event.data)
            self._position = event.id
            self.spans[-1].heard.append((content["id"], content["from"]["name"], content["text"]))
