"""What a client should not send: each has its defined answer, and the others in the channel go on as if nothing was."""

import unicodedata

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from conftest import BUILD
from support.chat import chatting, session_subprotocol
from support.deadline import PATIENCE
from support.program import Program, Server
from support.witnessed import KEPT, Channel


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    program = Program(
        [BUILD / "broadcast-server", "start", "--no-log-file", "--port", "0", "--session-grace", "1s"],
        tmp_path_factory.mktemp("server"),
    )
    server = Server(program, "ws")
    yield server
    server.stop()


@pytest.fixture
def channel(server):
    channel = Channel(server)
    yield channel
    channel.check()


def texts_before(channel, member, text="now"):
    """What a member gets before what is said now."""
    channel.author.say(text)
    return member.texts_until(text)


# MARK: Positions in the URL

# `{epoch}` and `{next}` stand for those of the channel: its last number and one.
MALFORMED = {
    "empty": "",
    "word": "earliest",
    "number": "5",
    "epoch-only": "{epoch}.",
    "number-only": ".5",
    "two-dots": "{epoch}.1.2",
    "leading-zero": "{epoch}.007",
    "negative": "{epoch}.-1",
    "plus": "{epoch}.%2B1",
    "fraction": "{epoch}.1,5",
    "over-64-bits": "{epoch}.18446744073709551616",
    "21-digits": "{epoch}.100000000000000000000",
    "epoch-leading-zero": "0{epoch}.1",
    "epoch-capitals": "ABC.1",
    "epoch-14-characters": "k3f9k3f9k3f9k3.1",
    "epoch-over-64-bits": "zzzzzzzzzzzzz.1",
    "space-before": "+{epoch}.1",
    "line-feed": "{epoch}.1%0A",
    "bad-percent": "{epoch}.%zz",
    "full-width-digit": "{epoch}.%EF%BC%91",
    "2000-characters": "{epoch}." + "1" * 2000,
    "other-separator": "{epoch}-1",
    "last-of-two": "{epoch}.1&after=x",
}


@pytest.mark.parametrize("after", MALFORMED.values(), ids=MALFORMED)
def test_malformed_position(channel, after):
    member = channel.join("after=" + after.format(epoch=channel.epoch))
    assert member.welcome["recovered"] is False
    gap = member.next()
    assert gap == {"type": "gap", "reason": "malformed", "to": member.position}
    # What is kept follows all the same.
    assert texts_before(channel, member) == channel.texts


@pytest.mark.parametrize("after", MALFORMED.values(), ids=MALFORMED)
def test_malformed_position_of_a_text_member(channel, after):
    with pytest.raises(InvalidStatus) as refused:
        connect(f"{channel.url}?after=" + after.format(epoch=channel.epoch), open_timeout=PATIENCE)
    assert refused.value.response.status_code == 400


@pytest.mark.parametrize("query", ["after={epoch}.1%00", "after={epoch}.%ff", "name=%ff", "x=%00"])
@pytest.mark.parametrize("subprotocols", [None, ["broadcast.v1.json"]], ids=["text", "json"])
def test_what_is_no_text(channel, query, subprotocols):
    with pytest.raises(InvalidStatus) as refused:
        connect(f"{channel.url}?{query}".format(epoch=channel.epoch), subprotocols=subprotocols, open_timeout=PATIENCE)
    assert refused.value.response.status_code == 400
    assert b"UTF-8" in refused.value.response.body


@pytest.mark.parametrize("after", ["zzz.3", "0.0", "3w5e11264sgsf.18446744073709551615"])
def test_position_of_another_epoch(channel, after):
    member = channel.join(f"after={after}")
    assert member.welcome["recovered"] is False
    assert member.next() == {"type": "gap", "reason": "epoch", "from": after, "to": member.position}
    assert texts_before(channel, member) == channel.texts


@pytest.mark.parametrize("ahead", [1, 1000, 2**63, 2**64 - 1 - KEPT])
def test_position_of_the_future(channel, ahead):
    after = channel.position(KEPT + ahead)
    member = channel.join(f"after={after}")
    assert member.welcome["recovered"] is False
    gap = member.next()
    assert gap == {"type": "gap", "reason": "future", "from": after, "to": channel.ids[-1]}
    assert member.position == channel.ids[-1]
    assert texts_before(channel, member) == []


