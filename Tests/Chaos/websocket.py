"""A WebSocket client (RFC 6455) that reads only when it is told to, and that can end in every way a client can."""

import asyncio
import base64
import hashlib
import os
import socket
import struct

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_NONE, _CONNECTION_LOST = 1005, 1006


class Refused(Exception):
    """The server did not upgrade the connection, or was not there (status 0)."""

    def __init__(self, status, text):
        super().__init__(f"{status}: {text}")
        self.status = status


class WebSocket(asyncio.Protocol):
    """One connection; what it gets it hands on at once: `on_message(text or bytes)`, at last `on_close(code, reason)`."""

    def __init__(self, on_message, on_close):
        self._on_message, self._on_close = on_message, on_close
        self._bytes = bytearray()
        self._fragments = bytearray()
        self._opcode = 0
        self._opened = None
        self._accept = ""
        self._close = (_CONNECTION_LOST, "")
        self._transport = None
        self.subprotocol = None
        # Whether the system takes more without this process having to keep it.
        self.is_writable = True
        self.is_open = False

    async def open(self, port, target, subprotocols, receive_buffer=None, timeout=30):
        """Connects to localhost; a small `receive_buffer` makes the server notice soon that nobody reads.

        The first messages may come before this returns.
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
        self._transport.write(self._request(port, target, subprotocols))
        try:
            await asyncio.wait_for(asyncio.shield(self._opened), timeout)
        except TimeoutError:
            self.reset()
            raise Refused(0, "no answer") from None

    def _request(self, port, target, subprotocols):
        key = base64.b64encode(os.urandom(16)).decode()
        self._accept = base64.b64encode(hashlib.sha1((key + _GUID).encode()).digest()).decode()
        lines = [
            f"GET {target} HTTP/1.1",
            f"Host: localhost:{port}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key}",
            "Sec-WebSocket-Version: 13",
        ]
        if subprotocols:
            lines.append(f"Sec-WebSocket-Protocol: {', '.join(subprotocols)}")
        return "\r\n".join([*lines, "", ""]).encode()

    # MARK: What a client does

    def send(self, message):
        """Sends a text or a binary message."""
        if isinstance(message, str):
            self._send_frame(TEXT, message.encode())
        else:
            self._send_frame(BINARY, message)

    def close(self, code=1000):
        """Begins the closing handshake."""
        self._send_frame(CLOSE, struct.pack("!H", code))

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

    def _send_frame(self, opcode, payload):
        if not self.is_open:
            return
        size = len(payload)
        if size < 126:
            head = struct.pack("!BB", 0x80 | opcode, 0x80 | size)
        elif size < 1 << 16:
            head = struct.pack("!BBH", 0x80 | opcode, 0x80 | 126, size)
        else:
            head = struct.pack("!BBQ", 0x80 | opcode, 0x80 | 127, size)
        # A mask of zeros is a mask (RFC 6455 section 5.3 asks for a fresh one against proxies, of which there is none).
        self._transport.write(head + bytes(4) + payload)

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
            self._read_frames()

    def eof_received(self):
        return False

    def connection_lost(self, error):
        was_open, self.is_open = self.is_open, False
        if self._opened and not self._opened.done():
            self._opened.set_exception(Refused(0, f"the connection ended: {error}"))
        elif was_open:
            self._on_close(*self._close)

    # MARK: Reading

    def _read_answer(self):
        end = self._bytes.find(b"\r\n\r\n")
        if end < 0:
            return
        first, *lines = self._bytes[:end].decode("latin-1").split("\r\n")
        del self._bytes[: end + 4]
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        status = int(first.split(" ")[1])
        if status != 101 or fields.get("sec-websocket-accept") != self._accept:
            self._opened.set_exception(Refused(status, first))
            self._transport.abort()
            return
        self.subprotocol = fields.get("sec-websocket-protocol")
        self.is_open = True
        self._opened.set_result(None)

    def _read_frames(self):
        data, at = self._bytes, 0
        while len(data) - at >= 2:
            head, size = data[at], data[at + 1] & 0x7F
            start = at + 2
            if size == 126:
                if len(data) < at + 4:
                    break
                size, start = int.from_bytes(data[at + 2 : at + 4], "big"), at + 4
            elif size == 127:
                if len(data) < at + 10:
                    break
                size, start = int.from_bytes(data[at + 2 : at + 10], "big"), at + 10
            if len(data) < start + size:
                break
            payload = bytes(data[start : start + size])
            at = start + size
            self._read_frame(head & 0x0F, bool(head & 0x80), payload)
        del data[:at]

    def _read_frame(self, opcode, is_final, payload):
        if opcode == PING:
            self._send_frame(PONG, payload)
        elif opcode == CLOSE:
            code = int.from_bytes(payload[:2], "big") if len(payload) >= 2 else _NONE
            self._close = (code, payload[2:].decode(errors="replace"))
            self._send_frame(CLOSE, payload[:2])
            self._transport.close()
        elif opcode != PONG:
            self._opcode = opcode or self._opcode
            self._fragments += payload
            if is_final:
                message = bytes(self._fragments)
                self._fragments.clear()
                self._on_message(message.decode() if self._opcode == TEXT else message)
