"""Tokens that joserfc has made, judged by `check-token`: all algorithms, keys in PEM and in sets, and the rules."""

import hmac
import json
import subprocess
import time

import pytest
from conftest import BUILD
from joserfc.jwk import KeySet
from support.tokens import encode, make_key, make_token

PROGRAM = BUILD / "broadcast-server"
# Of the name EdDSA, which RFC 9864 has split in two.
pytestmark = pytest.mark.filterwarnings("ignore:EdDSA is deprecated")


def check(token, *flags):
    """What `check-token` says, and its exit code."""
    command = [PROGRAM, "check-token", "--json", *flags]
    done = subprocess.run(command, input=token, capture_output=True, text=True, timeout=60)
    assert done.stderr == ""
    assert token not in done.stdout
    return json.loads(done.stdout), done.returncode


@pytest.fixture
def write(tmp_path):
    """Writes a file of a name, and says its path."""

    def write(name, content):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


ALGORITHMS = [
    "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512",
    "EdDSA", "Ed25519", "Ed448",
]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_token_of_each_algorithm_is_accepted_with_its_key_alone(write, algorithm):
    key, other = make_key(algorithm), make_key(algorithm)
    token = make_token(key, algorithm)
    if algorithm.startswith("HS"):
        right = ["--token-secret", write("right", key.raw_value)]
        wrong = ["--token-secret", write("wrong", other.raw_value)]
    else:
        right = ["--token-key", write("right", key.as_pem(private=False))]
        wrong = ["--token-key", write("wrong", other.as_pem(private=False))]
    report, code = check(token, *right)
    assert code == 0
    assert report["subject"] == "ann" and report["channels"] == {"team.*": ["publish"]}
    report, code = check(token, *wrong)
    assert (report["code"], code) == ("bad-signature", 1)


def test_a_set_of_keys_of_all_kinds_accepts_what_each_has_signed(write):
    keys = {algorithm: make_key(algorithm, kid=algorithm.lower()) for algorithm in ALGORITHMS}
    public = [key.as_dict(private=key.key_type == "oct") for key in keys.values()]
    file = write("keys", json.dumps({"keys": public}))
    for algorithm, key in keys.items():
        for kid in [algorithm.lower(), None]:
            assert check(make_token(key, algorithm, kid), "--token-key", file)[1] == 0, (algorithm, kid)
    report, _ = check(make_token(keys["ES256"], "ES256", "es384"), "--token-key", file)
    assert report["code"] == "unknown-key"


def test_a_key_is_exchanged_while_tokens_of_the_old_one_hold(write):
    old, new, foreign = (make_key("RS256", kid) for kid in ["2025", "2026", "2026"])
    file = write("keys", json.dumps(KeySet([old, new]).as_dict(private=False)))
    assert check(make_token(old, "RS256", "2025"), "--token-key", file)[1] == 0
    assert check(make_token(new, "RS256", "2026"), "--token-key", file)[1] == 0
    assert check(make_token(foreign, "RS256", "2026"), "--token-key", file)[0]["code"] == "bad-signature"


def test_a_public_key_does_not_serve_as_a_secret(write):
    key = make_key("RS256")
    pem = key.as_pem(private=False)
    file = write("key", pem)
    # What an attacker does who knows the public key; joserfc would not.
    parts = [json.dumps(part).encode() for part in ({"alg": "HS256"}, {"sub": "root", "exp": int(time.time()) + 600})]
    signed = b".".join(encode(part) for part in parts)
    forged = signed + b"." + encode(hmac.digest(pem, signed, "sha256"))
    assert check(forged.decode(), "--token-key", file)[0]["code"] == "unknown-key"
    done = subprocess.run([PROGRAM, "check-token", "--token-secret", file], input="x", capture_output=True, text=True)
    assert done.returncode == 65 and "not as a secret" in done.stderr


RULES = {
    "issuer and audience": ({"iss": "a", "aud": "b"}, ["--token-issuer", "a", "--token-audience", "b"], None),
    "several audiences": ({"aud": ["x", "b"]}, ["--token-audience", "b"], None),
    "half a second": ({"exp": 600.5}, [], None),
    "clocks that differ": ({"nbf": 10}, [], None),
    "without an end, as wanted": ({"exp": None}, ["--token-forever"], None),
    "without an end": ({"exp": None}, [], "no-expiry"),
    "expired": ({"exp": -60}, [], "expired"),
    "expired within the leeway": ({"exp": -60}, ["--token-leeway", "1h"], None),
    "for later": ({"nbf": 600}, [], "not-yet-valid"),
    "another issuer": ({"iss": "b"}, ["--token-issuer", "a"], "foreign-issuer"),
    "an audience that nobody is": ({"aud": "b"}, [], "foreign-audience"),
    "no channel": ({"channels": ["a b"]}, [], "bad-rights"),
    "no right": ({"channels": {"a": ["all"]}}, [], "bad-rights"),
    "no name": ({"name": "Client 7"}, [], "bad-claim"),
}


@pytest.mark.parametrize("rule", RULES)
def test_the_rules_hold(write, rule):
    claims, flags, code = RULES[rule]
    # Times are from now on.
    times = {name: claims[name] + time.time() for name in ("exp", "nbf") if claims.get(name)}
    key = make_key("HS256")
    secret = write("secret", key.raw_value)
    report, exit_code = check(make_token(key, "HS256", **claims | times), "--token-secret", secret, *flags)
    assert (report.get("code"), exit_code) == (code, 1 if code else 0)
