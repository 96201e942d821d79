"""Logs for programs: each line an object of JSON, by which one client can be followed through its life."""

import contextlib
import http.client
import json

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from support.chat import chatting
from support.deadline import PATIENCE
from support.program import Server

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def publish(server, path, text, trace):
    connection = http.client.HTTPConnection(server.authority, timeout=PATIENCE)
    with contextlib.closing(connection):
        connection.request("POST", path, text, {"traceparent": trace})
        assert connection.getresponse().status == 200


def test_each_line_is_an_object_and_one_client_can_be_followed(start_program, tmp_path):
    log = tmp_path / "server.json"
    flags = ["--port", "0", "--log-format", "json", "--log-file", str(log)]
    server = Server(start_program("broadcast-server", "start", *flags), "ws")
    with chatting(server.url + "/team?name=ann") as ann:
        ann.send({"type": "message", "text": "hello\n\u001b[31m"})
        server.wait_for('"event":"message"')
    publish(server, "/team?name=ci", "passed", f"00-{TRACE}-00f067aa0ba902b7-01")
    with pytest.raises(InvalidStatus):
        connect(server.url + "/%ff", open_timeout=PATIENCE)
    server.wait_for('"event":"disconnected"')
    server.wait_for('"event":"refused"')
    assert server.program.stop() == 0
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [json.loads(line) for line in server.program.output.splitlines()] == lines
    events = [line["event"] for line in lines]
    assert events[0] == "started" and events[-1] == "stopped"
    assert [line["event"] for line in lines if line.get("client") == 1] == [
        "connected", "named", "message", "disconnected",
    ]
    said = [line for line in lines if line["event"] == "message"]
    assert [(line["name"], line["channel"], line["text"]) for line in said] == [
        ("ann", "/team", "hello\n\u001b[31m"), ("ci", "/team", "passed"),
    ]
    assert said[1]["trace_id"] == TRACE
    refused = next(line for line in lines if line["event"] == "refused")
    assert refused["status"] == 400 and refused["address"]


def test_in_text_the_trace_stands_with_the_publisher(start_server):
    server = start_server()
    publish(server, "/builds?name=ci", "passed", f"00-{TRACE}-00f067aa0ba902b7-01")
    server.wait_for(rf"Publisher ci \(.*\) in /builds, trace {TRACE}: passed")
    publish(server, "/builds?name=ci", "again", "00-nonsense")
    server.wait_for(r"Publisher ci \(.*\) in /builds: again")
