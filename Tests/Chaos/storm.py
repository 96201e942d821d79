"""Everything that members do, at random and all at once."""

import asyncio
import time

from server import ServerTrouble

_SIZES = (0, 10, 80, 400, 2000)
_LARGEST = 4000
_BURST = (20, 400)
_BURST_SECONDS = 1.5
_PAUSES = (0, 0, 0.001, 0.005, 0.02)


class Storm:
    """One action after the other; their names and how often each is drawn are in a table."""

    def __init__(self, random, channels, server, arrivals):
        self._random, self._channels, self._server, self._arrivals = random, channels, server, arrivals
        self._actions = {
            self._say: 60,
            self._burst: 3,
            self._come: 10,
            self._lose: 3,
            self._hang: 3,
            self._go_on: 3,
            self._take_over: 1,
            self._rename: 2,
            self._repeat_key: 2,
            self._fetch: 3,
            self._publish: 8,
            self._publish_again: 2,
            self._misuse_key: 1,
            self._read_page: 2,
            self._reset_publisher: 1,
        }

    async def rage(self, seconds):
        """Plays for so long."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self._server.has_ended:
                raise ServerTrouble("the server has ended")
            channel = self._random.choice(self._channels)
            action = self._random.choices(list(self._actions), self._actions.values())[0]
            await action(channel)
            await asyncio.sleep(self._random.choice(_PAUSES))

    def _pick(self, members, condition):
        candidates = [member for member in members if condition(member)]
        return self._random.choice(candidates) if candidates else None

    @staticmethod
    def _can_talk(member):
        return member.is_here and not member.hangs and member.is_writable

    # MARK: Talking

    async def _say(self, channel):
        member = self._pick([*channel.json_members, *channel.text_members], self._can_talk)
        if member is None or not channel.takes_more:
            return
        size = self._random.choice(_SIZES)
        if self._random.random() < 0.2:
            member.say_binary(size)
        elif member in channel.text_members:
            member.say(size)
        else:
            member.say(size, with_key=self._random.random() < 0.7, is_durable=self._random.random() < 0.3)

    async def _burst(self, channel):
        """Much at once, but no faster than the listener reads: more than the server keeps for one that hangs."""
        member = self._pick(channel.json_members, self._can_talk)
        if member is None:
            return
        deadline = time.monotonic() + _BURST_SECONDS
        for _ in range(self._random.randint(*_BURST)):
            while not channel.takes_more and time.monotonic() < deadline:
                await asyncio.sleep(0.002)
            if time.monotonic() >= deadline or not self._can_talk(member):
                return
            member.say(self._random.randint(0, _LARGEST), with_key=self._random.random() < 0.1)

    async def _rename(self, channel):
        member = self._pick(channel.json_members, self._can_talk)
        if member is not None and member.wants_name is None and member.names_left > 0:
            # Few names, so that they collide.
            member.take_name(self._random.choice(["ann", "bob", "Zoë 👋", f"{member.key} anew"]))

    async def _repeat_key(self, channel):
        member = self._pick(channel.json_members, self._can_talk)
        if member is not None:
            member.repeat_key(self._random)

    async def _fetch(self, channel):
        member = self._pick(channel.json_members, self._can_talk)
        if member is not None:
            member.fetch(self._random)

    # MARK: Over HTTP

    async def _publish(self, channel):
        publisher = self._pick(channel.publishers, lambda publisher: publisher.is_idle)
        if publisher is not None and channel.takes_more:
            publisher.publish(self._random, self._server.port, self._random.choice(_SIZES))

    async def _publish_again(self, channel):
        publisher = self._pick(channel.publishers, lambda publisher: publisher.is_idle)
        if publisher is not None:
            publisher.repeat(self._random, self._server.port)

    async def _misuse_key(self, channel):
        publisher = self._pick(channel.publishers, lambda publisher: publisher.is_idle)
        if publisher is not None:
            publisher.misuse(self._random, self._server.port)

    async def _read_page(self, channel):
        publisher = self._pick(channel.publishers, lambda publisher: publisher.is_idle)
        if publisher is not None:
            publisher.read(self._random, self._server.port)

    async def _reset_publisher(self, channel):
        self._random.choice(channel.publishers).reset()

    # MARK: Coming and going

    async def _come(self, channel):
        member = self._pick(channel.members, lambda member: member.is_away)
        if member is not None:
            self._arrivals.begin(channel, member)

    async def _take_over(self, channel):
        member = self._pick(channel.json_members, lambda member: member.is_here and not member.is_connecting)
        if member is not None:
            self._arrivals.begin(channel, member)

    async def _lose(self, channel):
        member = self._pick(channel.members, lambda member: member.is_here and not member.is_connecting)
        if member is not None:
            member.lose(self._random.choice(["reset", "reset", "leave"]))

    async def _hang(self, channel):
        member = self._pick(channel.members, lambda member: member.is_here and not member.hangs)
        if member is not None:
            member.hang()

    async def _go_on(self, channel):
        member = self._pick(channel.members, lambda member: member.is_here and member.hangs)
        if member is not None:
            member.go_on()
