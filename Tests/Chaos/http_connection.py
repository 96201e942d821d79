"""An HTTP client that keeps its connection (RFC 9112)."""

import asyncio
import socket
import struct
from dataclasses import dataclass

# Of a line, and so of a head; bodies have none.
_LONGEST_LINE = 1 << 16


class Lost(Exception):
    """The connection ended before there was an answer; whether the request was taken, nobody knows."""


@dataclass
class Answer:
    """What a request was answered with."""

    status: int
    fields: dict
    body: bytes


class HTTPConnection:
    """One connection to localhost, for one request after the other."""

    def __init__(self):
        self._reader = self._writer = None
        # Whether something was answered on it: the server may close one that it has waited on for long.
        self.is_used = False

    @property
    def is_open(self):
        """Whether a request may be sent."""
        return self._writer is not None and not self._reader.at_eof() and not self._writer.is_closing()

    async def open(self, port):
        """Connects."""
        try:
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", port, limit=_LONGEST_LINE)
        except OSError as error:
            raise Lost(str(error)) from None

    async def request(self, method, target, fields=(), body=None):
        """Sends a request, and gives its answer."""
        lines = [f"{method} {target} HTTP/1.1", "Host: localhost", *fields]
        if body is not None:
            lines.append(f"Content-Length: {len(body)}")
        try:
            self._writer.write("\r\n".join([*lines, "", ""]).encode() + (body or b""))
            answer = await self._read()
        except (OSError, asyncio.IncompleteReadError) as error:
            self.reset()
            raise Lost(str(error)) from None
        self.is_used = True
        return answer

    async def _read(self):
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.rstrip("\r\n").split("\r\n")
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        status = int(first.split(" ")[1])
        if status == 304 or status == 204:
            body = b""
        else:
            body = await self._reader.readexactly(int(fields["content-length"]))
        if fields.get("connection", "").lower() == "close":
            self._writer.close()
        return Answer(status, fields, body)

    def reset(self):
        """Ends the connection with a TCP reset: a client that crashed."""
        if self._writer is None:
            return
        endpoint = self._writer.get_extra_info("socket")
        if endpoint and endpoint.fileno() >= 0:
            endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()
