"""Somebody who publishes over HTTP, and is no member."""

import asyncio
import dataclasses
import json

import position
from account import Account
from failure import Diary
from http_connection import HTTPConnection, Lost
from post import draw_post
from protocol import PATIENCE, target
from receipt import check_stored, is_same_receipt

ANONYMOUS = "Anonymous"
# The server remembers 256 of a channel; others publish meanwhile.
_KEYS = 128
_OWN_KEYS = 20
_LARGEST_PAGE = 40


class Publisher:
    """Sends one request after the other, and each that has a key until it is answered; reads a page now and then."""

    def __init__(self, channel, key, settings):
        self._channel, self._settings = channel, settings
        self.name = f"{key} the publisher"
        self._author = key
        self._diary = Diary(f"{key} of {channel.name}")
        self._connection = HTTPConnection()
        self._count = 0
        self._task = None
        # Whether the connection was ended here.
        self._has_reset = False
        # What was not answered, and is to be sent again.
        self._pending = None
        # What was answered, and has a key that is surely known; newest last.
        self._answered = []
        # Receipts that are to be judged, with their tokens.
        self._receipts = []
        self._pages = Account(self._diary, settings, request=None)

    @property
    def is_idle(self):
        """Whether nothing is under way."""
        return self._task is None or self._task.done()

    # MARK: What it does

    def publish(self, random, port, size):
        """Says something, or what was lost, in the background."""
        post = self._pending or draw_post(random, self._author, self._count, self.name, size)
        if post is not self._pending:
            self._count += len(post.tokens)
            post.turn = self._channel.keys_of_publishers
        self._begin(port, post)

    def repeat(self, random, port):
        """Sends something again that was answered."""
        self._answered = [post for post in self._answered if self._is_known(post)][-_OWN_KEYS:]
        if self._pending is None and self._answered:
            self._begin(port, random.choice(self._answered))

    def misuse(self, random, port):
        """Says something else with a key that was answered."""
        known = [post for post in self._answered if self._is_known(post) and not post.is_batch]
        if self._pending is None and known:
            post = random.choice(known)
            other = dataclasses.replace(post, body=post.body.replace(post.tokens[0].encode() + b" ", b"else ", 1))
            self._start(self._misuse(port, other))

    def read(self, random, port):
        """Asks for a page of the history."""
        if self._pending is None:
            query = {"limit": random.randint(1, _LARGEST_PAGE)}
            order = self._channel.order
            side = random.choice(["after", "before", None])
            if side and order.last > order.first:
                query[side] = f"{order.epoch}.{random.randint(max(order.first + 1, order.last - 300), order.last)}"
            self._start(self._read(port, query))

    def reset(self):
        """Ends the connection, with or without something under way."""
        self._diary.note("* reset")
        self._has_reset = True
        self._connection.reset()

    async def finish(self, port):
        """Waits until everything is answered."""
        while not self.is_idle or self._pending is not None:
            if self.is_idle:
                self._begin(port, self._pending)
            await asyncio.wait({self._task})

    async def settle(self):
        """Waits until nothing is under way, whatever became of it: the server has ended."""
        if self._task is not None:
            await asyncio.wait({self._task})

    def _is_known(self, post):
        return self._channel.keys_of_publishers - post.turn < _KEYS

    # MARK: Requests

    def _begin(self, port, post):
        self._pending = post
        self._start(self._publish(port, post))

    def _start(self, coming):
        self._task = asyncio.create_task(self._run(coming))

    async def _run(self, coming):
        try:
            await coming
        except Exception as error:
            self._channel.fail(error)

    async def _ask(self, port, method, query, fields, body=None):
        """The answer to a request; None when nobody can know what became of it."""
        self._diary.note(f"> {method} {query} {fields} {body and body[:200]}")
        was_used = False
        try:
            if not self._connection.is_open:
                self._has_reset = False
                self._connection = HTTPConnection()
                await self._connection.open(port)
            was_used = self._connection.is_used
            answering = self._connection.request(method, target(self._channel.name, **query), fields, body)
            answer = await asyncio.wait_for(answering, PATIENCE)
        except Lost as error:
            self._diary.note(f"< lost: {error}")
            if not (self._has_reset or was_used or self._channel.is_stopping):
                self._diary.fail("the connection ended without a cause, and without an answer")
            return None
        except TimeoutError:
            self._diary.fail("no answer")
        self._diary.note(f"< {answer}")
        return answer

    async def _publish(self, port, post):
        self._channel.keys_of_publishers += post.keys
        for token in post.tokens:
            self._channel.sent(token, post.size)
        answer = await self._ask(port, "POST", post.query, post.fields, post.body)
        if answer is None or (answer.status == 503 and self._channel.is_stopping):
            self._was_lost(post)
        else:
            self._take(post, answer)

    async def _misuse(self, port, post):
        answer = await self._ask(port, "POST", post.query, post.fields, post.body)
        if answer is None or self._channel.is_stopping:
            return
        if answer.status != 422 or json.loads(answer.body)["code"] != "key-reused":
            self._diary.fail(f"the key was for something else: {answer}")

    async def _read(self, port, query):
        answer = await self._ask(port, "GET", query, ["Accept: application/json"])
        if answer is None or self._channel.is_stopping:
            return
        page = json.loads(answer.body)
        if answer.status != 200 or any(page.get(side) != query.get(side) for side in ("after", "before")):
            self._diary.fail(f"not an answer to {query}: {answer}")
        self._pages.add("history", page | {"asked limit": query["limit"]})

    def _was_lost(self, post):
        self._channel.given_up(post.tokens)
        post.is_repeated = True
        # Without a key nobody can know whether it was taken; nor with one that may be forgotten.
        if not post.keys or not self._is_known(post):
            self._pending = None

    def _take(self, post, answer):
        self._pending = None
        if answer.status != 200:
            self._diary.fail(f"was answered {answer}")
        receipts = post.read(answer.body)
        if len(receipts) != len(post.tokens):
            self._diary.fail(f"not an answer for each of {post.tokens}: {answer}")
        for number, receipt in enumerate(receipts):
            self._check(post, number, receipt)
        if len({receipt["duplicate"] for receipt in receipts}) != 1:
            self._diary.fail(f"a part was taken before, and a part now: {answer}")
        if not receipts[0]["duplicate"]:
            self._check_batch(receipts)
        self._channel.tally.posts += 1
        self._channel.tally.duplicates += receipts[0]["duplicate"]
        if post.receipts is None and post.keys:
            self._answered.append(post)
        post.is_repeated = True
        post.receipts = receipts

    def _check(self, post, number, receipt):
        token = post.tokens[number]
        if receipt.keys() != {"duplicate", "id", "receivers", "stored"}:
            self._diary.fail(f"not what an answer has: {receipt}")
        if receipt["duplicate"] and not post.is_repeated:
            self._diary.fail(f"was never sent before, and is a duplicate: {receipt}")
        if post.receipts and not (receipt["duplicate"] and is_same_receipt(post.receipts[number], receipt)):
            self._diary.fail(f"was answered differently before, {post.receipts[number]}: {receipt}")
        check_stored(self._diary, self._settings, receipt, post.is_durable)
        if not receipt["duplicate"] and not 0 <= receipt["receivers"] <= self._channel.most_members:
            self._diary.fail(f"not plausible, of at most {self._channel.most_members} members: {receipt}")
        self._channel.ledger.promise(self._diary, receipt["id"], token, receipt["stored"])
        self._receipts.append((token, receipt))

    def _check_batch(self, receipts):
        numbers = [position.parse(receipt["id"])[1] for receipt in receipts]
        if numbers != list(range(numbers[0], numbers[0] + len(numbers))):
            self._diary.fail(f"not one right behind the other: {receipts}")

    # MARK: Judging

    def judge(self):
        """Holds the receipts against the order."""
        order, receipts = self._channel.order, self._receipts
        self._pages.judge(order, author=None)
        self._receipts = []
        for token, receipt in receipts:
            epoch, number = position.parse(receipt["id"])
            if number > order.last and order.is_cut:
                continue
            if number > order.last and not self.is_idle:
                # The listener has it on the way.
                self._receipts.append((token, receipt))
                continue
            entry = order.publications.get(number)
            if epoch != order.epoch or entry is None or entry.token != token:
                self._diary.fail(f"the message of that id is {entry and entry.token}, not {token}: {receipt}")

    def restarted(self):
        """The server is another one."""
        self._receipts.clear()
        if not self._settings.keeps_state:
            self._pending = None
            self._answered.clear()
        elif self._channel.is_killed:
            self._answered = [
                post for post in self._answered if all(receipt["stored"] == "disk" for receipt in post.receipts)
            ]
        if self._pending is None and self._answered and self._is_known(self._answered[-1]):
            # The next server has to know its key.
            self._pending = self._answered[-1]
