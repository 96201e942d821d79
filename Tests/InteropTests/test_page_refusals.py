"""The chat page where it is not wanted: channels, servers and names that refuse, and what it says and does then."""

import pytest
from support.page import go, say, shown, take_name, wait_for_bubbles, wait_for_state, wait_for_text

FULL = {"code": "no-room", "detail": "There are too many channels.", "status": 503, "title": "Service Unavailable"}
FOREIGN = {"code": "foreign-origin", "detail": "Not from here.", "status": 403, "title": "Forbidden"}
STOPPING = {"code": "stopping", "detail": "The server is being stopped.", "status": 503, "title": "Service Unavailable"}
FASTER = "() => { const real = window.setTimeout; window.setTimeout = (action, time) => real(action, time / 50); }"


def stored_name(page):
    return page.call("() => localStorage.getItem('broadcast.name') ?? ''")


def test_a_channel_that_cannot_be_says_why_and_is_not_tried_again(browser, open_page, start_server):
    server = start_server()
    page = open_page(browser, server)
    go(page, "healthz")
    wait_for_state(page, "refused")
    wait_for_text(page, "#notice", "The path names the channel")
    assert shown(page, "#status, #retry") == ["Not let in", "Try again"]
    assert page.call("() => document.querySelector('#text').disabled")
    assert "#healthz" not in shown(page, "#channels a")
    # What is typed elsewhere does not take the reason away.
    page.click("#name")
    page.type("a")
    assert page.call("() => !document.querySelector('#notice').hidden")
    go(page, "team")
    wait_for_state(page, "open")
    assert page.call("() => document.querySelector('#notice').hidden && !document.querySelector('#text').disabled")
    say(page, "in")
    wait_for_text(page, ".own .mark", "Sent")


@pytest.mark.parametrize("problem", [FULL, FOREIGN], ids=lambda problem: problem["code"])
def test_a_server_that_refuses_is_asked_again_only_by_hand(browser, open_page, channel, problem):
    page = open_page(browser, channel)
    channel.say("before")
    wait_for_bubbles(page, ["before"])
    with channel.refusing(problem["status"], problem):
        wait_for_state(page, "refused")
        wait_for_text(page, "#notice", problem["detail"])
        wait_for_bubbles(page, ["before"])
        count = len(channel.targets)
        page.call("() => window.dispatchEvent(new Event('online'))")
        page.call("() => new Promise((resolve) => setTimeout(resolve, 0))")
        assert len(channel.targets) == count
        page.click("#retry")
        page.wait_until("document.querySelector('#status').dataset.kind === 'refused'")
    page.click("#retry")
    wait_for_state(page, "open")
    assert page.call("() => document.querySelector('#notice').hidden")


@pytest.mark.parametrize("answer", [STOPPING, "a proxy says no\n"], ids=["stopping", "proxy"])
def test_a_server_that_will_be_back_is_waited_for(browser, open_page, channel, answer):
    page = open_page(browser, channel)
    with channel.refusing(503, answer):
        wait_for_state(page, "waiting")
    wait_for_state(page, "open")


def test_a_handshake_without_an_end_is_ended(browser, open_page, channel):
    page = open_page(browser, channel)
    # The deadline comes sooner.
    page.call(FASTER)
    channel.is_dumb = True
    channel.close(4200)
    wait_for_state(page, "waiting")
    wait_for_text(page, "#notice", "The server answers, but no WebSocket comes through to it.")
    channel.is_dumb = False
    wait_for_state(page, "open")
    assert page.call("() => document.querySelector('#notice').hidden")


def test_a_name_that_is_refused_stays_in_its_field_only(browser, open_page, start_server):
    page = open_page(browser, start_server(), name="ann")
    take_name(page, "a:b")
    wait_for_text(page, "#name-problem", "“a:b” was not taken as your name: A name has letters")
    assert page.call("() => [document.querySelector('#name').value, document.querySelector('#name').ariaInvalid]") == ["a:b", "true"]
    assert shown(page, "#members bdi") == ["ann"] and stored_name(page) == "ann"
    page.reload()
    wait_for_state(page, "open")
    wait_for_text(page, "#members", "ann")
    assert shown(page, "#name-problem, #notice") == ["", ""]
    assert page.call("() => document.querySelector('#name').value") == "ann"
    # What is wrong is forgotten when it is mended.
    take_name(page, "Client 5")
    wait_for_text(page, "#name-problem", "Names such as")
    take_name(page, "bob")
    wait_for_text(page, "#members", "bob")
    assert shown(page, "#name-problem") == [""] and stored_name(page) == "bob"


def test_a_name_that_changes_too_often_stays(browser, open_page, channel):
    page = open_page(browser, channel, name="ann")
    channel.refused_names, channel.name_problem = {"bob"}, "too-often"
    take_name(page, "bob")
    wait_for_text(page, "#name-problem", "“bob” was not taken as your name: That is none.")
    assert shown(page, "#members bdi") == ["ann"] and stored_name(page) == "ann"


def test_a_kept_name_that_is_none_any_more_is_told_once(browser, open_page, channel):
    channel.refused_names = {"ann"}
    page = open_page(browser, channel, name="ann")
    wait_for_text(page, "#name-problem", "“ann” was not taken as your name: That is none.")
    assert stored_name(page) == ""
    for _ in range(2):
        with channel.away():
            wait_for_state(page, "waiting")
        wait_for_state(page, "open")
    assert "name=" not in channel.targets[-1]
    page.navigate("about:blank")
    page.navigate(channel.page)
    wait_for_state(page, "open")
    page.wait_until("document.querySelector('#members').innerText.includes('Client')")
    assert shown(page, "#name-problem, #notice") == ["", ""]


def test_a_name_that_is_refused_on_a_phone_is_told_where_one_looks(browser, open_page, channel):
    channel.refused_names = {"ann"}
    page = open_page(browser, channel)
    page.set_viewport(390, 844)
    page.click("#menu")
    take_name(page, "ann")
    wait_for_text(page, "#name-problem", "That is none.")
    assert page.call("() => document.querySelector('#panel').matches(':popover-open')")
    take_name(page, "bob")
    page.wait_until("!document.querySelector('#panel').matches(':popover-open')")
    # Without the panel it stands where the messages are.
    channel.refused_names = {"bob"}
    page.navigate("about:blank")
    page.navigate(channel.page)
    wait_for_text(page, "#notice", "“bob” was not taken as your name")


def test_a_name_that_is_chosen_offline_is_taken_on_coming_back(browser, open_page, channel):
    page = open_page(browser, channel, name="ann")
    with channel.away():
        wait_for_state(page, "waiting")
        take_name(page, "bob")
        wait_for_text(page, "#entries", "You will be bob when the connection is back.")
        assert stored_name(page) == "ann"
    wait_for_text(page, "#members", "bob")
    assert stored_name(page) == "bob"
