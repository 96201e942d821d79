"""How the server of one act is set, drawn from the seed."""

import dataclasses

from absence import SLACK

POLICIES = ("drop-oldest", "drop-newest", "close")


@dataclasses.dataclass(frozen=True)
class Settings:
    """What matters to the oracle, and the flags that say it to the server."""

    threads: int
    slow_client: str
    backlog_bytes: int
    history_messages: int
    history_bytes: int
    grace: float
    channels: int
    json_members: int
    text_members: int
    event_members: int
    publishers: int
    # None, or the directory that one server after the other is given.
    state_directory: str | None
    is_durable: bool

    @classmethod
    def draw(cls, random, turn, threads, state_directory):
        """Policies and threads take turns, so that six acts meet each pair; the rest is chance."""
        keeps_state = random.random() < 0.5
        # A server that keeps nothing has nothing to keep on the disk.
        numbers = [40, 150, 1000] if keeps_state else [0, 40, 40, 150, 150, 1000, 1000]
        return cls(
            threads=threads or 1 + turn % 2,
            slow_client=POLICIES[turn % len(POLICIES)],
            backlog_bytes=random.choice([256, 384, 512]) << 10,
            history_messages=random.choice(numbers),
            history_bytes=random.choice([64, 256, 1024, 1024]) << 10,
            grace=random.choice([1, 1.5, 2]),
            channels=random.choice([1, 2, 3]),
            json_members=random.randint(4, 8),
            text_members=random.randint(2, 3),
            event_members=random.randint(2, 4),
            publishers=random.randint(1, 3),
            state_directory=state_directory if keeps_state else None,
            is_durable=keeps_state and random.random() < 0.4,
        )

    @property
    def flags(self):
        """For `broadcast-server start`."""
        return [
            *("--threads", str(self.threads)),
            *("--slow-client", self.slow_client),
            *("--max-backlog", str(self.backlog_bytes)),
            *("--history-messages", str(self.history_messages)),
            *("--history-bytes", str(self.history_bytes)),
            *("--session-grace", f"{round(self.grace * 1000)}ms"),
            *(("--state-dir", self.state_directory) if self.keeps_state else ()),
            *(("--durable",) if self.is_durable else ()),
        ]

    @property
    def keeps_state(self):
        """Whether a server goes on where the one before it ended."""
        return self.state_directory is not None

    @property
    def may_drop(self):
        """Whether a slow member may be sent less than everything."""
        return self.slow_client != "close"

    @property
    def seconds_until_gone(self):
        """After so long away, somebody has left for everybody."""
        return self.grace + SLACK + 0.1

    @property
    def keeps_much(self):
        """Whether what is new to a client that connects is still kept when the server gets to it."""
        return self.history_messages >= 1000 and self.history_bytes >= 1 << 20

    def __str__(self):
        members = f"{self.json_members} + {self.text_members} + {self.event_members}"
        return f"{' '.join(self.flags)}, {self.channels} channels of {members} and {self.publishers} publishers"
