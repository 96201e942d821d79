"""`broadcast-server tail`: our server and others, pipes, disks that are full, restarts, proxies."""

import contextlib
import json
import signal
import subprocess

import pytest
from conftest import BUILD
from support.deadline import PATIENCE
from support.events import begin, serving_events
from support.nginx import start_nginx
from support.relay import Relay
from websockets.sync.client import connect


@pytest.fixture
def tail():
    """Starts `tail`, with pipes unless told otherwise; it is ended after the case."""
    started = []

    def start(*arguments, **options):
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "bufsize": 1}
        command = [str(word) for word in (BUILD / "broadcast-server", "tail", *arguments)]
        started.append(subprocess.Popen(command, **{**pipes, **options}))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def lines(process, count):
    """The next lines of its output."""
    return [process.stdout.readline().rstrip("\n") for _ in range(count)]


def finish(process):
    """What else it writes, and how it ends: its output, its errors and its exit code."""
    output, error = process.communicate(timeout=PATIENCE)
    return output, error, process.returncode


@pytest.fixture
def server(start_server):
    return start_server(host="127.0.0.1")


@contextlib.contextmanager
def member(server, channel="team", name="ann"):
    """A member of plain text that has joined."""
    with connect(f"ws://127.0.0.1:{server.port}/{channel}?name={name}", compression=None) as member:
        yield member


def test_a_channel_is_printed(server, tail):
    process = tail(f"127.0.0.1:{server.port}/team", "--count", 3)
    server.wait_for("Total clients: 1")
    with member(server) as ann:
        ann.send("hello")
        ann.send("two\nlines \x1b[2J")
        ann.send(b"\x00\x01\x02")
        assert finish(process) == ("ann: hello\nann: two\\nlines \\u{1B}[2J\nbinary message of 3 bytes\n", "", 0)


def test_it_begins_with_what_was_said_before(server, tail):
    with member(server) as ann, member(server, name="bob") as bob:
        for number in range(5):
            ann.send(f"{number}")
            assert bob.recv(PATIENCE) == f"ann: {number}"
        output, _, code = finish(tail(f"{server.url}/team", "--last", 2, "--count", 2))
        assert (output, code) == ("ann: 3\nann: 4\n", 0)


def test_objects_have_the_ids_that_after_takes(server, tail):
    with member(server) as ann, member(server, name="bob") as bob:
        for number in range(3):
            ann.send(f"{number} 👋")
            bob.recv(PATIENCE)
        output, _, code = finish(tail(f"{server.url}/team", "--json", "--last", 3, "--count", 3))
        assert code == 0
        objects = [json.loads(line) for line in output.splitlines()]
        messages = [one for one in objects if one["type"] == "message"]
        assert [one["text"] for one in messages] == ["0 👋", "1 👋", "2 👋"]
        assert messages[0]["from"]["name"] == "ann"
        output, _, _ = finish(tail(f"{server.url}/team", "--after", messages[0]["id"], "--count", 2))
        assert output == "ann: 1 👋\nann: 2 👋\n"


def test_nothing_is_lost_or_doubled_when_connections_are_cut(server, tail):
    with Relay(server.port) as relay, member(server) as ann:
        process = tail(f"http://127.0.0.1:{relay.port}/team", "--last", 100, "--count", 60)
        server.wait_for("Total clients: 2")
        for number in range(60):
            ann.send(f"{number}")
            if number % 20 == 10:
                relay.cut()
        output, error, code = finish(process)
        assert output.splitlines() == [f"ann: {number}" for number in range(60)], error
        assert code == 0
        assert "Connecting again in" in error and "Connected again." in error


def test_a_server_that_restarts_is_found_again(start_server, tail):
    first = start_server(host="127.0.0.1")
    process = tail(f"127.0.0.1:{first.port}/team", "--count", 2)
    first.wait_for("Total clients: 1")
    with member(first) as ann:
        ann.send("before")
        assert lines(process, 1) == ["ann: before"]
    first.stop()
    second = start_server(host="127.0.0.1", port=first.port)
    second.wait_for("Total clients: 1")
    with member(second) as ann:
        ann.send("after")
        output, error, code = finish(process)
        assert (output, code) == ("ann: after\n", 0), error
        assert "Connected again." in error


def test_a_pipe_whose_reader_has_gone_ends_it(server, tail):
    process = tail(f"127.0.0.1:{server.port}/team")
    server.wait_for("Total clients: 1")
    process.stdout.close()
    with member(server) as ann:
        ann.send("hello")
        assert process.wait(PATIENCE) == 141


