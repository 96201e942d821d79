"""What a shell can do to a program that only a shell can: close its output, pass it bytes that are no text."""

import subprocess

import pytest
from conftest import BUILD

PROGRAM = BUILD / "broadcast-server"


@pytest.fixture
def server(start_server):
    return start_server()


@pytest.mark.parametrize("command", ["tail", "connect"])
def test_an_output_that_was_closed_is_an_error(server, command):
    subprocess.run([PROGRAM, "publish", server.url, "hello"], check=True)
    line = f"'{PROGRAM}' {command} {server.url} --last 1 --count 1 --timeout 20s < /dev/null >&-"
    result = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=False)
    assert result.returncode == 74, result.stderr
    assert "standard output cannot be written" in result.stderr


def test_an_argument_that_is_no_text_is_refused(server):
    result = subprocess.run([PROGRAM, "publish", server.url, b"a\xff"], capture_output=True, text=True, check=False)
    assert result.returncode == 64
    assert result.stderr == "Error: Argument 3 is not UTF-8. Convert it, as with iconv.\n"


@pytest.mark.parametrize("text", ["", "one more\n"])
def test_who_has_nothing_to_say_hears_what_was_asked_for(server, text):
    for number in range(5):
        subprocess.run([PROGRAM, "publish", server.url, f"message {number}"], check=True)
    for _ in range(20):
        command = [PROGRAM, "connect", server.url, "--last", "5", "--no-log-file"]
        result = subprocess.run(command, input=text, capture_output=True, text=True, check=True)
        lines = [line for line in result.stdout.splitlines() if ": " in line]
        assert len(lines) == 5
        if not text:
            assert [line[-9:] for line in lines] == [f"message {number}" for number in range(5)]
