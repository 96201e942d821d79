"""What whoever runs a server sees and does at its admin socket (docs/operation.md): with curl, and with the program's commands."""

import contextlib
import fcntl
import json
import os
import pty
import re
import select
import signal
import socket
import struct
import subprocess
import termios
import threading
import time

import pytest
from conftest import BUILD, ROOT
from support.chat import chatting
from support.deadline import PATIENCE, Deadline, wait_until
from support.listener import Listener
from support.tokens import bearer, make_key, make_token
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

KEY = make_key("HS256")
NOBODY = 65534


@pytest.fixture
def path(tmp_path):
    return tmp_path / "admin.sock"


@pytest.fixture
def start(start_server, path):
    """Starts a server with an admin socket."""
    return lambda *flags: start_server("--admin-socket", path, *flags)


@pytest.fixture
def curl(path):
    """A request to the admin socket; gives the body, as JSON if it is that."""

    def curl(target, *options, status=200):
        command = ["curl", "-sS", "--max-time", str(PATIENCE), "--unix-socket", path, "-w", "\n%{http_code}", *options]
        result = subprocess.run([*command, f"http://localhost{target}"], capture_output=True, text=True, check=True)
        body, _, code = result.stdout.rpartition("\n")
        assert int(code) == status, result.stdout
        return json.loads(body) if body.startswith(("{", "[")) else body

    return curl


@pytest.fixture
def run(path):
    """Runs a command of the program with the admin socket; gives the exit code and what it has written."""

    def run(*words, code=0, socket=None, stdin="", **options):
        variables = os.environ | {"BROADCAST_SERVER_ADMIN_SOCKET": str(socket or path)}
        command = [BUILD / "broadcast-server", *words]
        result = subprocess.run(
            command, input=stdin, capture_output=True, text=True, env=variables, timeout=PATIENCE, check=False, **options
        )
        assert result.returncode == code, result
        return result.stdout if code in (0, 1) else result.stderr

    return run


def close_of(connection):
    """The code and reason that a connection is closed with."""
    with pytest.raises(ConnectionClosed) as closed:
        while True:
            connection.recv(timeout=PATIENCE)
    return closed.value.rcvd.code, closed.value.rcvd.reason


def token(**claims):
    return make_token(KEY, "HS256", **{"channels": ["team"]} | claims)


@pytest.fixture
def start_with_tokens(start, tmp_path):
    secret = tmp_path / "secret"
    secret.write_bytes(KEY.raw_value)
    return lambda *flags: start("--token-secret", secret, *flags)


# Seeing


def test_connections_of_each_kind_are_listed(start_with_tokens, curl):
    server = start_with_tokens("--anonymous", "*")
    with (
        connect(f"{server.url}/team?name=ann"),
        chatting(f"{server.url}/team", bearer(token(sub="bob"))) as bob,
        chatting(f"{server.url}/other?name=eve") as eve,
    ):
        listener = Listener(server, "/team?name=lis")
        bob.say("hello")
        rows = wait_until(lambda: (all := curl("/connections"))["count"] == 4 and all["connections"])
        assert [row["form"] for row in rows] == ["text", "json", "json", "events"]
        assert [row["name"] for row in rows] == ["ann", "Client 2", "eve", "lis"]
        assert [row.get("subject") for row in rows] == [None, "bob", None, None]
        assert [row["messages"] for row in rows] == [0, 1, 0, 0]
        assert rows[1]["id"] == bob.member["id"] and rows[2]["id"] == eve.member["id"]
        assert all(re.fullmatch(r"127\.0\.0\.1:\d+|\[::1\]:\d+", row["address"]) for row in rows)
        assert all(abs(row["since"] / 1000 - time.time()) < 60 for row in rows)
        assert [row["id"] for row in curl("/connections?subject=bob")["connections"]] == [bob.member["id"]]
        assert curl("/connections?channel=team")["count"] == 3
        assert curl("/connections?address=192.0.2.0/24")["count"] == 0
        channels = curl("/channels")["channels"]
        assert [(channel["name"], channel["members"], channel["messages"]) for channel in channels] == [
            ("other", 1, 0),
            ("team", 3, 1),
        ]
        listener.reset()
        closed = wait_until(lambda: curl("/connections?closed")["connections"])
        assert closed[0]["name"] == "lis" and "client" in closed[0]["reason"] and "code" not in closed[0]
    closed = wait_until(lambda: (all := curl("/connections?closed"))["count"] == 4 and all["connections"])
    assert {row["code"] for row in closed[:3]} == {1000}


