"""nginx in front, as a reverse proxy."""

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


def test_without_pings_it_cuts_a_silent_connection(start_server, proxy):
    server = start_server("--ping-interval", "0")
    with connect(f"ws://{proxy(server, read_timeout='2s')}", ping_interval=None) as client:
        with pytest.raises(ConnectionClosed):
            client.recv(timeout=30)
