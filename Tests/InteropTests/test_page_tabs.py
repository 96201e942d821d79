"""The chat page among other tabs: what tells of messages while it is in the background, what tabs share, and how many there
may be."""

import pytest
from support.chat import chatting
from support.page import bubbles, go, paste, say, shown, wait_for_bubbles, wait_for_state, wait_for_text

# Notifications as the browser would show them, and how often it was asked whether it may.
WITNESS = """(permission) => {
    window.shown = [];
    window.asked = 0;
    window.Notification = class {
        static permission = "default";
        static async requestPermission() {
            window.asked += 1;
            return (this.permission = permission);
        }
        constructor(title, { body, tag }) {
            Object.assign(this, { title, body, tag });
            window.shown.push(this);
        }
        close() {
            this.isClosed = true;
        }
    };
}"""
# A headless browser may think of each of its tabs that it is looked at.
LEAVE = """() => {
    Object.defineProperty(document, "hidden", { get: () => true, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
}"""
RETURN = """() => {
    Object.defineProperty(document, "hidden", { get: () => false, configurable: true });
    document.hasFocus = () => true;
    document.dispatchEvent(new Event("visibilitychange"));
}"""


def wait_for_notification(page, condition):
    """Waits until something holds that no change of the document tells of."""
    function = "() => new Promise((resolve) => { const look = () => (CONDITION ? resolve() : setTimeout(look, 50)); look(); })"
    page.call(function.replace("CONDITION", condition))


def title(page):
    return page.call("() => document.title")


def test_the_title_counts_what_comes_behind_ones_back(browser, open_page, channel):
    channel.say(*"abc")
    page = open_page(browser, channel, "team")
    wait_for_bubbles(page, ["a", "b", "c"])
    page.call(LEAVE)
    # What was said before one came counts for nothing.
    assert title(page) == "#team · Broadcast"
    channel.say("d", "e")
    wait_for_bubbles(page, [*"abcde"])
    assert title(page) == "(2) #team · Broadcast"
    with channel.away():
        wait_for_state(page, "waiting")
        channel.say("missed")
    wait_for_bubbles(page, [*"abcde", "missed"])
    assert title(page) == "(3) #team · Broadcast"
    page.call(RETURN)
    assert title(page) == "#team · Broadcast"
    channel.say("f")
    wait_for_bubbles(page, [*"abcde", "missed", "f"])
    assert title(page) == "#team · Broadcast"


def test_a_tab_in_the_background_counts(browser, open_page, open_tab, start_server):
    server = start_server()
    page = open_page(browser, server, "team")
    other = open_tab(browser, server.page + "-/icon.svg")
    other.activate()
    with chatting(server.url + "/team") as client:
        wait_for_text(page, "#count", "2")
        client.say("are you there?")
        wait_for_bubbles(page, ["are you there?"])
        if not page.call("() => document.hidden || !document.hasFocus()"):
            pytest.skip("this browser has no background without a window")
        assert title(page) == "(1) #team · Broadcast"
        page.activate()
        page.wait_until("document.title === '#team · Broadcast'")


def test_notifications_are_for_those_who_asked_for_them(browser, open_page, channel):
    with browser.preloading(f"() => ({WITNESS})('granted')"):
        page = open_page(browser, channel, "team")
    page.call(LEAVE)
    channel.say("one")
    wait_for_bubbles(page, ["one"])
    assert page.call("() => [window.asked, window.shown.length]") == [0, 0]
    page.call(RETURN)
    page.click("#notify")
    page.wait_until("document.querySelector('#notify').checked")
    assert page.call("() => [window.asked, window.shown.length]") == [1, 0]
    channel.say("two")
    wait_for_bubbles(page, ["one", "two"])
    assert page.call("() => window.shown.length") == 0, "somebody looks"
    page.call(LEAVE)
    channel.say("<b>three</b>" + "x" * 500)
    wait_for_notification(page, "window.shown.length === 1")
    notification = page.call("() => window.shown[0]")
    assert (notification["title"], notification["body"][:17]) == ("#team", "ann: <b>three</b>")
    assert len(notification["body"]) == len("ann: ") + 200
    # A burst shows as few, the last of which takes the place of those before.
    channel.say(*[f"burst {number}" for number in range(200)])
    page.wait_until("document.querySelectorAll('.bubble').length === 203")
    channel.say("last")
    wait_for_notification(page, "window.shown.at(-1).body === 'ann: last'")
    count = page.call("() => window.shown.length")
    assert count <= 4, count
    assert page.call("() => window.shown.at(-1).title").startswith("#team: ")
    assert page.call("() => new Set(window.shown.map(({ tag }) => tag)).size") == 1
    page.call("() => window.shown.at(-1).onclick()")
    assert page.call("() => window.shown.at(-1).isClosed") and title(page) == "#team · Broadcast"
    page.call(RETURN)
    page.click("#notify")
    page.call(LEAVE)
    channel.say("quiet")
    page.wait_until("document.querySelectorAll('.bubble').length === 205")
    assert page.call("() => [window.shown.length, localStorage.getItem('broadcast.notify')]") == [count, None]


