"""The chat page, used as people do: with the keyboard and the eyes."""

import json
import re

import pytest
from support.page import DESKTOP, bubbles, marks, say, wait_for_bubbles, wait_for_state, wait_for_text
from websockets.sync.client import connect

PHONE = (390, 844)
SUBPROTOCOLS = ["broadcast.v1.json"]


def test_what_one_browser_types_the_other_reads(launch, open_page, start_server):
    server = start_server()
    ann = open_page(launch("chromium"), server, name="ann")
    bob = open_page(launch("firefox"), server, name="bob")
    say(ann, "Hello from Chromium 👋")
    wait_for_text(bob, ".message:not(.own)", "Hello from Chromium 👋")
    wait_for_text(bob, ".message:not(.own) .name", "ann")
    say(bob, "Grüße aus Firefox")
    wait_for_text(ann, ".message:not(.own)", "Grüße aus Firefox")
    wait_for_text(ann, ".message:not(.own) .name", "bob")
    for tab in (ann, bob):
        wait_for_text(tab, ".own .mark", "Sent")
        assert bubbles(tab) == ["Hello from Chromium 👋", "Grüße aus Firefox"]


def test_the_page_and_a_plain_text_client_understand_each_other(browser, open_page, start_server):
    server = start_server()
    page = open_page(browser, server, "team", "ann")
    with connect(server.url + "/team") as client:
        wait_for_text(page, "#count", "2")
        client.send("from a program")
        wait_for_text(page, ".message:not(.own)", "from a program")
        say(page, "from the page")
        assert client.recv(timeout=30) == "ann: from the page"


def test_a_channel_is_chosen_by_address_and_by_form(browser, open_page, start_server):
    server = start_server()
    page = open_page(browser, server, "team")
    with connect(server.url + "/team") as team, connect(server.url + "/other") as other:
        wait_for_text(page, "#count", "2")
        say(page, "to the team")
        assert team.recv(timeout=30).endswith(": to the team")
        page.call("() => { document.querySelector('#channel').value = ''; }")
        page.click("#channel")
        page.type("other\n")
        wait_for_text(page, "#title", "#other")
        wait_for_state(page, "open")
        wait_for_text(page, "#count", "2")
        say(page, "to the others")
        assert other.recv(timeout=30).endswith(": to the others")


def test_a_name_is_taken_and_kept(browser, open_page, start_server):
    server = start_server()
    page = open_page(browser, server)
    page.click("#name")
    page.type("Ann\n")
    wait_for_text(page, "#members", "Ann")
    page.navigate("about:blank")
    page.navigate(server.page)
    wait_for_text(page, "#members", "Ann")


def test_members_come_and_go(browser, open_page, start_server):
    server = start_server()
    page = open_page(browser, server, name="ann")
    with connect(server.url + "/?name=bob", subprotocols=SUBPROTOCOLS):
        wait_for_text(page, "#members", "bob")
        wait_for_text(page, "#count", "2")
    wait_for_text(page, "#entries", "bob left.")
    wait_for_text(page, "#count", "1")


def test_what_is_typed_while_the_server_is_away_is_sent_when_it_is_back(browser, open_page, start_server):
    server = start_server()
    page = open_page(browser, server, name="ann")
    server.stop()
    page.wait_until("document.querySelector('#status').dataset.kind !== 'open'")
    say(page, "first")
    say(page, "second")
    assert marks(page) == ["Sending…"] * 2
    again = start_server(port=server.port)
    wait_for_state(page, "open")
    page.wait_until("[...document.querySelectorAll('.mark')].every((mark) => mark.textContent.startsWith('Sent when'))")
    with connect(again.url) as client:
        say(page, "third")
        assert client.recv(timeout=30) == "ann: third"
    again.wait_for(r"Client [0-9]+ \(ann\): third")
    assert re.findall(r"Client \d+ \(ann\): (\w+)$", again.program.output, re.MULTILINE) == ["first", "second", "third"]
    assert bubbles(page) == ["first", "second", "third"]


def test_who_leaves_the_page_leaves_the_channel_and_comes_back_with_it(browser, open_page, start_server):
    server = start_server("--session-grace", "200ms")
    page = open_page(browser, server)
    with connect(server.url, subprotocols=SUBPROTOCOLS) as client:
        wait_for_text(page, "#count", "2")
        page.navigate("about:blank")
        types = iter(lambda: json.loads(client.recv(timeout=30))["type"], None)
        assert next(kind for kind in types if kind != "welcome") == "left"
        page.go_back()
        wait_for_state(page, "open")
        assert next(types) == "joined"


