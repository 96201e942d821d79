"""Which pages a browser may let connect."""

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

TRY = """async (url) => {
    try {
        await Peer.open(url);
        return "open";
    } catch {
        return "refused";
    }
}"""


@pytest.fixture
def tab(browser, open_tab, site):
    return open_tab(browser, site.url)


def test_a_page_of_another_origin_is_refused(tab, start_server):
    assert tab.call(TRY, start_server().url) == "refused"


def test_a_page_of_an_allowed_origin_connects(tab, start_server, site):
    assert tab.call(TRY, start_server("--allow-origin", site.origin).url) == "open"


def test_with_a_star_every_page_connects(tab, start_server):
    assert tab.call(TRY, start_server("--allow-origin", "*").url) == "open"


def test_a_refusal_is_a_403_and_a_client_without_an_origin_connects(start_server):
    server = start_server()
    with pytest.raises(InvalidStatus) as refusal:
        with connect(server.url, origin="http://evil.example"):
            pass
    assert refusal.value.response.status_code == 403
    with connect(server.url), connect(server.url, origin=server.page.rstrip("/")):
        server.wait_for("Total clients: 2")