def test_a_thousand_connections_are_listed_and_kicked(start, curl, run):
    server = start("--log-level", "warning", "--threads", "2")
    with contextlib.ExitStack() as stack:
        request = b"GET /crowd HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n"
        for _ in range(1_000):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            connection.sendall(request)
        everybody = wait_until(lambda: (all := curl("/connections"))["count"] == 1_000 and all)
        assert len({row["id"] for row in everybody["connections"]}) == 1_000 and not everybody["more"]
        some = curl("/connections?limit=10&sort=since")
        assert some["count"] == 1_000 and some["more"] and len(some["connections"]) == 10
        assert curl("/channels?channel=crowd")["channels"][0]["connections"] == 1_000
        page = run("top", "--once", "-n", "5")
        assert "… and 995 more" in page and "channels 1" in page
        assert json.loads(run("kick", "--channel", "crowd", "--json")) == {"kicked": 1_000}
        wait_until(lambda: curl("/connections")["count"] == 0)
        assert curl("/connections?closed&channel=crowd&limit=1")["count"] == 1_000


def test_the_configuration_is_what_holds_now(start, curl, run, tmp_path):
    file = tmp_path / "config.yaml"
    file.write_text("max-sessions: 5\n")
    server = start("--config", file)
    assert re.search(r"^max-sessions: 5 +# .*config.yaml", run("config"), re.M)
    assert curl("/config") == run("config")
    file.write_text("max-sessions: 7\n")
    server.program.signal(signal.SIGHUP)
    wait_until(lambda: re.search(r"^max-sessions: 7 ", run("config"), re.M))


def test_the_page_has_each_request_that_there_is(start, curl):
    start()
    page = (ROOT / "docs/operation.md").read_text()
    requests = re.findall(r"(?:GET|POST) /\w+", curl("/", status=404)["detail"])
    assert len(requests) > 8
    for request in requests:
        assert f"`{request}" in page, request


# Doing


@pytest.mark.parametrize("by", ["id", "subject", "address", "channel"])
def test_who_is_kicked_has_to_go_and_nobody_else(start_with_tokens, run, by):
    server = start_with_tokens("--anonymous", "*")
    with (
        chatting(f"{server.url}/team", bearer(token(sub="ann"))) as member,
        chatting(f"{server.url}/{'other' if by != 'id' else 'team'}") as other,
    ):
        local = member.connection.local_address
        address = f"[{local[0]}]:{local[1]}" if ":" in local[0] else f"{local[0]}:{local[1]}"
        whom = {
            "id": [str(member.member["id"])],
            "subject": ["--subject", "ann"],
            "address": ["--address", address],
            "channel": ["--channel", "team"],
        }[by]
        assert run("kick", *whom, "--reason", "ask Bob") == "1 connection has to go.\n"
        assert close_of(member.connection) == (4001, "ask Bob")
        other.say("still there")
        assert run("kick", *whom, code=1) == "Nobody is meant.\n"


@pytest.mark.parametrize(
    ("target", "body"),
    [
        ("/kick", '{"channel":"team","subjcet":"ann"}'),
        ("/kick?id=1", '{"channel":"team"}'),
        ("/kick", '{"channel":"team","reason":"a\\u001b[31m"}'),
        ("/revoke", '{"sub":"ann","jit":"1"}'),
        ("/publish?channel=team&chanel=other", "hello"),
        ("/drain?ovr=1s", ""),
    ],
)
def test_a_mistake_in_an_order_means_nobody(start, curl, target, body):
    server = start()
    with chatting(server.url + "/team") as one, chatting(server.url + "/team") as other:
        curl(target, "-d", body, status=400)
        one.send({"type": "message", "text": "still here"})
        assert other.get("message")["text"] == "still here"


def test_a_kick_ends_each_kind_of_connection_with_its_code(start, curl):
    server = start()
    with connect(f"{server.url}/team") as plain, chatting(f"{server.url}/team") as member:
        listener = Listener(server, "/team")
        wait_until(lambda: curl("/connections")["count"] == 3)
        assert curl("/kick", "-d", '{"channel":"team","code":4100,"reason":"later"}') == {"kicked": 3}
        assert close_of(plain) == (4100, "later")
        assert close_of(member.connection) == (4100, "later")
        while listener.stream.readline():
            pass


