"""How much there may be of everything: who has too much keeps nobody else out, and who sends too much loses nothing."""

import contextlib
import http.client
import json
import signal
import socket

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from support.chat import chatting
from support.deadline import PATIENCE
from support.haproxy import run_haproxy
from support.ports import free_port

SIGNATURE = bytes.fromhex("0d0a0d0a000d0a515549540a")


def post(server, path, body, kind="text/plain", fields={}):
    """Publishes; gives the answer and its body."""
    connection = http.client.HTTPConnection(server.authority, timeout=PATIENCE)
    with contextlib.closing(connection):
        connection.request("POST", path, body, {"Content-Type": kind, **fields})
        answer = connection.getresponse()
        return answer, answer.read().decode()


def upgraded(server, path="/", **fields):
    """A connection with further header fields."""
    headers = {name.replace("_", "-"): value for name, value in fields.items()}
    return connect(server.url + path, additional_headers=headers, open_timeout=PATIENCE)


def status_of_refusal(server, path="/", **fields):
    with pytest.raises(InvalidStatus) as refusal:
        with upgraded(server, path, **fields):
            pass
    return refusal.value.response


def ends(server, beginning):
    """Whether the server closes a connection that begins so, without a word."""
    host, port = server.authority.rsplit(":", 1)
    with socket.create_connection((host, int(port)), PATIENCE) as peer:
        peer.sendall(beginning)
        with contextlib.suppress(ConnectionResetError):
            return peer.recv(1024) == b""
        return True


def test_a_flooder_loses_nothing_is_told_once_and_closes_in_order(start_server):
    server = start_server("--rate-client-messages", "200:200")
    count = 1_000
    with chatting(server.url) as witness, chatting(server.url) as flooder:
        for number in range(count):
            flooder.send({"type": "message", "text": f"{number}"})
        for number in range(count):
            assert witness.get("message")["text"] == f"{number}"
        assert flooder.say("behind it all")
        flooder.connection.close()
        rest = [json.loads(text) for text in flooder.connection]
        assert flooder.connection.close_code == 1000
    assert [content for content in rest if content["type"] == "notice"] == []
    server.wait_for("sends more than it may, and is slowed down")
    assert server.program.output.count("sends more than it may") == 1


@pytest.mark.parametrize("ending", ["close frame", "end", "reset"])
def test_who_ends_each_connection_does_not_get_around_the_rate(start_server, ending):
    server = start_server("--rate-channel-messages", "10")
    frame = b"\x81\x81\0\0\0\0x"
    with chatting(f"{server.url}/team") as witness:
        for _ in range(10):
            with connect(f"{server.url}/team", open_timeout=PATIENCE) as flooder:
                flooder.socket.sendall(2_000 * frame + (b"\x88\x80\0\0\0\0" if ending == "close frame" else b""))
                if ending == "reset":
                    linger = (1).to_bytes(4, "little") + bytes(4)
                    flooder.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                    flooder.socket.close()
                else:
                    flooder.socket.shutdown(socket.SHUT_WR)
        assert server.wait_for("Total clients: 1$")
        # The channel is not shut for long by what they owe.
        witness.say("at last")
        assert witness.say("and again")
    with chatting(f"{server.url}/team?last=1000") as later:
        texts = [content["text"] for content in later.until("position")[1] if content["type"] == "message"]
    assert texts.count("x") < 200


def test_a_rate_that_is_brought_in_holds_for_those_who_are_here(start_server, tmp_path):
    file = tmp_path / "config.yaml"
    file.write_text("rate-client-messages: 0")
    server = start_server("--config", file)
    with chatting(f"{server.url}/team") as member:
        member.say("before")
        file.write_text("rate-client-messages: 1:5")
        server.program.signal(signal.SIGHUP)
        server.wait_for("was read anew: rate-client-messages")
        for number in range(80):
            member.send({"type": "message", "text": f"text {number}"})
        assert member.get("notice")["code"] == "slowed"


def test_the_flooder_is_told(start_server):
    server = start_server("--rate-client-bytes", "1K")
    with chatting(server.url) as flooder:
        flooder.send({"type": "message", "text": "x" * 4_000})
        assert flooder.get("notice")["code"] == "slowed"


def test_who_publishes_too_much_is_told_when_to_come_back(start_server):
    server = start_server("--rate-channel-messages", "1:2")
    assert post(server, "/team", "one")[0].status == 200
    lines = '{"text":"two"}\n{"text":"three"}\n'
    answer, body = post(server, "/team", lines, "application/x-ndjson")
    assert answer.status == 429
    assert answer.getheader("Retry-After") == "1"
    assert json.loads(body)["code"] == "too-many-requests"
    # Another channel has its own.
    assert post(server, "/other", lines, "application/x-ndjson")[0].status == 200


def test_an_address_that_opens_many_connections_keeps_nobody_else_out(start_server):
    server = start_server("--trusted-proxy", "127.0.0.0/8", "--trusted-proxy", "::1", "--max-connections-per-address", "3")
    with contextlib.ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(upgraded(server, X_Forwarded_For="192.0.2.1"))
        for _ in range(50):
            answer = status_of_refusal(server, X_Forwarded_For="203.0.113.1, 192.0.2.1")
            assert answer.status_code == 429
            assert answer.headers["Retry-After"] == "5"
        with upgraded(server, X_Forwarded_For="192.0.2.2") as one, upgraded(server, X_Forwarded_For="192.0.2.2") as two:
            one.send("hello")
            assert two.recv(timeout=PATIENCE).endswith(": hello")
        server.wait_for(r"Client 1 connected \(192\.0\.2\.1\)")


