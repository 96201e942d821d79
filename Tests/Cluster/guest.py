"""Somebody who listens, comes and goes, and loses its connection."""

from member import Member


class Guest(Member):
    """What a member does that has better things to do."""

    @property
    def is_away(self):
        """Whether it wants no connection."""
        return not self._is_wanted.is_set()

    def vanish(self, stays_away=False):
        """Loses its connection; whoever does not stay away comes to another node at once."""
        if stays_away:
            self._is_wanted.clear()
        super().vanish()

    def leave(self):
        """Goes in good order, and is no member any more."""
        self._is_wanted.clear()
        if not self.is_member.is_set():
            self._give_up(self._socket)
        elif self._socket.is_open:
            self._socket.close()

    def come(self, at, is_somebody_else):
        """Comes back at a node, as the one it was or as somebody new."""
        self._at = at
        if is_somebody_else:
            self._session = self._position = None
        self._is_wanted.set()
