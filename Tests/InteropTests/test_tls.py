"""wss:// ended by us, with a private certificate authority."""

import ssl

import pytest
from websockets.sync.client import connect


@pytest.fixture
def server(start_server, certificates):
    return start_server("--tls-cert", certificates.certificate, "--tls-key", certificates.key, scheme="wss")


def test_clients_that_trust_the_authority_chat(server, certificates):
    context = certificates.client_context
    with connect(server.url, ssl=context) as ann, connect(server.url, ssl=context, max_size=None) as bob:
        server.wait_for("Total clients: 2")
        text = "x" * ((1 << 20) - 4) + "🦆"
        ann.send(text)
        assert bob.recv(timeout=30) == f"Client 1: {text}"


def test_clients_that_do_not_trust_it_refuse(server):
    with pytest.raises(ssl.SSLCertVerificationError):
        with connect(server.url):
            pass


def test_our_client_trusts_the_authority_it_is_given(server, certificates, start_program):
    client = start_program("broadcast-server", "connect", server.url, "--no-log-file", "--ca", certificates.authority)
    client.wait_for("Connected to chat server")
    with connect(server.url, ssl=certificates.client_context) as other:
        other.send("hello")
        client.wait_for("Client 2: hello")


def test_our_client_does_not_trust_it_otherwise(server, start_program):
    client = start_program("broadcast-server", "connect", server.url, "--no-log-file")
    assert client.exit_code() == 79


def test_the_page_chats_over_https(browser, open_tab, server, certificates):
    tab = open_tab(browser, server.page)
    tab.wait_until("document.querySelector('#status').dataset.kind === 'open'")
    with connect(server.url, ssl=certificates.client_context) as client:
        client.send("hello")
        tab.wait_until("document.querySelector('.bubble')?.innerText === 'hello'")
