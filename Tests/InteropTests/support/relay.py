"""A relay of TCP connections that can be cut, as what lies between a client and a server now and then is."""

import contextlib
import socket
import threading


class Relay:
    """Listens on a free port of localhost and passes on what comes, in both directions."""

    def __init__(self, port):
        # Of connections to come: a server that was started anew has another port. None for nobody: they are ended at once.
        self.target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._lock = threading.Lock()
        self._sockets = []
        self._silent = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                if self.target is None:
                    client.close()
                    continue
                try:
                    server = socket.create_connection(("127.0.0.1", self.target))
                except OSError:
                    # A server that has just ended; the next client may find the one after it.
                    client.close()
                    continue
                with self._lock:
                    self._sockets += [client, server]
                for pair in ((client, server), (server, client)):
                    threading.Thread(target=self._pass_on, args=pair, daemon=True).start()

    def _pass_on(self, source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                if source not in self._silent:
                    target.sendall(data)
            if source not in self._silent:
                target.shutdown(socket.SHUT_WR)

    def fall_silent(self):
        """Passes on nothing more of the connections that there are, not even their end, and tells nobody."""
        with self._lock:
            self._silent.update(self._sockets)

    def cut(self):
        """Ends all connections that there are."""
        with self._lock:
            for end in self._sockets:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
                end.close()
            self._sockets = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._listener.close()
        self.cut()
