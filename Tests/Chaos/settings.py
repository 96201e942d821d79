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

    @classmethod
    def draw(cls, random, turn, threads):
        """Policies and threads take turns, so that six acts meet each pair; the rest is chance."""
        return cls(
            threads=threads or 1 + turn % 2,
            slow_client=POLICIES[turn % len(POLICIES)],
            backlog_bytes=random.choice([256, 384, 512]) << 10,
            history_messages=random.choice([0, 40, 40, 150, 150, 1000, 1000]),
            history_bytes=random.choice([64, 256, 1024, 1024]) << 10,
            grace=random.choice([1, 1.5, 2]),
            channels=random.choice([1, 2, 3]),
            json_members=random.randint(4, 8),
            text_members=random.randint(2, 4),
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
        ]

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
        return " ".join(self.flags) + f", {self.channels} channels of {self.json_members} + {self.text_members}"
