"""Python's `websockets` over TLS, as a client and as a server.

Its blocking connections read and write in two threads, which one object of OpenSSL's does not take before Python 3.13:
a request may never leave. Those of asyncio do everything in one thread, here that of an event loop of their own.
"""

import asyncio
import contextlib
import threading

from websockets.asyncio.client import connect as open_connection
from websockets.asyncio.server import serve

from .deadline import PATIENCE


@contextlib.contextmanager
def _event_loop():
    """Runs an event loop in a thread; gives a function that runs a coroutine there and waits for what comes of it."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield lambda coroutine, timeout=PATIENCE: asyncio.run_coroutine_threadsafe(coroutine, loop).result(timeout)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


class _Client:
    """A connection that is used from any thread but the loop's."""

    def __init__(self, connection, run):
        self._connection, self._run = connection, run

    def send(self, message):
        self._run(self._connection.send(message))

    def recv(self, timeout=PATIENCE):
        return self._run(self._connection.recv(), timeout)


@contextlib.contextmanager
def connect(url, ssl, **options):
    """Connects; gives a client that can `send` and `recv`."""

    async def opened():
        return await open_connection(url, ssl=ssl, **options)

    with _event_loop() as run:
        connection = run(opened())
        try:
            yield _Client(connection, run)
        finally:
            run(connection.close())


@contextlib.contextmanager
def serving(handler, ssl):
    """Serves WebSocket connections with an `async` function, at a free port; gives the URL."""

    async def started():
        return await serve(handler, "localhost", 0, ssl=ssl)

    async def stopped():
        server.close()
        await server.wait_closed()

    with _event_loop() as run:
        server = run(started())
        try:
            yield f"wss://localhost:{next(iter(server.sockets)).getsockname()[1]}"
        finally:
            run(stopped())
