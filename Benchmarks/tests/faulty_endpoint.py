"""A server of handshakes and plain requests that makes one mistake: faulty_endpoint.py MISTAKE [CERTIFICATE KEY].

It prints the port it listens on.
"""
import asyncio
import base64
import hashlib
import itertools
import ssl
import sys

MISTAKE = sys.argv[1]
# The connection, or the request, that goes wrong.
FATEFUL = 20
ACCEPT = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
HELLO = b"\x81\x05hello"


class Endpoint:
    def __init__(self, encryption):
        self.count = 0
        self.encryption = itertools.cycle(encryption)

    async def serve(self, reader, writer):
        try:
            for context in itertools.islice(self.encryption, 1):
                await writer.start_tls(context)
            while True:
                request = await reader.readuntil(b"\r\n\r\n")
                self.count += 1
                mistake = MISTAKE if self.count == FATEFUL else None
                if b"\r\nUpgrade: websocket" in request:
                    await self.shake_hands(request, writer, mistake)
                    await reader.read()
                    return
                if mistake == "mute":
                    continue
                writer.write(self.answer(mistake))
                if mistake == "close":
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def shake_hands(self, request, writer, mistake):
        if mistake == "refuse":
            writer.write(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")
            return
        key = next(line for line in request.split(b"\r\n") if line.startswith(b"Sec-WebSocket-Key:")).split()[1]
        accept = base64.b64encode(hashlib.sha1(key + ACCEPT.encode()).digest())
        if mistake == "accept":
            accept = accept.swapcase()
        writer.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
        )
        if mistake == "greet":
            writer.write(HELLO)
        if mistake == "dismiss":
            writer.close()

    def answer(self, mistake):
        body = b"OK\n" if mistake == "alter" else b"ok\n"
        status = b"503 Service Unavailable" if mistake == "status" else b"200 OK"
        length = b"" if mistake == "unbounded" else b"Content-Length: %d\r\n" % len(body)
        whole = b"HTTP/1.1 " + status + b"\r\n" + length + b"\r\n" + body
        return {"shorten": whole[:-1], "repeat": whole + whole}.get(mistake, whole)


def contexts():
    """One, or as many as loops that do not know each other's tickets."""
    made = []
    for _ in range(2 if MISTAKE == "forget" else 1):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*sys.argv[2:])
        if MISTAKE == "no ticket":
            context.num_tickets = 0
        made.append(context)
    return made


async def main():
    endpoint = Endpoint(contexts() if len(sys.argv) > 2 else [])
    server = await asyncio.start_server(endpoint.serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


asyncio.run(main())
