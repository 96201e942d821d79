"""A moment at which everything has come to rest, and everything can be looked at."""

import asyncio
import time

from presence_check import PresenceCheck
from protocol import PATIENCE
from waiting import is_true_within, must_be_true


class QuietPoint:
    """Brings the channels to rest, and holds everybody against the truth."""

    def __init__(self, random, channels, server, settings, arrivals):
        self._random, self._channels, self._server = random, channels, server
        self._settings, self._arrivals = settings, arrivals

    async def reach(self, waits_for_grace):
        """With `waits_for_grace` those who are away stay so until everybody knows; else they come back before."""
        await self._arrivals.settle()
        for channel in self._channels:
            for member in channel.members:
                if member.is_here and member.hangs:
                    self._end_hanging(channel, member)
                elif member.is_away and not waits_for_grace:
                    self._arrivals.begin(channel, member)
        await self._arrivals.settle()
        for channel in self._channels:
            for publisher in channel.publishers:
                await publisher.finish(self._server.port)
        if waits_for_grace:
            await asyncio.sleep(self._settings.seconds_until_gone)
        for channel in self._channels:
            await self._look_at(channel)

    def _end_hanging(self, channel, member):
        if self._random.random() < 0.5:
            member.go_on()
        elif member in channel.json_members:
            # One that has gone without a word, and comes back before the pings have noticed.
            self._arrivals.begin(channel, member)
        else:
            member.lose("reset")

    async def _look_at(self, channel):
        await self._come_to_silence(channel)
        check = PresenceCheck(channel)
        await is_true_within(PATIENCE, lambda: check.problem is None)
        await self._catch_up(channel)
        if check.problem is not None:
            diary, text = check.problem
            diary.fail(text)
        channel.judge()
        for member in channel.everybody:
            if member.is_here:
                member.judge_end()
        for member in channel.json_members:
            member.judge_presence()

    async def _come_to_silence(self, channel):
        await must_be_true(
            lambda: channel.is_silent, channel.diary, lambda: f"the listener never got {channel.tokens_on_the_way[:20]}"
        )

    async def _catch_up(self, channel):
        """Says something until all have come as far; only one that lost messages may need to be told twice."""

        def late():
            return [member for member in channel.everybody if member.is_here and not member.is_up_to_date]

        deadline = time.monotonic() + PATIENCE
        while True:
            channel.conductor.say(0, with_key=True)
            await self._come_to_silence(channel)
            if await is_true_within(2, lambda: not late() and not channel.conductor.pending):
                break
            if time.monotonic() > deadline:
                (late() or [channel.conductor])[0].diary.fail(f"never came as far as {channel.order.last}")
        self._check_receivers(channel)

    def _check_receivers(self, channel):
        """Whom the last message was for is known, as nothing else was going on."""
        ack = list(channel.conductor.acks.values())[-1]
        here = 1 + sum(member.is_here for member in channel.members)
        # One who has lost its connection may be one it was for, or not, as long as it is not known to have left.
        absences = [member.absence for member in channel.json_members if member.is_away and member.absence]
        unsure = sum(not absence.is_surely_gone for absence in [*absences, *channel.ghosts.values()])
        if not here <= ack["receivers"] <= here + unsure:
            channel.conductor.diary.fail(f"there are {here} others, and {unsure} who may be: {ack}")
