"""What is wrong with tokens, names and headers has its answer, disturbs nobody else, and is told to nobody."""

import hashlib
import hmac
import json
import time

import pytest
from conftest import BUILD
from support.chat import chatting
from support.program import Program, Server
from support.tokens import bearer, encode, make_key, make_token
from test_rights import ask, authorization, refusal
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

SECRET = make_key("HS256")
OTHER = make_key("HS256")
# What must not be in any output: what is secret of a token, and the secret itself.
SECRETS = [SECRET.raw_value.decode(), OTHER.raw_value.decode()]
NOW = int(time.time())


def signed(header, claims, key=SECRET):
    """A token of whatever parts, bytes or objects, with a signature that is right."""
    parts = [part if isinstance(part, bytes) else json.dumps(part).encode() for part in (header, claims)]
    content = b".".join(encode(part) for part in parts)
    return (content + b"." + encode(hmac.digest(key.raw_value, content, hashlib.sha256))).decode()


def part(content):
    return encode(json.dumps(content).encode()).decode()


def claims(**changes):
    given = {"sub": "ann", "exp": NOW + 3600, "channels": {"*": ["subscribe", "publish"]}} | changes
    return {name: value for name, value in given.items() if value is not None}


HEADER = {"alg": "HS256"}
GOOD = signed(HEADER, claims())
HEAD, BODY, SIGNATURE = GOOD.split(".")
WRONG_CLAIMS = {
    "exp": [0, -1, "later", None, True, [], 1e400, NOW - 3600, "1e3", {}],
    "nbf": [NOW + 3600, "now", [], True],
    "iat": [],
    "sub": ["", 1, [], "a" * 256, "a\nb", "\u0000", "\u202e"],
    "jti": ["", 1, [], "a" * 256],
    "iss": ["", 1, []],
    "aud": ["someone", ["someone"], 1, {}],
    "name": ["Client 7", "ann (2)", "a:b", "", "a" * 33, 5, "you", "\u0000"],
    "channels": [1, "team", ["a b"], [1], {"team": "publish"}, {"team": []}, {"team": ["all"]}, {"t*": ["publish"]},
                 {"": ["publish"]}, [f"c{n}" for n in range(101)], {"*.x": ["publish"]}, {"team": ["publish", 1]}, None],
}
TOKENS = {
    "empty signature": f"{HEAD}.{BODY}.",
    "no signature": f"{HEAD}.{BODY}",
    "four parts": f"{GOOD}.x",
    "one part": HEAD,
    "dots": "..",
    "padding": f"{HEAD}.{BODY}.{SIGNATURE}=",
    "another alphabet": f"{HEAD}.{BODY}.{SIGNATURE[:-2]}+/",
    "another signature": f"{HEAD}.{BODY}.{encode(bytes(32)).decode()}",
    "half a signature": f"{HEAD}.{BODY}.{SIGNATURE[:20]}",
    "another key": signed(HEADER, claims(), OTHER),
    "claims that were changed": f"{HEAD}.{part(claims(sub='root'))}.{SIGNATURE}",
    "no algorithm": f"{part({'alg': 'none'})}.{BODY}.",
    "None": f"{part({'alg': 'None'})}.{BODY}.{SIGNATURE}",
    "header is no object": signed(b"[]", claims()),
    "header is nothing": signed(b"", claims()),
    "header without an algorithm": signed({"typ": "JWT"}, claims()),
    "header twice": signed(b'{"alg":"HS256","alg":"HS256"}', claims()),
    "critical": signed(HEADER | {"crit": ["exp"]}, claims()),
    "unknown key": signed(HEADER | {"kid": 5}, claims()),
    "algorithm is a number": signed({"alg": 256}, claims()),
    "HS512": signed({"alg": "HS512"}, claims()),
    "RS256": signed({"alg": "RS256"}, claims()),
    "ES256": signed({"alg": "ES256"}, claims()),
    "claims are no object": signed(HEADER, b"[]"),
    "claims are nothing": signed(HEADER, b""),
    "claims are no UTF-8": signed(HEADER, b'{"sub":"\xff"}'),
    "claims twice": signed(HEADER, b'{"exp":9999999999,"exp":9999999999}'),
    "deep claims": signed(HEADER, b"[" * 2000 + b"]" * 2000),
    "no token": "x",
} | {
    f"{name} {'a time' if value in (NOW - 3600, NOW + 3600) else json.dumps(value)[:24]}": signed(HEADER, claims(**{name: value}))
    for name, values in WRONG_CLAIMS.items()
    for value in values
}
HEADERS = {
    "Basic": ("Basic YTpi", 401), "no scheme": (GOOD, 401), "no token": ("Bearer", 401), "empty": ("", 401),
    "two tokens": (f"Bearer {GOOD} {GOOD}", 401), "a comma": (f"Bearer {GOOD},x", 401),
    "quoted": (f'Bearer "{GOOD}"', 401), "another scheme": (f"Token {GOOD}", 401), "spaces": ("Bearer    ", 401),
    "bytes": ("Bearer \xff\xfe", 401), "a tab": (f"Bearer\t{GOOD}", 401), "longest": ("Bearer " + "a" * 7000, 401),
}
SUBPROTOCOLS = ["broadcast.bearer.", "broadcast.bearer.***", "broadcast.bearer.A", "broadcast.bearer.AB.CD",
                "broadcast.bearer._____w", bearer("a b"), bearer("\u00e9")]
