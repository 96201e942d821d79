"""curl, as a client of the page's files and, where it is built with it, of WebSocket."""

import subprocess

import pytest
from websockets.sync.client import connect

from support.program import Program


@pytest.fixture(scope="session")
def curl():
    """The protocols that the installed curl speaks, and its version."""
    lines = subprocess.run(["curl", "--version"], capture_output=True, text=True, check=True).stdout.splitlines()
    protocols = next(line for line in lines if line.startswith("Protocols: "))
    return protocols.split()[1:], " ".join(lines[0].split()[:2])


def test_it_reads_the_chat_over_WebSocket(curl, start_server, tmp_path):
    protocols, version = curl
    if "ws" not in protocols:
        pytest.skip(f"{version} is built without WebSocket")
    server = start_server()
    reader = Program(["curl", "--silent", "--no-buffer", server.url + "/team"], tmp_path)
    server.wait_for("Total clients: 1")
    with connect(server.url + "/team?name=ann") as client:
        client.send("hello 👋")
        # curl writes payloads one after the other, without line breaks.
        client.send("\n")
        reader.wait_for("ann: hello 👋")
    reader.stop()


def test_it_gets_the_page_and_is_spared_a_second_time(start_server, tmp_path):
    server = start_server()

    def get(*arguments):
        command = ["curl", "--silent", "--show-error", "--fail", "--max-time", "30", *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout

    page = ["--header", "Accept: text/html", server.page]
    assert "<title>Broadcast</title>" in get("--etag-save", "tag", *page)
    assert get("--etag-compare", "tag", "--write-out", "%{http_code}", *page) == "304"
    head = get("--head", *page)
    assert "Content-Security-Policy: default-src 'none'" in head and "<title>" not in head
    assert get(server.page + "healthz") == "ok\n"
