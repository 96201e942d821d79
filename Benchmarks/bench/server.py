"""A server process under load."""
import json
import socket
import subprocess
import time

from .paths import LOAD

SERVER_CORE, LOAD_CORE = "0", "1"


class LoadFailure(Exception):
    """The load client found a fault, or did not come to an end."""


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Server:
    """A server on the first core; the load runs on the second. `command` gets the port for its `{port}`."""

    def __init__(self, command):
        self.port = free_port()
        command = [argument.format(port=self.port) for argument in command]
        self.process = subprocess.Popen(
            ["taskset", "-c", SERVER_CORE, *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    self.process.kill()
                    raise LoadFailure(f"{' '.join(command)} does not serve") from None
                time.sleep(0.02)

    def load(self, mode, options, timeout=None):
        """Runs the load client; `options` are its flags: True for one without a value."""
        command = ["taskset", "-c", LOAD_CORE, LOAD, mode, "--port", str(self.port), "--pid", str(self.process.pid)]
        for name, value in options.items():
            if value is not False and value is not None:
                command += [f"--{name}"] if value is True else [f"--{name}", str(value)]
        try:
            result = subprocess.run(command, capture_output=True, text=True, timeout=timeout)
        except subprocess.TimeoutExpired:
            raise LoadFailure(f"not done after {timeout} s") from None
        if result.returncode:
            raise LoadFailure(result.stderr.strip().removeprefix("load: "))
        return json.loads(result.stdout)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
