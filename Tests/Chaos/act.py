"""One act of a run: a server of drawn settings, some storms with quiet points between, and restarts."""

import asyncio
import os
import random
import shutil
import tempfile
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
_LAST_STORM_SECONDS = (0.2, 1.5)
_SHORT_STORM_SECONDS = 1
# Whose ends are drawn at first.
_MOST_RESTARTS = 10


class Act:
    """Everything random comes from the seed and the number of the act; the machine's timing does the rest."""

    def __init__(self, program, seed, number, threads, report):
        self._random = random.Random(f"{seed} {number}")
        directory = os.path.join(tempfile.gettempdir(), f"chaos-state-{os.getpid()}-{number}")
        self.settings = Settings.draw(self._random, seed + number, threads, directory)
        # Drawn before anything that takes time, so that a seed stands for whether a server is killed.
        self._kills = [self.settings.keeps_state and self._random.random() < 0.6 for _ in range(_MOST_RESTARTS)]
        self._restarts = 0
        self.tally = Tally()
        self.server = Server(program, self.settings.flags)
        self._report = report
        self._failed = asyncio.get_running_loop().create_future()
        self._channels = [
            Channel(f"c{number}", self.settings, self.tally, self._fail) for number in range(self.settings.channels)
        ]
        self._arrivals = Arrivals(self._random, self.server, self.settings, self.tally, self._fail)
        self._storm = Storm(self._random, self._channels, self.server, self._arrivals)
        self._quiet_point = QuietPoint(self._random, self._channels, self.server, self.settings, self._arrivals)

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
            await self.server.kill()
        # Stays where something failed, to be looked at.
        if self.settings.keeps_state:
            shutil.rmtree(self.settings.state_directory)

    async def _play(self, end):
        await self._start()
        while True:
            await self._storm.rage(min(self._random.uniform(*_STORM_SECONDS), end - time.monotonic()))
            if time.monotonic() >= end and self._has_to_restart:
                await self._restart()
                await self._storm.rage(_SHORT_STORM_SECONDS)
            is_last = time.monotonic() >= end
            await self._quiet_point.reach(waits_for_grace=is_last or self._random.random() < 0.3)
            self._report("quiet")
            if is_last:
                break
            if self._random.random() < (0.7 if self.settings.keeps_state else 0.25):
                await self._restart()
        await self._stop()

    @property
    def _has_to_restart(self):
        """Whether a state directory was not of any use yet, as on a machine under load."""
        return self.settings.keeps_state and self._restarts == 0

    async def _restart(self):
        """Ends the server in the middle of a storm, or between two, and starts it again."""
        if self._random.random() < 0.8:
            await self._storm.rage(self._random.uniform(*_LAST_STORM_SECONDS))
        is_killed = self._kills[self._restarts % _MOST_RESTARTS]
        self._restarts += 1
        await (self._kill() if is_killed else self._stop())
        await self._start()

    # MARK: The server

    async def _start(self):
        started = time.monotonic()
        await self.server.start()
        for channel in self._channels:
            await channel.begin(self.server.port, started)
            await channel.conductor.connect(self.server.port, return_of(channel.conductor))

    async def _stop(self):
        """Stops the server in good order, with the storm hardly over, and judges what everybody got."""
        await self._arrivals.settle()
        # These read all the time: they have to be told everything before the server closes.
        complete = [
            (channel, member.connection)
            for channel in self._channels
            for member in channel.everybody
            if member.is_here and not member.connection.has_hung
        ]
        await self._end(self.server.stop, is_killed=False)
        for channel, connection in complete:
            connection.judge_end(channel.order)
        for channel in self._channels:
            channel.end()
        self._report("stopped")

    async def _kill(self):
        """Kills the server, whatever is on the way."""
        await self._end(self.server.kill, is_killed=True)
        await self._arrivals.settle()
        for channel in self._channels:
            channel.end()
        self._report("killed")

    async def _end(self, end, is_killed):
        """Ends the server, and judges what everybody got until then."""
        for channel in self._channels:
            channel.stops(is_killed)
            for member in channel.everybody:
                if member.is_here and member.hangs:
                    member.go_on()
        await end()
        for channel in self._channels:
            for publisher in channel.publishers:
                await publisher.settle()
        somebody = [some for channel in self._channels for some in [channel.listener, *channel.everybody]]
        await must_be_true(
            lambda: not any(some.is_here for some in somebody), Diary("act"), lambda: "connections outlive the server"
        )
        for channel in self._channels:
            channel.judge()