def test_nobody_notices_that_a_page_is_loaded_anew(browser, open_page, start_server):
    server = start_server()
    page = open_page(browser, server, name="bob")
    say(page, "one")
    wait_for_text(page, ".own .mark", "Sent")
    with connect(server.url + "/?name=ann&last=1", subprotocols=SUBPROTOCOLS) as client:
        objects = iter(lambda: json.loads(client.recv(timeout=30)), None)
        first = next(message for message in objects if message["type"] == "message")
        wait_for_text(page, "#count", "2")
        page.reload()
        wait_for_state(page, "open")
        wait_for_bubbles(page, ["one"])
        assert page.call("() => document.querySelectorAll('.own .bubble').length") == 1
        say(page, "two")
        second = next(message for message in objects if message["type"] not in ("position", "joined"))
        assert (second["type"], second["text"], second["from"]) == ("message", "two", first["from"])
        client.send(json.dumps({"type": "message", "text": "three"}))
        wait_for_bubbles(page, ["one", "two", "three"])


def test_who_goes_to_another_channel_leaves_at_once(browser, open_page, start_server):
    server = start_server()
    page = open_page(browser, server, "team")
    with connect(server.url + "/team", subprotocols=SUBPROTOCOLS) as client:
        wait_for_text(page, "#count", "2")
        page.call("() => { const { form } = document.querySelector('#channel'); form[0].value = 'other'; form.requestSubmit(); }")
        types = iter(lambda: json.loads(client.recv(timeout=30))["type"], None)
        assert next(kind for kind in types if kind not in ("welcome", "joined")) == "left"


def test_markup_in_messages_and_names_stays_text(browser, open_page, start_server):
    server = start_server()
    page = open_page(browser, server)
    markup = "<img src=x onerror='window.attacked = true'><b>bold</b>"
    with connect(server.url + "/?name=%3Cb%3Ebob%3C%2Fb%3E", subprotocols=SUBPROTOCOLS) as client:
        client.send(json.dumps({"type": "message", "text": markup}))
        wait_for_text(page, ".bubble", markup)
        wait_for_text(page, ".name", "<b>bob</b>")
    assert page.call("() => [window.attacked ?? false, document.querySelectorAll('#entries b, #entries img').length]") == [
        False,
        0,
    ]


def test_scripts_of_others_do_not_run_in_the_page(browser, open_page, start_server):
    page = open_page(browser, start_server())
    function = """async () => {
        const blocked = new Promise((resolve) => {
            document.addEventListener("securitypolicyviolation", (event) => resolve(event.effectiveDirective));
        });
        const script = document.createElement("script");
        script.textContent = "window.attacked = true";
        document.body.append(script);
        return [await blocked, window.attacked ?? false];
    }"""
    assert page.call(function) == ["script-src-elem", False]


def test_the_page_is_usable_without_a_mouse(browser, open_page, start_server):
    server = start_server()
    page = open_page(browser, server)
    assert page.call("() => document.activeElement.id") == "text"
    page.type("typed at once\n")
    wait_for_text(page, ".own .mark", "Sent")
    names = page.call("""() => [...document.querySelectorAll("button, input, textarea, [role=log]")].map((element) =>
        element.ariaLabel || element.labels?.[0]?.innerText || element.innerText)""")
    assert all(names), names


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_phones_and_desktops(launch, open_page, start_server, screenshots, scheme):
    server = start_server()
    page = open_page(launch("chromium", color_scheme=scheme), server, "team", "Robin")
    with (
        connect(server.url + "/team?name=ann", subprotocols=SUBPROTOCOLS) as ann,
        connect(server.url + "/team?name=bob", subprotocols=SUBPROTOCOLS) as bob,
    ):
        for client, text in [
            (ann, "Morning! Is the new build up?"),
            (ann, "The one with the faster fan-out 🚀"),
            (bob, "Yes, for an hour or so. It holds ten thousand connections that say nothing in 30 MB."),
        ]:
            client.send(json.dumps({"type": "message", "text": text}))
            page.wait_until(f"document.querySelector('#entries').innerText.includes({json.dumps(text)})")
        say(page, "Great, thank you! 👋")
        wait_for_text(page, ".own .mark", "Sent")
        bob.send(json.dumps({"type": "message", "text": "https://example.org/" + "long/" * 40}))
        page.wait_until("document.querySelectorAll('.bubble').length === 5")
        for width, height in (DESKTOP, PHONE):
            page.set_viewport(width, height)
            page.screenshot(screenshots / f"page-{scheme}-{width}x{height}.png")
            root = page.call("() => { const root = document.documentElement; return [root.scrollWidth, root.scrollHeight]; }")
            assert root == [width, height], "the page as a whole must not scroll"
        page.click("#menu")
        page.screenshot(screenshots / f"panel-{scheme}-{width}x{height}.png")
