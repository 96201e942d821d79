"""How members connect: in the background, with whatever a client of their kind may ask for."""

import asyncio

from connection import Request
from endpoint import Refused
from event_connection import EventRequest

# A small one makes the server notice within some kilobytes that nobody reads.
_RECEIVE_BUFFERS = (None, 4096, 16384)


def return_of(member):
    """What a JSON member asks for that remembers everything."""
    return Request(
        name=None if member.session else f"{member.key} of old",
        session=member.session or member.former_session,
        after=member.position,
    )


class Arrivals:
    """The connects that are under way."""

    def __init__(self, random, server, settings, tally, fail):
        self._random, self._server, self._settings, self._tally, self._fail = random, server, settings, tally, fail
        self._tasks = set()

    def begin(self, channel, member):
        """Has a member connect; one that is there takes over from itself."""
        buffer = self._random.choice(_RECEIVE_BUFFERS)
        self._tally.connections += 1
        if member in channel.text_members:
            has_name = self._random.random() < 0.8
            coming = member.connect(self._server.port, has_name, buffer, **self._wish_of_text(channel))
        elif member in channel.event_members:
            has_name = self._random.random() < 0.8
            request = self._wish_of_events(member)
            request.receive_buffer = buffer
            self._tally.resumed += request.after is not None
            coming = member.connect(self._server.port, has_name, request)
        else:
            request = self._wish_of_json(channel, member)
            request.receive_buffer = buffer
            self._tally.resumed += request.after is not None
            coming = member.connect(self._server.port, request)
        task = asyncio.create_task(self._finish(channel, coming))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _wish_of_text(self, channel):
        if self._random.random() < 0.3:
            return {"last": self._random.randint(0, 60)}
        number = channel.order.last - self._random.randint(0, 30)
        if self._random.random() < 0.3 and self._settings.keeps_much and number > 0:
            return {"after": number}
        return {}

    def _wish_of_events(self, member):
        request = EventRequest(is_json=self._random.random() < 0.5)
        if member.position is not None and self._random.random() < 0.9:
            request.after = member.position
            request.place = self._random.choice(["field", "field", "after", "lastEventId"])
        elif self._random.random() < 0.5:
            request.last = self._random.randint(0, 60)
        return request

    def _wish_of_json(self, channel, member):
        request = return_of(member)
        if self._random.random() < 0.1 and not member.is_here:
            # Somebody else, who may know how far he was.
            if member.absence is not None:
                channel.ghosts[member.member["id"]] = member.absence
            request.session = None
            if self._random.random() < 0.5:
                request.after = None
        if request.after is None and self._random.random() < 0.5:
            request.last = self._random.randint(0, 60)
        return request

    async def _finish(self, channel, coming):
        try:
            await coming
        except Refused as error:
            if not channel.is_stopping:
                self._fail(error)
        except Exception as error:
            self._fail(error)

    async def settle(self):
        """Waits until all have arrived."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    def cancel(self):
        """Gives all up."""
        for task in self._tasks:
            task.cancel()
