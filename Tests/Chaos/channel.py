"""One channel of a run: its members, its order, and what is on the way to the server."""

from dataclasses import dataclass

from failure import Diary
from json_member import JSONMember
from listener import Listener
from text_member import TextMember

# Never so much on the way that a member which reads could become a slow one.
_MOST_BYTES_ON_THE_WAY = 48 << 10


@dataclass
class Tally:
    """What happened, for the report."""

    publications: int = 0
    connections: int = 0
    resumed: int = 0
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
        self.listener = None
        self._on_the_way = {}
        self._bytes_on_the_way = 0
        # Members that gave their session up while it had its grace, by id.
        self.ghosts = {}
        self.is_stopping = False

    @property
    def members(self):
        """Everybody who is not the oracle's."""
        return [*self.json_members, *self.text_members]

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

    async def begin(self, port):
        """Has the listener join, before anybody else does."""
        self.is_stopping = False
        self._on_the_way.clear()
        self._bytes_on_the_way = 0
        self.ghosts.clear()
        self.listener = Listener(self.name, self._came, self.fail)
        await self.listener.connect(port)

    def judge(self):
        """Holds everything that came to everybody against the order."""
        for member in self.everybody:
            member.judge()

    def end(self):
        """The server has ended, and takes with it what it knew of its members."""
        for member in [self.conductor, *self.json_members]:
            member.restarted()

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

    def _came(self, token):
        self.tally.publications += 1
        self._bytes_on_the_way -= self._on_the_way.pop(token, 0)
