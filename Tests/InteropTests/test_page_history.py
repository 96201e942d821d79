"""The chat page and the past: what it shows of it, what it says when there is none, and how it comes back."""

import contextlib

import pytest
from support.channel import SUBPROTOCOL
from support.page import bubbles, marks, say, wait_for_bubbles, wait_for_state, wait_for_text
from websockets.sync.client import connect


def numbers(start, end):
    return [str(number) for number in range(start, end)]


def connect_now(page):
    """Has the page not wait for its next attempt, if it still does."""
    page.call("() => document.querySelector('#retry').click()")


def scroll_to_beginning(page):
    page.call("() => { document.querySelector('#log').scrollTop = 0; }")


def test_the_page_begins_with_the_last_fifty_messages(browser, open_page, channel):
    channel.say(*numbers(0, 70))
    page = open_page(browser, channel, name="bob")
    wait_for_bubbles(page, numbers(20, 70))
    wait_for_text(page, "#entries", "You are bob.")
    # Who we are stands behind what was said before, and what is said from now on behind that.
    channel.say("new")
    wait_for_bubbles(page, [*numbers(20, 70), "new"])
    lines = page.call("() => [...document.querySelectorAll('#entries > li')].map((item) => item.innerText.split('\\n').at(-1))")
    assert lines.index("You are bob.") < lines.index("new")


def test_earlier_messages_come_when_one_scrolls_up_and_what_is_read_stays_in_place(browser, open_page, channel):
    channel.say(*numbers(0, 120))
    page = open_page(browser, channel)
    wait_for_bubbles(page, numbers(70, 120))
    top = """() => {
        const log = document.querySelector("#log").getBoundingClientRect().top;
        const bubble = [...document.querySelectorAll(".bubble")].find((bubble) => bubble.textContent === "70");
        return bubble.getBoundingClientRect().top - log;
    }"""
    page.call("() => { document.querySelector('#log').scrollTop = 150; }")
    before = page.call(top)
    wait_for_bubbles(page, numbers(20, 120))
    assert abs(page.call(top) - before) < 100, "only the head of the group may have moved"
    scroll_to_beginning(page)
    wait_for_bubbles(page, numbers(0, 120))
    wait_for_text(page, "#entries", "The server has nothing earlier.")


def test_a_reload_shows_what_was_there_and_goes_on_as_the_same_member(browser, open_page, channel):
    channel.say("before")
    page = open_page(browser, channel, name="bob")
    say(page, "my own")
    wait_for_text(page, ".own .mark", "Sent")
    channel.say("theirs")
    wait_for_bubbles(page, ["before", "my own", "theirs"])
    page.reload()
    wait_for_state(page, "open")
    wait_for_bubbles(page, ["before", "my own", "theirs"])
    own = page.call("() => [...document.querySelectorAll('.own .bubble')].map((bubble) => bubble.textContent)")
    assert own == ["my own"]
    say(page, "again")
    channel.say("live")
    wait_for_bubbles(page, ["before", "my own", "theirs", "again", "live"])
    assert "after=" in channel.targets[-1] and "session" not in channel.targets[-1]
    assert page.call("() => sessionStorage.length") == 0


def test_what_was_said_during_a_reload_is_not_missed(browser, open_page, channel):
    channel.say(*numbers(0, 60))
    page = open_page(browser, channel)
    wait_for_bubbles(page, numbers(10, 60))
    page.navigate("about:blank")
    channel.say(*numbers(60, 70))
    page.go_back()
    wait_for_state(page, "open")
    page.wait_until("document.querySelectorAll('.bubble').length >= 60")
    assert bubbles(page)[-60:] == numbers(10, 70)


def test_a_reload_after_long_gives_the_last_fifty_and_what_came_since(browser, open_page, channel):
    channel.say(*numbers(0, 200))
    page = open_page(browser, channel)
    wait_for_bubbles(page, numbers(150, 200))
    scroll_to_beginning(page)
    wait_for_bubbles(page, numbers(100, 200))
    page.reload()
    wait_for_state(page, "open")
    wait_for_bubbles(page, numbers(150, 200))


def test_large_messages_are_shown_again_a_few_at_once(browser, open_page, channel):
    channel.say(*numbers(0, 60))
    page = open_page(browser, channel)
    wait_for_bubbles(page, numbers(10, 60))
    channel.most_at_once = 7
    page.reload()
    wait_for_bubbles(page, numbers(10, 60))


def test_messages_that_wait_survive_a_reload(browser, open_page, channel):
    page = open_page(browser, channel)
    # The browser would ask whether to leave.
    page.call("() => window.addEventListener('beforeunload', (event) => event.stopImmediatePropagation(), true)")
    with channel.silent():
        say(page, "taken")
        page.wait_until("document.querySelectorAll('.bubble').length === 1")
        with channel.away():
            wait_for_state(page, "waiting")
            say(page, "typed offline")
    page.reload()
    wait_for_state(page, "open")
    page.wait_until("[...document.querySelectorAll('.mark')].every((mark) => mark.textContent !== 'Sending…')")
    wait_for_bubbles(page, ["taken", "typed offline"])
    assert channel.texts == ["taken", "typed offline"]


