"""One act of a run: a server of drawn settings, some storms with quiet points between, and restarts."""

import asyncio
import random
import time

from arrivals import Arrivals, return_of
from channel import Channel, Tally
from failure import Diary
from quiet_point import QuietPoint
from server import Server
from settings import Settings
from storm import Storm
from waiting import must_be_true

_STORM_SECONDS = (1.5, 4.0)


class Act:
    """Everything random comes from the seed and the number of the act; the machine's timing does the rest."""

    def __init__(self, program, seed, number, threads, report):
        self._random = random.Random(f"{seed} {number}")
        self.settings = Settings.draw(self._random, seed + number, threads)
        self.tally = Tally()
        self.server = Server(program, self.settings.flags)
        self._report = report
        self._failed = asyncio.get_running_loop().create_future()
        self._channels = [
            Channel(f"c{number}", self.settings, self.tally, self._fail) for number in range(self.settings.channels)
        ]
        self._arrivals = Arrivals(self._random, self.server, self.settings, self.tally, self._fail)
        self._storm = Storm(self._random, self._channels, self.server, self._arrivals)
        self._quiet_point = QuietPoint(self._random, self._channels, self.settings, self._arrivals)

    def _fail(self, error):
        if not self._failed.done():
            self._failed.set_exception(error)

    async def run(self, seconds):
        """Plays for about so long; throws what went wrong first."""
        play = asyncio.create_task(self._play(time.monotonic() + seconds - self.settings.seconds_until_gone))
        try:
            await asyncio.wait({play, self._failed}, return_when=asyncio.FIRST_COMPLETED)
            if self._failed.done():
                self._failed.result()
            await play
        finally:
            self._failed.cancel()
            play.cancel()
            self._arrivals.cancel()
            self.server.kill()

    async def _play(self, end):
        await self._start()
        while True:
            await self._storm.rage(min(self._random.uniform(*_STORM_SECONDS), end - time.monotonic()))
            is_last = time.monotonic() >= end
            await self._quiet_point.reach(waits_for_grace=is_last or self._random.random() < 0.3)
            self._report("quiet")
            if is_last:
                break
            if self._random.random() < 0.25:
                await self._storm.rage(1)
                await self._stop()
                await self._start()
        await self._stop()

    # MARK: The server

    async def _start(self):
        await self.server.start()
        for channel in self._channels:
            await channel.begin(self.server.port)
            await channel.conductor.connect(self.server.port, return_of(channel.conductor))

    async def _stop(self):
        """Stops the server in good order, with the storm hardly over, and judges what everybody got."""
        await self._arrivals.settle()
        here = [(channel, member) for channel in self._channels for member in channel.everybody if member.is_here]
        # These read all the time: they have to be told everything before the server closes.
        complete = [(channel, member.connection) for channel, member in here if not member.connection.has_hung]
        for channel in self._channels:
            channel.is_stopping = channel.listener.is_stopping = True
        for _, member in here:
            if member.hangs:
                member.go_on()
        await self.server.stop()
        await must_be_true(
            lambda: not any(member.is_here for _, member in here), Diary("act"), lambda: "connections outlive the server"
        )
        for channel in self._channels:
            channel.judge()
        for channel, connection in complete:
            connection.judge_end(channel.order)
        for channel in self._channels:
            channel.end()
        self._report("stopped")