@pytest.mark.parametrize(("permission", "line"), [("denied", "The browser blocks them"), ("default", "was not told to allow")])
def test_the_switch_says_why_there_are_no_notifications(browser, open_page, channel, permission, line):
    with browser.preloading(f"() => ({WITNESS})('{permission}')"):
        page = open_page(browser, channel)
    page.click("#notify")
    wait_for_text(page, "#notify-hint", line)
    assert page.call("() => document.querySelector('#notify').checked") is False


def test_the_channels_that_one_was_in_are_listed_in_all_tabs(browser, open_page, start_server):
    server = start_server()
    page = open_page(browser, server)
    assert shown(page, "#channels a") == ["Main channel"]
    assert page.call("() => [document.querySelector('#channel').value, document.querySelector('#channel').placeholder]") == ["", "Another channel"]
    for name in ("b", "a", "ü"):
        go(page, name)
        wait_for_state(page, "open")
    other = open_page(browser, server, "other")
    wait_for_text(page, "#channels", "#other")
    assert shown(page, "#channels a") == ["Main channel", "#a", "#b", "#other", "#ü"]
    assert shown(other, "#channels [aria-current]") == ["#other"] and shown(page, "#channels [aria-current]") == ["#ü"]
    page.activate()
    page.click("#channels li:nth-child(2) a")
    wait_for_text(page, "#title", "#a")
    wait_for_state(page, "open")
    assert page.call("() => location.pathname") == "/a"
    page.click("#channels li:first-child a")
    wait_for_text(page, "#title", "Main channel")
    assert page.call("() => location.pathname") == "/"
    page.click("#channels li:nth-child(3) .forget")
    wait_for_text(page, "#channels", "#a")
    assert shown(page, "#channels a") == ["Main channel", "#a", "#other", "#ü"]
    other.wait_until("!document.querySelector('#channels').innerText.includes('#b')")


def test_the_list_of_channels_has_an_end_and_takes_no_harm(browser, open_page, start_server):
    server = start_server()
    page = open_page(browser, server)
    kept = [f"c{number:02}" for number in range(30)] + [None, 5, "a b", "x" * 100, {"a": 1}]
    page.call("(kept) => localStorage.setItem('broadcast.channels', JSON.stringify(kept))", kept)
    page.navigate(server.page + "latest")
    wait_for_state(page, "open")
    assert shown(page, "#channels a") == ["Main channel", *[f"#c{number:02}" for number in range(19)], "#latest"]
    # The list is scrolled, and not the page with the field for the message.
    assert page.call("() => document.documentElement.scrollHeight - innerHeight") == 0
    for garbage in ("{", "5", '{"length": 3}', "[[]]"):
        page.call("(garbage) => localStorage.setItem('broadcast.channels', garbage)", garbage)
        page.navigate(server.page + "latest")
        wait_for_state(page, "open")
        assert shown(page, "#channels a") == ["Main channel", "#latest"]


