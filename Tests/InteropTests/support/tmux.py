"""A program in a window of tmux, a terminal that breaks long rows anew when its width changes (tmux(1))."""

import os
import subprocess
import time

from .deadline import Deadline


class Window:
    """A program at a terminal of its own."""

    def __init__(self, command, directory, columns=60, rows=16, environment=None):
        self._socket = str(directory / "tmux")
        settings = {"LC_ALL": "C.UTF-8", "NO_COLOR": "1", "XDG_STATE_HOME": str(directory)} | (environment or {})
        words = [f"{name}={value}" for name, value in settings.items()]
        self._run(
            "-f", os.devnull, "new-session", "-d", "-x", str(columns), "-y", str(rows), "-c", str(directory),
            "env", *words, *map(str, command),
        )
        # No row for the state of tmux itself.
        self._run("set-option", "-g", "status", "off")
        self.resize(columns, rows)

    def _run(self, *words):
        command = ["tmux", "-u", "-S", self._socket, *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    @property
    def lines(self):
        """The rows of the window, without the empty ones at its end."""
        rows = [row.rstrip() for row in self._run("capture-pane", "-p").split("\n")]
        while rows and not rows[-1]:
            rows.pop()
        return rows

    @property
    def history(self):
        """The rows of the window, and those above it that can be scrolled to."""
        return [row.rstrip() for row in self._run("capture-pane", "-p", "-S", "-").split("\n")]

    def type(self, text):
        """Types on the keyboard."""
        self._run("send-keys", "-l", text)

    def resize(self, columns, rows):
        """Changes the size of the window, and waits until the program can know: tmux tells it some time later."""
        self._run("resize-window", "-x", str(columns), "-y", str(rows))
        terminal = os.open(self._run("display-message", "-p", "#{pane_tty}").strip(), os.O_RDWR | os.O_NOCTTY)
        try:
            self.wait_until(lambda _: os.get_terminal_size(terminal) == (columns, rows))
        finally:
            os.close(terminal)

    def wait_until(self, condition):
        """Waits until something holds for the window."""
        deadline = Deadline()
        while not condition(self):
            # tmux does not tell of changes.
            if deadline.remaining <= 0:
                raise AssertionError("not what was to be seen:\n" + "\n".join(self.lines))
            time.sleep(0.02)

    def wait_for(self, *lines):
        """Waits until the window ends with these rows."""
        self.wait_until(lambda window: window.lines[-len(lines) :] == list(lines))

    def stop(self):
        """Ends the program and tmux."""
        subprocess.run(["tmux", "-S", self._socket, "kill-server"], check=False, capture_output=True)
