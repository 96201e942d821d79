"""Which message has which id, by everything that anybody was told, through all servers of an act."""

import position


class Ledger:
    """No id may ever name two messages, and no message have two ids; what becomes of the server changes nothing."""

    def __init__(self, tally):
        self._tally = tally
        self._tokens = {}
        self._ids = {}
        # Ids of what was acknowledged as on the disk, by their tokens.
        self.stored = {}

    def note(self, diary, place, token):
        """Somebody was told that a message has this id."""
        if self._tokens.setdefault(place, token) != token:
            diary.fail(f"{place} was {self._tokens[place]} before, and is {token} now")
        if self._ids.setdefault(token, place) != place:
            diary.fail(f"{token} had the id {self._ids[token]} before, and has {place} now")

    def promise(self, diary, place, token, stored):
        """A publisher was told where its message is kept."""
        self.note(diary, place, token)
        if stored == "disk":
            self._tally.on_disk += token not in self.stored
            self.stored[token] = place

    def lose(self, epoch, last):
        """The disk has nothing behind `last`: a message that was there may come again, with another id."""
        for token, place in list(self._ids.items()):
            if position.parse(place) > (epoch, last) and position.parse(place)[0] == epoch:
                del self._ids[token]

    def greatest(self, epoch):
        """The greatest number that anybody has seen."""
        parsed = (position.parse(place) for place in self._tokens)
        return max((number for run, number in parsed if run == epoch), default=0)
