"""NATS servers with JetStream on loopback, as Debian's package has them: one, or three that are a cluster."""

import asyncio
import json
import os
import pathlib
import signal
import socket
import urllib.request

_PROGRAM = os.environ.get("NATS_SERVER", "/usr/sbin/nats-server")


def free_ports(count):
    """Ports that nobody listens on just now."""
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


class NATSServer:
    """One of them; it keeps its port and its files when it is started again."""

    def __init__(self, name, directory, port, monitor, routes):
        self.name, self.port = name, port
        self._monitor = monitor
        self._process = None
        own, others = routes
        lines = [
            f"server_name: {name}",
            f"listen: 127.0.0.1:{port}",
            f"http: 127.0.0.1:{monitor}",
            f'log_file: "{directory}/{name}.log"',
            f'jetstream {{ store_dir: "{directory}/{name}", max_mem: 64M, max_file: 1G }}',
        ]
        if others:
            urls = ", ".join(f'"nats://127.0.0.1:{other}"' for other in others)
            lines.append(f"cluster {{ name: T, listen: 127.0.0.1:{own}, routes: [{urls}], no_advertise: true }}")
        self._configuration = pathlib.Path(directory) / f"{name}.conf"
        self._configuration.write_text("\n".join(lines) + "\n")

    async def start(self):
        self._process = await asyncio.create_subprocess_exec(_PROGRAM, "--config", str(self._configuration))

    async def kill(self):
        """Ends it as the system does when it has no memory left."""
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            process.kill()
            await process.wait()

    async def stop(self):
        """Ends it in good order."""
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            process.terminate()
            await process.wait()

    def stand_still(self):
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self._process.send_signal(signal.SIGCONT)

    @property
    def url(self):
        """For clients."""
        return f"nats://127.0.0.1:{self.port}"

    def stream(self, name):
        """What it tells of a stream; None if it has none of that name, or does not answer."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._monitor}/jsz?streams=1", timeout=1) as answer:
                found = json.load(answer)
        except OSError:
            return None
        streams = (each for account in found.get("account_details", []) for each in account.get("stream_detail", []))
        return next((stream for stream in streams if stream["name"] == name), None)

    def leads(self, name):
        """Whether it leads a stream, by its own words; also the one that has it alone."""
        stream = self.stream(name)
        return stream is not None and stream.get("cluster", {}).get("leader", self.name) == self.name


class NATS:
    """All servers of a test."""

    def __init__(self, directory, count):
        ports, monitors, routes = free_ports(count), free_ports(count), free_ports(count)
        self.servers = [
            NATSServer(f"n{i + 1}", directory, ports[i], monitors[i], (routes[i], routes if count > 1 else []))
            for i in range(count)
        ]

    @property
    def urls(self):
        return ",".join(server.url for server in self.servers)

    async def start(self):
        for server in self.servers:
            await server.start()

    async def leader(self, stream):
        """The server that leads the stream, once there is one."""
        while True:
            for server in self.servers:
                if await asyncio.to_thread(server.leads, stream):
                    return server
            await asyncio.sleep(0.2)

    async def kill(self):
        for server in self.servers:
            await server.kill()