HOSTS = ["evil.example", "", " ", "localhost@evil", "localhost/..", "a" * 300, "[::1", "localhost:x", "localhost:99999",
         "127.1", "0x7f000001", "localhost.", "\xe9", "local_host", "127.0.0.1:", "[::ffff:127.0.0.1]"]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """One for all cases, with two witnesses who talk all the while."""
    directory = tmp_path_factory.mktemp("access")
    (directory / "secret").write_bytes(SECRET.raw_value)
    flags = ["--token-secret", "secret", "--token-cookie", "chat", "--log-level", "trace", "--anonymous", "open"]
    command = [BUILD / "broadcast-server", "start", "--no-log-file", "--port", "0", *flags]
    server = Server(Program(command, directory), "ws")
    yield server
    server.stop()
    output = server.program.output
    for secret in SECRETS + [token.rsplit(".", 1)[-1] for token in TOKENS.values() if len(token.rsplit(".", 1)[-1]) > 30]:
        assert secret not in output


@pytest.fixture(scope="module")
def witnesses(server):
    with chatting(f"{server.url}/open") as one, chatting(f"{server.url}/open") as other:
        yield one, other


@pytest.fixture(autouse=True)
def goes_on(witnesses):
    yield
    one, other = witnesses
    one.say("still here")
    other.get("message", text="still here")
    other.say("so am I")
    one.get("message", text="so am I")


@pytest.mark.parametrize("case", TOKENS)
def test_a_bad_token_has_its_answer(server, case):
    token = TOKENS[case]
    allowed = case == "channels null"
    for headers, path in [(authorization(token), "/team"), ({"Cookie": f"chat={token}"}, "/team"), ({}, f"/team?token={token}")]:
        status, fields, content = ask(server, "POST", path, "never", **headers)
        problem = json.loads(content)
        assert status == (403 if allowed else 401), case
        assert problem["code"] in ({"forbidden"} if allowed else {"bad-token", "token-expired"})
        assert fields["WWW-Authenticate"].isascii() and token not in content + str(fields)
    kind, code, close = refusal(f"{server.url}/team", bearer(token))
    assert (kind, close) == ("error", 4003 if allowed else 4401)


@pytest.mark.parametrize("case", HEADERS)
def test_a_bad_header_has_its_answer(server, case):
    value, expected = HEADERS[case]
    status, _, content = ask(server, "POST", "/team", "never", Authorization=value)
    assert (status, GOOD in content) == (expected, False)


@pytest.mark.parametrize("offer", SUBPROTOCOLS)
def test_a_bad_subprotocol_has_its_answer(server, offer):
    assert refusal(f"{server.url}/team", offer)[::2] == ("error", 4401)


@pytest.mark.parametrize("host", HOSTS)
def test_a_bad_host_has_its_answer(server, host):
    status, _, content = ask(server, "POST", "/open", "never", Host=host)
    assert status in (400, 421), content


@pytest.mark.parametrize("token", ["x", "", "a b", 5, None, [], "x" * 9000, TOKENS["another key"], TOKENS["exp 0"]])
def test_a_bad_token_within_a_connection_changes_nothing(server, token):
    with chatting(f"{server.url}/team", bearer(GOOD)) as member:
        member.send({"type": "token", "token": token})
        assert member.get("error")["code"] in ("bad-token", "bad-field", "token-expired")
        member.say("goes on")


def test_a_token_that_is_too_long_does_not_even_get_in(server):
    token = signed(HEADER, claims(x="x" * 8192))
    assert ask(server, "POST", "/team", "never", **authorization(token))[0] == 431
    assert ask(server, "POST", f"/team?token={token}", "never")[0] == 414
    with pytest.raises(InvalidStatus) as refused:
        connect(f"{server.url}/team", subprotocols=["broadcast.v1.json", bearer(token)])
    assert refused.value.response.status_code == 431


def test_there_are_enough():
    assert len(TOKENS) + len(HEADERS) + len(SUBPROTOCOLS) + len(HOSTS) >= 100


def test_the_good_one_is_good(server):
    assert make_token(SECRET, "HS256")
    assert ask(server, "POST", "/team", "hello", **authorization(GOOD))[0] == 200
