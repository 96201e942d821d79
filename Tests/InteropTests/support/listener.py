"""A client of nothing but a socket, which reads events (docs/events.md)."""

import socket
import struct

from .deadline import PATIENCE


class Listener:
    """A connection with the head of its answer; what comes is taken in order."""

    def __init__(self, server, path="/team", context=None, fields=(), receive_buffer=None):
        self.socket = socket.socket()
        self.socket.settimeout(PATIENCE)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.connect(("127.0.0.1", server.port))
        if context:
            self.socket = context.wrap_socket(self.socket, server_hostname="localhost")
        lines = [f"GET {path} HTTP/1.1", "Host: localhost", "Accept: text/event-stream", *fields, "", ""]
        self.socket.sendall("\r\n".join(lines).encode())
        self.stream = self.socket.makefile("rb")
        self.head = []
        while (line := self.stream.readline().decode().rstrip("\r\n")) != "":
            self.head.append(line)

    def block(self):
        """The next lines up to an empty one."""
        lines = []
        while (line := self.stream.readline().decode()) != "\n":
            assert line.endswith("\n"), "the stream has ended"
            lines.append(line[:-1])
        return lines

    def event(self, name=None):
        """The next event of a name, as its id and its data."""
        while True:
            lines = [line.partition(": ") for line in self.block()]
            fields = {field: value for field, _, value in lines}
            if "data" in fields and fields.get("event") == name:
                return fields.get("id"), "\n".join(value for field, _, value in lines if field == "data")

    def reset(self):
        """Ends the connection as the system of a machine that has crashed would."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.stream.close()
        self.socket.close()