@pytest.mark.parametrize("after, expected", [("zzz.3", KEPT), ("{epoch}.99", 0)], ids=["epoch", "future"])
def test_position_of_a_text_member_that_is_not_told(channel, after, expected):
    with connect(f"{channel.url}?after=" + after.format(epoch=channel.epoch)) as member:
        channel.author.say("now")
        lines = [member.recv(timeout=PATIENCE) for _ in range(expected + 1)]
    assert lines == [f"author: {text}" for text in [*channel.texts[:expected], "now"]]


def test_position_given_twice(channel):
    member = channel.join(f"after=x&after={channel.position(3)}")
    assert member.welcome["recovered"] is True
    assert texts_before(channel, member) == channel.texts[3:]


def test_position_and_last(channel):
    member = channel.join(f"last=1&after={channel.position(2)}&last=0")
    assert member.welcome["recovered"] is True
    assert texts_before(channel, member) == channel.texts[2:]


# MARK: The last so many

BAD_LAST = {
    "empty": "",
    "word": "all",
    "negative": "-1",
    "plus": "%2B1",
    "space": "+1",
    "fraction": "1.5",
    "exponent": "1e3",
    "hexadecimal": "0x10",
    "too-large": "1000000000",
    "over-64-bits": "9" * 30,
    "other-digits": "%D9%A3",
    "last-of-two": "2&last=x",
}


@pytest.mark.parametrize("last", BAD_LAST.values(), ids=BAD_LAST)
def test_bad_last(channel, last):
    member = channel.join(f"last={last}")
    assert member.next()["code"] == "bad-field"
    assert texts_before(channel, member) == []


@pytest.mark.parametrize("last", BAD_LAST.values(), ids=BAD_LAST)
def test_bad_last_of_a_text_member(channel, last):
    with pytest.raises(InvalidStatus) as refused:
        connect(f"{channel.url}?last={last}", open_timeout=PATIENCE)
    assert refused.value.response.status_code == 400


@pytest.mark.parametrize("last, count", [("0", 0), ("2", 2), ("999999999", KEPT), ("x&last=1", 1)])
def test_last_at_its_bounds(channel, last, count):
    member = channel.join(f"last={last}")
    assert texts_before(channel, member) == channel.texts[KEPT - count :]


# MARK: Sessions

MALFORMED_SESSIONS = {
    "guessed": "0123456789abcdef0123456789abcdef",
    "short": "0123456789abcdef0123456789abcde",
    "long": "0123456789abcdef0123456789abcdef0",
    "letters": "z" * 32,
    "empty": "",
    "dots": "." * 32,
    "4000-digits": "0" * 4000,
}


@pytest.mark.parametrize("session", MALFORMED_SESSIONS.values(), ids=MALFORMED_SESSIONS)
def test_session_that_the_server_did_not_make(channel, session):
    member = channel.join(session=session)
    assert member.session != session
    assert len(member.session) == 32
    assert texts_before(channel, member) == []


def test_session_in_the_url_is_ignored(channel):
    first = channel.join()
    second = channel.join(f"session={first.session}")
    assert second.session != first.session
    assert first.get("joined")["member"] == second.member


def test_session_that_is_offered_twice(channel):
    first = channel.join("name=ann")
    first.vanish()
    second = channel.join(session=first.session, offers=[session_subprotocol(first.session)])
    assert second.session == first.session
    assert second.member == first.member


def test_two_sessions_at_once(channel):
    first, other = channel.join(), channel.join()
    first.vanish()
    other.vanish()
    member = channel.join(session=first.session, offers=[session_subprotocol(other.session)])
    # It is one of both, never a mixture.
    assert (member.session, member.member) in [(one.session, one.member) for one in (first, other)]


def test_session_of_another_channel(server, channel):
    other = Channel(server)
    member = channel.join(session=other.author.session)
    assert member.session != other.author.session
    other.check()


