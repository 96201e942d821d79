"""A member that speaks JSON, remembers its position and its session, and comes back."""

import json

import time

import position
from absence import Absence
from connection import Connection
from member import Member
from order import token_of
from protocol import RESTART, TAKEN_OVER
from receipt import check_stored, is_same_receipt
from roster import Roster
from endpoint import Refused
from words import text_of

# After so long the disk has a session, on a machine under load.
_SECONDS_TO_DISK = 1.5
# The server remembers so many of a session.
_KEYS = 128
_FETCH_LIMIT = 40
# So many changes of name are taken at once (docs/protocol.md).
_NAMES = 10


class JSONMember(Member):
    """Somebody who comes, goes and comes back; one session after the other."""

    def __init__(self, channel, key, settings):
        super().__init__(channel, key, settings)
        self.wants_name = None
        # When the server began to end.
        self._was_here = self._was_gone = False
        # Whether another server with the same state is to be asked for a key.
        self._was_restarted = False
        self._forget()

    def _forget(self):
        """Becomes somebody whom the server has never seen."""
        # A session may take so many at once.
        self.names_left = _NAMES
        self.session = self.former_session = self.position = self.member = None
        # What waits for its acknowledgement, by key: the text, and whether it is to be on the disk.
        self.pending = {}
        self.acks = {}
        self.absence = None
        self._since = time.monotonic()
        # How often the listener may have seen this member leave.
        self.lefts = [0, 0]

    @property
    def author(self):
        """What the tokens of this session begin with."""
        return f"{self.key}+{self._identity}"

    @property
    def is_here(self):
        """Whether there is a connection on which it was welcomed."""
        return self.connection is not None and self.connection.is_open

    @property
    def is_up_to_date(self):
        """Whether it has come to the end of the order."""
        order = self.channel.order
        return self.position == f"{order.epoch}.{order.last}"

    # MARK: Coming

    async def connect(self, port, request):
        """Connects, and takes over from an older connection of the same session."""
        self.is_connecting = True
        self.diary.note(f"* connect {request}")
        try:
            await Connection(self, request).open(port)
        finally:
            self.is_connecting = False

    def receive(self, connection, message):
        """Takes what a connection has got; not from one that was given up."""
        if connection is not self.connection and connection.roster is not None:
            return
        if isinstance(message, bytes):
            self.diary.note(f"< {message!r}")
            connection.account.add("binary", message)
            return
        self.diary.note(f"< {message}")
        content = json.loads(message)
        kind = content["type"]
        if (kind == "welcome") != (connection.roster is None):
            self.diary.fail(f"welcome is the first object, and no other: {message}")
        getattr(self, f"_take_{kind}", self._take_unexpected)(connection, content)

    def _take_closing(self, connection, content):
        """The server goes, and comes again before anybody comes back."""

    def _take_unexpected(self, connection, content):
        self.diary.fail(f"did nothing to get this: {content}")

    def _take_welcome(self, connection, content):
        request = connection.request
        returns = request.session is not None and request.session == self.session
        if request.session is not None and (content["session"] == request.session) != returns:
            self.diary.fail(f"offered {request.session}, where {self.session} is what the server knows: {content}")
        if returns and content["member"]["id"] != self.member["id"]:
            self.diary.fail(f"was {self.member}: {content}")
        if returns:
            self._came_back()
        else:
            self._forget()
            self._identity += 1
        connection.author = self.author
        self.session, self.member, self.position = content["session"], content["member"], content["position"]
        self.wants_name = None
        connection.roster = Roster(self.diary, content)
        connection.roster.is_trusted = connection.account.is_lossless
        if connection.roster.names.get(self.member["id"]) != self.member["name"]:
            self.diary.fail(f"is not in its own list: {content}")
        connection.account.add("welcome", content)
        if self.connection is not None:
            self.connection.is_superseded = True
            self._drop_connection()
        self.connection = connection
        connection.welcomed.set_result(None)
        for key, (text, is_durable) in self.pending.items():
            self._say(connection, text, key, is_durable)
        if returns and self._was_restarted and self.acks:
            self._repeat(next(reversed(self.acks)))
        self._was_restarted = False

    def _came_back(self):
        """Within the grace nobody was to notice, beyond it all were."""
        if self.absence is not None:
            self.lefts[0] += self.absence.is_surely_gone
            self.lefts[1] += not self.absence.is_surely_here
            self.absence = None

    # MARK: What comes

    def _take_message(self, connection, content):
        self.position = content["id"]
        self.channel.ledger.note(self.diary, content["id"], token_of(content["text"]))
        connection.account.add("message", content)

    def _take_position(self, connection, content):
        self.position = content["id"]
        connection.account.add("position", content)

    def _take_gap(self, connection, content):
        self.position = content["to"]
        self.channel.tally.gaps += 1
        self.channel.tally.missing += content.get("missing", 0)
        connection.account.add("gap", content)

    def _take_ack(self, connection, content):
        key = content["key"]
        before, is_durable = self.acks.get(key), False
        if before is not None:
            if not content.get("duplicate") or not is_same_receipt(before, content):
                self.diary.fail(f"acknowledged differently before, {before}: {content}")
        elif key not in self.pending:
            self.diary.fail(f"never sent this: {content}")
        else:
            _, is_durable = self.pending.pop(key)
            self.acks[key] = content
            if len(self.acks) > _KEYS // 2:
                del self.acks[next(iter(self.acks))]
        check_stored(self.diary, self.settings, content, is_durable)
        self.channel.ledger.promise(self.diary, content["id"], key, content["stored"])
        # What has waited for the disk, or is told again, stands behind what came meanwhile.
        if not content.get("duplicate") and content["stored"] == "memory":
            self.position = content["id"]
        # Of a duplicate they were counted when there may have been others.
        if not content.get("duplicate") and not 0 <= content["receivers"] < self.channel.most_members:
            self.diary.fail(f"not plausible, of at most {self.channel.most_members} members: {content}")
        connection.account.add("ack", content)

    def _take_presence(self, connection, content):
        connection.roster.apply(content)
        if content["type"] == "renamed" and content["member"]["id"] == self.member["id"]:
            self._take_name(content)
        connection.account.add("presence", content)

    _take_joined = _take_left = _take_renamed = _take_presence

    def _take_name(self, content):
        name = content["member"]["name"]
        if self.wants_name is None or not name.startswith(self.wants_name):
            self.diary.fail(f"wanted to be {self.wants_name}: {content}")
        self.member = content["member"]

    def _take_members(self, connection, content):
        connection.roster.replace(content)
        connection.account.add("members", content)
        # What it is called may have been lost, too.
        self.member = self.member | {"name": connection.roster.names.get(self.member["id"])}

    def _take_history(self, connection, content):
        connection.account.add("history", connection.answered(content))

    # MARK: What it does

    def say(self, size, with_key, is_durable=False):
        """Publishes a text, in most cases one that is acknowledged."""
        token = self._new_token()
        text = text_of(token, size, self._count)
        if with_key:
            self.pending[token] = (text, is_durable)
        self._say(self.connection, text, token if with_key else None, is_durable)

    def _say(self, connection, text, key, is_durable):
        content = {"type": "message", "text": text}
        if key:
            content["key"] = key
        if key and is_durable:
            content["stored"] = "disk"
        self._count_sent(connection, token_of(text), len(text))
        connection.send(content)

    def say_binary(self, size):
        """Publishes bytes."""
        token = self._new_token()
        self._count_sent(self.connection, token, size)
        self.diary.note(f"> {token} and {size} bytes")
        self.connection.socket.send(token.encode() + b" " + bytes(size))

    def _new_token(self):
        self._count += 1
        return f"{self.author}/{self._count}"

    def _count_sent(self, connection, token, size):
        connection.sent.append(token)
        self.channel.sent(token, size)

    def repeat_key(self, random):
        """Sends something again that was acknowledged."""
        if self.acks:
            self._repeat(random.choice(list(self.acks)))

    def _repeat(self, key):
        self.diary.note(f"* again {key}")
        self.connection.send({"type": "message", "text": f"{key} again", "key": key})

    def take_name(self, name):
        """Takes a name; another may have it."""
        self.wants_name = name
        self.names_left -= 1
        self.connection.send({"type": "name", "name": name})

    def fetch(self, random):
        """Asks for what was before, or behind, some id of this run."""
        order = self.channel.order
        side = random.choice(["after", "before"])
        number = random.randint(max(order.first + 1, order.last - 300), max(order.first + 1, order.last))
        if number <= order.last:
            limit = random.randint(1, _FETCH_LIMIT)
            self.connection.fetch({"type": "fetch", side: f"{order.epoch}.{number}", "limit": limit})

    # MARK: Going

    def _has_gone(self, says_goodbye):
        self.absence = Absence(0 if says_goodbye else self.settings.grace)

    def was_closed(self, connection, code, reason):
        """The server ended a connection, or it was lost."""
        self.diary.note(f"< closed {code} {reason}")
        if connection is not self.connection:
            self._check_end(connection, code, reason)
            return
        is_taken_over = code == TAKEN_OVER and self.is_connecting
        if not is_taken_over:
            self._check_cause(connection, f"{code} {reason}", code == RESTART)
        self._drop_connection()
        if not is_taken_over:
            self.absence = Absence(self.settings.grace)

    def _check_end(self, connection, code, reason):
        if not connection.welcomed.done():
            connection.welcomed.set_exception(Refused(0, f"closed {code} {reason}"))
        elif connection.is_superseded and code not in (TAKEN_OVER, RESTART) and not self.channel.is_killed:
            self.diary.fail(f"another connection took over, but this one was closed with {code} {reason}")

    # MARK: Judging

    def judge_presence(self):
        """Whether others saw this member leave as often as it was away for long enough."""
        least, most = self.lefts
        if self.absence is not None:
            least += self.absence.is_surely_gone
            most += not self.absence.is_surely_here
        if self.member and not least <= self.channel.order.count_left(self.member["id"]) <= most:
            count = self.channel.order.count_left(self.member["id"])
            self.diary.fail(f"{self.member} was told to have left {count} times, not {least} to {most}")

    # MARK: When the server ends

    def restarted(self):
        """The server is another one: session and keys are gone, the position is of another epoch."""
        former = self.session or self.former_session
        place = self.position
        self._forget()
        self._past.clear()
        self.former_session, self.position = former, place

    def stops(self):
        """The server is about to end: remembers what it makes of this member."""
        self._was_here = self.is_here and not self.is_connecting
        self._was_gone = not self.is_connecting and (self.absence is None or self.absence.is_surely_gone)

    def survives(self):
        """Another server with the same state directory is to come.

        Gives whom it may or may not know of this member, as an id and an absence; None where all is sure.
        """
        self._past.clear()
        if self.member is None:
            return None
        was_killed = self.channel.is_killed
        if was_killed:
            self.acks = {key: ack for key, ack in self.acks.items() if ack["stored"] == "disk"}
        self._was_restarted = True
        self.lefts = [0, 0]
        is_new = was_killed and time.monotonic() - self._since < _SECONDS_TO_DISK
        is_known = self._was_here or (self.absence is not None and self.absence.is_surely_here)
        if self._was_gone and not self._was_here:
            self.absence = None
            return None
        if is_known and not is_new:
            self.absence = Absence(self.settings.grace)
            return None
        member, place = self.member["id"], self.position
        self._forget()
        self.position = place
        return member, Absence(self.settings.grace, is_unsure=True)
