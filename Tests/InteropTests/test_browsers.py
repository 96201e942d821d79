"""The browsers' own `WebSocket` against a server that sends everything back."""

import pytest

MEBIBYTE = 1 << 20


@pytest.fixture
def echo(start_server, site):
    """A server that sends every message back as it came."""
    return start_server("--echo", "--envelope", "none", "--allow-origin", site.origin)


@pytest.fixture
def tab(browser, open_tab, site):
    return open_tab(browser, site.url)


SEND_TEXT = """async (url, text) => {
    const peer = await Peer.open(url);
    peer.send(text);
    return peer.next();
}"""

# Bytes as numbers from 0 to 255; the ArrayBuffer that comes back is compared in the page.
SEND_BYTES = """async (url, kind, count) => {
    const bytes = Uint8Array.from({ length: count }, (_, index) => index);
    const peer = await Peer.open(url);
    peer.send(kind === "Blob" ? new Blob([bytes]) : bytes.buffer);
    const echo = new Uint8Array(await peer.next());
    return echo.length === count && echo.every((byte, index) => byte === bytes[index]);
}"""


def test_text_comes_back(tab, echo):
    assert tab.call(SEND_TEXT, echo.url, "Grüße, 世界") == "Grüße, 世界"


def test_emoji_come_back(tab, echo):
    text = "👋🏽 👩‍👩‍👧‍👦 🇪🇺 e\u0301"
    assert tab.call(SEND_TEXT, echo.url, text) == text


def test_an_empty_message_comes_back(tab, echo):
    assert tab.call(SEND_TEXT, echo.url, "") == ""


def test_a_text_of_1_MiB_comes_back(tab, echo):
    text = "x" * (MEBIBYTE - 4) + "🦆"
    assert tab.call(SEND_TEXT, echo.url, text) == text


@pytest.mark.parametrize("kind", ["ArrayBuffer", "Blob"])
@pytest.mark.parametrize("count", [0, 256, MEBIBYTE])
def test_binary_comes_back(tab, echo, kind, count):
    assert tab.call(SEND_BYTES, echo.url, kind, count) is True


def test_binary_comes_back_as_a_Blob_when_that_is_asked_for(tab, echo):
    function = """async (url) => {
        const peer = await Peer.open(url);
        peer.socket.binaryType = "blob";
        peer.send(new Uint8Array([0, 1, 254, 255]));
        const echo = await peer.next();
        return [echo instanceof Blob, ...new Uint8Array(await echo.arrayBuffer())];
    }"""
    assert tab.call(function, echo.url) == [True, 0, 1, 254, 255]


def test_10000_messages_come_back_in_order(tab, echo):
    function = """async (url, count) => {
        const peer = await Peer.open(url);
        for (let number = 0; number < count; number++) peer.send(`message ${number}`);
        for (let number = 0; number < count; number++) {
            const text = await peer.next();
            if (text !== `message ${number}`) return `${JSON.stringify(text)} instead of message ${number}`;
        }
        return "in order";
    }"""
    assert tab.call(function, echo.url, 10_000) == "in order"


def test_the_server_sees_the_code_and_the_reason_of_the_browser(tab, echo):
    function = """async (url) => {
        const peer = await Peer.open(url);
        peer.close(4321, "bye 👋");
        return peer.next();
    }"""
    close = tab.call(function, echo.url)
    # The browser shows what came back in the server's close frame, not what it sent itself.
    assert (close["code"], close["wasClean"]) == (4321, True)
    echo.wait_for(r'disconnected \(4321 "bye 👋" from the peer\)')


def test_the_server_sees_a_close_without_a_code(tab, echo):
    function = "async (url) => { const peer = await Peer.open(url); peer.close(); return peer.next(); }"
    assert tab.call(function, echo.url) == {"code": 1005, "reason": "", "wasClean": True}
    echo.wait_for(r"disconnected \(1005\b.* from the peer\)")


def test_the_browser_sees_the_code_and_the_reason_of_the_server(tab, echo):
    function = """async (url, count) => {
        const peer = await Peer.open(url);
        peer.send("x".repeat(count));
        return peer.next();
    }"""
    close = tab.call(function, echo.url, MEBIBYTE + 1)
    assert (close["code"], close["wasClean"]) == (1009, True)
    assert close["reason"] != ""


def test_the_browser_sees_that_the_server_goes_away(tab, echo):
    tab.call("async (url) => { window.peer = await Peer.open(url); }", echo.url)
    echo.stop()
    close = tab.call("() => window.peer.next()")
    assert (close["code"], close["wasClean"]) == (1012, True)


def test_the_browser_sees_that_the_connection_is_lost(tab, echo):
    tab.call("async (url) => { window.peer = await Peer.open(url); }", echo.url)
    echo.program.kill()
    close = tab.call("() => window.peer.next()")
    assert (close["code"], close["wasClean"]) == (1006, False)


def test_a_socket_connects_again_after_a_restart(tab, echo, start_server, site):
    tab.call("async (url) => { window.peer = await Peer.open(url); }", echo.url)
    echo.stop()
    assert tab.call("() => window.peer.next()")["code"] == 1012
    again = start_server("--echo", "--envelope", "none", "--allow-origin", site.origin, port=echo.port)
    assert tab.call(SEND_TEXT, again.url, "hello again") == "hello again"


def test_the_subprotocol_that_the_server_knows_is_chosen(tab, start_server, site):
    server = start_server("--allow-origin", site.origin)
    function = """async (url, protocols) => {
        const peer = await Peer.open(url, protocols);
        return [peer.socket.protocol, JSON.parse(await peer.next()).type];
    }"""
    assert tab.call(function, server.url, ["chat", "broadcast.v1.json"]) == ["broadcast.v1.json", "welcome"]


OPEN_AND_SEND = """async (url, text) => {
    const peer = await Peer.open(url);
    peer.send(text);
    return [peer.socket.extensions, await peer.next()];
}"""


@pytest.mark.parametrize("length", [5, 1_000, MEBIBYTE])
def test_messages_are_compressed_as_the_browser_offers_it(tab, echo, length):
    text = ("compress " * length)[:length]
    extensions, answer = tab.call(OPEN_AND_SEND, echo.url, text)
    assert extensions.startswith("permessage-deflate")
    assert answer == text


def test_nothing_is_compressed_when_compression_is_off(tab, start_server, site):
    flags = ["--echo", "--envelope", "none", "--compression", "off", "--allow-origin", site.origin]
    assert tab.call(OPEN_AND_SEND, start_server(*flags).url, "plain") == ["", "plain"]
