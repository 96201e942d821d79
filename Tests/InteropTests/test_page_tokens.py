"""The chat page with tokens: it asks for one, keeps it for its tab alone, renews it, and shows what it may not."""

import time

import pytest
from support.page import DESKTOP, bubbles, say, shown, wait_for_bubbles, wait_for_state, wait_for_text
from test_client_tokens import new_token
from test_tokens import make_key, make_token

ALL = ["subscribe", "publish", "presence", "history"]
KEPT = "() => sessionStorage.getItem('broadcast.token')"


@pytest.fixture
def guarded(start_server, tmp_path):
    """A server that knows a member, a reader, and nobody else."""
    tokens = {"ann": new_token("ann", "team", "new"), "rita": new_token("rita", "team=subscribe")}
    file = tmp_path / "tokens"
    file.write_text("".join(line for _, line in tokens.values()))
    server = start_server("--token-file", file, "--log-level", "trace")
    server.tokens = {name: token for name, (token, _) in tokens.items()}
    return server


@pytest.fixture
def signing(start_server, tmp_path):
    """A server that takes what is signed with a secret, and the means to sign for a time in seconds."""
    key = make_key("HS256")
    secret = tmp_path / "secret"
    secret.write_bytes(key.raw_value)
    server = start_server("--token-secret", secret, "--token-leeway", "1s")

    def sign(seconds, **claims):
        return make_token(key, "HS256", **{"exp": int(time.time()) + seconds, "channels": {"team": ALL}} | claims)

    return server, sign


@pytest.fixture
def arrive(open_tab):
    """Opens the page of a server in a new tab and in a channel, whatever comes of it."""

    def arrive(browser, server, channel="team"):
        tab = open_tab(browser, server.page + "-/icon.svg")
        tab.set_viewport(*DESKTOP)
        tab.call("() => { localStorage.clear(); sessionStorage.clear(); }")
        tab.navigate(server.page + channel)
        return tab

    return arrive


def enter(page, token):
    """Types a token into the field that asks for one."""
    page.call("(token) => { const { form } = document.querySelector('#token'); form[0].value = token; form.requestSubmit(); }", token)


def test_it_asks_for_a_token_and_comes_in(browser, arrive, guarded):
    page = arrive(browser, guarded)
    wait_for_state(page, "locked")
    assert shown(page, "#gate-why") == ["A token is needed here."]
    assert page.call("() => document.activeElement.id") == "token"
    attributes = page.call("() => ['type', 'autocomplete'].map((name) => document.querySelector('#token').getAttribute(name))")
    assert attributes == ["password", "off"]
    assert page.call("() => document.querySelector('#token').labels[0].textContent") == "Token"
    assert page.call("() => document.querySelector('#text').disabled && document.querySelector('#retry').hidden")
    enter(page, guarded.tokens["ann"])
    wait_for_state(page, "open")
    wait_for_text(page, "#members", "ann")
    assert page.call("() => document.querySelector('#gate').hidden && !document.querySelector('#text').disabled")
    say(page, "in")
    wait_for_text(page, ".own .mark", "Sent")
    # Loaded anew, it needs no other one.
    page.reload()
    wait_for_state(page, "open")
    wait_for_bubbles(page, ["in"])


def test_a_token_is_in_no_address_element_or_log_and_in_no_other_tab(browser, arrive, open_tab, guarded):
    token = guarded.tokens["ann"]
    page = arrive(browser, guarded)
    wait_for_state(page, "locked")
    enter(page, token)
    wait_for_state(page, "open")
    texts = page.call(
        "() => [document.documentElement.outerHTML, location.href, document.querySelector('#token').value, "
        "...performance.getEntries().map(({ name }) => name), ...Object.values(localStorage)]"
    )
    assert not [text for text in texts if token in text]
    assert page.call(KEPT) == token
    assert token not in guarded.program.output
    other = open_tab(browser, guarded.page + "team")
    wait_for_state(other, "locked")
    assert other.call(KEPT) is None


def test_a_token_that_is_refused_is_asked_for_again(browser, arrive, guarded):
    page = arrive(browser, guarded)
    wait_for_state(page, "locked")
    enter(page, "two words")
    wait_for_text(page, "#gate-problem", "That is no token")
    assert page.call("() => document.querySelector('#token').ariaInvalid") == "true"
    enter(page, "wrong")
    page.wait_until("document.querySelector('#gate-why').textContent !== 'A token is needed here.'")
    wait_for_state(page, "locked")
    assert page.call(KEPT) is None
    enter(page, guarded.tokens["ann"])
    wait_for_state(page, "open")