def test_our_own_client_comes_back_or_not_as_the_code_says(start, start_program, run):
    server = start()
    client = start_program("broadcast-server", "connect", f"{server.url}/team")
    client.wait_for("Connected")
    assert run("kick", "--channel", "team", "--code", "4200") == "1 connection has to go.\n"
    client.wait_for("(?i)again")
    wait_until(lambda: json.loads(run("top", "--once", "--json"))["connections"]["count"] == 1)
    assert run("kick", "--channel", "team") == "1 connection has to go.\n"
    assert client.exit_code() == 76


def test_an_operator_publishes_and_listens_where_nobody_else_may(start_with_tokens, run, path, start_program):
    server = start_with_tokens("--anonymous", "nowhere")
    flags = ["--admin-socket", str(path), "--channel", "team"]
    receipt = json.loads(run("publish", *flags, "--json", "--name", "root", "before"))
    assert receipt["receivers"] == 0
    tail = start_program("broadcast-server", "tail", *flags, "--last", "5", "--count", "3")
    tail.wait_for("root: before")
    with chatting(f"{server.url}/team", bearer(token(sub="ann"))) as member:
        assert member.welcome["count"] == 1
        run("publish", *flags, stdin="one\ntwo\n")
        assert member.get("message", text="two")["from"]["name"] == "Anonymous"
    assert tail.exit_code() == 0
    assert "Anonymous: two" in tail.output
    run("publish", *flags, "--binary", stdin="x")
    assert "exclude each other" in run("publish", "ws://localhost/team", *flags, "x", code=64)
    assert "exclude each other" in run("tail", "localhost/team", *flags, code=64)


def test_what_is_revoked_by_the_command_is_refused(start_with_tokens, run):
    server = start_with_tokens()
    mine = token(sub="ann", jti="t1")
    with chatting(f"{server.url}/team", bearer(mine)) as member:
        assert run("revoke", "--subject", "ann") == "Revoked sub ann, as long as the process runs.\n"
        assert close_of(member.connection)[0] == 4003
    assert run("revoke", "--token", "t2") == "Revoked jti t2, as long as the process runs.\n"
    assert "--subject or with --token" in run("revoke", code=64)


# When it does not work


@pytest.mark.parametrize("command", [["top", "--once"], ["top"], ["kick", "1"], ["config"], ["revoke", "--subject", "a"]])
def test_where_there_is_no_server_one_line_says_so(start, run, path, command):
    assert re.fullmatch(r"Error: There is no socket .*admin\.sock\. .*\n", run(*command, code=69))
    server = start()
    server.program.kill()
    server.program.exit_code()
    assert "No server listens at" in run(*command, code=69)
    path.unlink()
    path.write_text("")
    assert "No server listens at" in run(*command, code=69)
    assert "1 to 107 bytes" in run(*command, socket="x" * 200, code=64)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
def test_who_may_not_use_the_socket_is_told(start, run, path, tmp_path):
    start()
    for folder in [tmp_path, *tmp_path.parents][:4]:
        folder.chmod(folder.stat().st_mode | 0o055)
    if subprocess.run(["test", "-x", BUILD / "broadcast-server"], user=NOBODY, check=False).returncode:
        pytest.skip("the program is not for everybody")
    assert "may not be used" in run("config", code=77, user=NOBODY, cwd="/")


