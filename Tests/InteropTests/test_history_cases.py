"""What users of other software met when clients came back; the numbers are those of the list that the design was held to."""

import threading
from contextlib import closing
from http.client import HTTPConnection

import pytest
from websockets.sync.client import connect

from support.chat import chatting
from support.deadline import PATIENCE, Deadline
from support.listener import Listener
from support.relay import Relay


def say_all(author, texts):
    """Says many things; gives their ids once all have their places."""
    for text in texts:
        author.send({"type": "message", "text": text, "key": text})
    return [author.get("ack", key=text)["id"] for text in texts]


def numbered(count, first=0):
    return [f"text {number}" for number in range(first, first + count)]


def test_1_who_has_received_nothing_has_a_position(start_server):
    url = start_server().url
    with chatting(url) as member:
        first = member.position
    # Nothing was lost, and it says so.
    with chatting(f"{url}?after={first}") as member:
        assert member.welcome["recovered"] is True
        assert member.position == first
    with chatting(url) as author, chatting(f"{url}?after={first}") as member:
        assert member.welcome["recovered"] is True
        say_all(author, numbered(3))
        assert [member.get("message")["text"] for _ in range(3)] == numbered(3)
    with chatting(url) as author, chatting(f"{url}?after={first}") as member:
        assert member.welcome["recovered"] is True
        author.say("now")
        assert member.texts_until("now") == numbered(3)


def test_2_a_channel_has_its_epoch_before_its_first_message(start_server):
    server = start_server()
    with chatting(server.url) as author, chatting(server.url) as member:
        before = member.position
        [first] = say_all(author, ["first"])
        assert member.get("message")["id"] == first
    assert before.partition(".")[0] == first.partition(".")[0]
    assert before != first
    server.stop()
    # A resume with the position of a channel that had no messages is checked like any other.
    with chatting(f"{start_server().url}?after={before}") as member:
        assert member.welcome["recovered"] is False
        assert member.next() == {"type": "gap", "reason": "epoch", "from": before, "to": member.position}


def test_3_a_position_that_never_existed_recovers_nothing(start_server):
    server = start_server()
    with chatting(server.url) as author:
        *_, old = say_all(author, numbered(5))
    server.stop()
    server = start_server()
    with chatting(server.url) as author:
        *_, new = say_all(author, numbered(9))
        # The epoch of one and the number of the other.
        mixture = f"{old.partition('.')[0]}.{new.partition('.')[2]}"
        with chatting(f"{server.url}?after={mixture}") as member:
            assert member.welcome["recovered"] is False
            assert member.next()["reason"] == "epoch"
            author.say("now")
            assert member.texts_until("now") == numbered(9)


def test_4_an_expired_position_is_told_and_live_goes_on(start_server):
    url = start_server("--history-messages", "10").url
    with chatting(url) as author:
        first, *_ = say_all(author, numbered(100))
        with chatting(f"{url}?after={first}") as member:
            assert member.welcome["recovered"] is False
            gap = member.next()
            kept = int(gap["to"].partition(".")[2])
            assert gap == {
                "type": "gap",
                "reason": "expired",
                "from": first,
                "to": member.position,
                "missing": kept - int(first.partition(".")[2]),
            }
            author.say("now")
            texts = member.texts_until("now")
            assert texts == numbered(100)[kept:]
            assert len(texts) == 10


def test_5_a_replay_has_no_limit_in_count(start_server):
    url = start_server("--history-messages", "6000").url
    with chatting(f"{url}?name=author") as author:
        first = author.position
        say_all(author, numbered(5000))
        with chatting(f"{url}?after={first}") as member, connect(f"{url}?after={first}", max_queue=None) as text_member:
            assert member.welcome["recovered"] is True
            author.say("now")
            assert member.texts_until("now") == numbered(5000)
            lines = [text_member.recv(timeout=PATIENCE) for _ in range(5001)]
            assert lines == [f"author: {text}" for text in [*numbered(5000), "now"]]


@pytest.mark.parametrize("policy", ["close", "drop-oldest", "drop-newest"])
def test_6_a_replay_does_not_count_as_slow(start_server, policy):
    # The history is many times what a member may be behind, and others talk all the time.
    url = start_server(
        *("--history-messages", "100000", "--history-bytes", "16M"),
        *("--max-backlog", "256K", "--slow-client", policy),
    ).url
    padding = "x" * 2000
    with chatting(url) as author:
        first = author.position
        for number in range(40):
            for count in range(100):
                author.send({"type": "message", "text": f"{number * 100 + count} {padding}"})
            author.say(f"mark {number}")
        ends = threading.Event()

        def talk():
            while not ends.is_set():
                author.say("talk " + padding)

        talker = threading.Thread(target=talk)
        talker.start()
        try:
            with chatting(f"{url}?after={first}") as member:
                assert member.welcome["recovered"] is True
                numbers = []
                deadline = Deadline()
                heard = 0
                while heard < 200:
                    assert deadline.remaining
                    content = member.next()
                    assert content["type"] in ("message", "position"), content
                    text = content.get("text", "")
                    if text[:1].isdigit():
                        numbers.append(int(text.split(" ")[0]))
                    heard += text.startswith("talk")
                assert numbers == list(range(4000))
        finally:
            ends.set()
            talker.join()


