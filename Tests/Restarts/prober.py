"""Somebody who connects all the time."""

import asyncio
import time

_PATIENCE = 60


class Prober:
    """Asks the server on a new connection each time, and notes what becomes of it."""

    def __init__(self, run, interval):
        self._run, self._interval = run, interval
        self._tasks = set()
        self.begin()

    def begin(self):
        """Begins to count anew."""
        self.count = 0
        self.faults = []
        # The longest time to an answer, in seconds: while nobody is served, a connection waits.
        self.longest = 0

    async def live(self):
        while True:
            task = asyncio.create_task(self._ask())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            await asyncio.sleep(self._interval)

    async def settle(self):
        """Waits for the answers that are under way."""
        if self._tasks:
            await asyncio.wait(list(self._tasks))

    async def _ask(self):
        start = time.monotonic()
        self.count += 1
        try:
            async with asyncio.timeout(_PATIENCE):
                reader, writer = await asyncio.open_connection("127.0.0.1", self._run.port)
                writer.write(b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                answer = await reader.read()
                writer.close()
            if not answer.startswith(b"HTTP/1.1 200 "):
                self.faults.append(f"answered with {answer[:60]!r}")
        except (OSError, TimeoutError) as error:
            self.faults.append(repr(error))
        self.longest = max(self.longest, time.monotonic() - start)
