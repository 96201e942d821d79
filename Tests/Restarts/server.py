"""A server at one port that is restarted and upgraded."""

import asyncio
import collections
import datetime
import os
import re
import signal

_PATIENCE = 60


class Server:
    """One process after the other, which have one output."""

    def __init__(self, program, flags):
        self._command = [program, "start", "--no-log-file", "--host", "127.0.0.1", *flags]
        self._process = None
        self._lines = collections.deque(maxlen=50)
        self._starts = 0
        self._has_started = asyncio.Event()
        self._took_over = None
        self.port = 0
        # When members came, by the server's own clock, in seconds.
        self.arrivals = []
        # How long the upgrades took from the last accept to the next process' turn, in milliseconds.
        self.gaps = []
        self.pid = None

    async def start(self):
        self._has_started.clear()
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            "--port",
            str(self.port),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            limit=1 << 20,
        )
        self.pid = self._process.pid
        self._reader = asyncio.create_task(self._read(self._process.stdout))
        await asyncio.wait_for(self._has_started.wait(), _PATIENCE)

    async def _read(self, output):
        async for line in output:
            text = line.decode(errors="replace").rstrip("\n")
            if match := re.search(r"Server started at ws://\S+:(\d+)", text):
                self.port = int(match[1])
                self._starts += 1
                self._has_started.set()
            elif match := re.match(r"(\S+ \S+) \[INFO\] Client \d+ connected", text):
                self.arrivals.append(datetime.datetime.strptime(match[1], "%Y-%m-%d %H:%M:%S,%f").timestamp())
            elif not re.search(r"\[INFO\] Client \d+ ", text):
                self._lines.append(text)
                if match := re.search(r"after (\d+) ms process (\d+) has its place", text):
                    self.gaps.append(int(match[1]))
                    self.pid = int(match[2])

    async def restart(self):
        """As a service manager without sockets of its own does it."""
        os.kill(self.pid, signal.SIGTERM)
        await self._gone()
        await self.start()

    async def upgrade(self):
        starts = self._starts
        os.kill(self.pid, signal.SIGUSR2)
        async with asyncio.timeout(_PATIENCE):
            while self._starts == starts:
                await asyncio.sleep(0.01)

    async def stop(self):
        os.kill(self.pid, signal.SIGTERM)
        await self._gone()

    async def _gone(self):
        # The last of those who have the output.
        await asyncio.wait_for(self._reader, _PATIENCE)

    def kill(self):
        if self.pid is not None:
            try:
                os.kill(self.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    @property
    def last_lines(self):
        return "\n".join(self._lines)
