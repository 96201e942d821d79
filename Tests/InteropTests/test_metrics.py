"""What the server counts (docs/metrics.md), as Prometheus reads it."""

import contextlib
import http.client
import json
import pathlib
import re
import signal
import socket
import subprocess
import time

import pytest
from support.chat import chatting
from support.deadline import PATIENCE, wait_until
from support.listener import Listener
from support.tokens import make_key, make_token
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

PACKAGING = pathlib.Path(__file__).resolve().parents[2] / "packaging"
HERE = ["--metrics-allow", "127.0.0.1", "--metrics-allow", "::1"]
OPENMETRICS = "application/openmetrics-text; version=1.0.0"


def scrape(server, method="GET", **fields):
    """The status, the type and the text of the answer."""
    connection = http.client.HTTPConnection("localhost", server.port, timeout=PATIENCE)
    with contextlib.closing(connection):
        connection.request(method, "/metrics", headers={name.replace("_", "-"): value for name, value in fields.items()})
        answer = connection.getresponse()
        return answer.status, answer.headers["Content-Type"], answer.read().decode()


def samples(text):
    """The values of all samples, by how they are written."""
    lines = (line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, value in lines}


def wait_for(server, is_so):
    """The samples, when they are as they should be."""
    wait_until(lambda: is_so(samples(scrape(server)[2])))
    return samples(scrape(server)[2])


