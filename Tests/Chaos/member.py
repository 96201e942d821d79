"""What all members are, whatever they speak."""

from failure import Diary


class Member:
    """Somebody who comes and goes."""

    def __init__(self, channel, key, settings):
        self.channel, self.key, self.settings = channel, key, settings
        self.diary = Diary(f"{key} of {channel.name}")
        self.connection = None
        # Connections that have ended, or were taken over from, and are to be judged.
        self._past = []
        self.is_connecting = False
        self._identity = self._count = 0

    @property
    def is_here(self):
        """Whether there is a connection on which things come."""
        return self.connection is not None

    @property
    def is_away(self):
        """Whether it may connect."""
        return self.connection is None and not self.is_connecting

    @property
    def hangs(self):
        """Whether it does not read."""
        return self.connection.hangs

    @property
    def is_writable(self):
        """Whether what it says leaves."""
        return self.connection.socket.is_writable

    # MARK: Going

    def hang(self):
        """Stops reading."""
        self.diary.note("* hang")
        self.connection.hang()

    def go_on(self):
        """Reads on."""
        self.diary.note("* go on")
        self.connection.go_on()

    def lose(self, how):
        """Ends the connection: `reset`, or `leave` as one does who says goodbye."""
        self.diary.note(f"* {how}")
        connection = self._drop_connection()
        connection.go_on()
        if how == "leave":
            connection.leave()
        else:
            connection.socket.reset()
        self._has_gone(says_goodbye=how == "leave")

    def _has_gone(self, says_goodbye):
        """For those who are waited for."""

    def _drop_connection(self):
        connection, self.connection = self.connection, None
        self._past.append(connection)
        self.channel.given_up(connection.sent)
        return connection

    def _check_cause(self, connection, what, is_going_away):
        """The server ends a connection only where it may."""
        may_be_slow = self.settings.slow_client == "close" and connection.has_hung
        is_stopped = self.channel.is_stopping and (is_going_away or self.channel.is_killed)
        if not (may_be_slow or is_stopped):
            self.diary.fail(f"was closed without a cause: {what}")

    # MARK: Judging

    def judge(self):
        """Holds all connections of this run of the server against the order."""
        for connection in self._past:
            connection.judge(self.channel.order)
        self._past.clear()
        if self.is_here:
            self.connection.judge(self.channel.order)

    def judge_end(self):
        """Nothing may be left: the connection has had the time to get everything."""
        self.connection.judge_end(self.channel.order)
