"""One channel of a run: its members, its order, and what is on the way to the server."""

import time
from dataclasses import dataclass

from absence import Absence
from event_member import EventMember
from failure import Diary
from json_member import JSONMember
from ledger import Ledger
from listener import Listener
from publisher import ANONYMOUS, Publisher
from survival import Survival
from text_member import TextMember

# Never so much on the way that a member which reads could become a slow one.
_MOST_BYTES_ON_THE_WAY = 48 << 10


@dataclass
class Tally:
    """What happened, for the report."""

    publications: int = 0
    connections: int = 0
    resumed: int = 0
    posts: int = 0
    duplicates: int = 0
    on_disk: int = 0
    gaps: int = 0
    missing: int = 0


class Channel:
    """A channel, through all restarts of the server."""

    def __init__(self, name, settings, tally, fail):
        self.name, self.settings, self.tally, self.fail = name, settings, tally, fail
        self.diary = Diary(name)
        self.conductor = JSONMember(self, "conductor", settings)
        self.json_members = [JSONMember(self, f"j{number}", settings) for number in range(settings.json_members)]
        self.text_members = [TextMember(self, f"t{number}", settings) for number in range(settings.text_members)]
        self.event_members = [EventMember(self, f"e{number}", settings) for number in range(settings.event_members)]
        self.publishers = [Publisher(self, f"p{number}", settings) for number in range(settings.publishers)]
        self.listener = None
        self.ledger = Ledger(tally)
        # How often something was said over HTTP with a key: the server remembers the latest only.
        self.keys_of_publishers = 0
        self._on_the_way = {}
        self._bytes_on_the_way = 0
        # Members that gave their session up while it had its grace, by id.
        self.ghosts = {}
        self.is_stopping = self.is_killed = False
        # When the server began to end.
        self.ended = 0

    @property
    def guests(self):
        """Members without a session."""
        return [*self.text_members, *self.event_members]

    @property
    def names_of_publishers(self):
        """What they may be called."""
        return [ANONYMOUS, *(publisher.name for publisher in self.publishers)]

    @property
    def members(self):
        """Everybody who is not the oracle's."""
        return [*self.json_members, *self.guests]

    @property
    def everybody(self):
        """The members and the conductor."""
        return [self.conductor, *self.members]

    @property
    def order(self):
        """What the listener has got."""
        return self.listener.order

    @property
    def most_members(self):
        """How many there can ever be at once, those in their grace included."""
        return 2 + len(self.members) + len(self.ghosts)

    async def begin(self, port, started):
        """Has the listener join, before anybody else does; the server was started at that time."""
        self._on_the_way.clear()
        self._bytes_on_the_way = 0
        former = self.listener if self.settings.keeps_state else None
        was_killed, self.is_stopping, self.is_killed = self.is_killed, False, False
        self.listener = Listener(self, former)
        await self.listener.connect(port)
        if former is not None:
            await Survival(self, former.order, was_killed).check(port)
            self._begin_absences(started, was_killed)

    def _begin_absences(self, started, was_killed):
        known = {self.listener.member["id"]}
        for member in [self.conductor, *self.json_members]:
            if member.absence is not None:
                known.add(member.member["id"])
                member.absence.begin_again(started)
        if was_killed:
            # Members that had their place when the server was killed, and nobody was told so.
            for unknown in self.listener.roster.names.keys() - known - self.ghosts.keys():
                self.ghosts[unknown] = Absence(self.settings.grace, is_unsure=True)
        for absence in self.ghosts.values():
            absence.begin_again(started)

    def stops(self, is_killed):
        """The server is about to end."""
        self.is_stopping, self.is_killed = True, is_killed
        self.ended = time.monotonic()
        self.order.is_cut = is_killed
        for member in [self.conductor, *self.json_members]:
            member.stops()

    def judge(self):
        """Holds everything that came to everybody against the order."""
        for somebody in [*self.everybody, *self.publishers]:
            somebody.judge()

    def end(self):
        """The server has ended, and takes with it what it knew of its members, if there is no state directory."""
        for publisher in self.publishers:
            publisher.restarted()
        members = [self.conductor, *self.json_members]
        if not self.settings.keeps_state:
            self.ghosts.clear()
            for member in members:
                member.restarted()
            return
        unsure = Absence(self.settings.grace, is_unsure=True)
        self.ghosts = {key: unsure for key, absence in self.ghosts.items() if not absence.is_surely_gone}
        for member in members:
            if doubt := member.survives():
                self.ghosts[doubt[0]] = doubt[1]

    # MARK: On the way

    @property
    def takes_more(self):
        """Whether so little is on the way that more may be said."""
        return self._bytes_on_the_way < _MOST_BYTES_ON_THE_WAY

    @property
    def is_silent(self):
        """Whether the listener has got all that was sent and not given up."""
        return not self._on_the_way

    @property
    def tokens_on_the_way(self):
        """What the listener has not got."""
        return list(self._on_the_way)

    def sent(self, token, size):
        """A member said something."""
        if token not in self._on_the_way and token not in self.order.tokens:
            self._on_the_way[token] = size
            self._bytes_on_the_way += size

    def given_up(self, tokens):
        """Nobody can know whether these were taken: their connection is lost."""
        for token in tokens:
            self._bytes_on_the_way -= self._on_the_way.pop(token, 0)

    def came(self, token):
        """The listener got it."""
        self.tally.publications += 1
        self._bytes_on_the_way -= self._on_the_way.pop(token, 0)