def test_session_that_is_in_use(channel):
    first = channel.join("name=ann")
    second = channel.join(session=first.session)
    assert second.member == first.member
    with pytest.raises(ConnectionClosed) as closed:
        while True:
            first.next()
    assert closed.value.rcvd.code == 4000
    # Nobody came and nobody left.
    channel.author.say("now")
    told = [content["type"] for content in channel.witness.until("message", text="now")[1]]
    assert told.count("joined") == 2 and "left" not in told
    second.send({"type": "message", "text": "goes on"})
    channel.author.get("message", text="goes on")


def test_session_beyond_its_grace(channel):
    first = channel.join("name=ann")
    first.vanish()
    channel.author.get("left", member=first.member)
    second = channel.join(session=first.session)
    assert second.session == first.session
    assert second.member["id"] == first.member["id"]
    assert channel.author.get("joined")["member"] == second.member


# MARK: Keys

BAD_KEYS = {
    "empty": '""',
    "65-bytes": f'"{"k" * 65}"',
    "66-bytes-of-33-characters": f'"{"é" * 33}"',
    "number": "17",
    "array": '["k"]',
    "object": '{"k":1}',
    "boolean": "true",
}


@pytest.mark.parametrize("key", BAD_KEYS.values(), ids=BAD_KEYS)
def test_bad_key(channel, key):
    member = channel.join()
    member.send(f'{{"type":"message","text":"never","key":{key}}}')
    error = member.get("error")
    assert error["code"] == "bad-field" and "key" not in error
    assert texts_before(channel, channel.witness) == channel.texts


@pytest.mark.parametrize("key", ["k", "k" * 64, "é" * 32, "\u0000", 'a"\\', "👋"])
def test_key_at_its_bounds(channel, key):
    member = channel.join()
    message = {"type": "message", "text": "once", "key": key}
    member.send(message)
    ack = member.get("ack", key=key)
    member.send(message)
    assert member.get("ack") == ack | {"duplicate": True}
    assert texts_before(channel, channel.witness) == [*channel.texts, "once"]


def test_keys_are_compared_byte_by_byte(channel):
    member = channel.join()
    keys = [unicodedata.normalize(form, "é") for form in ("NFC", "NFD")]
    for key in keys:
        member.send({"type": "message", "text": f"{len(key)}", "key": key})
    acks = [member.get("ack", key=key) for key in keys]
    assert len({ack["id"] for ack in acks}) == 2 and not any("duplicate" in ack for ack in acks)
    assert texts_before(channel, channel.witness) == [*channel.texts, "1", "2"]


def test_key_of_another_session(channel):
    for count in range(2):
        member = channel.join()
        member.send({"type": "message", "text": f"{count}", "key": "same"})
        assert "duplicate" not in member.get("ack", key="same")
    assert texts_before(channel, channel.witness) == [*channel.texts, "0", "1"]


# MARK: Fetches

BAD_FETCHES = {
    "both": ('"after":"{epoch}.1","before":"{epoch}.3"', "bad-field"),
    "neither": ('"limit":5', "bad-field"),
    "position-a-number": ('"after":1', "bad-field"),
    "position-null": ('"after":null', "bad-field"),
    "position-an-array": ('"before":["{epoch}.1"]', "bad-field"),
    "limit-0": ('"after":"{epoch}.1","limit":0', "bad-field"),
    "limit-101": ('"after":"{epoch}.1","limit":101', "bad-field"),
    "limit-negative": ('"after":"{epoch}.1","limit":-1', "bad-field"),
    "limit-a-string": ('"after":"{epoch}.1","limit":"5"', "bad-field"),
    "limit-a-fraction": ('"after":"{epoch}.1","limit":1.5', "bad-field"),
    "limit-huge": ('"after":"{epoch}.1","limit":99999999999999999999999', "bad-field"),
    "limit-infinite": ('"after":"{epoch}.1","limit":1e400', "bad-field"),
    "limit-a-boolean": ('"after":"{epoch}.1","limit":true', "bad-field"),
    "after-another-epoch": ('"after":"zzz.1"', "bad-position"),
    "before-another-epoch": ('"before":"zzz.1"', "bad-position"),
    "after-the-future": ('"after":"{epoch}.1000"', "bad-position"),
    "before-the-future": ('"before":"{epoch}.1000"', "bad-position"),
    "after-64-bits": ('"after":"{epoch}.18446744073709551615"', "bad-position"),
    "malformed": ('"after":"yesterday"', "bad-position"),
    "empty": ('"before":""', "bad-position"),
    "leading-zero": ('"after":"{epoch}.01"', "bad-position"),
    "over-64-bits": ('"after":"{epoch}.18446744073709551616"', "bad-position"),
}


