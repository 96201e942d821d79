"""A TCP connection to the server that reads only when it is told to, and that can end in every way a client can."""

import asyncio
import socket
import struct


class Refused(Exception):
    """The server did not take the connection as what it was to be, or was not there (status 0)."""

    def __init__(self, status, text):
        super().__init__(f"{status}: {text}")
        self.status = status


class Endpoint(asyncio.Protocol):
    """What clients of WebSockets and of event streams have in common."""

    def __init__(self):
        self._bytes = bytearray()
        self._opened = None
        self._transport = None
        # Whether the system takes more without this process having to keep it.
        self.is_writable = True
        self.is_open = False

    async def _open(self, port, request, receive_buffer=None, timeout=30):
        """Connects to localhost, and waits for the answer to a request; what is behind it may come before this returns.

        A small `receive_buffer` makes the server notice soon that nobody reads.
        """
        loop = asyncio.get_running_loop()
        self._opened = loop.create_future()
        endpoint = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            endpoint.setblocking(False)
            if receive_buffer:
                endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
            await asyncio.wait_for(loop.sock_connect(endpoint, ("127.0.0.1", port)), timeout)
            await loop.create_connection(lambda: self, sock=endpoint)
        except OSError as error:
            endpoint.close()
            raise Refused(0, str(error)) from None
        self._transport.write(request)
        try:
            await asyncio.wait_for(asyncio.shield(self._opened), timeout)
        except TimeoutError:
            self.reset()
            raise Refused(0, "no answer") from None

    # MARK: What a client does

    def reset(self):
        """Ends the connection with a TCP reset: a client that crashed."""
        if self._transport:
            endpoint = self._transport.get_extra_info("socket")
            if endpoint and endpoint.fileno() >= 0:
                endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._transport.abort()

    def pause(self):
        """Stops reading: a client that hangs, or that has gone without a word."""
        if self.is_open and self._transport.is_reading():
            self._transport.pause_reading()

    def resume(self):
        """Reads on."""
        if self.is_open and not self._transport.is_reading():
            self._transport.resume_reading()

    # MARK: What the event loop calls

    def connection_made(self, transport):
        self._transport = transport

    def pause_writing(self):
        self.is_writable = False

    def resume_writing(self):
        self.is_writable = True

    def data_received(self, data):
        self._bytes += data
        if not self._opened.done():
            self._read_answer()
        if self.is_open:
            self._read()

    def eof_received(self):
        return False

    def connection_lost(self, error):
        was_open, self.is_open = self.is_open, False
        if self._opened and not self._opened.done():
            self._opened.set_exception(Refused(0, f"the connection ended: {error}"))
            # Nobody may wait for it any more.
            self._opened.exception()
        elif was_open:
            self._ended()

    # MARK: The answer

    def _read_answer(self):
        end = self._bytes.find(b"\r\n\r\n")
        if end < 0:
            return
        first, *lines = self._bytes[:end].decode("latin-1").split("\r\n")
        del self._bytes[: end + 4]
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        status = int(first.split(" ")[1])
        if not self._accepts(status, fields):
            self._opened.set_exception(Refused(status, first))
            self._transport.abort()
            return
        self.is_open = True
        self._opened.set_result(None)

    def _accepts(self, status, fields):
        """Whether the answer is the one that was asked for."""
        raise NotImplementedError

    def _read(self):
        """Takes what it can of the bytes that have come."""
        raise NotImplementedError

    def _ended(self):
        """The connection was open, and has ended."""
        raise NotImplementedError
