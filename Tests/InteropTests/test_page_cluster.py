"""What the chat page shows and does while the server's cluster is away."""

import pytest
from support.deadline import wait_until
from support.page import say, wait_for_bubbles, wait_for_state, wait_for_text

# After so many milliseconds without an acknowledgement the page takes a connection for dead.
PATIENCE = 15_000
WATCH_TIMERS = """() => {
    const { setTimeout } = window;
    window.delays = [];
    window.setTimeout = (body, delay) => (window.delays.push(delay), setTimeout(body, delay));
}"""


@pytest.mark.parametrize("refuses", [False, True], ids=["waiting", "refused"])
def test_what_is_said_while_the_cluster_is_away_is_sent_when_it_is_back(browser, open_page, channel, refuses):
    page = open_page(browser, channel)
    page.call(WATCH_TIMERS)
    with channel.without_cluster(refuses):
        wait_for_state(page, "away")
        wait_for_text(page, "#status", "Cluster away")
        wait_for_text(page, "#notice", "Nobody leads.")
        say(page, "meanwhile")
        wait_until(lambda: channel.kept_out)
        wait_for_bubbles(page, ["meanwhile"])
        assert PATIENCE not in page.call("() => window.delays")
        assert channel.texts == []
    wait_for_state(page, "open")
    wait_for_text(page, ".own .mark", "Sent")
    assert page.call("() => document.querySelector('#notice').hidden")
    say(page, "after")
    wait_until(lambda: channel.texts == ["meanwhile", "after"])
    # One connection did all of it.
    assert len(channel.targets) == 1


def test_what_is_refused_is_sent_again_after_a_while(browser, open_page, channel):
    page = open_page(browser, channel)
    with channel.without_cluster(refuses=True):
        say(page, "meanwhile")
        wait_until(lambda: len(channel.kept_out) > 1)
        assert len(set(channel.kept_out)) == 1
    wait_for_text(page, ".own .mark", "Sent")
    assert channel.texts == ["meanwhile"]
