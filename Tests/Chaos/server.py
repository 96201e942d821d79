"""`broadcast-server start` as a process that is stopped and started again at the same port."""

import asyncio
import collections
import re

_PATIENCE = 60
_KEPT_LINES = 40


class ServerTrouble(Exception):
    """It did not start, did not stop, or ended by itself."""


class Server:
    """One after the other at one port; the last lines of their logs are kept."""

    def __init__(self, program, flags):
        self._program, self._flags = program, flags
        self._process = None
        self._reader = None
        self.port = 0
        self.lines = collections.deque(maxlen=_KEPT_LINES)

    async def start(self):
        """Returns when it listens."""
        command = [self._program, "start", "--no-log-file", "--host", "127.0.0.1", "--port", str(self.port)]
        self._process = await asyncio.create_subprocess_exec(
            *command, *self._flags, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        listens = asyncio.get_running_loop().create_future()
        self._reader = asyncio.create_task(self._read(listens))
        self.port = await asyncio.wait_for(listens, _PATIENCE)

    async def _read(self, listens):
        async for line in self._process.stdout:
            text = line.decode(errors="replace").rstrip("\n")
            self.lines.append(text)
            if not listens.done() and (match := re.search(r"Server started at ws://\S+:(\d+)", text)):
                listens.set_result(int(match[1]))
        if not listens.done():
            listens.set_exception(ServerTrouble("the server did not start"))

    @property
    def has_ended(self):
        """Whether it ended without having been asked."""
        return self._process is not None and self._process.returncode is not None

    async def stop(self):
        """Stops it in good order."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            process.terminate()
        try:
            code = await asyncio.wait_for(process.wait(), _PATIENCE)
        except TimeoutError:
            process.kill()
            raise ServerTrouble(f"the server did not stop within {_PATIENCE} s of SIGTERM") from None
        await self._reader
        if code != 0:
            raise ServerTrouble(f"the server ended with {code}")

    async def kill(self):
        """Ends it at once, with SIGKILL."""
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            process.kill()
            await process.wait()
            await self._reader
