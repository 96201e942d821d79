"""A member that listens to events: it is told all that a JSON member is told, and says nothing."""

from event_connection import EventConnection
from guest import Guest


class EventMember(Guest):
    """Somebody who remembers the last id, and comes back with it."""

    def __init__(self, channel, key, settings):
        super().__init__(channel, key, settings)
        self._position = None

    @property
    def position(self):
        """The last id that it got, on whatever connection."""
        if self.connection is not None:
            self._position = self.connection.position
        return self._position

    @property
    def is_up_to_date(self):
        """Whether the last it got is the last of the order."""
        order = self.channel.order
        return self.position == f"{order.epoch}.{order.last}"

    async def connect(self, port, has_name, request):
        """Joins anew."""
        request.name = self._new_name(has_name)
        connection = EventConnection(self, request)
        await self._join(connection.open(port, request), connection)

    def _drop_connection(self):
        self._position = self.connection.position
        return super()._drop_connection()
