"""The matrix: what is measured, each cell under a key that --cells can match."""
from dataclasses import dataclass, field

from .figures import size_text

# Servers that take part only where a deployment would be of that size and the cell is short.
PEERS = ("nio", "websockets")


@dataclass(frozen=True)
class Cell:
    key: str
    title: str
    load: dict                          # flags of the load client
    features: frozenset = frozenset()   # what the server needs: "tls", "compression"
    has_peers: bool = False
    is_quick: bool = False
    seconds: float = 0.6                # of publishing, after a warm-up
    timeout: int = 30                   # seconds, beyond which a server is counted as unable

    @property
    def rounds(self):
        """How many at least, and how many at most until the ratio has settled: a large cell takes long for each."""
        if self.timeout > 30:
            return 3, 3
        return (7, 63) if self.load["subscribers"] < 10_000 else (3, 15)

    @property
    def connections(self):
        return self.load["subscribers"] + self.load["publishers"] + self.load.get("idle", 0)


def fan_out(subscribers, size, window, publishers=1, suffix="", note="", features=(), **more):
    key = f"{subscribers}x{size}x{window}p{publishers}{suffix}"
    title = f"{subscribers:,} × {size_text(size)}, {window} in flight"
    if publishers > 1:
        title += f", {publishers} publishers"
    load = {"subscribers": subscribers, "publishers": publishers, "bytes": size, "window": window}
    load |= {name: more.pop(name) for name in ("idle", "deflate", "tls") if name in more}
    return Cell(key, title + note, load, frozenset(features), **more)


def matrix():
    for publishers in (1, 10):
        for subscribers in (100, 1_000, 10_000):
            for size in (64, 1_024, 16_384):
                for window in (1, 64):
                    is_small = subscribers <= 1_000 and size <= 1_024 and publishers == 1
                    in_flight = subscribers * publishers * window
                    # Twenty windows of messages or more, so that the first one decides nothing. Except for the largest:
                    # it is 105 GB, and takes minutes.
                    yield fan_out(
                        subscribers, size, window, publishers, has_peers=is_small, is_quick=is_small,
                        seconds=3 if in_flight > 1_000_000 else 0.6,
                        timeout=240 if in_flight * size > 50 << 30 else 30,
                    )


def special():
    for subscribers in (100, 1_000):
        for window in (1, 64):
            yield fan_out(
                subscribers, 64, window, suffix="-idle", note=", 10,000 idle", idle=10_000, has_peers=subscribers == 100
            )
    for subscribers in (100, 1_000):
        for size in (1_024, 16_384):
            for window in (1, 64):
                is_quick = size == 1_024 and window == 64
                yield fan_out(
                    subscribers, size, window, suffix="-deflate", note=", compressed", features=["compression"],
                    deflate=True, is_quick=is_quick,
                )
                yield fan_out(
                    subscribers, size, window, suffix="-tls", note=", TLS", features=["tls"], tls=True,
                    is_quick=is_quick,
                )


CELLS = [*matrix(), *special()]