@contextlib.contextmanager
def answering(path, answer):
    """Something else that answers at a socket."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()

        def serve():
            with contextlib.suppress(OSError):
                while True:
                    with listening.accept()[0] as connection:
                        connection.recv(65536)
                        connection.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        yield
        listening.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize(
    "answer, code, hint",
    [
        (b"SSH-2.0-OpenSSH\r\n", 76, "no server of this program"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort", 76, "no server of this program"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", 76, "of another version"),
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", 80, "older than this program"),
        (b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", 80, "answers with 500"),
        (b"", 76, "no server of this program"),
    ],
)
def test_what_answers_otherwise_is_told(run, path, answer, code, hint):
    with answering(path, answer):
        assert hint in run("kick", "1", code=code)


@pytest.mark.parametrize(
    "words",
    [
        ["kick"], ["kick", "x"], ["kick", "1", "--code", "1005"], ["kick", "1", "--reason", "x" * 124],
        ["kick", "--address", "x"], ["kick", "--channel", "a/b"], ["top", "--sort", "x"], ["top", "-n", "0"],
        ["top", "--interval", "1ms"], ["tail", "--channel", "x"],
    ],
)  # fmt: skip
def test_what_nobody_can_have_meant_is_told_without_a_server(run, words):
    assert run(*words, code=64).startswith("Error: ")


# top


def scrape(text):
    """The numbers of /metrics, by their names and labels."""
    numbers = {}
    for name, labels, number in re.findall(r"^(\w+)(?:\{(.*)\})? (\S+)$", text, re.M):
        pairs = re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', labels)
        numbers[name, frozenset(pairs)] = float(number)
    return numbers


def test_the_numbers_of_top_are_those_of_metrics(start, curl, run):
    server = start()
    with chatting(f"{server.url}/team?name=annabel") as ann, connect(f"{server.url}/team"):
        listener = Listener(server, "/team")
        ann.say("hello")
        wait_until(lambda: curl("/connections")["count"] == 3)
        with chatting(f"{server.url}/team"):
            pass
        wait_until(lambda: curl("/connections?closed")["count"] == 1)
        sample = json.loads(run("top", "--once", "--json"))
        numbers = scrape(curl("/metrics"))
        # What the processor, the clock and the turns of the loops say changes while one looks.
        families = [family for family in sample["figures"]["figures"] if not re.search("seconds|loop|process", family["name"])]
        told = {
            (family["name"], frozenset(part["labels"].items())): part["value"] for family in families for part in family["samples"]
        }
        assert len(told) > 20
        assert told == {key: numbers[key] for key in told}
        assert sum(number for (name, _), number in told.items() if name == "broadcast_server_connections") == 3
        assert sample["connections"]["count"] == 3
        assert sample["channels"] == curl("/channels")
        page = run("top", "--once", "--subject", "nobody")
        assert "connections 3 (text 1, json 1, events 1)   channels 1 " in page
        assert "annabel" not in page and "CHANNEL" in page
        assert re.search(r"^ *1 +/team +annabel ", run("top", "--once", "--sort", "name"), re.M)
        listener.reset()
    wait_until(lambda: "1000" in run("top", "--once", "--closed", "--channel", "team"))


def test_top_prints_page_after_page_where_there_is_no_terminal(start, path):
    start()
    command = [BUILD / "broadcast-server", "top", "--admin-socket", path, "--interval", "100ms", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as top:
        times = [json.loads(top.stdout.readline())["time"] for _ in range(3)]
        assert times == sorted(times) and times[0] < times[2]
        top.stdout.close()
        assert top.wait(PATIENCE) == 141


@pytest.mark.parametrize("end, code", [("q", 0), ("\x03", 130)])
@pytest.mark.parametrize("columns", [30, 100])
def test_top_has_a_screen_of_its_own_and_gives_the_terminal_back(start, run, path, end, code, columns):
    server = start()
    with connect(f"{server.url}/team?name=ann"):
        wait_until(lambda: "ann" in run("top", "--once"))
        process, terminal = pty.fork()
        if process == 0:
            os.environ |= {"TERM": "xterm-256color"}
            os.execv(BUILD / "broadcast-server", ["broadcast-server", "top", "--admin-socket", str(path)])
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 12, columns, 0, 0))
        os.kill(process, signal.SIGWINCH)
        before = termios.tcgetattr(terminal)[3] | termios.ECHO | termios.ICANON
        output = b""
        deadline = Deadline()

        def read_until(pattern):
            nonlocal output
            while not re.search(pattern, output):
                assert select.select([terminal], [], [], deadline.remaining)[0], output
                try:
                    output += os.read(terminal, 65536)
                except OSError:
                    break

        read_until(rb"(?s)\x1b\[\?1049h.*\x1b\[7m.*LAG.*\x1b\[7m.*LAG")
        last = output.rpartition(b"\x1b[H")[2].decode()
        for line in re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", last).replace("\r", "").split("\n"):
            assert len(line) <= columns, line
        os.write(terminal, end.encode())
        read_until(rb"\x1b\[\?1049l")
        assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == code
        assert b"\x1b[?25h" in output
        assert termios.tcgetattr(terminal)[3] == before
        os.close(terminal)


def test_top_ends_with_its_server(start, path):
    server = start()
    command = [BUILD / "broadcast-server", "top", "--admin-socket", path, "--interval", "100ms"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as top:
        top.stdout.readline()
        server.stop()
        assert top.wait(PATIENCE) == 69
        assert top.stderr.read().startswith("Error: ")
