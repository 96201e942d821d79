"""What is written in the chat page: long messages, and addresses in them."""

import pytest
from support.chat import chatting
from support.page import bubbles, paste, say, shown, wait_for_text
from websockets.sync.client import connect

LIMIT = 2_000
LEFT = "document.querySelector('#room').textContent"


@pytest.fixture
def channel(channel):
    """A channel whose server takes small messages."""
    channel.max_message = LIMIT
    return channel


def test_a_long_paste_is_sent_as_a_whole(browser, open_page, start_server):
    server = start_server()
    text = "\n".join(f"line {number} of a log with \"quotes\" and ü" for number in range(1_000))
    page = open_page(browser, server, name="ann")
    with connect(server.url, max_size=None) as client:
        wait_for_text(page, "#count", "2")
        paste(page, text)
        page.type("\n")
        # The lines are told to plain-text clients in one message, whatever stands before each.
        lines = client.recv(timeout=30).split("\n")
        assert len(lines) == 1_000 and lines[-1].endswith(text.split("\n")[-1])
        wait_for_text(page, ".own .mark", "Sent")


def test_the_page_tells_how_much_is_left_and_what_is_too_long(browser, open_page, channel):
    page = open_page(browser, channel)
    paste(page, "a short one")
    assert page.call("() => document.querySelector('#room').hidden")
    paste(page, "x" * 1_800)
    page.wait_until("!document.querySelector('#room').hidden")
    assert page.call(f"() => {LEFT}").endswith("bytes left")
    # A line feed and a quotation mark take two bytes on the way.
    before = page.call(f"() => parseInt({LEFT})")
    paste(page, '\n"ü')
    assert page.call(f"() => parseInt({LEFT})") == before - 6
    paste(page, "y" * 1_000)
    wait_for_text(page, "#room", "bytes too long")
    wait_for_text(page, "#notice", "too long for the server")
    assert page.call("() => document.querySelector('#text').ariaInvalid") == "true"
    length = page.call("() => document.querySelector('#text').value.length")
    page.type("\n")
    assert page.call("() => document.querySelector('#text').value.length") == length
    assert bubbles(page) == [] and channel.texts == []
    page.call("() => document.querySelector('#text').select()")
    page.type("shorter")
    assert page.call("() => document.querySelector('#room').hidden && document.querySelector('#notice').hidden")
    page.type("\n")
    wait_for_text(page, ".own .mark", "Sent")
    assert channel.texts == ["shorter"]


def test_the_largest_message_that_the_page_sends_is_one_that_the_server_takes(browser, open_page, start_server):
    server = start_server()
    page = open_page(browser, server, name="ann")
    with chatting(server.url) as client:
        paste(page, "ü" * (500 * 1_024))
        left = int(page.call(f"() => {LEFT}").replace(",", "").split()[0])
        paste(page, "x" * (left + 1))
        wait_for_text(page, "#room", "1 byte too long")
        page.call("() => { const field = document.querySelector('#text'); field.setSelectionRange(field.value.length - 1, field.value.length); }")
        page.type("\ue003")
        wait_for_text(page, "#room", "0 bytes left")
        page.type("\n")
        wait_for_text(page, ".own .mark", "Sent")
        assert len(client.get("message")["text"]) == 500 * 1_024 + left


ADDRESSES = [
    ("see https://example.org/a?b=c&d#e", ["https://example.org/a?b=c&d#e"]),
    ("HTTP://Example.org", ["HTTP://Example.org"]),
    ("(https://example.org/a_(b)), or https://example.org/c.", ["https://example.org/a_(b)", "https://example.org/c"]),
    ("<https://example.org>; “https://example.com”!?", ["https://example.org", "https://example.com"]),
    ("読む：https://example.org/道。", ["https://example.org/道"]),
    ("http://[::1]:8088/team*", ["http://[::1]:8088/team"]),
    ("https://example.org/\u202egnp.exe", ["https://example.org/"]),
    ("javascript:alert(1) data:text/html,x ftp://example.org file:///etc //example.org", []),
    ("https:// http://) nothttp://example.org https:/example.org", []),
    ("https://bank.example@example.org/ https://a:b@example.org", []),
    ("https://example.org/" + "x" * 3_000, []),
]


def test_addresses_are_links_and_nothing_else_is(browser, open_page, start_server):
    page = open_page(browser, start_server())
    function = "async (texts) => { const { piecesOf } = await import('/-/links.js'); return texts.map(piecesOf); }"
    found = page.call(function, [text for text, _ in ADDRESSES])
    for (text, addresses), pieces in zip(ADDRESSES, found, strict=True):
        assert "".join(piece["text"] for piece in pieces) == text
        assert [piece["text"] for piece in pieces if "href" in piece] == addresses
    # However it is made, a text takes no time to speak of.
    hostile = """async () => {
        const { piecesOf } = await import("/-/links.js");
        const start = performance.now();
        for (const part of ["http://", "http://a" + ")".repeat(2_000) + " ", "http://" + ".".repeat(2_000) + " "]) {
            piecesOf(part.repeat(2 ** 20 / part.length));
        }
        return performance.now() - start;
    }"""
    assert page.call(hostile) < 5_000


def test_links_lead_out_without_a_trace(browser, open_page, start_server):
    server = start_server()
    page = open_page(browser, server)
    with chatting(server.url) as client:
        client.say("look: https://example.org/<b>.")
        wait_for_text(page, ".bubble", "example.org")
        say(page, "http://аpple.example/")
        wait_for_text(page, ".own .mark", "Sent")
    links = page.call("""() => [...document.querySelectorAll(".bubble a")].map((link) =>
        [link.textContent, link.href, link.rel, link.target, link.title])""")
    rel = "noopener noreferrer nofollow"
    assert links == [
        ["https://example.org/", "https://example.org/", rel, "_blank", ""],
        # Letters that look like others show as what they are.
        ["http://аpple.example/", "http://xn--pple-43d.example/", rel, "_blank", "http://xn--pple-43d.example/"],
    ]
    assert bubbles(page) == ["look: https://example.org/<b>.", "http://аpple.example/"]


def test_of_a_long_message_the_beginning_is_shown_first(browser, open_page, start_server):
    server = start_server()
    page = open_page(browser, server)
    address = "https://example.org/" + "y" * 1_000
    texts = ["x" * 1_500 + " " + address + " end" * 500, "\n".join(["line"] * 200), "👋" * 5_000]
    with chatting(server.url) as client:
        for text in texts:
            client.say(text)
        page.wait_until("document.querySelectorAll('.more').length === 3")
        cut = bubbles(page)
        # An address that is cut would lead elsewhere, and half an emoji is none.
        assert cut[0].startswith("x" * 1_500 + " …") and "https" not in cut[0]
        assert cut[1].startswith("line\n" * 15 + "line…") and cut[2].startswith("👋" * 1_000 + "…")
        for _ in texts:
            page.call("() => document.querySelector('.more').click()")
        assert bubbles(page) == texts
        assert shown(page, ".bubble a") == [address]
