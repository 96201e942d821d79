"""Channels over HTTP, with the clients that people have: curl, Python, browsers."""

import http.client
import json
import subprocess
import urllib.request

from websockets.sync.client import connect

from support.chat import chatting
from support.page import wait_for_text


def curl(*arguments, data=None):
    command = ["curl", "--silent", "--show-error", "--max-time", "30", *arguments]
    found = subprocess.run(command, input=data, capture_output=True, check=True)
    return found.stdout.decode()


def test_curl_publishes_what_is_typed(start_server):
    server = start_server()
    with connect(server.url + "/team") as member:
        receipt = json.loads(curl("-d", "a=b & c%20 👋", server.page + "team?name=ann"))
        assert receipt["receivers"] == 1 and receipt["stored"] == "memory" and not receipt["duplicate"]
        assert member.recv(timeout=30) == "ann: a=b & c%20 👋"
    message = json.loads(curl(server.page + "team"))
    assert (message["text"], message["id"]) == ("a=b & c%20 👋", receipt["id"])


def test_curl_waits_to_be_asked_for_a_large_body(start_server, tmp_path):
    server = start_server()
    (tmp_path / "large").write_text("x" * (1 << 20))
    with connect(server.url, max_size=None) as member:
        words = ["--data-binary", f"@{tmp_path}/large", "-H", "Expect: 100-continue", "-v"]
        command = ["curl", "--silent", "--max-time", "30", *words, server.page]
        found = subprocess.run(command, capture_output=True, text=True, check=True)
        assert "HTTP/1.1 100 Continue" in found.stderr
        assert json.loads(found.stdout)["receivers"] == 1
        assert member.recv(timeout=30) == "Anonymous: " + "x" * (1 << 20)
    (tmp_path / "large").write_text("x" * ((1 << 20) + 1))
    assert curl(*words[:-1], "-o", "/dev/null", "-w", "%{http_code}", server.page) == "413"


def test_curl_publishes_bytes_in_chunks(start_server):
    server = start_server()
    with connect(server.url) as member:
        fields = ["-H", "Content-Type: image/png", "-H", "Transfer-Encoding: chunked"]
        curl(*fields, "--data-binary", "@-", server.page, data=bytes(range(256)))
        assert member.recv(timeout=30) == bytes(range(256))


def test_python_publishes_and_reads_over_one_connection(start_server):
    server = start_server("--threads", "2")
    connection = http.client.HTTPConnection("localhost", server.port, timeout=30)

    def ask(method, target, body=None, **fields):
        connection.request(method, target, body, {name.replace("_", "-"): value for name, value in fields.items()})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read() or "null"), answer.headers

    with chatting(server.url + "/team") as member:
        batch = json.dumps([{"text": f"{number}"} for number in range(256)])
        status, receipts, _ = ask("POST", "/team", batch, Content_Type="application/json", Idempotency_Key='"batch"')
        assert status == 200 and len({receipt["id"] for receipt in receipts}) == 256
        assert [member.get("message")["id"] for _ in range(256)] == [receipt["id"] for receipt in receipts]
        again = ask("POST", "/team", batch, Content_Type="application/json", Idempotency_Key='"batch"')[1]
        assert again == [receipt | {"duplicate": True} for receipt in receipts]
        # Each page leads to the next, back to the beginning.
        texts, target = [], "/team?limit=100"
        while target:
            status, page, fields = ask("GET", target, Accept="application/json")
            texts = [message["text"] for message in page["messages"]] + texts
            assert ("next" in page) == ("Link" in fields)
            target = f"/team?before={page['next']}&limit=100" if "next" in page else None
        assert texts == [f"{number}" for number in range(256)]
        # Nothing came behind that, until something comes.
        position = receipts[-1]["id"]
        _, page, fields = ask("GET", f"/team?after={position}", Accept="application/json")
        assert page["messages"] == [] and page["next"] == position
        connection.request("GET", f"/team?after={position}", headers={"Accept": "application/json", "If-None-Match": fields["ETag"]})
        answer = connection.getresponse()
        assert answer.status == 304 and not answer.read()
        member.say("more")
        _, page, _ = ask("GET", f"/team?after={position}", Accept="application/json", If_None_Match=fields["ETag"])
        assert [message["text"] for message in page["messages"]] == ["more"]
    connection.close()


def test_a_member_and_a_publisher_have_keys_of_their_own(start_server):
    server = start_server()
    with chatting(server.url) as member:
        member.send({"type": "message", "text": "from a member", "key": "k"})
        first = member.get("ack")
        post = urllib.request.Request(server.page, b"from a program", {"Idempotency-Key": "k"})
        with urllib.request.urlopen(post, timeout=30) as answer:
            receipt = json.load(answer)
        assert receipt["id"] != first["id"] and not receipt["duplicate"]


FETCH = """async (url) => {
    try {
        const options = { method: "POST", body: "from a site", headers: { "Idempotency-Key": "k" } };
        const { id } = await (await fetch(url, options)).json();
        const answer = await fetch(url + "?limit=1", { headers: { Accept: "application/json" } });
        const { messages } = await answer.json();
        return messages[0].id === id && answer.headers.has("ETag") ? "both" : "something else";
    } catch {
        return "refused";
    }
}"""
SIMPLE = """async (url) => {
    try {
        await fetch(url, { method: "POST", body: "from anywhere", mode: "no-cors" });
    } catch {
    }
}"""


def test_pages_of_listed_origins_publish_and_read(browser, open_tab, site, start_server):
    tab = open_tab(browser, site.url)
    assert tab.call(FETCH, start_server("--allow-origin", site.origin).page + "team") == "both"


def test_pages_of_other_origins_do_not(browser, open_tab, site, start_server):
    server = start_server()
    tab = open_tab(browser, site.url)
    assert tab.call(FETCH, server.page + "team") == "refused"
    tab.call(SIMPLE, server.page + "team")
    assert curl(server.page + "team") == ""


def test_older_links_lead_to_their_channels(browser, open_page, start_server):
    server = start_server()
    page = open_page(browser, server)
    page.navigate("about:blank")
    page.navigate(server.page + "#t%C3%A9am")
    wait_for_text(page, "#title", "#téam")
    assert page.call("() => location.href") == server.page + "t%C3%A9am"


def test_the_way_back_leads_to_the_channel_before(browser, open_page, start_server):
    server = start_server()
    page = open_page(browser, server, "team")
    page.call("() => { const { form } = document.querySelector('#channel'); form[0].value = 'other'; form.requestSubmit(); }")
    wait_for_text(page, "#title", "#other")
    assert page.call("() => location.pathname") == "/other"
    page.call("() => history.back()")
    wait_for_text(page, "#title", "#team")


def test_the_page_says_why_it_is_not_let_in(browser, open_page, start_server):
    server = start_server()
    page = open_page(browser, server)
    page.call("() => { const { form } = document.querySelector('#channel'); form[0].value = 'healthz'; form.requestSubmit(); }")
    wait_for_text(page, "#notice", "The path names the channel")
