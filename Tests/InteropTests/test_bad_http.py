"""What should not be sent over HTTP: each has its defined answer, and those in the channel go on as if nothing was."""

import json
import socket

import pytest

from conftest import BUILD
from support.deadline import PATIENCE
from support.program import Program, Server
from support.witnessed import Channel


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    program = Program([BUILD / "broadcast-server", "start", "--no-log-file", "--port", "0"], tmp_path_factory.mktemp("server"))
    server = Server(program, "ws")
    yield server
    server.stop()


@pytest.fixture
def channel(server):
    channel = Channel(server)
    yield channel
    channel.check()


def answer_to(server, data):
    """The status, the fields and the body of the answer to these bytes, after which nothing more is sent."""
    with socket.create_connection(("localhost", server.port), PATIENCE) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        with connection.makefile("rb") as stream:
            answer = stream.read()
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    fields = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    return int(first.split(" ")[1]), fields, body


def request(method, target, *fields, body=None):
    lines = [f"{method} {target} HTTP/1.1", "Host: localhost", *fields]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + (body or b"")


JSON, LINES, TEXT = (f"Content-Type: {kind}" for kind in ("application/json", "application/x-ndjson", "text/plain"))
NEVER = b'{"text":"never"}'

# The fields, the body, the status, the code.
BAD_POSTS = {
    "no-body": ([TEXT], None, 411, "no-length"),
    "text-not-utf8": ([TEXT], b"never\xff", 400, "bad-body"),
    "text-cut-character": ([TEXT], "never é".encode()[:-1], 400, "bad-body"),
    "text-surrogate": ([TEXT], b"never \xed\xa0\x80", 400, "bad-body"),
    "form-not-utf8": (["Content-Type: application/x-www-form-urlencoded"], b"never=\xff", 400, "bad-body"),
    "text-latin1": (["Content-Type: text/plain; charset=ISO-8859-1"], b"never", 415, "bad-type"),
    "json-utf16": (["Content-Type: application/json; charset=utf-16"], NEVER, 415, "bad-type"),
    "multipart": (["Content-Type: multipart/form-data; boundary=x"], b"--x never", 415, "bad-type"),
    "no-media-type": (["Content-Type: text"], b"never", 415, "bad-type"),
    "empty-media-type": (["Content-Type: "], b"never", 415, "bad-type"),
    "two-media-types": ([TEXT, JSON], NEVER, 415, "bad-type"),
    "gzip": ([TEXT, "Content-Encoding: gzip"], b"never", 415, "bad-type"),
    "json-empty": ([JSON], b"", 400, "bad-body"),
    "json-cut": ([JSON], b'{"text":"never"', 400, "bad-body"),
    "json-two": ([JSON], NEVER + NEVER, 400, "bad-body"),
    "json-single-quotes": ([JSON], b"{'text':'never'}", 400, "bad-body"),
    "json-comment": ([JSON], b'{"text":"never"/**/}', 400, "bad-body"),
    "json-lone-surrogate": ([JSON], rb'{"text":"never\ud800"}', 400, "bad-field"),
    "json-line-break": ([JSON], b'{"text":"never\n"}', 400, "bad-field"),
    "json-deep": ([JSON], b"[" * 100_000, 400, "bad-body"),
    "json-string": ([JSON], b'"never"', 400, "bad-object"),
    "json-number": ([JSON], b"1", 400, "bad-object"),
    "json-null": ([JSON], b"null", 400, "bad-object"),
    "json-without-text": ([JSON], b"{}", 400, "bad-field"),
    "json-text-number": ([JSON], b'{"text":1}', 400, "bad-field"),
    "json-text-null": ([JSON], b'{"text":null}', 400, "bad-field"),
    "json-text-array": ([JSON], b'{"text":["never"]}', 400, "bad-field"),
    "json-key-empty": ([JSON], b'{"text":"never","key":""}', 400, "bad-field"),
    "json-key-65": ([JSON], b'{"text":"never","key":"' + b"k" * 65 + b'"}', 400, "bad-field"),
    "json-key-number": ([JSON], b'{"text":"never","key":1}', 400, "bad-field"),
    "json-name-colon": ([JSON], b'{"text":"never","name":"a:b"}', 400, "bad-name"),
    "json-name-empty": ([JSON], b'{"text":"never","name":""}', 400, "bad-name"),
    "json-name-client": ([JSON], b'{"text":"never","name":"Client 1"}', 400, "bad-name"),
    "json-name-number": ([JSON], b'{"text":"never","name":1}', 400, "bad-field"),
    "json-stored": ([JSON], b'{"text":"never","stored":"tape"}', 400, "bad-field"),
    "batch-empty": ([JSON], b"[]", 400, "bad-body"),
    "batch-of-arrays": ([JSON], b"[[" + NEVER + b"]]", 400, "bad-object"),
    "batch-of-strings": ([JSON], b'["never"]', 400, "bad-object"),
    "batch-last-wrong": ([JSON], b"[" + NEVER + b",{}]", 400, "bad-field"),
    "batch-cut": ([JSON], b"[" + NEVER + b",", 400, "bad-body"),
    "batch-257": ([JSON], b"[" + b",".join([NEVER] * 257) + b"]", 413, "too-many"),
    "batch-key-twice": ([JSON], b'[{"text":"never","key":"k"},{"text":"never!","key":"k"}]', 422, "key-reused"),
    "batch-two-keys": ([JSON, "Idempotency-Key: k"], b'[{"text":"never","key":"k"}]', 400, "bad-field"),
    "lines-empty": ([LINES], b"\n \r\n", 400, "bad-body"),
    "lines-last-cut": ([LINES], NEVER + b'\n{"text":"never', 400, "bad-body"),
    "lines-257": ([LINES], b"\n".join([NEVER] * 257), 413, "too-many"),
    "lines-array": ([LINES], b"[" + NEVER + b"]", 400, "bad-object"),
    "key-empty": ([TEXT, "Idempotency-Key: "], b"never", 400, "bad-field"),
    "key-65": ([TEXT, "Idempotency-Key: " + "k" * 65], b"never", 400, "bad-field"),
    "key-open-quote": ([TEXT, 'Idempotency-Key: "k'], b"never", 400, "bad-field"),
    "key-space": ([TEXT, "Idempotency-Key: a b"], b"never", 400, "bad-field"),
    "key-twice": ([TEXT, "Idempotency-Key: a", "Idempotency-Key: b"], b"never", 400, "bad-field"),
    "key-not-ascii": ([TEXT, "Idempotency-Key: é"], b"never", 400, "bad-field"),
    "key-differs": ([JSON, "Idempotency-Key: a"], b'{"text":"never","key":"b"}', 400, "bad-field"),
    "foreign-origin": ([TEXT, "Origin: http://evil.example"], b"never", 403, "foreign-origin"),
    "null-origin": ([TEXT, "Origin: null"], b"never", 403, "foreign-origin"),
}