def promtool(*arguments, text=""):
    done = subprocess.run(["promtool", *arguments], input=text, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == "", done.stderr


def use(server):
    """Has something of every kind happen."""
    with chatting(f"{server.url}/team") as ann, chatting(f"{server.url}/team") as bob, connect(f"{server.url}/team"):
        listener = Listener(server, "/team")
        ann.say("hello")
        bob.get("message")
        listener.event()
        connection = http.client.HTTPConnection("localhost", server.port, timeout=PATIENCE)
        with contextlib.closing(connection):
            for _ in range(2):
                connection.request("POST", "/team", "posted", {"Content-Type": "text/plain", "Idempotency-Key": '"k"'})
                assert connection.getresponse().read()
            connection.request("GET", "/no/where")
            assert connection.getresponse().read()
        with pytest.raises(InvalidStatus):
            connect(f"{server.url}/team", origin="https://evil.example")
        listener.reset()


def test_what_is_served_is_what_prometheus_takes(start_server, tmp_path):
    server = start_server(*HERE, "--state-dir", tmp_path / "state", "--metrics-channel", "team")
    use(server)
    now = wait_for(
        server,
        lambda now: now['broadcast_server_event_streams_ended_total{by="client"}'] == 1
        and now['broadcast_server_storage_commit_seconds_bucket{le="+Inf"}'] > 0
        and now['broadcast_server_connections_closed_total{code="1000",by="client"}'] == 3,
    )
    status, kind, text = scrape(server)
    assert (status, kind) == (200, "text/plain; version=0.0.4; charset=utf-8")
    promtool("check", "metrics", text=text)
    assert now['broadcast_server_received_messages_total{form="json"}'] == 1
    assert now['broadcast_server_received_messages_total{form="http"}'] == 1
    assert now['broadcast_server_duplicate_messages_total{form="http"}'] == 1
    assert now['broadcast_server_handshakes_refused_total{reason="foreign-origin"}'] == 1
    assert now['broadcast_server_http_responses_total{class="4xx"}'] == 2
    assert now['broadcast_server_channel_deliveries_sent_total{channel="/team"}'] == sum(
        value for name, value in now.items() if name.startswith("broadcast_server_deliveries_sent_total")
    )
    due, sent, lost, waiting = (
        sum(value for name, value in now.items() if name.startswith(f"broadcast_server_deliveries_{kind}"))
        for kind in ("due", "sent", "lost", "in_flight")
    )
    # The first has four listeners, of whom one says it; the second is for all four.
    assert (due, waiting) == (3 + 4, 0) and due == sent + lost
    assert now["process_resident_memory_bytes"] > 1e6 and now["process_open_fds"] > 5
    assert abs(now["process_start_time_seconds"] - time.time()) < 60


def test_who_prefers_openmetrics_gets_it(start_server):
    server = start_server(*HERE)
    use(server)
    status, kind, text = scrape(server, Accept=f"{OPENMETRICS},text/plain;version=0.0.4;q=0.5,*/*;q=0.1")
    assert (status, kind) == (200, f"{OPENMETRICS}; charset=utf-8")
    assert text.endswith("\n# EOF\n")
    names = re.findall(r"^# TYPE (\S+) counter$", text, re.MULTILINE)
    assert names and not any(name.endswith("_total") for name in names)
    for name in re.findall(r"^# UNIT (\S+) (\S+)$", text, re.MULTILINE):
        assert name[0].endswith("_" + name[1])


@pytest.mark.parametrize("flags", [[], ["--metrics-allow", "192.0.2.0/24"]])
def test_for_others_there_is_nothing(start_server, flags):
    server = start_server(*flags)
    status, _, text = scrape(server)
    assert status == 404 and json.loads(text)["code"] == "not-found"
    assert scrape(server, "POST")[0] in (404, 405)


def test_of_who_comes_by_a_proxy_the_client_counts(start_server):
    server = start_server("--trusted-proxy", "127.0.0.1", "--trusted-proxy", "::1", "--metrics-allow", "198.51.100.7")
    assert scrape(server, X_Forwarded_For="198.51.100.7")[0] == 200
    assert scrape(server, X_Forwarded_For="198.51.100.8")[0] == 404
    assert scrape(server)[0] == 404


def test_a_head_has_no_body_and_nothing_can_be_posted(start_server):
    server = start_server(*HERE)
    assert scrape(server, "HEAD")[::2] == (200, "")
    assert scrape(server, "POST")[0] == 405


def test_a_token_for_all_channels_reads_them(start_server, tmp_path):
    key, secret = make_key("HS256"), tmp_path / "secret"
    secret.write_bytes(key.raw_value)
    server = start_server("--token-secret", secret)

    def status(channels):
        return scrape(server, Authorization="Bearer " + make_token(key, "HS256", channels=channels))[0]

    assert status({"*": ["admin"]}) == 200
    assert status({"team": ["admin"]}) == 404
    assert status({"*": ["subscribe", "publish", "history"]}) == 404
    assert scrape(server, Authorization="Bearer x")[0] == 404


def test_the_admin_socket_has_the_same(start_server, tmp_path):
    path = tmp_path / "admin"
    start_server("--admin-socket", path)
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(PATIENCE)
        connection.connect(str(path))
        connection.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        answer = b""
        while part := connection.recv(65536):
            answer += part
    head, _, text = answer.decode().partition("\r\n\r\n")
    assert head.startswith("HTTP/1.1 200 ")
    promtool("check", "metrics", text=text)


def test_who_may_read_changes_with_sighup(start_server, tmp_path):
    file = tmp_path / "config.yaml"
    file.write_text('metrics-allow: ["192.0.2.1"]\n')
    server = start_server("--config", file)
    assert scrape(server)[0] == 404
    file.write_text('metrics-allow: ["127.0.0.1", "::1"]\n')
    server.program.signal(signal.SIGHUP)
    wait_until(lambda: scrape(server)[0] == 200)


def test_the_rules_are_right():
    promtool("check", "rules", str(PACKAGING / "alerts.yaml"))


def test_the_queries_of_the_dashboard_can_be_asked(tmp_path):
    dashboard = json.loads((PACKAGING / "grafana-dashboard.json").read_text())
    queries = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]
    assert len(queries) > 40
    rules = [
        {"record": f"query:{number}", "expr": query.replace("$__rate_interval", "1m").replace("$instance", ".*")}
        for number, query in enumerate(queries)
    ]
    # JSON is YAML, too.
    file = tmp_path / "queries.yaml"
    file.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
    promtool("check", "rules", str(file))
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in dashboard["panels"]]
    assert len(set(places)) == len(places)
