"""What is written in the chat page: addresses in messages, and long ones."""

from support.chat import chatting
from support.page import bubbles, say, shown, wait_for_text


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
