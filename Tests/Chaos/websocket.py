"""A WebSocket client (RFC 6455)."""

import base64
import hashlib
import os
import struct

from endpoint import Endpoint

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_NONE, _CONNECTION_LOST = 1005, 1006


class WebSocket(Endpoint):
    """One connection; what it gets it hands on at once: `on_message(text or bytes)`, at last `on_close(code, reason)`."""

    def __init__(self, on_message, on_close):
        super().__init__()
        self._on_message, self._on_close = on_message, on_close
        self._fragments = bytearray()
        self._opcode = 0
        self._accept = ""
        self._close = (_CONNECTION_LOST, "")
        self.subprotocol = None

    async def open(self, port, target, subprotocols, receive_buffer=None):
        """Connects; the first messages may come before this returns."""
        await self._open(port, self._request(port, target, subprotocols), receive_buffer)

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

    # MARK: Reading

    def _accepts(self, status, fields):
        self.subprotocol = fields.get("sec-websocket-protocol")
        return status == 101 and fields.get("sec-websocket-accept") == self._accept

    def _ended(self):
        self._on_close(*self._close)

    def _read(self):
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