@pytest.mark.parametrize("goal", [[], ["--count", 1]])
def test_a_full_disk_is_an_error(server, tail, goal):
    with open("/dev/full", "w") as full:
        process = tail(f"127.0.0.1:{server.port}/team", *goal, stdout=full)
        server.wait_for("Total clients: 1")
        with member(server) as ann:
            ann.send("hello")
            assert process.wait(PATIENCE) == 74


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_signals_end_it(server, tail, number, code):
    process = tail(f"127.0.0.1:{server.port}/team")
    server.wait_for("Total clients: 1")
    process.send_signal(number)
    assert finish(process)[2] == code


def test_a_slow_reader_of_the_output_gets_everything(start_server, tail):
    server = start_server("--max-backlog", "64M", "--max-lag", "10m", host="127.0.0.1")
    text = "x" * 10_000
    process = tail(f"127.0.0.1:{server.port}/team", "--count", 800)
    server.wait_for("Total clients: 1")
    with member(server) as ann:
        for number in range(800):
            ann.send(f"{number} {text}")
        # Nobody has read a byte so far: 8 MB are in pipes, queues and sockets.
        output, error, code = finish(process)
        assert [line.split()[1] for line in output.splitlines()] == [f"{number}" for number in range(800)], error
        assert code == 0


def test_tls_needs_a_certificate_that_can_be_trusted(start_server, certificates, tail):
    flags = ["--tls-cert", certificates.certificate, "--tls-key", certificates.key]
    server = start_server(*flags, scheme="wss")
    with member_over_tls(server, certificates) as ann:
        assert finish(tail(f"https://localhost:{server.port}/team"))[2] == 79
        process = tail(f"wss://localhost:{server.port}/team", "--ca", certificates.authority, "--count", 1)
        server.wait_for("Total clients: 2")
        ann.send("hello")
        assert finish(process) == ("ann: hello\n", "", 0)


def member_over_tls(server, certificates):
    url = f"wss://localhost:{server.port}/team?name=ann"
    return connect(url, ssl=certificates.client_context, compression=None)


def test_nginx_passes_events_on_at_once(server, tail, tmp_path):
    proxy, authority = start_nginx(tmp_path, server.authority)
    try:
        process = tail(f"http://{authority}/team", "--count", 1)
        server.wait_for("Total clients: 1")
        with member(server) as ann:
            ann.send("hello")
            assert finish(process) == ("ann: hello\n", "", 0)
    finally:
        proxy.stop()


@pytest.mark.parametrize("framing", ["chunked", "length", "close"])
def test_other_servers_frame_their_answers_as_they_like(tail, framing):
    body = "\ufeffretry: 1\r\nid: 1\r\ndata: a\r\n\r\n: comment\rdata: b\rdata: c\r\rdata: d\n\n".encode()

    def answer(handler):
        if handler.headers["Last-Event-ID"]:
            return handler.send_error(404)
        if framing == "length":
            begin(handler, ("Content-Length", str(len(body))))
            return handler.wfile.write(body)
        if framing == "close":
            begin(handler, ("Connection", "close"))
            return handler.wfile.write(body)
        begin(handler, ("Transfer-Encoding", "chunked"))
        for byte in body:
            handler.wfile.write(b"1;x=y\r\n%c\r\n" % byte)
        handler.wfile.write(b"0\r\n\r\n")

    with serving_events(answer) as authority:
        output, error, code = finish(tail(authority))
        assert output == "a\nb\\nc\nd\n"
        assert code == 80 and "404" in error


def test_a_proxy_that_holds_answers_back_loses_nothing(tail):
    """It lets go of what it has only when its connection to the server ends, and then ends the client's."""
    requests = []

    def answer(handler):
        after = int(handler.headers["Last-Event-ID"] or 0)
        requests.append(after)
        held = "".join(f"id: {number}\ndata: {number}\n\n" for number in range(after + 1, after + 51))
        begin(handler, ("Connection", "close"))
        handler.wfile.write(b"retry: 1\n\n" + held.encode())

    with serving_events(answer) as authority:
        output, _, code = finish(tail(authority, "--count", 120))
        assert output.split() == [f"{number}" for number in range(1, 121)]
        assert code == 0 and requests == [0, 50, 100]


def test_a_server_that_says_too_much_at_once_is_told(tail):
    def answer(handler):
        begin(handler)
        handler.wfile.write(b"data: " + b"x" * 100_000)

    with serving_events(answer) as authority:
        _, error, code = finish(tail(authority, "--max-message", "64K"))
        assert code == 76 and "--max-message" in error