def test_7_only_what_has_a_place_has_an_id(start_server):
    server = start_server("--comment-interval", "50ms")
    with chatting(f"{server.url}/team?name=ann") as ann:
        listener = Listener(server)
        assert listener.block()[1] == f"id: {ann.position}"
        ann.say("one")
        one = listener.event()[0]
        with chatting(f"{server.url}/team?name=bob") as bob:
            bob.send({"type": "name", "name": "eve"})
            bob.get("renamed")
        ann.get("left")
        kinds = set()
        while not {":", "event: joined", "event: renamed", "event: left"} <= kinds:
            lines = listener.block()
            kinds.add(lines[0])
            assert not [line for line in lines if line.startswith("id")], lines
        # What came since has moved nothing: the id is that of the last message still.
        ann.say("two")
        again = Listener(server, fields=[f"Last-Event-ID: {one}"])
        assert again.block()[1] == f"id: {one}"
        assert again.event()[1] == "ann: two"
        lost = Listener(server, fields=["Last-Event-ID: zzz.1"])
        assert lost.block()[1] == f"id: {one.partition('.')[0]}.0"
        assert lost.event("gap")[0] is None
        assert lost.event() == (one, "ann: one")


def test_8_a_stream_that_breaks_before_its_first_event_keeps_its_position(start_server):
    server = start_server()
    with chatting(f"{server.url}/team?name=ann") as ann:
        ann.say("before")
        first = Listener(server)
        [_, position] = first.block()
        first.reset()
        ann.say("while it is away")
        for _ in range(3):
            again = Listener(server, fields=[f"Last-Event-{position.replace('id', 'ID')}"])
            assert again.block()[1] == position
            again.reset()
        again = Listener(server, fields=[f"Last-Event-{position.replace('id', 'ID')}"])
        assert again.event()[1] == "ann: while it is away"


def test_9_the_header_moves_on_while_the_url_stays(start_server):
    server = start_server()
    with chatting(f"{server.url}/team?name=ann") as ann:
        ids = say_all(ann, numbered(10))
        url = f"/team?after={ids[0]}"
        for last in (3, 5, 8):
            again = Listener(server, f"{url}&lastEventId={ids[1]}", fields=[f"Last-Event-ID: {ids[last]}"])
            assert again.block()[1] == f"id: {ids[last]}"
            assert again.event() == (ids[last + 1], f"ann: text {last + 1}")
        # Without a header: the parameter of that name, and of several alike the last.
        for query, last in [
            (f"&lastEventId={ids[4]}", 4),
            (f"&after={ids[2]}&after={ids[6]}", 6),
            (f"&lastEventId={ids[7]}&lastEventId={ids[3]}", 3),
            ("&lastEventId=", 0),
        ]:
            assert Listener(server, url + query).event() == (ids[last + 1], f"ann: text {last + 1}"), query
        assert Listener(server, url, fields=["Last-Event-ID:"]).event()[0] == ids[1]


def test_10_a_member_that_need_not_see_anything_keeps_its_position(start_server):
    url = start_server("--history-messages", "10").url
    with chatting(url) as member, chatting(url) as other:
        for _ in range(50):
            member.send({"type": "message", "text": "my own"})
        *_, own = [other.get("message")["id"] for _ in range(50)]
        member.get("position", id=own)
        for _ in range(50):
            other.send(b"binary")
        last = other.say("here")["id"]
        binaries = member.until("message", id=last)[1]
        assert [content for content in binaries if isinstance(content, bytes)] == [b"binary"] * 50
        for _ in range(50):
            other.send(b"binary")
        number = int(last.partition(".")[2]) + 50
        position = f"{last.partition('.')[0]}.{number}"
        member.get("position", id=position)
        session = member.session
        member.vanish()
        with chatting(f"{url}?after={position}", session=session) as returned:
            assert returned.welcome["recovered"] is True


