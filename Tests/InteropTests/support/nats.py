"""A server of NATS with JetStream on loopback, as Debian's package has it."""

import pathlib
import re
import subprocess
import time

from .deadline import Deadline

_PROGRAM = "/usr/sbin/nats-server"


class NATSServer:
    """It listens at a port that is free, and keeps it and its files; `options` are further lines of its configuration."""

    def __init__(self, folder, options=""):
        self._folder, self._options = pathlib.Path(folder), options
        self.port = -1
        self.start()

    def start(self):
        """Starts it, once more after `stop`, and waits until it listens."""
        log, configuration = self._folder / "nats.log", self._folder / "nats.conf"
        log.unlink(missing_ok=True)
        configuration.write_text(
            f'listen: "127.0.0.1:{self.port}"\njetstream {{ store_dir: "{self._folder}/nats" }}\n'
            f'log_file: "{log}"\n{self._options}\n'
        )
        self._process = subprocess.Popen([_PROGRAM, "--config", str(configuration)])
        deadline = Deadline()
        while not (found := re.search(r"Listening for client connections on \S+:(\d+)", self._text(log))):
            assert self._process.poll() is None and deadline.remaining > 0, self._text(log)
            time.sleep(0.02)
        self.port = int(found[1])

    @staticmethod
    def _text(log):
        return log.read_text() if log.exists() else ""

    @property
    def url(self):
        """For clients."""
        return f"nats://127.0.0.1:{self.port}"

    def stop(self):
        """Ends it."""
        self._process.terminate()
        self._process.wait()
