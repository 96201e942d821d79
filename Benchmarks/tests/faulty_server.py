"""A broadcast server that makes one mistake, to see that the load client notices: faulty_server.py MISTAKE.

It prints the port it listens on. It knows no more of WebSocket than the load client needs: unfragmented text frames
shorter than 64 KiB. Who asks for events gets them, and says nothing; who posts is no member. `?last=` is answered with
the latest messages; the messages of who speaks JSON are acknowledged, and go to nobody.
"""
import asyncio
import base64
import hashlib
import json
import logging
import re
import sys

MISTAKE = sys.argv[1]
# The message that goes wrong. The client sends more in its warm-up alone.
FATEFUL = 100
ACCEPT = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Server:
    def __init__(self):
        self.members = []
        self.event_streams = set()
        self.history = []
        self.count = 0
        self.kept = None

    async def serve(self, reader, writer):
        try:
            await self.take_part(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        if writer in self.members:
            self.members.remove(writer)

    async def take_part(self, reader, writer):
        request = await reader.readuntil(b"\r\n\r\n")
        if request.startswith(b"POST "):
            await self.take_posts(request, reader, writer)
            return
        if b"\r\nAccept: text/event-stream\r\n" in request:
            self.begin_events(writer)
            await reader.read()
            return
        key = next(line for line in request.split(b"\r\n") if line.startswith(b"Sec-WebSocket-Key:")).split()[1]
        accept = base64.b64encode(hashlib.sha1(key + ACCEPT.encode()).digest())
        speaks_json = b"broadcast.v1.json" in request
        writer.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept + b"\r\n"
            + (b"Sec-WebSocket-Protocol: broadcast.v1.json\r\n" if speaks_json else b"") + b"\r\n"
        )
        if speaks_json:
            await self.acknowledge(reader, writer)
            return
        self.replay(request, writer)
        self.members.append(writer)
        number = len(self.members)
        while True:
            payload = await self.read_message(reader)
            self.broadcast(f"Client {number}: ".encode() + payload, writer)

    async def take_posts(self, request, reader, writer):
        while True:
            length = int(re.search(rb"\r\nContent-Length: (\d+)", request)[1])
            self.broadcast(b"Anonymous: " + await reader.readexactly(length), None)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
            request = await reader.readuntil(b"\r\n\r\n")

    async def acknowledge(self, reader, writer):
        while True:
            message = json.loads(await self.read_message(reader))
            self.count += 1
            is_fateful = self.count == FATEFUL
            stored = "memory" if is_fateful and MISTAKE == "memory" else message.get("stored", "memory")
            answer = {"id": f"e.{self.count}", "key": message["key"], "stored": stored, "type": "ack"}
            if is_fateful and MISTAKE == "error":
                answer = {"type": "error", "code": "bad-field"}
            copies = {"mute": 0, "twice": 2}.get(MISTAKE, 1) if is_fateful else 1
            for _ in range(copies):
                self.send(writer, json.dumps(answer, separators=(",", ":")).encode())

    def replay(self, request, writer):
        wanted = re.search(rb"\?last=(\d+)", request.split(b"\r\n")[0])
        messages = self.history[-int(wanted[1]) :] if wanted else []
        for number, message in enumerate(messages):
            if MISTAKE != "hole" or number != len(messages) // 2:
                self.send(writer, message)

    def begin_events(self, writer):
        start = b"" if MISTAKE == "no position" else b"retry: 2000\nid: e.%d\n\n" % self.count
        type = b"text/plain" if MISTAKE == "type" else b"text/event-stream"
        # What belongs to nobody's messages is passed over.
        joined = b'event: joined\ndata: {"type":"joined"}\n\n'
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: " + type + b"\r\n\r\n" + start + joined + b":\n\n")
        self.members.append(writer)
        self.event_streams.add(writer)

    async def read_message(self, reader):
        head = await reader.readexactly(2)
        length = head[1] & 0x7F
        if length == 126:
            length = int.from_bytes(await reader.readexactly(2), "big")
        mask = await reader.readexactly(4)
        masked = await reader.readexactly(length)
        return bytes(byte ^ mask[index & 3] for index, byte in enumerate(masked))

    def broadcast(self, message, sender):
        self.count += 1
        self.history.append(message)
        is_fateful = self.count == FATEFUL
        receivers = [member for member in self.members if member is not sender]
        victim = receivers[-1] if receivers else None
        for member in receivers:
            copies = [message]
            if member is victim:
                copies = self.mistaken(message, is_fateful)
            for copy in copies:
                self.send(member, copy)
        if is_fateful and MISTAKE == "own":
            self.send(sender, message)
        if is_fateful and MISTAKE == "close":
            victim.close()

    def mistaken(self, message, is_fateful):
        if MISTAKE == "swap":
            if is_fateful:
                self.kept = message
                return []
            if self.kept:
                kept, self.kept = self.kept, None
                return [message, kept]
        if not is_fateful:
            return [message]
        altered = bytearray(message)
        altered[-1] ^= 1
        return {
            "drop": [],
            "repeat": [message, message],
            "alter": [bytes(altered)],
            "garble": [re.sub(rb'\d(","items)', rb"/\1", message)],
            "shorten": [message[:-1]],
            "rename": [message.replace(b"Client ", b"Client 9", 1)],
            "strip": [message.split(b": ", 1)[1]],
        }.get(MISTAKE, [message])

    def send(self, member, payload):
        if member in self.event_streams:
            id = b"" if MISTAKE == "no id" else b"id: e.%d\n" % self.count
            middle = b"\ndata: " if MISTAKE == "lines" else b""
            member.write(id + b"data: " + payload[:40] + middle + payload[40:] + b"\n\n")
            return
        head = bytes([0x81, len(payload)]) if len(payload) < 126 else b"\x81\x7e" + len(payload).to_bytes(2, "big")
        member.write(head + payload)


# A client that has found the mistake is gone before the server knows.
logging.getLogger("asyncio").setLevel(logging.ERROR)


async def main():
    server = await asyncio.start_server(Server().serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


asyncio.run(main())