def test_11_neither_the_future_nor_the_past_is_clamped(start_server):
    url = start_server("--history-messages", "10").url
    with chatting(url) as author:
        first, *_, last = say_all(author, numbered(100))
        epoch, _, number = last.partition(".")
        future = f"{epoch}.{int(number) + 50}"
        with chatting(f"{url}?after={future}") as member:
            assert member.welcome["recovered"] is False
            assert member.next() == {"type": "gap", "reason": "future", "from": future, "to": last}
            author.say("live")
            assert member.get("message")["text"] == "live"
        for position in (future, f"zzz.{number}"):
            author.send({"type": "fetch", "after": position})
            assert author.get("error")["code"] == "bad-position"
        author.send({"type": "fetch", "after": first, "limit": 3})
        page = author.get("history")
        kept = int(page["messages"][0]["id"].partition(".")[2])
        assert page["missing"] == kept - int(first.partition(".")[2]) - 1 > 0


@pytest.mark.parametrize("threads", [1, 2])
def test_12_welcome_comes_when_the_member_is_there(start_server, threads):
    url = start_server("--threads", str(threads)).url
    with chatting(url) as author:
        for number in range(50):
            with chatting(url) as member:
                ack = author.say(f"text {number}")
                assert ack["receivers"] == 1
                assert member.get("message")["id"] == ack["id"]
                member.close()
                author.get("left", member=member.member)


def test_13_ids_never_restart_in_an_epoch(start_server):
    server = start_server()
    with chatting(server.url) as author:
        *_, last = say_all(author, numbered(3))
    # The channel is empty now, and goes on where it was.
    with chatting(server.url) as author:
        assert author.position == last
        following = author.say("more")["id"]
    epoch, _, number = last.partition(".")
    assert following == f"{epoch}.{int(number) + 1}"
    server.stop()
    server = start_server()
    with chatting(server.url) as author:
        *_, restarted = say_all(author, numbered(2))
        assert restarted.partition(".")[0] != epoch
        with chatting(f"{server.url}?after={last}") as member:
            gap = member.next()
            assert gap == {"type": "gap", "reason": "epoch", "from": last, "to": member.position}
            # Neither too much nor too little: what this server has.
            author.say("now")
            assert member.texts_until("now") == numbered(2)


@pytest.mark.parametrize("threads", [1, 2])
def test_14_pages_and_live_neither_overlap_nor_leave_a_hole(start_server, threads):
    url = start_server("--threads", str(threads)).url
    with chatting(url) as author:
        ids = say_all(author, numbered(300))
        ends = threading.Event()

        def talk():
            number = 300
            while not ends.is_set() and number < 2000:
                ids.append(author.say(f"text {number}")["id"])
                number += 1

        talker = threading.Thread(target=talk)
        talker.start()
        try:
            # Join, ask for what was before the position, which is left out itself, and go on while there is more.
            with chatting(url) as member:
                live, pages = [], []
                before = member.position
                more = True
                while more:
                    member.send({"type": "fetch", "before": before, "limit": 100})
                    page, between = member.until("history")
                    live += [content["id"] for content in between if content["type"] == "message"]
                    pages = [message["id"] for message in page["messages"]] + pages
                    before, more = pages[0], page["more"]
                live.append(member.get("message")["id"])
        finally:
            ends.set()
            talker.join()
    position = member.position
    numbers = [int(text.partition(".")[2]) for text in pages + [position] + live]
    assert numbers == list(range(1, numbers[-1] + 1))
    assert pages + [position] + live == ids[: len(numbers)]


@pytest.mark.parametrize("client", ["tail", "connect"])
def test_15_a_listener_goes_on_after_silence_and_after_a_kill(start_server, start_program, tmp_path, client):
    def start():
        return start_server("--state-dir", tmp_path / "state", "--comment-interval", "200ms", host="127.0.0.1")

    def say(text):
        with closing(HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)) as posts:
            posts.request("POST", "/team?name=ann&stored=disk", text, {"Content-Type": "text/plain"})
            assert posts.getresponse().status == 200

    server = start()
    with Relay(server.port) as relay:
        flags = {"tail": ["--silence", "1s"], "connect": ["--ping-interval", "1s"]}[client]
        listener = start_program("broadcast-server", client, f"ws://127.0.0.1:{relay.port}/team", *flags)
        server.wait_for("Total clients: 1")
        say("one")
        listener.wait_for("^ann: one$")
        # Nobody is told that the connection has gone: only that nothing comes any more says so.
        relay.fall_silent()
        say("two")
        listener.wait_for("^ann: two$")
        say("three")
        listener.wait_for("^ann: three$")
        server.program.kill()
        server.program.exit_code()
        server = start()
        say("four")
        relay.target = server.port
        listener.wait_for("^ann: four$")
        say("five")
        listener.wait_for("^ann: five$")
        listener.stop()
    said = [line for line in listener.output.splitlines() if line.startswith("ann: ")]
    assert said == [f"ann: {text}" for text in ("one", "two", "three", "four", "five")]
    assert "missing" not in listener.output
