"""Members without a session: each time somebody new."""

from member import Member


class Guest(Member):
    """Somebody whom the server does not know when it comes back."""

    @property
    def name(self):
        """What others call it; None when it did not say."""
        return self.connection.name

    def _new_name(self, has_name):
        """A name that nobody else has."""
        self._identity += 1
        return f"{self.key} {self._identity}" if has_name else None

    async def _join(self, opening, connection):
        self.is_connecting = True
        try:
            await opening
        finally:
            self.is_connecting = False
        if connection.socket.is_open:
            self.connection = connection

    def was_closed(self, connection, what, is_going_away):
        """The server ended a connection, or it was lost."""
        self.diary.note(f"< closed {what}")
        if connection is not self.connection:
            return
        self._drop_connection()
        self._check_cause(connection, what, is_going_away)
