"""A node that says that it is there, and answers nobody: a client of NATS of nothing but a socket."""

import contextlib
import socket
import threading

from .deadline import PATIENCE


class SilentNode:
    """Gives signs of life until it is closed; others wait to be told by it who is there."""

    _SIGN = b"\0" + (1).to_bytes(8, "little")

    def __init__(self, nats):
        self._socket = socket.create_connection(("127.0.0.1", nats.port))
        # How often others have said that they come.
        self.greetings = 0
        self._heard = threading.Condition()
        self._socket.sendall(b'CONNECT {"verbose":false}\r\nSUB broadcast.nodes 1\r\n')
        self._socket.settimeout(0.2)
        threading.Thread(target=self._live, daemon=True).start()

    def _live(self):
        with contextlib.suppress(OSError):
            while True:
                self._socket.sendall(b"PUB broadcast-nodes %d\r\n%b\r\n" % (len(self._SIGN), self._SIGN))
                with contextlib.suppress(TimeoutError):
                    self._take(self._socket.recv(1 << 16))

    def _take(self, data):
        if b"PING\r\n" in data:
            self._socket.sendall(b"PONG\r\n")
        with self._heard:
            self.greetings += data.count(b"MSG broadcast.nodes ")
            self._heard.notify_all()

    def wait_for_greetings(self, count):
        with self._heard:
            assert self._heard.wait_for(lambda: self.greetings >= count, PATIENCE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()