def test_a_right_that_is_missing_ends_it(browser, arrive, guarded):
    page = arrive(browser, guarded)
    wait_for_state(page, "locked")
    enter(page, guarded.tokens["ann"])
    wait_for_state(page, "open")
    page.navigate(guarded.page + "other")
    wait_for_state(page, "ended")
    wait_for_text(page, "#notice", "The right to subscribe in this channel is missing.")
    # It is asked for another one when this one is forgotten.
    page.click("#forget-token")
    wait_for_state(page, "locked")
    assert page.call(KEPT) is None and page.call("() => document.querySelector('#pass').hidden")


def test_who_may_only_read_cannot_write(browser, arrive, open_tab, guarded):
    page = arrive(browser, guarded)
    wait_for_state(page, "locked")
    enter(page, guarded.tokens["rita"])
    wait_for_state(page, "open")
    assert page.call("() => document.querySelector('#text').disabled && !document.querySelector('#reading').hidden")
    assert shown(page, "#reading, #members") == ["You may not see who is here.", "You may only read here."]
    wait_for_text(page, "#entries", "you may not see here what was said before")
    ann = arrive(browser, guarded)
    wait_for_state(ann, "locked")
    enter(ann, guarded.tokens["ann"])
    wait_for_state(ann, "open")
    say(ann, "read this")
    wait_for_bubbles(page, ["read this"])
    # Without the right to the past, it has what it has heard itself.
    page.reload()
    wait_for_state(page, "open")
    say(ann, "and this")
    page.wait_until("document.querySelector('#entries').innerText.includes('and this')")
    assert "read this" not in bubbles(page) and page.call("() => document.querySelector('#notice').hidden")


def test_a_name_that_the_token_fixes_is_told_as_that(browser, arrive, guarded):
    page = arrive(browser, guarded)
    page.call("() => localStorage.setItem('broadcast.name', 'zoe')")
    page.reload()
    wait_for_state(page, "locked")
    enter(page, guarded.tokens["ann"])
    wait_for_state(page, "open")
    wait_for_text(page, "#name-problem", "“zoe” was not taken as your name: The token says what its bearer is called.")
    page.reload()
    wait_for_state(page, "open")
    assert shown(page, "#name-problem, #notice") == ["", ""]


def test_a_token_is_exchanged_before_it_expires(browser, arrive, signing):
    server, sign = signing
    page = arrive(browser, server)
    wait_for_state(page, "locked")
    enter(page, sign(8))
    wait_for_state(page, "open")
    wait_for_text(page, "#gate-why", "The token expires at")
    say(page, "before")
    enter(page, "wrong.wrong.wrong")
    page.wait_until("document.querySelector('#gate-problem').textContent !== ''")
    token = sign(600)
    enter(page, token)
    wait_for_text(page, "#entries", "The server has taken the token.")
    assert page.call("() => document.querySelector('#gate').hidden") and page.call(KEPT) == token
    time.sleep(10)
    say(page, "after")
    wait_for_bubbles(page, ["before", "after"])
    assert page.call("() => document.querySelector('#status').dataset.kind") == "open"


def test_a_token_that_has_expired_is_asked_for_again_and_nothing_is_lost(browser, arrive, signing):
    server, sign = signing
    page = arrive(browser, server)
    wait_for_state(page, "locked")
    enter(page, sign(4))
    wait_for_state(page, "open")
    say(page, "before")
    page.click("#text")
    page.type("half a mess")
    wait_for_state(page, "locked")
    wait_for_text(page, "#gate-why", "expired")
    assert page.call("() => document.querySelector('#text').value") == "half a mess"
    assert page.call("() => document.querySelector('#notice').hidden") and page.call(KEPT) is None
    enter(page, sign(600))
    wait_for_state(page, "open")
    wait_for_bubbles(page, ["before"])
    page.click("#text")
    page.type("age\n")
    wait_for_bubbles(page, ["before", "half a message"])


def test_where_no_token_is_needed_none_is_asked_for(browser, arrive, start_server):
    page = arrive(browser, start_server())
    wait_for_state(page, "open")
    assert page.call("() => ['#gate', '#reading', '#pass'].every((name) => document.querySelector(name).hidden)")