def test_what_is_typed_waits_in_its_channel(browser, open_page, start_server):
    server = start_server()
    page = open_page(browser, server, "one")
    text = "() => document.querySelector('#text').value"
    paste(page, "for one")
    go(page, "two")
    wait_for_state(page, "open")
    assert page.call(text) == ""
    paste(page, "for two")
    page.navigate(server.page + "two")
    wait_for_state(page, "open")
    assert page.call(text) == "for two"
    go(page, "one")
    wait_for_state(page, "open")
    assert page.call(text) == "for one"
    page.type("\n")
    wait_for_bubbles(page, ["for one"])
    page.navigate(server.page + "one")
    wait_for_state(page, "open")
    assert page.call(text) == ""


def test_the_page_works_in_a_browser_that_keeps_nothing(browser, open_tab, start_server):
    server = start_server()
    refuse = """() => {
        for (const name of ["localStorage", "sessionStorage"]) {
            Object.defineProperty(window, name, { get() { throw new DOMException("no", "SecurityError"); } });
        }
    }"""
    with browser.preloading(refuse):
        page = open_tab(browser, server.page + "team")
        wait_for_state(page, "open")
        say(page, "hello")
        wait_for_text(page, ".own .mark", "Sent")
        page.reload()
        wait_for_state(page, "open")
        wait_for_bubbles(page, ["hello"])


def test_two_tabs_are_two_members(browser, open_page, start_server):
    server = start_server()
    one = open_page(browser, server, "team", "ann")
    two = open_page(browser, server, "team", "ann")
    wait_for_text(one, "#members", "ann (2)")
    say(two, "from two")
    one.activate()
    say(one, "from one")
    for tab in (one, two):
        wait_for_bubbles(tab, ["from two", "from one"])
        assert tab.call("() => document.querySelectorAll('.own .bubble').length") == 1


def test_a_seventh_tab_works_like_the_first(browser, open_page, start_server):
    # The six connections of HTTP/1.1 that browsers allow to a host are for requests, and a WebSocket is none once it is open.
    server = start_server()
    tabs = [open_page(browser, server, "team") for _ in range(10)]
    for number, tab in enumerate(tabs):
        tab.activate()
        say(tab, f"tab {number}")
    for tab in tabs:
        tab.wait_until("document.querySelectorAll('.bubble').length === 10")
        assert sorted(bubbles(tab)) == sorted(f"tab {number}" for number in range(10))
        wait_for_text(tab, ".own .mark", "Sent")


def test_where_a_browser_has_a_bound_the_page_says_so(launch, open_tab, start_server):
    # Firefox opens 200 WebSockets in all tabs together, and does not say why it refuses the next.
    server = start_server()
    browser = launch("firefox")
    hoarder = open_tab(browser, server.page + "-/icon.svg")
    hoard = """async (url) => {
        const open = () => new Promise((resolve) => {
            const socket = new WebSocket(url);
            socket.onopen = () => window.hoard.push(socket) && resolve(true);
            socket.onerror = () => resolve(false);
        });
        window.hoard = [];
        while (await open());
    }"""
    hoarder.call(hoard, server.url + "/hoard")
    page = open_tab(browser, server.page)
    wait_for_text(page, "#notice", "the browser may have too many connections open in other tabs")
    hoarder.call("() => window.hoard.forEach((socket) => socket.close())")
    wait_for_state(page, "open")


def test_a_restart_of_the_server_goes_by_unnoticed(browser, open_page, start_server, tmp_path):
    state = ["--state-dir", str(tmp_path / "state")]
    server = start_server(*state)
    page = open_page(browser, server, "team", "ann")
    say(page, "before")
    wait_for_text(page, ".own .mark", "Sent")
    server.stop()
    page.wait_until("document.querySelector('#status').dataset.kind !== 'open'")
    say(page, "meanwhile")
    start_server(*state, port=server.port)
    wait_for_state(page, "open")
    page.wait_until("[...document.querySelectorAll('.mark')].every((mark) => mark.textContent.startsWith('Sent'))")
    wait_for_bubbles(page, ["before", "meanwhile"])
    wait_for_text(page, "#entries", "Connected again.")
    assert shown(page, "#members bdi") == ["ann"] and shown(page, ".gap") == []
