"""Takes the pictures of the README: of the chat page, and of a terminal with the client in it, both in one conversation."""

import html
import pathlib
import re
import subprocess
import sys
import tempfile
import time

from wcwidth import wcwidth

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "Tests/InteropTests"))

from support.browser import Browser
from support.chat import chatting
from support.deadline import Deadline
from support.page import go, open_page, say, wait_for_state, wait_for_text
from support.program import Program, Server

COLUMNS, ROWS = 84, 15
CELL_WIDTH, CELL_HEIGHT, PADDING = 8.43, 20, 16
INK, PAGE, FAINT = "#e6e6ef", "#1b1d29", 0.65


class Tmux:
    """A terminal with a program in it."""

    def __init__(self, command):
        self._base = ["tmux", "-L", f"pictures-{time.monotonic_ns()}", "-f", "/dev/null"]
        self._run("new-session", "-d", "-x", str(COLUMNS), "-y", str(ROWS), command)

    def _run(self, *words):
        return subprocess.run([*self._base, *words], capture_output=True, text=True, check=True).stdout

    def type(self, line):
        self._run("send-keys", "-l", line)
        self._run("send-keys", "Enter")

    def wait_for(self, text):
        """Waits until a text stands there."""
        deadline = Deadline()
        while text not in self._run("capture-pane", "-p"):
            assert deadline.remaining, self._run("capture-pane", "-p")
            time.sleep(0.05)

    @property
    def lines(self):
        """The rows, with their colors as escape sequences."""
        return self._run("capture-pane", "-p", "-e").rstrip("\n").split("\n")

    def close(self):
        self._run("kill-server")


class Style:
    """What the escape sequences for graphics say of the characters behind them (ECMA-48, SGR)."""

    BASIC = "#3b3d4d #e06c75 #7fc18b #d8b26a #7aa2f7 #c792ea #67c0cf #d5d7e5".split()

    def __init__(self):
        self._reset()

    def _reset(self):
        self._color, self._is_bold, self._is_faint = None, False, False

    def apply(self, parameters):
        """Takes the parameters of a sequence; those that mean nothing here, such as backgrounds, are left out."""
        codes = iter([int(code or 0) for code in parameters.split(";")])
        for code in codes:
            if code == 0:
                self._reset()
            elif code == 1:
                self._is_bold = True
            elif code == 2:
                self._is_faint = True
            elif code == 22:
                self._is_bold = self._is_faint = False
            elif code == 38 and next(codes) == 5:
                self._color = self._of_palette(next(codes))
            elif code == 39:
                self._color = None
            elif code // 10 in (3, 9) and code % 10 < 8:
                self._color = self.BASIC[code % 10]

    def _of_palette(self, number):
        """A color of the 256: the basic ones twice, a cube, and greys."""
        if number < 16:
            return self.BASIC[number % 8]
        if number >= 232:
            return "#" + f"{8 + 10 * (number - 232):02x}" * 3
        steps = [0, 95, 135, 175, 215, 255]
        number -= 16
        return "#" + "".join(f"{steps[index]:02x}" for index in (number // 36, number // 6 % 6, number % 6))

    @property
    def attributes(self):
        color = f' fill="{self._color}"' if self._color else ""
        weight = ' font-weight="700"' if self._is_bold else ""
        return color + weight + (f' opacity="{FAINT}"' if self._is_faint else "")


def svg_of(lines):
    """A picture of rows with escape sequences. Each piece stands at its column, however wide a font is."""
    width = COLUMNS * CELL_WIDTH + 2 * PADDING
    height = len(lines) * CELL_HEIGHT + 2 * PADDING
    texts, style = [], Style()
    for row, line in enumerate(lines):
        column = 0
        for piece in re.split(r"(\x1b\[[\d;]*m)", line):
            if match := re.fullmatch(r"\x1b\[([\d;]*)m", piece):
                style.apply(match[1])
                continue
            # Behind an emoji begins another piece.
            for part in re.findall(r"[^\U0001f000-\U0001ffff\u2600-\u27bf]+|.", piece):
                # Spaces at the beginning would be dropped.
                text = part.lstrip()
                x = PADDING + (column + len(part) - len(text)) * CELL_WIDTH
                y = PADDING + (row + 0.75) * CELL_HEIGHT
                if text:
                    texts.append(f'<text x="{x:.1f}" y="{y:.1f}"{style.attributes}>{html.escape(text)}</text>')
                column += sum(max(0, wcwidth(character)) for character in part)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
        f'font-family="ui-monospace, Menlo, Consolas, \'DejaVu Sans Mono\', monospace" font-size="14" fill="{INK}">\n'
        f'<rect width="100%" height="100%" rx="10" fill="{PAGE}"/>\n' + "\n".join(texts) + "\n</svg>\n"
    )


def main(program, folder):
    with tempfile.TemporaryDirectory() as directory:
        command = [program, "start", "--no-log-file", "--host", "localhost", "--port", "0"]
        server = Server(Program(command, directory), "ws")
        browser = Browser("chromium")
        page = browser.open(server.page + "-/icon.svg")
        open_page(page, server, "general", "Robin")
        for channel in ("releases", "team"):
            go(page, channel)
            wait_for_state(page, "open")
        page.call("() => history.replaceState(null, '', '/team')")
        terminal = Tmux(f"cd {directory} && exec {program} connect '{server.url}/team?name=ann'")
        terminal.wait_for("Enter message:")
        with chatting(f"{server.url}/team?name=bob") as bob:
            terminal.wait_for("bob joined")
            terminal.type("Morning! Is the new build up?")
            wait_for_text(page, "#entries", "Morning!")
            bob.say("Yes, for an hour or so: https://builds.example/412")
            bob.say("It holds ten thousand connections that say nothing in 30 MB.")
            terminal.wait_for("ten thousand")
            say(page, "Great, thank you! 👋")
            wait_for_text(page, ".own .mark", "Sent")
            terminal.wait_for("Great")
            publish = f"echo 'build 413 is green ✅' | {program} publish '{server.url}/team?name=ci'"
            subprocess.run(publish, shell=True, check=True, cwd=directory, capture_output=True)
            terminal.wait_for("build 413")
            terminal.type("/who")
            terminal.wait_for("3 here")
            terminal.type("And 413 is green 🎉")
            wait_for_text(page, "#entries", "And 413 is green")
            bob.get("message")
            page.call("() => document.querySelector('#text').blur()")
            page.set_viewport(1120, 760)
            page.screenshot(folder / "page.png")
            terminal.wait_for("And 413 is green")
            (folder / "terminal.svg").write_text(svg_of(terminal.lines))
        terminal.close()
        browser.close()
        server.program.stop()


main(pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]))