@pytest.mark.parametrize("fields, body, status, code", BAD_POSTS.values(), ids=BAD_POSTS)
def test_bad_post(server, channel, fields, body, status, code):
    path = channel.url.removeprefix(server.url)
    expect_problem(server, request("POST", path, *fields, body=body), status, code)


BAD_TARGETS = {
    "name-colon": ("POST", "?name=a:b", 400, "bad-name"),
    "name-nul": ("POST", "?name=a%00", 400, "bad-url"),
    "name-line-feed": ("POST", "?name=a%0Ab", 400, "bad-name"),
    "name-turned": ("POST", "?name=%E2%80%AEann", 400, "bad-name"),
    "name-long": ("POST", "?name=" + "n" * 33, 400, "bad-name"),
    "stored": ("POST", "?stored=yes", 400, "bad-field"),
    "after-word": ("GET", "?after=earliest", 400, "bad-position"),
    "after-empty": ("GET", "?after=", 400, "bad-position"),
    "after-epoch": ("GET", "?after=zzz.1", 400, "bad-position"),
    "after-future": ("GET", "?after={epoch}.99", 400, "bad-position"),
    "before-future": ("GET", "?before={epoch}.99", 400, "bad-position"),
    "after-leading-zero": ("GET", "?after={epoch}.01", 400, "bad-position"),
    "after-and-before": ("GET", "?after={epoch}.1&before={epoch}.3", 400, "bad-field"),
    "limit-0": ("GET", "?limit=0", 400, "bad-field"),
    "limit-101": ("GET", "?limit=101", 400, "bad-field"),
    "limit-negative": ("GET", "?limit=-1", 400, "bad-field"),
    "limit-word": ("GET", "?limit=all", 400, "bad-field"),
    "limit-huge": ("GET", "?limit=99999999999999999999", 400, "bad-field"),
    "further-slash": ("GET", "/more", 404, "not-found"),
    "encoded-slash": ("POST", "%2Fmore", 404, "not-found"),
    "space": ("POST", "%20", 404, "not-found"),
    "bad-percent": ("POST", "%zz", 400, "bad-url"),
    "bad-utf8": ("GET", "%ff", 400, "bad-url"),
    "nul": ("GET", "%00", 400, "bad-url"),
    "query-bad-utf8": ("GET", "?x=%ff", 400, "bad-url"),
    "control": ("POST", "%0A", 404, "not-found"),
    "long": ("POST", "n" * 64, 404, "not-found"),
    "put": ("PUT", "", 405, "bad-method"),
    "delete": ("DELETE", "", 405, "bad-method"),
    "patch": ("PATCH", "", 405, "bad-method"),
    "lowercase-method": ("post", "", 405, "bad-method"),
}


