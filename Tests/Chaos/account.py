"""What one connection was told that ids are told on, held against the order of its channel."""

import base64
import json

import position


class Beyond(Exception):
    """The server was killed, and the listener had not got this yet."""


class Account:
    """Every publication of others behind the position of `welcome` has to come, or to be told missing: once, in order."""

    def __init__(self, diary, settings, request):
        self._diary, self._settings, self._request = diary, settings, request
        self._items = []
        self._author = None
        self._order = None
        self._cursor = 0
        self._expects_gap = False
        # The place in the merged order, once it is known: a welcome does not say where among the presence it is.
        self._spot = None
        # Whether the connection never hung while the server may leave things out.
        self.is_lossless = True

    def add(self, kind, content):
        """Keeps what came, in order, until the order is known."""
        self._items.append((kind, content))

    def judge(self, order, author):
        """Looks at all that came since the last time; the order has to be complete up to the last of it."""
        self._order, self._author = order, author
        items, self._items = self._items, []
        try:
            self._judge_all(items)
        except Beyond:
            # Nor can be known what came after it.
            pass

    def _judge_all(self, items):
        for kind, content in items:
            if self._expects_gap and kind != "gap":
                self._diary.fail(f"not recovered, but no gap before {kind}: {content}")
            getattr(self, f"_judge_{kind}")(content)

    def judge_end(self, order):
        """Nothing may be left: the connection has had the time to get everything."""
        self._pass_own(order.last, "at the end")

    # MARK: Positions

    def _parse(self, text, content):
        try:
            epoch, number = position.parse(text)
        except position.Malformed as error:
            self._diary.fail(f"{error} in {content}")
        if epoch != self._order.epoch:
            self._diary.fail(f"not of the epoch {self._order.epoch}: {content}")
        if number > self._order.last and self._order.is_cut:
            raise Beyond
        if number > self._order.last:
            self._diary.fail(f"nobody else got more than {self._order.last}: {content}")
        return number

    def _is_own(self, publication):
        return publication.author == self._author

    def _others(self, behind, up_to):
        return [entry for entry in self._order.between(behind, up_to) if not self._is_own(entry)]

    def _next_of_others(self):
        behind = self._order.between(self._cursor, self._order.last)
        return next((entry for entry in behind if not self._is_own(entry)), None)

    def _pass_own(self, number, content):
        """Moves on to a number; all on the way has to be the member's own."""
        if number < self._cursor:
            self._diary.fail(f"goes back from {self._cursor} to {number}: {content}")
        if missed := self._others(self._cursor, number):
            numbers = [entry.number for entry in missed]
            self._diary.fail(f"never told of {numbers[:10]} ({len(numbers)} messages), but: {content}")
        self._cursor = number
        if self._spot is not None and (entry := self._order.latest(number)):
            self._reach(entry.index, content)

    # MARK: Messages

    def _judge_message(self, content):
        number = self._parse(content["id"], content)
        entry = self._order.publications.get(number)
        self._take(entry, content, entry and content == entry.object)

    def _judge_binary(self, payload):
        entry = self._order.tokens.get(payload.split(b" ", 1)[0].decode())
        self._take(entry, payload, entry and payload == entry.payload)

    def _judge_event(self, content):
        event, is_json = content
        entry = self._order.publications.get(self._parse(event.id, event))
        is_binary = event.name == "binary"
        if entry is None or entry.is_binary != is_binary:
            is_right = False
        elif is_json:
            told = json.loads(event.data)
            is_right = told["id"] == event.id and (entry.is_told_by(told) if is_binary else told == entry.object)
        elif is_binary:
            is_right = base64.b64decode(event.data) == entry.payload
        else:
            # A stream knows one kind of line breaks only.
            is_right = event.data == entry.spoken.replace("\r\n", "\n").replace("\r", "\n")
        self._take(entry, event, is_right)

    def _take(self, entry, content, is_right):
        if entry is None and self._order.is_cut:
            raise Beyond
        if entry is None:
            self._diary.fail(f"nobody else got {content!r:.200}")
        if entry.number <= self._cursor:
            self._diary.fail(f"came twice, or after {self._cursor}: {content!r:.200}")
        if not is_right:
            self._diary.fail(f"another got {entry.payload or entry.object}, not {content!r:.200}")
        if self._is_own(entry):
            self._diary.fail(f"got its own message: {content!r:.200}")
        self._pass_own(entry.number - 1, content)
        self._cursor = entry.number
        if self._spot is not None:
            self._reach(entry.index, content)

    def _judge_position(self, content):
        self._pass_own(self._parse(content["id"], content), content)

    def _judge_ack(self, content):
        number = self._parse(content["id"], content)
        entry = self._order.publications.get(number)
        if entry is None or entry.token != content["key"]:
            self._diary.fail(f"the message of that id is {entry and entry.token}: {content}")
        # One that has waited for the disk comes when it comes.
        if not content.get("duplicate") and (number > self._cursor or content["stored"] == "memory"):
            self._pass_own(number, content)

    # MARK: Beginning and gaps

    def _judge_welcome(self, content):
        number = self._parse(content["position"], content)
        self._cursor = number
        if self._request.after is None:
            if content["recovered"]:
                self._diary.fail(f"recovered, but nothing was asked for: {content}")
            return
        epoch, asked = position.parse(self._request.after)
        if content["recovered"]:
            if content["position"] != self._request.after:
                self._diary.fail(f"recovered, but not from {self._request.after}: {content}")
            return
        self._expects_gap = True
        if epoch == self._order.epoch:
            self._check_expired(asked, number, content)

    def _check_expired(self, asked, reached, content):
        """The history may have been too small, but not by much."""
        if asked == reached:
            self._diary.fail(f"nothing is missing behind {self._request.after}, yet not recovered: {content}")
        behind = list(self._order.between(asked, self._order.last))
        size = sum(len(entry.payload or entry.object["text"].encode()) for entry in behind)
        if len(behind) <= self._settings.history_messages and size * 2 <= self._settings.history_bytes:
            self._diary.fail(f"{len(behind)} messages of {size} bytes came since, which the history takes: {content}")

    def _judge_gap(self, content):
        to = self._parse(content["to"], content)
        missing = content.get("missing")
        if self._expects_gap:
            self._expects_gap = False
            self._check_gap_of_return(content, to, missing)
        else:
            self._check_gap_of_slow(content, to, missing)
            self._spot = None
        self._cursor = to

    def _check_gap_of_return(self, content, to, missing):
        epoch, asked = position.parse(self._request.after)
        expected = "expired" if epoch == self._order.epoch else "epoch"
        if content["reason"] != expected or content.get("from") != self._request.after or to != self._cursor:
            self._diary.fail(f"not {expected} from {self._request.after} to {self._cursor}: {content}")
        if expected == "epoch":
            if missing is not None:
                self._diary.fail(f"nobody can know how many are missing: {content}")
        # Whose a message was that is not kept, the server cannot know any more.
        elif missing is None and self._order.has_hole(asked, to):
            pass
        elif missing is None or not len(self._others(asked, to)) <= missing <= to - asked:
            self._diary.fail(f"{len(self._others(asked, to))} of others and {to - asked} in all are missing: {content}")

    def _check_gap_of_slow(self, content, to, missing):
        if content["reason"] != "slow" or self.is_lossless or not self._settings.may_drop:
            self._diary.fail(f"a gap without a reason: {content}")
        behind = content.get("behind")
        if not behind or not all(isinstance(behind.get(unit), int) for unit in ("bytes", "milliseconds")):
            self._diary.fail(f"does not say how far it is behind: {content}")
        start = self._parse(content["from"], content)
        if start > self._cursor:
            self._pass_own(start, content)
        elif self._others(start, self._cursor):
            self._diary.fail(f"begins before what has come, {self._cursor}: {content}")
        if to < self._cursor:
            self._diary.fail(f"ends before what has come, {self._cursor}: {content}")
        if missing != len(self._others(start, to)):
            self._diary.fail(f"{len(self._others(start, to))} are missing: {content}")

    # MARK: Presence

    def _judge_members(self, content):
        if self.is_lossless:
            self._diary.fail(f"who is here was told anew, but nothing was lost: {content}")
        self._spot = None

    def _judge_presence(self, content):
        if not self.is_lossless:
            return
        candidates = self._candidates(content)
        if not candidates and self._order.is_cut:
            raise Beyond
        if not candidates:
            self._diary.fail(f"not what others got at this place: {content}")
        entry = candidates[0]
        self._pass_publications(entry.index, content)
        if len(candidates) == 1:
            self._spot = entry.index

    def _candidates(self, content):
        """Where this presence may be: one place, or, as long as the place of the member is unknown, some."""
        if self._spot is not None:
            entry = self._order.presence_behind(self._spot)
            return [entry] if entry and entry.object == content else []
        # Not before the message that came last, and not behind the one that comes next.
        last = self._order.latest(self._cursor)
        spot = last.index if last else -1
        following = self._next_of_others()
        end = following.index if following else len(self._order.merged)
        candidates = []
        while (entry := self._order.presence_behind(spot)) and entry.index < end:
            spot = entry.index
            if entry.object == content:
                candidates.append(entry)
        return candidates

    def _pass_publications(self, index, content):
        """All publications before presence must have come."""
        following = self._next_of_others()
        if following and following.index < index:
            self._diary.fail(f"{following.number} was before this for others: {content}")

    def _reach(self, index, content):
        """All presence before a publication must have come."""
        if index <= self._spot:
            return
        if self.is_lossless:
            entry = self._order.presence_behind(self._spot)
            if entry is not None and entry.index < index:
                self._diary.fail(f"others got {entry.object} before this: {content!r:.200}")
        self._spot = index

    # MARK: Pages of the history

    def _judge_history(self, content):
        limit = content.pop("asked limit")
        entries = content["messages"]
        now = self._parse(content["position"], content)
        numbers = [self._parse(entry["id"], content) for entry in entries]
        publications = list(self._order.between(numbers[0] - 1, numbers[-1])) if numbers else []
        if len(numbers) > limit or numbers != [publication.number for publication in publications]:
            self._diary.fail(f"not at most {limit} in order without a hole: {numbers}")
        for entry, publication in zip(entries, publications):
            if not publication.is_told_by(entry):
                self._diary.fail(f"another got {publication.object or publication.payload}, not {entry}")
        if "after" in content:
            since = self._parse(content["after"], content)
            missing = (numbers[0] if numbers else now + 1) - since - 1
            is_certain = not self._order.has_hole(since, numbers[0] if numbers else now + 1)
            if is_certain and content.get("missing", 0) != missing:
                self._diary.fail(f"{missing} are missing: {content}")
            if content["more"] != (bool(numbers) and self._has_more(numbers[-1], now)):
                self._diary.fail(f"more is wrong: {content}")
        elif "before" not in content:
            if numbers and self._has_more(numbers[-1], now):
                self._diary.fail(f"not the latest: {content}")
        elif numbers and numbers[-1] != self._order.latest(self._parse(content["before"], content) - 1).number:
            self._diary.fail(f"does not end before {content['before']}: {numbers}")

    def _has_more(self, behind, up_to):
        """Whether there are publications between two numbers, which a server that was killed leaves a hole in."""
        return any(True for _ in self._order.between(behind, up_to))
