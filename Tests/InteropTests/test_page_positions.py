"""Where the chat page goes on after its connection was lost, when acknowledgements came late, or again."""

import time

from support.deadline import wait_until
from support.page import say, wait_for_bubbles, wait_for_state, wait_for_text


def say_before_another(page, channel):
    """Has the page say something, and others something behind it."""
    say(page, "own")
    wait_until(lambda: channel.texts == ["own"])
    channel.say("later")
    wait_for_bubbles(page, ["own", "later"])


def come_back(page, channel):
    """Has the page connect again; gives the position that it shows."""
    count = len(channel.targets)
    channel.close(1012)
    wait_until(lambda: len(channel.targets) > count)
    wait_for_state(page, "open")
    return channel.targets[-1].partition("after=")[2].partition("&")[0]


def test_an_acknowledgement_that_waited_for_the_disk_is_no_position(browser, open_page, channel):
    page = open_page(browser, channel)
    with channel.silent():
        say_before_another(page, channel)
        channel.acknowledge_late()
        wait_for_text(page, ".own .mark", "Sent")
    assert come_back(page, channel) == "1.2"
    channel.say("live")
    wait_for_bubbles(page, ["own", "later", "live"])


def test_an_acknowledgement_that_comes_again_is_no_position(browser, open_page, channel):
    page = open_page(browser, channel)
    with channel.silent():
        say_before_another(page, channel)
    # What was not acknowledged is sent once more, and has its place already.
    assert come_back(page, channel) == "1.2"
    wait_for_text(page, ".own .mark", "Sent")
    assert come_back(page, channel) == "1.2"
    channel.say("live")
    wait_for_bubbles(page, ["own", "later", "live"])


def test_the_page_comes_back_when_the_server_has_said(browser, open_page, channel):
    page = open_page(browser, channel)
    count, start = len(channel.targets), time.monotonic()
    channel.restart(seconds=3)
    # By itself it would come back within a second.
    wait_until(lambda: len(channel.targets) > count)
    assert time.monotonic() - start >= 3
    wait_for_state(page, "open")
