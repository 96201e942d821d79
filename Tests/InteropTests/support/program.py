"""Programs as processes whose lines can be awaited."""

import pathlib
import re
import subprocess
import threading

from .deadline import PATIENCE, Deadline


class Program:
    """A process in a directory of its own; the lines of both of its outputs are kept."""

    def __init__(self, command, directory, environment=None):
        self._process = subprocess.Popen(
            [str(word) for word in command],
            cwd=directory,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
        )
        self._lines = []
        self._has_ended = False
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self._process.stdout:
            with self._changed:
                self._lines.append(line.rstrip("\n"))
                self._changed.notify_all()
        with self._changed:
            self._has_ended = True
            self._changed.notify_all()

    @property
    def output(self):
        """What it has written so far."""
        with self._changed:
            return "\n".join(self._lines)

    def wait_for(self, pattern):
        """Waits for a line that has a match of a regular expression, and gives the match of the first one."""
        deadline = Deadline()
        seen = 0
        with self._changed:
            while True:
                for line in self._lines[seen:]:
                    if match := re.search(pattern, line):
                        return match
                seen = len(self._lines)
                if self._has_ended or not self._changed.wait(deadline.remaining):
                    lines = "\n".join(self._lines)
                    raise AssertionError(f"no line matches {pattern!r}:\n{lines}")

    @property
    def command_line(self):
        """What anybody on the machine can read of how it was started."""
        return pathlib.Path(f"/proc/{self._process.pid}/cmdline").read_bytes().decode().split("\0")

    def write(self, text):
        """Writes to its standard input."""
        self._process.stdin.write(text)
        self._process.stdin.flush()

    def end_input(self):
        """Closes its standard input."""
        self._process.stdin.close()

    def exit_code(self):
        """Waits for its end."""
        code = self._process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        return code

    def signal(self, number):
        """Sends it a signal."""
        self._process.send_signal(number)

    def kill(self):
        """Ends it at once, without a chance to say goodbye."""
        self._process.kill()

    def stop(self):
        """Asks it to end, which it may have done already, and gives its exit code."""
        self._process.terminate()
        try:
            return self.exit_code()
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise


class Server:
    """A `broadcast-server start` that listens."""

    def __init__(self, program, scheme):
        self.program = program
        self.authority = program.wait_for(rf"Server started at {scheme}://([^\s\"]+)")[1]
        self.url = f"{scheme}://{self.authority}"
        self.page = f"{scheme.replace('ws', 'http')}://{self.authority}/"
        self.port = int(self.authority.rpartition(":")[2])

    def wait_for(self, pattern):
        """Waits for a line of its log."""
        return self.program.wait_for(pattern)

    def stop(self):
        """Stops it in good order."""
        assert self.program.stop() == 0, self.program.output
