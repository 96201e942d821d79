"""Who may do what (docs/rights.md): where tokens come from, what they let somebody do, and how that ends."""

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import time

import pytest
from conftest import BUILD
from support.chat import SUBPROTOCOL, chatting
from support.deadline import PATIENCE, Deadline
from support.listener import Listener
from support.tokens import bearer, make_key, make_token
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

MEMBER = ["subscribe", "publish", "presence", "history"]
KEY = make_key("HS256")


def token(**claims):
    return make_token(KEY, "HS256", **{"channels": {"team": MEMBER}} | claims)


@pytest.fixture
def start(start_server, tmp_path):
    """Starts a server that accepts tokens signed with a secret."""
    secret = tmp_path / "secret"
    secret.write_bytes(KEY.raw_value)

    def start(*flags):
        return start_server("--token-secret", secret, "--token-leeway", "0", *flags)

    return start


def ask(server, method, path, body=None, **fields):
    """A request; gives the status, the fields and the body of the answer."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
    with contextlib.closing(connection):
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in fields.items()})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode()


def authorization(token):
    return {"Authorization": f"Bearer {token}"}


def refusal(url, *offers, headers=None):
    """What is told to a client of objects that may not stay, and the code that its connection is closed with."""
    with connect(url, subprotocols=[SUBPROTOCOL, *offers], additional_headers=headers) as connection:
        told = json.loads(connection.recv(timeout=PATIENCE))
        with pytest.raises(ConnectionClosed) as closed:
            connection.recv(timeout=PATIENCE)
    return told["type"], told.get("code"), closed.value.rcvd.code


def end_of(chatter):
    """What is told behind all that comes, and the code that the connection is closed with."""
    last = None
    with pytest.raises(ConnectionClosed) as closed:
        while True:
            last = chatter.next()
    return last, closed.value.rcvd.code


# Where a token comes from


@pytest.mark.parametrize("place", ["authorization", "subprotocol", "cookie", "query"])
def test_a_token_is_taken_from_each_place_and_goes_nowhere(start, place):
    server = start("--token-cookie", "chat", "--log-level", "trace")
    secret = token()
    offers, headers, query = [SUBPROTOCOL], {}, ""
    match place:
        case "authorization":
            headers = authorization(secret)
        case "subprotocol":
            offers.append(bearer(secret))
        case "cookie":
            headers = {"Cookie": f"a=b; chat={secret}; c=d"}
        case "query":
            query = f"?token={secret}"
    url = f"{server.url}/team{query}"
    with connect(url, subprotocols=offers, additional_headers=headers) as connection:
        assert connection.subprotocol == SUBPROTOCOL
        assert json.loads(connection.recv(timeout=PATIENCE))["type"] == "welcome"
        assert secret not in str(connection.response.headers)
    if place != "subprotocol":
        for method, body in (("GET", None), ("POST", "hello")):
            fields = {"Accept": "application/json", **headers} if body is None else headers
            assert ask(server, method, f"/team{query}", body, **fields)[0] == 200
        listener = Listener(server, f"/team{query}", fields=[f"{name}: {value}" for name, value in headers.items()])
        assert listener.head[0].endswith("200 OK")
    with pytest.raises(InvalidStatus):
        connect(f"{server.url}/a/b{query}", subprotocols=offers, additional_headers=headers)
    server.stop()
    for part in (secret, secret.split(".")[2], bearer(secret)):
        assert part not in server.program.output


def test_the_first_place_that_has_a_token_counts(start):
    server = start("--token-cookie", "chat")
    good, bad = token(), "x.y.z"
    url = f"{server.url}/team"
    with chatting(url, bearer(good)):
        pass
    assert refusal(f"{url}?token={good}", bearer(bad)) == ("error", "bad-token", 4401)
    assert refusal(url, bearer(good), headers=authorization(bad)) == ("error", "bad-token", 4401)
    assert refusal(url, headers={"Authorization": "Basic YTpi"}) == ("error", "bad-token", 4401)
    assert refusal(url, "broadcast.bearer.***") == ("error", "bad-token", 4401)


def test_a_server_without_tokens_does_not_look_at_them(start_server):
    server = start_server()
    for shown in [{"Authorization": "Basic YTpi"}, {"Authorization": f"Bearer {token()}"}]:
        assert ask(server, "POST", "/team", "hello", **shown)[0] == 200
        with connect(f"{server.url}/team?token=x", additional_headers=shown):
            pass


def test_who_has_no_token_is_told_so_in_each_language(start):
    server = start()
    assert refusal(f"{server.url}/team") == ("error", "no-token", 4401)
    with pytest.raises(InvalidStatus) as refused:
        connect(f"{server.url}/team")
    assert refused.value.response.status_code == 401
    assert refused.value.response.headers["WWW-Authenticate"] == 'Bearer realm="broadcast-server"'
    for method, accept, body in [
        ("GET", "application/json", None),
        ("GET", "application/x-ndjson", None),
        ("GET", "text/event-stream", None),
        ("POST", "*/*", "hello"),
    ]:
        status, fields, content = ask(server, method, "/team", body, Accept=accept)
        assert status == 401, accept
        assert fields["WWW-Authenticate"] == 'Bearer realm="broadcast-server"'
        assert fields["Content-Type"] == "application/problem+json"
        assert json.loads(content)["code"] == "no-token"
    # One that comes back by itself is not to do so for ever.
    assert ask(server, "GET", "/team", Accept="text/event-stream", Last_Event_ID="a.1")[0] == 204
    assert ask(server, "GET", "/-/admission?channel=team")[0] == 401
    # The page itself is there, to ask for a token; and so is what tells that the server lives.
    assert ask(server, "GET", "/team", Accept="text/html")[0] == 200
    assert ask(server, "GET", "/healthz")[0] == 200


def test_a_bad_token_is_told_from_none(start):
    server = start()
    expired = token(exp=int(time.time()) - 5)
    status, fields, content = ask(server, "POST", "/team", "hello", **authorization(expired))
    assert (status, json.loads(content)["code"]) == (401, "token-expired")
    assert 'error="invalid_token"' in fields["WWW-Authenticate"]
    status, fields, content = ask(server, "POST", "/other", "hello", **authorization(token()))
    assert (status, json.loads(content)["code"]) == (403, "forbidden")
    assert 'error="insufficient_scope"' in fields["WWW-Authenticate"]
    assert refusal(f"{server.url}/other", bearer(token())) == ("error", "forbidden", 4003)


def test_each_refusal_is_in_the_log_once(start):
    server = start()
    refusal(f"{server.url}/team")
    ask(server, "POST", "/team", "hello")
    server.wait_for(r"Refused a request of 127\.0\.0\.1.* to publish in /team: A token is needed")
    assert len(re.findall("Refused a handshake", server.program.output)) == 1
    for _ in range(200):
        ask(server, "POST", "/team", "hello")
    server.stop()
    assert len(re.findall("Refused", server.program.output)) < 120


# What it lets somebody do


@pytest.mark.parametrize("right", MEMBER)
def test_without_one_right_all_else_goes_on(start, right):
    server = start()
    granted = [other for other in MEMBER if other != right]
    some, all_rights = token(sub="some", channels={"team": granted}), token(sub="all")
    url = f"{server.url}/team"
    with chatting(url, bearer(all_rights)) as witness:
        first = witness.say("first")["id"]
        status = ask(server, "POST", "/team", "hello", **authorization(some))[0]
        assert status == (403 if right == "publish" else 200)
        status = ask(server, "GET", "/team", Accept="application/json", **authorization(some))[0]
        assert status == (403 if right == "history" else 200)
        if right == "subscribe":
            assert refusal(url, bearer(some)) == ("error", "forbidden", 4003)
            return
        with chatting(f"{url}?after={first}", bearer(some)) as member:
            assert member.welcome["rights"] == granted
            assert ("members" in member.welcome) == (right != "presence")
            if right == "history":
                assert member.get("gap")["reason"] == "forbidden"
                assert not member.welcome["recovered"]
                member.send({"type": "fetch", "after": first})
                assert member.get("error")["code"] == "forbidden"
            if right == "publish":
                member.send({"type": "message", "text": "no", "key": "k"})
                refused = member.get("error")
                assert (refused["code"], refused["key"]) == ("forbidden", "k")
                member.send(b"no")
                assert member.get("error")["code"] == "forbidden"
            with chatting(f"{url}?name=bob", bearer(all_rights)):
                witness.get("joined")
            witness.get("left")
            witness.say("last")
            before = [content["type"] for content in member.until("message", text="last")[1]]
            assert ("joined" in before) == (right != "presence")
        assert not [text for text in witness.welcome if "no" == text]


def test_a_client_of_plain_text_that_may_not_speak_is_told_by_a_close(start):
    server = start("--anonymous", "news=subscribe")
    with connect(f"{server.url}/news") as client:
        client.send("hello")
        with pytest.raises(ConnectionClosed) as closed:
            client.recv(timeout=PATIENCE)
        assert closed.value.rcvd.code == 4003
        assert "publish" in closed.value.rcvd.reason
    with pytest.raises(InvalidStatus) as refused:
        connect(f"{server.url}/news?last=5")
    assert refused.value.response.status_code == 401


# How it ends


def test_a_token_that_expires_is_told_of_and_then_ends_the_connection(start):
    server = start()
    expiry = int(time.time()) + 3
    with chatting(f"{server.url}/team", bearer(token(exp=expiry))) as member:
        assert member.welcome["expires"] == expiry * 1000
        assert member.get("expiring") == {"type": "expiring", "at": expiry * 1000}
        listener = Listener(server, fields=[f"Authorization: Bearer {token(exp=expiry)}"])
        with connect(f"{server.url}/team", additional_headers=authorization(token(exp=expiry))) as plain:
            last, code = end_of(member)
            assert (last["type"], last["code"], code) == ("error", "token-expired", 4401)
            with pytest.raises(ConnectionClosed) as closed:
                plain.recv(timeout=PATIENCE)
            assert closed.value.rcvd.code == 4401
        while listener.stream.readline():
            pass
    assert time.time() >= expiry


def test_a_token_is_renewed_in_place(start):
    server = start()
    expiry = int(time.time()) + 3
    with (
        chatting(f"{server.url}/team", bearer(token(exp=expiry))) as member,
        chatting(f"{server.url}/team", bearer(token(sub="bob"))) as other,
    ):
        member.send({"type": "token", "token": token(sub="bob")})
        assert member.get("error")["code"] == "bad-token"
        member.send({"type": "token", "token": "x"})
        assert member.get("error")["code"] == "bad-token"
        new = expiry + 600
        member.send({"type": "token", "token": token(exp=new, channels={"team": ["subscribe", "presence"]})})
        assert member.get("rights") == {"type": "rights", "rights": ["subscribe", "presence"], "expires": new * 1000}
        member.send({"type": "message", "text": "no", "key": "k"})
        assert member.get("error")["code"] == "forbidden"
        deadline = Deadline()
        while time.time() < expiry + 1:
            assert deadline.remaining
            time.sleep(0.1)
        other.say("still there")
        member.get("message", text="still there")


@pytest.fixture
def admin(tmp_path):
    """Has something revoked by the socket of who runs the server."""
    path = tmp_path / "admin"

    def revoke(body):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(PATIENCE)
            connection.connect(str(path))
            content = body if isinstance(body, str) else json.dumps(body)
            head = f"POST /revoke HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {len(content)}"
            connection.sendall(f"{head}\r\n\r\n{content}".encode())
            answer = b""
            while part := connection.recv(4096):
                answer += part
            return answer.decode()

    revoke.path = path
    return revoke


@pytest.mark.parametrize("what", ["sub", "jti"])
def test_who_is_revoked_goes_at_once_and_does_not_come_back(start, tmp_path, admin, what):
    revoked = tmp_path / "revoked"
    revoked.write_text("# nobody yet\n")
    flags = ["--revoked", revoked, "--admin-socket", admin.path]
    server = start(*flags)
    mine = token(sub="ann", jti="t1")
    assert oct(os.stat(admin.path).st_mode & 0o777) == "0o600"
    with (
        chatting(f"{server.url}/team", bearer(mine)) as member,
        chatting(f"{server.url}/team", bearer(token(sub="bob", jti="t2"))) as other,
    ):
        assert "200 OK" in admin({what: {"sub": "ann", "jti": "t1"}[what]})
        last, code = end_of(member)
        assert (last["type"], code) == ("error", 4003)
        other.say("still there")
        assert refusal(f"{server.url}/team", bearer(mine)) == ("error", "bad-token", 4003)
    assert "sub ann" in revoked.read_text() or "jti t1" in revoked.read_text()
    server.stop()
    server = start(*flags)
    assert refusal(f"{server.url}/team", bearer(mine)) == ("error", "bad-token", 4003)


@pytest.mark.parametrize(
    "body", ["", "x", "{}", "[]", '{"sub":1}', '{"sub":""}', '{"sub":"a","jti":"b"}', '{"sub":"a\\nb"}', '{"sub":" a"}']
)
def test_what_nobody_can_have_meant_is_not_revoked(start, admin, body):
    start("--admin-socket", admin.path)
    assert admin(body).startswith("HTTP/1.1 400 ")


@pytest.mark.parametrize("change", ["another secret", "another issuer", "an algorithm less", "what goes without a claim"])
def test_keys_and_rules_that_are_read_anew_hold_for_those_who_are_here(start_server, tmp_path, change):
    secret, file = tmp_path / "secret", tmp_path / "config.yaml"
    secret.write_bytes(KEY.raw_value)
    rules = {"token-secret": str(secret), "token-allow": ["team"], "token-issuer": ["me"]}
    file.write_text(json.dumps(rules))
    server = start_server("--config", file)
    mine = token(iss="me", channels=None if change == "what goes without a claim" else {"team": MEMBER})
    listener = Listener(server, fields=[f"Authorization: Bearer {mine}"])
    with chatting(f"{server.url}/team", bearer(mine)) as member:
        match change:
            case "another secret":
                secret.write_text("x" * 64)
            case "another issuer":
                rules["token-issuer"] = ["you"]
            case "an algorithm less":
                rules["token-algorithm"] = ["RS256"]
            case "what goes without a claim":
                rules["token-allow"] = ["other"]
        file.write_text(json.dumps(rules))
        server.program.signal(signal.SIGHUP)
        last, code = end_of(member)
        assert last["type"] == "error"
        assert code == (4003 if change == "what goes without a claim" else 4401)
    while listener.stream.readline():
        pass


def test_who_is_revoked_has_no_place_to_come_back_to(start, admin):
    server = start("--admin-socket", admin.path)
    with chatting(f"{server.url}/team", bearer(token(sub="bob"))) as witness:
        with chatting(f"{server.url}/team", bearer(token(sub="ann", name="Ann"))) as member:
            witness.get("joined")
            admin({"sub": "ann"})
            assert end_of(member)[1] == 4003
        assert witness.get("left")["member"]["name"] == "Ann"


# Names and sessions


def test_a_name_that_a_token_gives_is_nobody_elses(start):
    server = start("--anonymous", "*")
    url = f"{server.url}/team"
    mine = token(sub="1", name="Ann")
    with chatting(f"{url}?name=ann") as other, chatting(f"{url}?name=bob") as witness:
        assert other.member["name"] == "ann"
        with chatting(url, bearer(mine)) as member:
            assert member.member["name"] == "Ann"
            assert witness.get("renamed")["member"]["name"] == "ann (2)"
            # Else what it says would begin with the name that it had.
            assert end_of(other)[1] == 4200
            with chatting(f"{url}?name=ann", session=other.session) as again:
                assert again.member["name"] == "ann (2)"
                assert again.get("error")["code"] == "name-taken"
            member.send({"type": "name", "name": "eve"})
            assert member.get("error")["code"] == "forbidden"
        # Also while its bearer is away.
        with chatting(f"{url}?name=ANN") as late:
            assert late.get("error")["code"] == "name-taken"
            assert late.member["name"].startswith("Client ")
            late.send({"type": "name", "name": "ann"})
            assert late.get("error")["code"] == "name-taken"
        status, _, content = ask(server, "POST", "/team?name=ann", "hello")
        assert (status, json.loads(content)["code"]) == (403, "name-taken")
        assert ask(server, "POST", "/team", "hello", **authorization(mine))[0] == 200
        assert witness.get("message", text="hello")["from"]["name"] == "Ann"
        status, _, content = ask(server, "POST", "/team?name=eve", "hello", **authorization(mine))
        assert (status, json.loads(content)["code"]) == (403, "forbidden")


def test_a_name_changes_with_the_token_and_without_presence_its_bearer_is_told(start):
    server = start()
    rights = ["subscribe", "publish"]
    with chatting(f"{server.url}/team", bearer(token(name="Ann", channels={"team": rights}))) as member:
        member.send({"type": "token", "token": token(name="Anna", channels={"team": rights})})
        assert member.get("renamed")["member"]["name"] == "Anna"


def test_a_session_takes_the_name_of_the_token_it_comes_back_with(start):
    server = start()
    url = f"{server.url}/team"
    with chatting(url, bearer(token(sub="1", name="Ann"))) as member:
        member.vanish()
    with chatting(url, bearer(token(sub="1", name="Bob")), session=member.session) as again:
        assert again.member["id"] == member.member["id"]
        assert again.get("renamed")["member"]["name"] == "Bob"


def test_a_name_stays_its_bearers_when_the_configuration_is_read_anew(start):
    server = start("--anonymous", "*")
    with chatting(f"{server.url}/team", bearer(token(sub="1", name="Ann"))):
        server.program.signal(signal.SIGHUP)
        server.wait_for("was read anew")
        status, _, content = ask(server, "POST", "/team?name=ann", "hello")
        assert (status, json.loads(content)["code"]) == (403, "name-taken")


def test_a_session_is_its_subjects_alone(start):
    server = start("--anonymous", "*")
    url = f"{server.url}/team"
    with chatting(url, bearer(token(sub="1"))) as member:
        member.vanish()
    for offers in [(), (bearer(token(sub="2")),)]:
        with chatting(url, *offers, session=member.session) as other:
            assert other.session != member.session
            assert other.member["id"] != member.member["id"]
    with chatting(url, bearer(token(sub="1")), session=member.session) as again:
        assert again.member["id"] == member.member["id"]


def test_a_key_of_one_subject_is_not_that_of_another(start):
    server = start()
    key = {"Idempotency-Key": '"k"'}
    for subject, body, status, is_duplicate in [("1", "a", 200, False), ("2", "b", 200, False), ("1", "a", 200, True)]:
        answer = ask(server, "POST", "/team", body, **authorization(token(sub=subject)), **key)
        assert (answer[0], json.loads(answer[2])["duplicate"]) == (status, is_duplicate)
    status, _, content = ask(server, "POST", "/team", "c", **authorization(token(sub="1")), **key)
    assert status == 422
    assert "The key k came before" in content


# By which names the server is reached


@pytest.mark.parametrize("host", ["localhost", "localhost:1", "127.0.0.1", "[::1]:8088", "LOCALHOST"])
def test_a_server_on_this_machine_answers_to_what_that_is_called(start_server, host):
    server = start_server()
    assert ask(server, "GET", "/team", Host=host)[0] == 200


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "192.0.2.1", "[::2]"])
def test_a_foreign_name_is_refused(start_server, host):
    server = start_server()
    status, _, content = ask(server, "GET", "/team", Accept="application/json", Host=host)
    assert (status, json.loads(content)["code"]) == (421, "foreign-host")
    assert ask(server, "POST", "/team", "never", Host=host)[0] == 421
    assert ask(server, "GET", "/healthz", Host=host)[0] == 200
    with pytest.raises(InvalidStatus) as refused:
        connect(f"ws://{host.replace('[::2]', '[::2]')}/team", sock=socket.create_connection(("127.0.0.1", server.port)))
    assert refused.value.response.status_code == 421


def test_other_names_are_said(start_server):
    server = start_server("--server-name", "chat.example", "--server-name", "*.chat.example")
    for host, status in [("chat.example", 200), ("a.chat.example:80", 200), ("example", 421), ("localhost", 421)]:
        assert ask(server, "GET", "/team", Host=host)[0] == status, host


# What whoever starts it is told


@pytest.mark.parametrize(
    ("flags", "warns"),
    [
        (["--host", "0.0.0.0"], True),
        (["--host", "0.0.0.0", "--anonymous", "*"], False),
        (["--host", "127.0.0.1"], False),
        (["--host", "localhost"], False),
    ],
)
def test_who_opens_the_server_to_all_is_warned(start_program, flags, warns):
    program = start_program("broadcast-server", "start", "--no-log-file", "--port", "0", *flags)
    program.wait_for("Server started")
    assert ("Warning: Everybody" in program.output) == warns


def test_a_file_that_cannot_be_used_ends_the_start(tmp_path):
    tokens = tmp_path / "tokens"
    tokens.write_text("ann nonsense team\n")
    command = [BUILD / "broadcast-server", "start", "--no-log-file", "--port", "0", "--token-file", tokens]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 78
    assert f"{tokens}:1:" in done.stderr
