"""All who are in one channel during an act, and the judgement of what they were told."""

import asyncio
import time

import position
from event_listener import EventListener
from guest import Guest
from member import PATIENCE, Member, Speaker
from page import read_all
from poster import Poster
from transcript import Transcript
from trouble import Trouble

_PAUSE = 0.03
_LEAST, _MOST = 0.2, 2.0


class Crowd:
    """Those who stay listen on each node, those who speak do so on each; guests come and go."""

    def __init__(self, stage, channel, random, history):
        self._stage, self._channel, self._random, self._history = stage, channel, random, history
        nodes = stage.nodes
        count = len(nodes)
        self._listeners = [Member(nodes, i, channel, f"l{i}") for i in range(count)]
        self._events = [EventListener(nodes, i, channel, f"e{i}", count) for i in range(2)]
        self._speakers = [Speaker(nodes, i, channel, f"s{i}") for i in range(count)]
        self._guests = [Guest(nodes, i, channel, f"g{i}") for i in range(count)]
        self._posters = [Poster(nodes, channel, f"p{i}", random) for i in range(2)]
        self._is_ending = False
        self._tasks = []

    async def start(self):
        """Returns when all are there and talk."""
        for one in self._everybody:
            await one.start()
        for poster in self._posters:
            poster.start()
        self._tasks = [asyncio.create_task(self._talk(speaker)) for speaker in self._speakers]
        self._tasks.append(asyncio.create_task(self._stir()))

    @property
    def _everybody(self):
        return [*self._listeners, *self._events, *self._speakers, *self._guests]

    def check(self):
        """Throws what was wrong so far."""
        for one in [*self._everybody, *self._posters]:
            one.check()
        for task in self._tasks:
            if task.done():
                task.result()

    async def _talk(self, speaker):
        while not self._is_ending:
            await speaker.say(self._random.randint(1, 100), _PAUSE)

    async def _stir(self):
        """Small things: guests come and go, connections are lost."""
        while not self._is_ending:
            await asyncio.sleep(self._random.uniform(_LEAST, _MOST))
            guest = self._random.choice(self._guests)
            match self._random.randint(0, 9):
                case 0:
                    self._random.choice([*self._listeners, *self._speakers]).vanish()
                case 1:
                    self._random.choice(self._events).vanish()
                case _ if guest.is_away:
                    guest.come(self._random.randrange(len(self._stage.nodes)), self._random.random() < 0.3)
                case 2 | 3:
                    guest.leave()
                case 4 | 5 | 6:
                    guest.vanish(stays_away=self._random.random() < 0.7)

    # MARK: The end

    async def finish(self):
        """Brings all to rest and judges; gives what is to be told of it."""
        self._is_ending = True
        await asyncio.gather(*self._tasks, *(poster.finish() for poster in self._posters))
        await asyncio.gather(*(speaker.say(1) for speaker in self._speakers))
        for guest in self._guests:
            if guest.is_away:
                guest.come(self._random.randrange(len(self._stage.nodes)), is_somebody_else=False)
        for one in self._everybody:
            await self._come_to_the_end(one)
        await self._check_presence()
        return await self._judge()

    async def _come_to_the_end(self, one):
        """Waits until it has heard the last that was acknowledged and is not its own."""
        others = [each.ids for each in [*self._speakers, *self._posters] if each is not one]
        last = max(position.parse(found)[1] for ids in others for found in ids.values())
        deadline = time.monotonic() + PATIENCE
        while not one.spans or not one.spans[-1].has_come_to(last):
            self.check()
            if time.monotonic() > deadline:
                heard = one.heard[-1] if one.heard else "nothing"
                raise Trouble(f"{one.name} has not come to {last}, but to {heard}")
            await asyncio.sleep(0.05)

    async def _check_presence(self):
        """All nodes tell of the same members once those have left that are gone; who has a session is among them."""
        here = {one.name for one in [*self._listeners, *self._speakers]}
        deadline = time.monotonic() + PATIENCE
        while True:
            told = [await self._look_around(number) for number in range(len(self._stage.nodes))]
            names = [name for _, name in told[0]]
            if all(members == told[0] for members in told) and here <= set(names) and len(set(names)) == len(names):
                return
            if time.monotonic() > deadline:
                raise Trouble(f"the nodes do not tell of the same members, or not of {sorted(here)}: {told}")
            await asyncio.sleep(1)

    async def _look_around(self, number):
        """Who is there by the word of a node."""
        looker = Member(self._stage.nodes, number, self._channel, "looker")
        await looker.start()
        await looker.stop()
        looker.check()
        return [member for member in looker.members if not member[1].startswith(looker.name)]

    async def _judge(self):
        histories = [await read_all(node, self._channel) for node in self._stage.nodes]
        everybody = self._everybody
        transcript = Transcript([*(one.heard for one in everybody), *histories])
        for number, lines in enumerate(histories):
            kept = min(self._history, len(transcript.lines))
            if len(lines) < kept or lines != transcript.lines[-len(lines) :]:
                missing = [line for line in transcript.lines[-kept:] if line not in set(lines)]
                raise Trouble(
                    f"the history of node {number + 1} has {len(lines)} messages of {kept}, and lacks {len(missing)}, "
                    f"from {missing[:1]} to {missing[-1:]}"
                )
        for one in everybody:
            for span in one.spans:
                own = one.name if isinstance(one, Speaker) else None
                if wrong := span.problem(transcript, own, self._history, is_last=span is one.spans[-1]):
                    raise Trouble(f"{one.name}, connection {one.spans.index(span) + 1} of {len(one.spans)}: {wrong}")
        for one in [*self._speakers, *self._posters]:
            self._check_said(one, transcript)
        for page in (page for poster in self._posters for page in poster.pages):
            if wrong := page.problem(transcript):
                raise Trouble(wrong)
        return self._summary(transcript)

    def _check_said(self, one, transcript):
        """Everything that it has said is there, in its order, at the places that it was told."""
        said = transcript.said_by(one.name)
        if not (isinstance(one, Speaker) and one.refusals) and [text for _, _, text in said] != one.texts:
            missing = sorted(set(one.texts) - {text for _, _, text in said})
            raise Trouble(f"what {one.name} has said is not as it was said: missing are {len(missing)}, {missing[:3]}")
        for found, _, text in said:
            if one.ids.get(one.key_of(text)) != found:
                raise Trouble(f"{text!r} is at {found}, and was acknowledged at {one.ids.get(one.key_of(text))}")

    def _summary(self, transcript):
        everybody = self._everybody
        gaps = sum(span.gap is not None for one in everybody for span in one.spans)
        connections = sum(len(one.spans) for one in everybody)
        pages = sum(len(poster.pages) for poster in self._posters)
        silence = max(speaker.silence for speaker in self._speakers)
        repeated = sum(poster.repeated for poster in self._posters)
        return (
            f"{self._channel}: {len(transcript.lines)} messages, {connections} connections, {gaps} gaps, "
            f"{repeated} said again, {pages} pages, {silence:.1f} s without acknowledgements, "
            f"transcript {transcript.digest}"
        )

    async def stop(self):
        """All go."""
        for task in self._tasks:
            task.cancel()
        for poster in self._posters:
            poster.cancel()
        for one in self._everybody:
            await one.stop()
