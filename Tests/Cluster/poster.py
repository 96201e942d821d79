"""Somebody who publishes over HTTP with keys, on any node, and reads what was said there."""

import asyncio
import json

from http_connection import HTTPConnection, Lost
from page import Page
from protocol import target
from trouble import Trouble

# A node that stands still says nothing for ever.
_ANSWER_SECONDS = 6
_PAUSES = (0.02, 0.1, 0.3, 0.6)
_SIZES = (1, 1, 1, 2, 8)
_BURST = 250
_REMEMBERED = 20


class Poster:
    """Sends one request after the other, each until it is answered."""

    def __init__(self, nodes, channel, name, random):
        self._nodes, self._channel, self._random = nodes, channel, random
        self._connections = {}
        self._said = 0
        self._answered = []
        self._is_ending = False
        self._task = None
        self.name = name
        # Text by text.
        self.ids = {}
        self.texts = []
        self.pages = []
        self.repeated = 0

    def start(self):
        """Begins to publish."""
        self._task = asyncio.create_task(self._run())

    async def finish(self):
        """Returns when everything is answered; throws what was wrong."""
        self._is_ending = True
        await self._task
        for connection in self._connections.values():
            connection.reset()

    def check(self):
        """Throws what was wrong."""
        if self._task is not None and self._task.done():
            self._task.result()

    @staticmethod
    def key_of(text):
        """What its place is kept under."""
        return text

    def cancel(self):
        """Ends it whatever it is at."""
        if self._task is not None:
            self._task.cancel()

    async def _run(self):
        while not self._is_ending:
            draw = self._random.random()
            if draw < 0.75 or not self._answered:
                await self._publish(self._random.choice(_SIZES))
            elif draw < 0.80:
                await self._publish(_BURST)
            elif draw < 0.90:
                await self._repeat()
            else:
                await self._look()
            await asyncio.sleep(self._random.choice(_PAUSES))

    # MARK: Publishing

    async def _publish(self, count):
        texts = [f"{self.name} {self._said + number + 1}" for number in range(count)]
        self._said += count
        self.texts += texts
        receipts = await self._post(texts)
        for text, receipt in zip(texts, receipts):
            self.ids[text] = receipt["id"]
        self._answered = [*self._answered, texts][-_REMEMBERED:]

    async def _repeat(self):
        """Says once more what was answered."""
        texts = self._random.choice(self._answered)
        for text, receipt in zip(texts, await self._post(texts)):
            if not receipt["duplicate"] or receipt["id"] != self.ids[text]:
                raise Trouble(f"{text!r} is at {self.ids[text]}, and said again it was answered {receipt}")
        self.repeated += 1

    async def _post(self, texts):
        key = f'Idempotency-Key: "{texts[0]}"'
        if len(texts) == 1:
            fields, body = [key, "Content-Type: text/plain"], texts[0]
        else:
            fields, body = [key, "Content-Type: application/json"], json.dumps([{"text": text} for text in texts])
        while True:
            answer = await self._ask("POST", {"name": self.name}, fields, body.encode())
            if answer.status == 200:
                break
            if answer.status != 503:
                raise Trouble(f"{texts[0]!r} was answered {answer}")
            await asyncio.sleep(0.1)
        found = json.loads(answer.body)
        receipts = found if isinstance(found, list) else [found]
        if len(receipts) != len(texts) or any(receipt["stored"] != "cluster" for receipt in receipts):
            raise Trouble(f"{texts[0]!r} was answered {answer}")
        return receipts

    # MARK: Reading

    async def _look(self):
        """Reads a page behind, or before, something that was acknowledged, on any node."""
        where = self.ids[self._random.choice(self._answered)[0]]
        query = self._random.choice([{"after": where}, {"before": where}, {}])
        limit = self._random.randint(1, 100)
        while True:
            answer = await self._ask("GET", {**query, "limit": limit}, ["Accept: application/json"])
            if answer.status == 200:
                break
            # A node may not have come so far yet.
            if answer.status not in (400, 503) or answer.status == 400 and b"not come to that" not in answer.body:
                raise Trouble(f"{query} was answered {answer}")
            await asyncio.sleep(0.1)
        self.pages.append(Page(query, json.loads(answer.body)))

    async def _ask(self, method, query, fields, body=None):
        """Asks one node after the other until one has answered."""
        while True:
            node = self._random.choice(self._nodes)
            connection = self._connections.pop(node, None) or HTTPConnection()
            try:
                if not connection.is_open:
                    connection = HTTPConnection()
                    await asyncio.wait_for(connection.open(node.port), _ANSWER_SECONDS)
                asking = connection.request(method, target(self._channel, **query), fields, body)
                answer = await asyncio.wait_for(asking, _ANSWER_SECONDS)
            except (Lost, TimeoutError):
                connection.reset()
                await asyncio.sleep(0.05)
                continue
            self._connections[node] = connection
            return answer