@pytest.mark.parametrize("fields, code", BAD_FETCHES.values(), ids=BAD_FETCHES)
def test_bad_fetch(channel, fields, code):
    member = channel.join()
    member.send('{"type":"fetch",' + fields.replace("{epoch}", channel.epoch) + "}")
    assert member.next()["code"] == code
    # The next question is answered.
    member.send({"type": "fetch", "after": channel.position(0)})
    assert [message["text"] for message in member.next()["messages"]] == channel.texts


@pytest.mark.parametrize(
    "fields, numbers, more",
    [
        ({"after": 0, "limit": 2}, [1, 2], True),
        ({"after": KEPT - 1}, [KEPT], False),
        ({"after": KEPT}, [], False),
        ({"before": 3, "limit": 100}, [1, 2], False),
        ({"before": KEPT, "limit": 1}, [KEPT - 1], True),
        ({"before": 1}, [], False),
        ({"before": 0}, [], False),
    ],
)
def test_fetch_at_its_bounds(channel, fields, numbers, more):
    member = channel.join()
    fields = {name: channel.position(value) if name != "limit" else value for name, value in fields.items()}
    member.send({"type": "fetch"} | fields)
    page = member.next()
    assert [message["id"] for message in page["messages"]] == [channel.position(number) for number in numbers]
    assert page["more"] is more and page["position"] == channel.ids[-1] and "missing" not in page
    assert {name: page.get(name) for name in fields if name != "limit"} == {
        name: value for name, value in fields.items() if name != "limit"
    }


# MARK: Objects

BAD_OBJECTS = {
    "empty": ("", "bad-object"),
    "word": ("hello", "bad-object"),
    "array": ('[{"type":"message","text":"never"}]', "bad-object"),
    "string": ('"message"', "bad-object"),
    "number": ("1", "bad-object"),
    "null": ("null", "bad-object"),
    "without-type": ("{}", "bad-object"),
    "type-a-number": ('{"type":1,"text":"never"}', "bad-object"),
    "type-null": ('{"type":null,"text":"never"}', "bad-object"),
    "single-quotes": ("{'type':'message','text':'never'}", "bad-object"),
    "unfinished": ('{"type":"message","text":"never"', "bad-object"),
    "two-objects": ('{"type":"message","text":"never"}{"type":"message","text":"never"}', "bad-object"),
    "quotes-of-another-kind": ("{\"type\":\"message\",\"text\":“never”}", "bad-object"),
    "not-a-number": ('{"type":"message","text":"never","x":NaN}', "bad-object"),
    "comment": ('{"type":"message","text":"never"}//', "bad-object"),
    "lone-surrogate": ('{"type":"message","text":"never \\ud800"}', "bad-field"),
    "raw-control-character": ('{"type":"message","text":"never \n"}', "bad-field"),
    "bad-escape": ('{"type":"message","text":"never \\x"}', "bad-field"),
    "deep": ("[" * 100_000, "bad-object"),
    "deep-in-a-field": ('{"type":"message","text":"never","x":' + "[" * 50_000 + "]" * 50_000 + "}", "bad-object"),
    "unknown-type": ('{"type":"shout","text":"never"}', "unknown-type"),
    "type-in-capitals": ('{"type":"Message","text":"never"}', "unknown-type"),
    "type-of-the-server": ('{"type":"welcome"}', "unknown-type"),
    "empty-type": ('{"type":"","text":"never"}', "unknown-type"),
    "without-text": ('{"type":"message"}', "bad-field"),
    "text-a-number": ('{"type":"message","text":1}', "bad-field"),
    "text-null": ('{"type":"message","text":null}', "bad-field"),
    "text-an-array": ('{"type":"message","text":["never"]}', "bad-field"),
    "text-a-huge-number": ('{"type":"message","text":1e999999}', "bad-field"),
    "name-missing": ('{"type":"name"}', "bad-field"),
    "name-a-number": ('{"type":"name","name":3}', "bad-field"),
    "name-with-a-colon": ('{"type":"name","name":"a: b"}', "bad-name"),
    "name-of-the-server": ('{"type":"name","name":"client 7"}', "bad-name"),
    "name-of-33-characters": (f'{{"type":"name","name":"{"n" * 33}"}}', "bad-name"),
    "name-with-a-line-feed": ('{"type":"name","name":"a\\nb"}', "bad-name"),
}


