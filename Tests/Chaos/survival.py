"""What a server has to know of the one before it, which had the same state directory."""

import base64
import json

import position
from failure import Diary
from http_connection import HTTPConnection
from order import Publication
from protocol import target

_LIMIT = 100
# What nobody waits for is written after 50 ms; on a machine under load.
_SECONDS_TO_DISK = 2


class Survival:
    """Reads the history before anything new is said, and makes of it the beginning of the order."""

    def __init__(self, channel, former, was_killed):
        self._channel, self._former, self._was_killed = channel, former, was_killed
        self._order = channel.order
        self._diary = Diary(f"history of {channel.name}")

    async def check(self, port):
        """Throws when something is missing, or is not what it was."""
        order, former = self._order, self._former
        if order.epoch != former.epoch or order.first < self._least:
            self._diary.fail(f"goes on at {order.epoch}.{order.first}, not behind {former.epoch}.{self._least}")
        if not self._was_killed and order.first != former.last:
            self._diary.fail(f"goes on at {order.first}, not at {former.last}")
        kept = self._publications(await self._read(port))
        last = kept[-1].number if kept else former.first
        before = [entry for entry in former.publications.values() if entry.number <= last]
        known = {entry.number for entry in before}
        publications = before + [entry for entry in kept if entry.number not in known]
        self._check_kept(kept, publications, last)
        self._check_promises(kept, last)
        self._channel.ledger.lose(order.epoch, last)
        holes = former.holes + ([(last, order.first)] if last < order.first else [])
        order.adopt(publications, holes)

    @property
    def _least(self):
        return self._channel.ledger.greatest(self._former.epoch)

    # MARK: The history

    async def _read(self, port):
        """All that is kept, oldest first."""
        connection = HTTPConnection()
        await connection.open(port)
        entries, before = [], None
        while True:
            query = {"limit": _LIMIT, "before": before}
            answer = await connection.request(
                "GET", target(self._channel.name, **query), ["Accept: application/json"]
            )
            self._diary.note(f"< {answer}")
            page = json.loads(answer.body)
            if answer.status != 200 or page["position"] != f"{self._order.epoch}.{self._order.first}":
                self._diary.fail(f"not true for {self._order.epoch}.{self._order.first}: {answer.body[-200:]}")
            entries = page["messages"] + entries
            if not page["more"]:
                break
            before = page["next"]
        connection.reset()
        return entries

    def _publications(self, entries):
        """Those that the listener has got are as they were; others it may have missed when the server was killed."""
        publications = []
        for entry in entries:
            epoch, number = position.parse(entry["id"])
            publication = self._former.publications.get(number)
            if publication is None:
                if not self._was_killed or epoch != self._former.epoch or number <= self._former.last:
                    self._diary.fail(f"nobody got this: {entry}")
                publication = _publication(number, entry)
            if not publication.is_told_by(entry):
                self._diary.fail(f"was {publication.object or publication.payload}: {entry}")
            self._channel.ledger.note(self._diary, entry["id"], publication.token)
            publications.append(publication)
        return publications

    def _check_kept(self, kept, publications, last):
        """The latest are there as far as the limits allow, and all of them behind one another."""
        settings = self._channel.settings
        numbers = [entry.number for entry in kept]
        expected = [entry.number for entry in publications if numbers and entry.number >= numbers[0]]
        behind = list(range(self._former.last + 1, last + 1))
        if numbers != expected or behind != [number for number in numbers if number > self._former.last]:
            self._diary.fail(f"there are {numbers} in the history, not {expected} and then {behind}")
        size = count = 0
        for entry in reversed(publications):
            size += len(entry.payload or entry.object["text"].encode())
            count += 1
            if count > settings.history_messages or size * 2 > settings.history_bytes:
                break
            if not numbers or entry.number < numbers[0]:
                self._diary.fail(f"the history takes {entry.number}, and begins with {numbers[:1]}")
        old = self._channel.ended - _SECONDS_TO_DISK
        lost = [entry.number for entry in self._former.publications.values() if entry.number > last]
        if any(self._former.publications[number].arrived < old for number in lost):
            self._diary.fail(f"{lost[:10]} had the time to come to the disk, and the last that is kept is {last}")
        if not self._was_killed and publications and last != self._former.last:
            self._diary.fail(f"ends with {last}, not with {self._former.last}")

    def _check_promises(self, kept, last):
        """What was acknowledged as on the disk is there, or was let go as the history lets go."""
        tokens = {entry.number: entry.token for entry in kept}
        for token, place in self._channel.ledger.stored.items():
            _, number = position.parse(place)
            if number > last:
                self._diary.fail(f"{token} was on the disk as {place}, and the last that is kept is {last}")
            if kept and number >= kept[0].number and tokens.get(number) != token:
                self._diary.fail(f"{token} was on the disk as {place}, which is {tokens.get(number)} now")


def _publication(number, entry):
    if "binary" in entry:
        return Publication(number, 0, None, base64.b64decode(entry["binary"]))
    return Publication(number, 0, {"type": "message", **entry})
