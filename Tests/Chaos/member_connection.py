"""What all connections of members are, whatever is spoken on them."""


class MemberConnection:
    """One connection of a member; its socket is of the kind that the member is."""

    socket = None

    def __init__(self, member):
        self.member, self.diary = member, member.diary
        self.hangs = self.has_hung = False
        # Tokens of what was sent here.
        self.sent = []

    def hang(self):
        """Stops reading."""
        self.hangs = self.has_hung = True
        self.socket.pause()

    def go_on(self):
        """Reads on."""
        self.hangs = False
        self.socket.resume()

    def leave(self):
        """Says goodbye."""
        self.socket.close(1000)

    def _guarded(self, body, *arguments):
        """What the event loop calls has nobody to throw to."""
        try:
            body(*arguments)
        except Exception as error:
            self.member.channel.fail(error)


class AccountedConnection(MemberConnection):
    """A connection on which ids, presence and gaps are told."""

    def __init__(self, member, account):
        super().__init__(member)
        self.account = account
        self.roster = None
        # Whose messages do not come.
        self.author = None

    def hang(self):
        """Stops reading; from then on the server may leave something out."""
        self.account.is_lossless = self.account.is_lossless and not self.member.settings.may_drop
        if self.roster and not self.account.is_lossless:
            self.roster.is_trusted = False
        super().hang()

    def judge(self, order):
        """Holds what came against the order."""
        self.account.judge(order, self.author)

    def judge_end(self, order):
        """Nothing may be left: the connection has had the time to get everything."""
        self.account.judge_end(order)
