"""A run of chance: everything that may befall a cluster, while its members come, go and talk."""

import asyncio
import random
import time

from crowd import Crowd
from deeds import Deeds

# So long that a node is killed, stopped or cut off several times.
_ACT_SECONDS = 45
_PAUSES = (0.5, 4)
# Small ones have members told of what is not kept; all nodes have to have the same.
_HISTORIES = (300, 1_000, 5_000)


class RandomRun:
    """One act after the other, each with channels of its own; what is done follows from the seed, but for timing."""

    def __init__(self, stage, seed):
        self._random = random.Random(seed)
        self._stage = stage
        self._history = self._random.choice(_HISTORIES)
        self._begin = time.monotonic()
        stage.flags += ["--history-messages", str(self._history)]

    def report(self, what):
        """Prints a line with the time."""
        print(f"{time.monotonic() - self._begin:7.1f} s  {what}", flush=True)

    async def play(self, minutes):
        """Throws what is wrong."""
        self.report(f"nodes keep {self._history} messages of a channel")
        end = time.monotonic() + minutes * 60
        number = 0
        while (left := end - time.monotonic()) > 1:
            number += 1
            await self._act(number, min(left, _ACT_SECONDS))
        return number

    async def _act(self, number, seconds):
        count = self._random.randint(1, 3)
        # One source of chance for each, so that what one draws does not hang on how fast another is.
        crowds = [
            Crowd(self._stage, f"act-{number}-{i}", random.Random(self._random.random()), self._history)
            for i in range(count)
        ]
        deeds = Deeds(random.Random(self._random.random()), self._stage, self.report)
        self.report(f"act {number}: {count} channels")
        try:
            for crowd in crowds:
                await crowd.start()
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                await asyncio.sleep(self._random.uniform(*_PAUSES))
                await deeds.do_some()
                for crowd in crowds:
                    crowd.check()
            for crowd in crowds:
                self.report(await crowd.finish())
        finally:
            for crowd in crowds:
                await crowd.stop()
