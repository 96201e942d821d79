"""Who is in a channel, as those know it who are there, held against the truth."""


class PresenceCheck:
    """Compares what all observers of a channel believe; to be asked again while things are on their way."""

    def __init__(self, channel):
        self._channel = channel

    @property
    def problem(self):
        """What is wrong, as an observer and a text; None when all are right."""
        channel = self._channel
        observers = [("listener", channel.listener.diary, channel.listener.roster)]
        for member in [channel.conductor, *channel.json_members, *channel.event_members]:
            if member.is_here:
                observers.append((member.key, member.diary, member.connection.roster))
        for key, diary, roster in observers:
            if text := self._wrong_in(roster.names):
                return diary, text
            if roster.names != channel.listener.roster.names:
                return diary, f"knows {roster.names}, the listener {channel.listener.roster.names}"
        return None

    def _wrong_in(self, names):
        channel = self._channel
        left = dict(names)
        here = [member.member for member in [channel.conductor, *channel.json_members] if member.is_here]
        for member in [channel.listener.member, *here]:
            if left.pop(member["id"], None) != member["name"]:
                return f"{member} is not among {names}"
        absences = {m.member["id"]: m.absence for m in channel.json_members if m.is_away and m.absence}
        for key, absence in (absences | channel.ghosts).items():
            is_known = left.pop(key, None) is not None
            if not is_known and absence.is_surely_here:
                return f"{key} has its grace, and is not among {names}"
            if is_known and absence.is_surely_gone:
                return f"{key} has been away for {absence.seconds:.1f} s, and is among {names}"
        nameless = 0
        for member in channel.guests:
            if not member.is_here:
                continue
            if member.name is None:
                nameless += 1
                continue
            known = [key for key, name in left.items() if name == member.name]
            if len(known) != 1:
                return f"{member.name} is there {len(known)} times in {names}"
            del left[known[0]]
        if sorted(left.values()) != sorted(f"Client {key}" for key in left) or len(left) != nameless:
            return f"{nameless} without a name should be left of {names}, not {left}"
        return None