def test_a_tab_that_is_duplicated_takes_no_session_along(browser, open_page, channel):
    page = open_page(browser, channel)
    page.reload()
    wait_for_state(page, "open")
    # This is what a browser copies into the new tab.
    assert page.call("() => ({ ...sessionStorage })") == {}


@pytest.mark.parametrize("receivers", [0, 1, 2])
def test_the_page_says_who_got_what_was_typed_offline(browser, open_page, channel, receivers):
    with contextlib.ExitStack() as others:
        for _ in range(receivers):
            others.enter_context(connect(channel.url, subprotocols=[SUBPROTOCOL])).recv(timeout=30)
        page = open_page(browser, channel, name="bob")
        with channel.away(name="bob"):
            wait_for_state(page, "waiting")
            say(page, "typed offline")
            assert marks(page) == ["Sending…"]
        connect_now(page)
        readers = f"{receivers} received it" if receivers else "nobody else was here"
        wait_for_text(page, ".own .mark", f"Sent when you came back: {readers}")


def test_what_was_typed_offline_stands_where_the_others_see_it(browser, open_page, channel):
    page = open_page(browser, channel)
    channel.say("one")
    wait_for_bubbles(page, ["one"])
    with channel.away():
        wait_for_state(page, "waiting")
        say(page, "mine")
        say(page, "mine too")
        channel.say("two", "three")
    connect_now(page)
    wait_for_bubbles(page, ["one", "two", "three", "mine", "mine too"])
    assert channel.texts == bubbles(page)
    wait_for_text(page, "#entries", "Connected again.")


@pytest.mark.parametrize(
    ("loss", "line"),
    [
        ("forget", "3 messages are missing: the server no longer has them."),
        ("begin_anew", "Messages may be missing: the server has begun anew since."),
    ],
)
def test_a_gap_is_shown_where_it_is(browser, open_page, channel, loss, line):
    page = open_page(browser, channel)
    channel.say("before")
    wait_for_bubbles(page, ["before"])
    with channel.away():
        wait_for_state(page, "waiting")
        channel.say("lost 1", "lost 2", "lost 3")
        getattr(channel, loss)()
        channel.say("kept")
    connect_now(page)
    wait_for_bubbles(page, ["before", "kept"])
    texts = page.call("() => [...document.querySelectorAll('.bubble, .gap')].map((item) => item.textContent)")
    assert texts == ["before", line, "kept"]
    # What can still be asked for is shown again, and nothing twice.
    page.reload()
    wait_for_state(page, "open")
    wait_for_bubbles(page, ["kept"])


def test_what_came_too_fast_can_be_shown_afterwards(browser, open_page, channel):
    page = open_page(browser, channel)
    channel.say("before")
    wait_for_bubbles(page, ["before"])
    channel.leave_out(130, "slow")
    channel.say("after")
    wait_for_bubbles(page, ["before", "after"])
    wait_for_text(page, ".gap", "130 messages are missing: they came faster than this page took them.")
    channel.is_mute = True
    page.click(".gap button")
    page.wait_until("document.querySelector('.gap button').disabled")
    # The answer is lost with the connection, and can be asked for again.
    channel.is_mute = False
    with channel.away():
        page.wait_until("!document.querySelector('.gap button').disabled")
    connect_now(page)
    wait_for_state(page, "open")
    page.click(".gap button")
    wait_for_bubbles(page, ["before", *(f"left out {number}" for number in range(130)), "after"])
    page.wait_until("document.querySelector('.gap') === null")


def test_a_session_that_goes_on_elsewhere_is_taken_back_only_by_hand(browser, open_page, channel):
    page = open_page(browser, channel)
    channel.close(4000, "The session goes on in another connection.")
    wait_for_state(page, "ended")
    wait_for_text(page, "#notice", "This conversation goes on in another tab or window.")
    count = len(channel.targets)
    page.call("() => window.dispatchEvent(new Event('online'))")
    say(page, "kept")
    assert len(channel.targets) == count
    page.click("#retry")
    wait_for_state(page, "open")
    wait_for_text(page, ".own .mark", "Sent")
    assert channel.texts == ["kept"]


def test_a_server_that_wants_its_clients_back_at_once_gets_them(browser, open_page, channel):
    page = open_page(browser, channel)
    states = """() => {
        window.states = [];
        const status = document.querySelector("#status");
        new MutationObserver(() => window.states.push(status.dataset.kind)).observe(status, { attributes: true });
    }"""
    page.call(states)
    channel.close(4200)
    page.wait_until("window.states.at(-1) === 'open'")
    say(page, "back")
    wait_for_text(page, ".own .mark", "Sent")
