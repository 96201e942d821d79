"""What all parts are made of: cells, each under a key that --cells can match."""
import fnmatch
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Cell:
    key: str
    title: str
    mode: str                           # of the load client
    load: dict                          # its flags
    servers: tuple                      # those that take part, in order
    figures: tuple                      # of the load client's answer, those that are kept
    compared: tuple                     # of these, those whose ratios are kept; the first one has to settle
    features: frozenset = frozenset()   # what the server needs: "tls", "compression", …
    pairs: tuple = ()                   # of servers whose ratios are kept
    settling: tuple = ()                # the pair that is measured until its ratio is known
    variants: dict = field(default_factory=lambda: {"": {}})  # further flags; each variant runs in each round
    quick: dict | None = None           # flags of a short run; None: --quick goes without this cell
    timeout: int = 120                  # seconds, beyond which a server is counted as unable
    rounds: tuple = (5, 5)              # at least, and at most until the ratio has settled
    connections: int = 0                # at once: what needs descriptors


def matches(cell, patterns):
    """Whether the key is one of those that a list as '100x*p1,*-tls' means."""
    return any(fnmatch.fnmatch(cell.key, pattern) for pattern in patterns.split(","))
