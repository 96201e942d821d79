"""A channel as a stream of events: curl, a plain socket, with and without TLS, and the browsers' own `EventSource`."""

import contextlib
import http.client
import json
import socket

import pytest
from websockets.sync.client import connect

from support.deadline import PATIENCE
from support.listener import Listener
from support.nginx import start_nginx
from support.program import Program
from support.relay import Relay


@pytest.fixture(params=["plain", "TLS"])
def served(request, start_server, certificates):
    """A server, and what clients need to speak with it: nothing, or a context for TLS."""
    if request.param == "plain":
        return start_server(host="127.0.0.1"), None
    flags = ["--tls-cert", certificates.certificate, "--tls-key", certificates.key]
    return start_server(*flags, host="127.0.0.1", scheme="wss"), certificates.client_context


@contextlib.contextmanager
def member(server, context=None, name="ann"):
    """A member that speaks JSON."""
    scheme = "wss" if context else "ws"
    url = f"{scheme}://localhost:{server.port}/team?name={name}"
    with socket.create_connection(("127.0.0.1", server.port)) as plain:
        with connect(url, sock=plain, ssl=context, subprotocols=["broadcast.v1.json"]) as client:
            yield client


def say(client, text):
    client.send(json.dumps({"type": "message", "text": text}))


def hear(client, kind):
    """The next object of a type."""
    while (answer := json.loads(client.recv(timeout=PATIENCE)))["type"] != kind:
        pass
    return answer


def test_a_stream_begins_with_how_to_come_back(served):
    server, context = served
    listener = Listener(server, context=context)
    assert listener.head[0] == "HTTP/1.1 200 OK"
    assert {"Content-Type: text/event-stream", "Cache-Control: no-store", "X-Accel-Buffering: no"} <= set(listener.head)
    first = listener.block()
    assert first[0] == "retry: 2000" and first[1].startswith("id: ") and len(first) == 2
    with member(server, context) as ann:
        say(ann, "hello 👋")
        ident, data = listener.event()
        assert data == "ann: hello 👋" and ident.endswith(".1")


END = {
    "close": lambda listener: (listener.stream.close(), listener.socket.close()),
    "half-close": lambda listener: socket.socket.shutdown(listener.socket, socket.SHUT_WR),
    "reset": lambda listener: listener.reset(),
    "close_notify": lambda listener: listener.socket.unwrap(),
    "noise": lambda listener: (listener.socket.sendall(b"x" * 1000), listener.stream.close(), listener.socket.close()),
}


@pytest.mark.parametrize("how", END)
def test_who_hangs_up_has_left_at_once(served, how):
    server, context = served
    if how == "close_notify" and not context:
        pytest.skip("there is none without TLS")
    with member(server, context) as ann:
        hear(ann, "welcome")
        listener = Listener(server, "/team?name=bob", context=context)
        assert hear(ann, "joined")["member"]["name"] == "bob"
        listener.event("members")
        END[how](listener)
        assert hear(ann, "left")["member"]["name"] == "bob"


def test_a_pipelined_request_is_not_answered_and_harms_nobody(served):
    server, context = served
    listener = Listener(server, context=context)
    listener.socket.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n" * 10)
    with member(server, context) as ann:
        say(ann, "hello")
        assert listener.event()[1] == "ann: hello"


def test_one_that_reads_nothing_leaves_the_others_alone(start_server):
    server = start_server("--slow-client", "close", host="127.0.0.1")
    slow, quick = Listener(server, receive_buffer=4096), Listener(server)
    with member(server) as ann:
        text = "x" * 500_000
        for number in range(60):
            say(ann, f"{number} {text}")
            assert quick.event()[1].startswith(f"ann: {number} ")
    server.wait_for("event stream too slow")
    slow.socket.close()


def test_curl_prints_a_channel(start_server, tmp_path):
    server = start_server()
    command = ["curl", "--silent", "--no-buffer", "--header", "Accept: text/event-stream", server.page + "team?name=bob"]
    reader = Program(command, tmp_path)
    reader.wait_for("^retry: 2000$")
    with connect(server.url + "/team?name=ann") as client:
        client.send("hello\nworld")
        client.send(b"\0\xff")
        reader.wait_for("^data: ann: hello$")
        reader.wait_for("^data: world$")
        reader.wait_for("^event: binary$")
        reader.wait_for("^data: AP8=$")
    server.stop()
    assert reader.exit_code() == 0


LISTEN = """(url) => {
    window.heard = [];
    window.source = new EventSource(url);
    window.opened = 0;
    source.onopen = () => { opened += 1; };
    source.onmessage = (event) => heard.push([event.lastEventId, event.data]);
    for (const name of ["gap", "binary", "joined"]) {
        source.addEventListener(name, (event) => heard.push([name, event.data]));
    }
    return new Promise((resolve) => source.addEventListener("members", () => resolve(true), { once: true }));
}"""

WAIT = """async (count) => {
    const end = Date.now() + 30000;
    while (heard.filter(([id]) => id !== "joined").length < count && Date.now() < end) {
        await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return heard.filter(([id]) => id !== "joined").map(([id, data]) => data);
}"""


def test_an_event_source_misses_nothing_when_its_connection_is_cut(browser, open_tab, start_server):
    server = start_server(host="127.0.0.1")
    with Relay(server.port) as relay, member(server) as ann:
        tab = open_tab(browser, f"http://127.0.0.1:{relay.port}/icon.svg")
        tab.call(LISTEN, "/team")
        say(ann, "one")
        say(ann, "two\nlines")
        ann.send(b"\0\xff")
        assert tab.call(WAIT, 3) == ["ann: one", "ann: two\nlines", "AP8="]
        relay.cut()
        hear(ann, "left")
        say(ann, "while it is away")
        say(ann, "and again")
        expected = ["ann: one", "ann: two\nlines", "AP8=", "ann: while it is away", "ann: and again"]
        assert tab.call(WAIT, 5) == expected
        say(ann, "live")
        assert tab.call(WAIT, 6) == [*expected, "ann: live"]
        tab.call("() => source.close()")
        hear(ann, "left")


@pytest.mark.parametrize("way", ["direct", "nginx"])
def test_an_event_source_goes_on_when_the_server_restarts(browser, open_tab, start_server, tmp_path, way):
    """With a state directory, after an orderly end and after a kill; nginx buffers as it does by default."""

    def start(port):
        return start_server("--state-dir", tmp_path / "state", host="127.0.0.1", port=port)

    def post(text):
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)) as client:
            client.request("POST", "/team?name=ann&stored=disk", text, {"Content-Type": "text/plain"})
            assert client.getresponse().status == 200
        expected.append(f"ann: {text}")

    def kill(server):
        server.program.kill()
        server.program.exit_code()

    server, expected = start(0), []
    with contextlib.ExitStack() as stack:
        authority = server.authority
        if way == "nginx":
            nginx, authority = start_nginx(tmp_path, server.authority)
            stack.callback(nginx.stop)
        tab = open_tab(browser, f"http://{authority}/-/icon.svg")
        tab.call(LISTEN, "/team")
        for end in (lambda server: server.stop(), kill):
            post(f"before {len(expected)}")
            assert tab.call(WAIT, len(expected)) == expected
            end(server)
            server = start(server.port)
            post("while it is away")
            post("and again")
            assert tab.call(WAIT, len(expected)) == expected
            post("live")
        assert tab.call(WAIT, len(expected)) == expected
        assert tab.call("() => opened") == 3
        tab.call("() => source.close()")
