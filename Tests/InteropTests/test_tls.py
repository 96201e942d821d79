"""wss:// with a private certificate authority, ended by us, and by a server that asks for certificates."""

import ssl

import pytest

from support.secure import connect, serving


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
        with connect(server.url, ssl=ssl.create_default_context()):
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


def test_our_client_shows_its_certificate_to_a_server_that_asks(start_program, certificates):
    shown, sent = [], []

    async def handler(connection):
        shown.append(connection.transport.get_extra_info("peercert")["subject"])
        sent.append(await connection.recv())

    flags = ["--ca", certificates.authority, "--cert", certificates.certificate, "--key", certificates.key]
    with serving(handler, ssl=certificates.strict_server_context) as url:
        client = start_program("broadcast-server", "connect", url, "--no-log-file", "--send", "hello", *flags)
        assert client.exit_code() == 0
    assert (shown, sent) == ([((("commonName", "localhost"),),)], ["hello"])


def test_our_client_says_what_is_missing_without_one(start_program, certificates):
    accepted = []

    async def handler(connection):
        accepted.append(connection)

    with serving(handler, ssl=certificates.strict_server_context) as url:
        client = start_program(
            "broadcast-server", "connect", url, "--no-log-file", "--no-reconnect", "--ca", certificates.authority
        )
        client.wait_for("It may ask for a client certificate")
        assert client.exit_code() == 76
    assert not accepted


def test_the_page_chats_over_https(browser, open_tab, server, certificates):
    tab = open_tab(browser, server.page)
    tab.wait_until("document.querySelector('#status').dataset.kind === 'open'")
    with connect(server.url, ssl=certificates.client_context) as client:
        client.send("hello")
        tab.wait_until("document.querySelector('.bubble')?.innerText === 'hello'")