@pytest.mark.parametrize("text, code", BAD_OBJECTS.values(), ids=BAD_OBJECTS)
def test_bad_object(channel, text, code):
    member = channel.join()
    member.send(text)
    assert member.next()["code"] == code
    assert member.say("goes on")["receivers"] == 2
    assert texts_before(channel, channel.witness) == [*channel.texts, "goes on"]


def test_error_names_the_key(channel):
    member = channel.join()
    member.send({"type": "message", "text": 5, "key": "mine"})
    error = member.get("error")
    assert (error["code"], error["key"]) == ("bad-field", "mine")
    # It was not taken, so that it may come again.
    member.send({"type": "message", "text": "right", "key": "mine"})
    assert "duplicate" not in member.get("ack", key="mine")


@pytest.mark.parametrize(
    "text, said",
    [
        ('{"type":"message","text":"first","text":"second"}', {"first", "second"}),
        ('{"type":"message","text":"unknown field","more":{"a":[1e5,null,-0.5]}}', {"unknown field"}),
        ('{"type":"message","text":"key null","key":null}', {"key null"}),
        (' \t\n{ "text" : "white space" , "type" : "message" }\r\n', {"white space"}),
        ('{"t\\u0079pe":"m\\u0065ssage","text":"\\u0065scaped \\ud83d\\udc4b"}', {"escaped 👋"}),
        ('{"type":"message","text":"nul \\u0000"}', {"nul \u0000"}),
        ('{"type":"message","text":""}', {""}),
        # RFC 8259 section 9 lets a parser take more than it must.
        ('{"type":"message","text":"comma at the end",}', {"comma at the end"}),
        ('\ufeff{"type":"message","text":"byte order mark"}', {"byte order mark"}),
    ],
    ids=["twice", "unknown-field", "key-null", "white-space", "escapes", "nul", "empty", "comma-at-end", "bom"],
)
def test_odd_object_that_is_taken(channel, text, said):
    member = channel.join()
    member.send(text)
    member.say("now")
    heard = channel.witness.texts_until("now")
    assert heard[:KEPT] == channel.texts and len(heard) == KEPT + 1 and heard[KEPT] in said


@pytest.mark.parametrize("payload", [b"\xff", b'{"type":"message","text":"\xc3"}', b"\xed\xa0\x80"])
def test_text_that_is_not_utf8(channel, payload):
    member = channel.join()
    with member.connection.send_context():
        member.connection.protocol.send_text(payload)
    with pytest.raises(ConnectionClosed) as closed:
        member.get("message", text="never")
    assert closed.value.rcvd.code == 1007


def test_object_in_a_binary_message(channel):
    member = channel.join()
    payload = b'{"type":"message","text":"binary"}'
    member.send(payload)
    member.say("now")
    _, before = channel.witness.until("message", text="now")
    assert [content for content in before if isinstance(content, bytes)] == [payload]


def test_message_over_the_limit(channel):
    member = channel.join()
    with pytest.raises(ConnectionClosed) as closed:
        member.send({"type": "message", "text": "x" * (1 << 20), "key": "large"})
        member.get("ack")
    assert closed.value.rcvd.code == 1009