@pytest.mark.parametrize("method, rest, status, code", BAD_TARGETS.values(), ids=BAD_TARGETS)
def test_bad_target(server, channel, method, rest, status, code):
    target = channel.url.removeprefix(server.url) + rest.format(epoch=channel.epoch)
    body = None if method == "GET" else b"never"
    fields = ["Accept: application/json"] if method == "GET" else [TEXT]
    fields = expect_problem(server, request(method, target, *fields, body=body), status, code)
    if status == 405:
        assert fields["allow"] == "GET, HEAD, POST, OPTIONS"


@pytest.mark.parametrize("path", ["/-", "/-/", "/-/x", "/metrics"])
def test_what_is_no_channel_takes_no_messages(server, channel, path):
    expect_problem(server, request("POST", path, TEXT, body=b"never"), 404, "not-found")


@pytest.mark.parametrize("path", ["/-/page.js", "/-/admission", "/healthz", "/livez", "/readyz", "/robots.txt", "/favicon.ico"])
def test_what_can_only_be_read_takes_no_messages(server, channel, path):
    fields = expect_problem(server, request("POST", path, TEXT, body=b"never"), 405, "bad-method")
    assert fields["allow"] == "GET, HEAD, OPTIONS"


def expect_problem(server, data, status, code):
    found, fields, body = answer_to(server, data)
    assert (found, fields["content-type"]) == (status, "application/problem+json"), body
    problem = json.loads(body)
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["detail"]
    return fields


# What is no request of HTTP at all, or one that is not read to its end: answered in text, and the connection ends.
BAD_REQUESTS = {
    "length-word": (b"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: five\r\n\r\nnever", 400),
    "length-negative": (b"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\nnever", 400),
    "two-lengths": (b"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nnever", 400),
    "length-and-chunks": (
        b"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nnever\r\n0\r\n\r\n",
        400,
    ),
    "length-2-MiB": (b"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 2097152\r\n\r\nnever", 413),
    "chunk-2-MiB": (b"POST {path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n200000\r\nnever", 413),
    "chunk-word": (b"POST {path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nfive\r\nnever", 400),
    "gzip-transfer": (b"POST {path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
    "expectation": (b"POST {path} HTTP/1.1\r\nHost: x\r\nExpect: tea\r\nContent-Length: 5\r\n\r\nnever", 417),
    "no-host": (b"POST {path} HTTP/1.1\r\nContent-Length: 5\r\n\r\nnever", 400),
    "version": (b"POST {path} HTTP/3.0\r\nHost: x\r\nContent-Length: 5\r\n\r\nnever", 505),
    "space-before-colon": (b"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length : 5\r\n\r\nnever", 400),
    "bare-line-feed": (b"POST {path} HTTP/1.1\nHost: x\nContent-Length: 5\n\nnever", 400),
    "long-target": (b"POST /" + b"n" * 20_000 + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nnever", 414),
    "long-field": (b"POST {path} HTTP/1.1\r\nHost: x\r\nX: " + b"n" * 100_000 + b"\r\n\r\n", 431),
}


@pytest.mark.parametrize("data, status", BAD_REQUESTS.values(), ids=BAD_REQUESTS)
def test_bad_request(server, channel, data, status):
    path = channel.url.removeprefix(server.url).encode()
    found, fields, body = answer_to(server, data.replace(b"{path}", path))
    assert found == status, body
    assert fields["content-type"].startswith("text/plain")


@pytest.mark.parametrize("sent", [b"", b"never", b"5\r\nnev"], ids=["nothing", "half", "half-a-chunk"])
def test_who_hangs_up_in_the_middle_has_published_nothing(server, channel, sent):
    framing = "Transfer-Encoding: chunked" if sent.startswith(b"5") else "Content-Length: 10"
    head = request("POST", channel.url.removeprefix(server.url), TEXT, framing)
    with socket.create_connection(("localhost", server.port), PATIENCE) as connection:
        connection.sendall(head + sent)
