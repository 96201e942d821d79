"""Proxies with TLS, and the server behind them, as docs/install.md prints them, but for names, ports and certificates."""

import http.client
import re

import pytest
from support import secure
from support.documented import documented
from support.haproxy import run_haproxy
from support.nginx import run_nginx
from support.ports import free_port, is_open
from support.deadline import wait_until
from support.program import Program


def run_caddy(directory, configuration, port):
    """Starts Caddy, which is to leave ports alone that belong to others, and waits until it listens."""
    options = "{\n    admin off\n    auto_https disable_redirects\n    grace_period 1s\n}\n"
    (directory / "Caddyfile").write_text(options + configuration)
    caddy = Program(["caddy", "run", "--config", "Caddyfile"], directory, {"HOME": str(directory), "PATH": "/usr/bin"})
    wait_until(lambda: is_open(port))
    return caddy


@pytest.fixture(params=["nginx", "haproxy", "caddy"])
def proxy(request, tmp_path, start_server, certificates):
    """The server with the configuration of the page, and each proxy before it; gives the server and the proxy's port."""
    (tmp_path / "server.yaml").write_text(documented("install.md", "yaml", "trusted-proxy").replace("chat.example", "localhost"))
    server = start_server("--config", "server.yaml")
    port = free_port()
    (tmp_path / "both").write_text(certificates.certificate.read_text() + certificates.key.read_text())
    configuration = documented("install.md", request.param)
    for printed, here in [
        ("/etc/ssl/certs/chat.pem", certificates.certificate),
        ("/etc/ssl/private/chat.key", certificates.key),
        ("/etc/ssl/private/chat.both", tmp_path / "both"),
        ("127.0.0.1:8088", f"127.0.0.1:{server.port}"),
        ("chat.example {", f"localhost:{port} {{"),
        ("chat.example", "localhost"),
    ]:
        configuration = configuration.replace(printed, str(here))
    configuration = re.sub(r"\b443\b", str(port), configuration)
    match request.param:
        case "nginx":
            program = run_nginx(tmp_path, configuration)
        case "haproxy":
            program = run_haproxy(tmp_path, configuration, port)
        case "caddy":
            program = run_caddy(tmp_path, configuration, port)
    yield server, port
    program.stop()


def ask(port, certificates, method, body=None, **fields):
    client = http.client.HTTPSConnection("localhost", port, timeout=30, context=certificates.client_context)
    client.request(method, "/team", body=body, headers=fields)
    return client.getresponse()


def test_the_server_is_reached_through_a_proxy_with_TLS(proxy, certificates):
    server, port = proxy
    events = ask(port, certificates, "GET", Accept="text/event-stream")
    assert events.status == 200 and events.readline() == b"retry: 2000\n"
    # From another address than the proxy's.
    options = {"ssl": certificates.client_context, "local_addr": ("127.0.0.2", 0)}
    with secure.connect(f"wss://localhost:{port}/team?name=ann", **options) as ann:
        server.wait_for(r"connected \(127\.0\.0\.2")
        assert ask(port, certificates, "POST", body="hello").status == 200
        assert ann.recv().endswith(": hello")
    while not (line := events.readline()).endswith(b": hello\n"):
        assert line
    page = ask(port, certificates, "GET", Accept="text/html")
    assert page.status == 200 and b"<!doctype html>" in page.read().lower()