def test_an_address_that_makes_many_channels_keeps_nobody_else_out(start_server):
    server = start_server("--trusted-proxy", "127.0.0.0/8", "--trusted-proxy", "::1", "--max-channels", "20")
    with contextlib.ExitStack() as stack:
        for number in range(10):
            stack.enter_context(upgraded(server, f"/{number}", X_Forwarded_For="192.0.2.1"))
        assert status_of_refusal(server, "/more", X_Forwarded_For="192.0.2.1").status_code == 429
        stack.enter_context(upgraded(server, "/9", X_Forwarded_For="192.0.2.1"))
        stack.enter_context(upgraded(server, "/", X_Forwarded_For="192.0.2.1"))
        for number in range(10):
            stack.enter_context(upgraded(server, f"/other-{number}", X_Forwarded_For="192.0.2.2"))
        # There are as many as there may be, but for the one without a name.
        assert status_of_refusal(server, "/more", X_Forwarded_For="192.0.2.3").status_code == 503
        with upgraded(server, "/", X_Forwarded_For="192.0.2.3"):
            pass


def test_nobody_is_believed_who_is_no_trusted_proxy(start_server):
    server = start_server("--trusted-proxy", "192.0.2.0/24", "--max-connections-per-address", "1")
    with upgraded(server, X_Forwarded_For="203.0.113.1"):
        assert status_of_refusal(server, X_Forwarded_For="203.0.113.2").status_code == 429


FORWARDED = {
    "nothing": "",
    "unknown": "for=unknown",
    "hidden": "for=_hidden",
    "open-quote": 'for="[2001:db8::1',
    "two-quotes": 'for=""',
    "no-name": "192.0.2.1",
    "no-value": "for",
    "port": "for=192.0.2.1:99999",
    "name": "for=example.com",
    "scope": 'for="[fe80::1%eth0]"',
    "bytes": "for=\xff\xfe",
    "commas": ",,,,",
    "many": ", ".join(["for=127.0.0.1"] * 300),
    "long": "for=" + "1" * 4000,
    "equals": "for==192.0.2.1",
    "octal": "for=0300.0.2.1",
}


@pytest.mark.parametrize("value", FORWARDED.values(), ids=FORWARDED)
def test_a_field_that_says_nothing_leaves_the_proxy_s_address(start_server, value):
    server = start_server("--trusted-proxy", "127.0.0.1", "--trusted-proxy", "::1", "--forwarded-field", "forwarded")
    with chatting(server.url) as witness, chatting(server.url) as other:
        with upgraded(server, "/beside", Forwarded=value):
            server.wait_for(r"Client 3 connected \((127\.0\.0\.1|\[?::1\]?)(:\d+)?\)")
        other.send({"type": "message", "text": "still here"})
        assert witness.get("message")["text"] == "still here"


def header(command=0x21, family=0x11, rest=bytes.fromhex("c0000201c000020212670050"), length=None):
    return SIGNATURE + bytes([command, family]) + (len(rest) if length is None else length).to_bytes(2, "big") + rest


BEGINNINGS = {
    "http": b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "version-1": b"PROXY TCP4 192.0.2.1 192.0.2.2 4711 80\r\n",
    "tls": bytes.fromhex("16030100"),
    "version": header(0x11),
    "command": header(0x22),
    "family": header(family=0x41),
    "protocol": header(family=0x13),
    "short": header(length=11),
    "short-ipv6": header(family=0x21),
    "long": header(length=65_535),
    "signature": SIGNATURE[:-1] + b"\0",
}


def test_a_beginning_that_is_no_proxy_header_ends_the_connection_alone(start_server):
    server = start_server("--proxy-protocol", "--trusted-proxy", "127.0.0.1", host="127.0.0.1")
    for beginning in BEGINNINGS.values():
        assert ends(server, beginning)
    host, port = server.authority.rsplit(":", 1)
    with socket.create_connection((host, int(port)), PATIENCE) as peer:
        peer.sendall(header() + b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert peer.makefile("rb").read().endswith(b"ok\n")
    server.wait_for("Refused a socket of 127.0.0.1:.*no PROXY header of version 2")


def test_tls_begins_behind_the_header_of_a_proxy(start_server, certificates):
    flags = ["--proxy-protocol", "--trusted-proxy", "127.0.0.1", "--server-name", "localhost"]
    flags += ["--tls-cert", certificates.certificate, "--tls-key", certificates.key]
    server = start_server(*flags, host="127.0.0.1", scheme="wss")
    host, port = server.authority.rsplit(":", 1)
    with socket.create_connection((host, int(port)), PATIENCE) as peer:
        peer.sendall(header())
        with certificates.client_context.wrap_socket(peer, server_hostname="localhost") as secure:
            secure.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            assert secure.makefile("rb").read().endswith(b"ok\n")


def test_haproxy_says_whose_a_connection_is(tmp_path, start_server):
    server = start_server("--proxy-protocol", "--trusted-proxy", "127.0.0.1", host="127.0.0.1")
    port = free_port()
    configuration = f"""
    defaults
        mode tcp
        timeout connect 5s
        timeout client 60s
        timeout server 60s
    frontend chat
        bind 127.0.0.1:{port}
        default_backend server
    backend server
        server one {server.authority} send-proxy-v2
    """
    proxy = run_haproxy(tmp_path, configuration, port)
    try:
        with chatting(f"ws://127.0.0.1:{port}") as one, chatting(f"ws://127.0.0.1:{port}") as two:
            own = one.connection.socket.getsockname()[1]
            server.wait_for(rf"connected \(127\.0\.0\.1:{own}\)")
            one.send({"type": "message", "text": "through it"})
            assert two.get("message")["text"] == "through it"
    finally:
        proxy.stop()
