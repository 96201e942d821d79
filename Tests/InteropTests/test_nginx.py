"""nginx in front, as a reverse proxy."""

import http.client
import time

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from support import secure
from support.nginx import start_nginx


@pytest.fixture
def proxy(tmp_path):
    """Starts nginx in front of a server; gives its authority."""
    started = []

    def start(server, **options):
        nginx, authority = start_nginx(tmp_path, server.authority, **options)
        started.append(nginx)
        return authority

    yield start
    for nginx in started:
        nginx.stop()


def chat(tab, client):
    """Has a page and a client that are in one channel talk to each other."""
    tab.wait_until("document.querySelector('#status').dataset.kind === 'open'")
    client.send("hello")
    tab.wait_until("document.querySelector('.bubble')?.innerText === 'hello'")
    tab.click("#text")
    tab.type("hi there\n")
    assert client.recv(timeout=30).endswith(": hi there")


def test_the_page_and_a_client_chat_through_it(browser, open_tab, start_server, proxy):
    authority = proxy(start_server())
    with connect(f"ws://{authority}") as client:
        chat(open_tab(browser, f"http://{authority}/"), client)


def test_the_page_and_a_client_chat_beneath_a_path(browser, open_tab, start_server, proxy):
    authority = proxy(start_server(), path="/chat/")
    with connect(f"ws://{authority}/chat/") as client:
        chat(open_tab(browser, f"http://{authority}/chat/"), client)


def test_TLS_ends_at_it(browser, open_tab, start_server, proxy, certificates):
    authority = proxy(start_server(), certificates=certificates)
    with secure.connect(f"wss://{authority}", ssl=certificates.client_context) as client:
        chat(open_tab(browser, f"https://{authority}/"), client)


def test_a_large_message_goes_through_it(start_server, proxy):
    server = start_server("--echo", "--envelope", "none")
    with connect(f"ws://{proxy(server)}", max_size=None) as client:
        client.send(b"x" * (1 << 20))
        assert client.recv(timeout=30) == b"x" * (1 << 20)


def test_a_close_goes_through_it(start_server, proxy):
    server = start_server()
    with connect(f"ws://{proxy(server)}") as client:
        client.close(4000, "enough")
        assert client.close_code == 4000
    server.wait_for(r'disconnected \(4000 "enough" from the peer\)')


# A minute of silence, and pings after 25 seconds, at a thirtieth of their length.


def test_pings_keep_it_from_cutting_a_silent_connection(start_server, proxy):
    server = start_server("--ping-interval", "830ms")
    with connect(f"ws://{proxy(server, read_timeout='2s')}", ping_interval=None) as client:
        with pytest.raises(TimeoutError):
            client.recv(timeout=5)


def listen(authority):
    """Asks for the events of a channel."""
    client = http.client.HTTPConnection(authority, timeout=30)
    client.request("GET", "/team", headers={"Accept": "text/event-stream"})
    answer = client.getresponse()
    assert answer.status == 200
    assert [answer.readline(), answer.readline()[:4]] == [b"retry: 2000\n", b"id: "]
    return client, answer


def test_events_come_through_it_at_once(start_server, proxy):
    authority = proxy(start_server())
    client, answer = listen(authority)
    with connect(f"ws://{authority}/team?name=ann") as ann:
        for number in range(3):
            ann.send(str(number))
            while (line := answer.readline()) != f"data: ann: {number}\n".encode():
                assert line
    client.close()


def test_who_listens_through_it_and_goes_has_left(start_server, proxy):
    server = start_server()
    client, answer = listen(proxy(server))
    answer.close()
    client.close()
    server.wait_for("event stream ended by the client")


def test_comments_keep_it_from_cutting_silent_events(start_server, proxy):
    _, answer = listen(proxy(start_server("--comment-interval", "800ms"), read_timeout="2s"))
    end = time.monotonic() + 5
    while time.monotonic() < end:
        assert answer.readline()


def test_without_pings_it_cuts_a_silent_connection(start_server, proxy):
    server = start_server("--ping-interval", "0")
    with connect(f"ws://{proxy(server, read_timeout='2s')}", ping_interval=None) as client:
        with pytest.raises(ConnectionClosed):
            client.recv(timeout=30)
