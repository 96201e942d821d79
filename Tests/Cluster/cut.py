"""A way to NATS that can be cut: a TCP relay before each server, of one node alone."""

import asyncio


class Cut:
    """Relays for these ports. While it is cut, bytes stay where they are, both ways, and new connections hang."""

    def __init__(self, ports):
        self._targets = ports
        self._servers = []
        self._open = asyncio.Event()
        self._open.set()
        self.ports = []

    async def start(self):
        for target in self._targets:
            server = await asyncio.start_server(lambda r, w, t=target: self._relay(r, w, t), "127.0.0.1", 0)
            self._servers.append(server)
            self.ports.append(server.sockets[0].getsockname()[1])

    @property
    def urls(self):
        """For a node: only the relay's ports, since the servers do not tell of each other (no_advertise)."""
        return ",".join(f"nats://127.0.0.1:{port}" for port in self.ports)

    def cut(self):
        self._open.clear()

    def mend(self):
        self._open.set()

    def close(self):
        self.mend()
        for server in self._servers:
            server.close()

    async def _relay(self, reader, writer, target):
        await self._open.wait()
        try:
            there = await asyncio.open_connection("127.0.0.1", target)
        except OSError:
            writer.close()
            return
        await asyncio.gather(self._pass(reader, there[1]), self._pass(there[0], writer))

    async def _pass(self, reader, writer):
        try:
            while data := await reader.read(1 << 16):
                await self._open.wait()
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()
