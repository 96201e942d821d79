"""A program at a pseudo-terminal, with an emulator that knows what a person would see (https://pyte.readthedocs.io)."""

import fcntl
import os
import pty
import signal
import struct
import subprocess
import termios
import threading
import time

import pyte

from .deadline import PATIENCE, Deadline

ENTER, ESCAPE, BACKSPACE = "\r", "\x1b", "\x7f"
UP, LEFT, HOME = "\x1b[A", "\x1b[D", "\x01"
CTRL_C, CTRL_D, CTRL_Z, TAB = "\x03", "\x04", "\x1a", "\t"


class Screen(pyte.Screen):
    """A screen that answers when it is asked where its cursor is."""

    def __init__(self, columns, rows, answer):
        self._answer = answer
        super().__init__(columns, rows)

    def write_process_input(self, data):
        self._answer(data)


class Terminal:
    """A process whose three ends are a terminal."""

    def __init__(self, command, directory, columns=60, rows=16, environment=None):
        self._screen = Screen(columns, rows, self.type)
        self._stream = pyte.ByteStream(self._screen)
        self._changed = threading.Condition()
        self._has_ended = False
        # What the program has written, byte for byte.
        self.raw = b""
        self._master, slave = pty.openpty()
        self._set_size(columns, rows)
        # Flags and keys of the terminal's line discipline before the program has changed them.
        self.initial_modes = self.modes
        self._process = subprocess.Popen(
            [str(word) for word in command],
            cwd=directory,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=os.environ
            | {"TERM": "xterm-256color", "LC_ALL": "C.UTF-8", "XDG_STATE_HOME": str(directory)}
            | (environment or {}),
            start_new_session=True,
            # The terminal becomes the one whose keys send signals to the program.
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(slave)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        while True:
            try:
                data = os.read(self._master, 1 << 16)
            except OSError:
                data = b""
            with self._changed:
                self.raw += data
                self._stream.feed(data)
                self._has_ended = not data
                self._changed.notify_all()
            if not data:
                return

    def _set_size(self, columns, rows):
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    @property
    def lines(self):
        """The rows of the screen, without the empty ones at its end."""
        rows = [row.rstrip() for row in self._screen.display]
        while rows and not rows[-1]:
            rows.pop()
        return rows

    @property
    def cursor(self):
        """Where the cursor is: row and column, from 0."""
        return self._screen.cursor.y, self._screen.cursor.x

    @property
    def modes(self):
        """The flags and keys of the terminal's line discipline."""
        return termios.tcgetattr(self._master)

    def type(self, text):
        """Types on the keyboard."""
        os.write(self._master, text.encode())

    def resize(self, columns, rows):
        """Changes the size of the window, of which the system tells the program."""
        with self._changed:
            self._screen.resize(rows, columns)
            self._set_size(columns, rows)

    def wait_until(self, condition):
        """Waits until something holds for the screen, which is looked at after all that the program writes."""
        deadline = Deadline()
        with self._changed:
            while not condition(self):
                if self._has_ended or not self._changed.wait(deadline.remaining):
                    rows = "\n".join(self.lines)
                    raise AssertionError(f"not what was to be seen, cursor at {self.cursor}:\n{rows}")

    def wait_for(self, *lines):
        """Waits until the screen ends with these rows."""
        self.wait_until(lambda terminal: terminal.lines[-len(lines) :] == list(lines))

    def wait_for_prompt(self, prompt="Enter message: "):
        """Waits until the cursor is behind a prompt on the last row."""
        self.wait_for(prompt.rstrip())
        self.wait_until(lambda terminal: terminal.cursor[1] == len(prompt))

    def wait_for_job(self):
        """Waits until the shell that runs here has given the terminal to a job: what is typed is for that."""
        deadline = Deadline()
        while os.tcgetpgrp(self._master) == self._process.pid:
            # Nobody tells of that.
            assert deadline.remaining > 0, "no job has the terminal"
            time.sleep(0.01)

    def signal(self, number):
        """Sends a signal to the program."""
        self._process.send_signal(number)

    def exit_code(self):
        """Waits for its end."""
        return self._process.wait(PATIENCE)

    def stop(self):
        """Ends it at once, if it has not ended."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)
        self._process.wait(PATIENCE)
