"""`connect`, `publish` and `tail` with tokens: files and a variable, renewal, refusals, and nothing of a token anywhere."""

import json
import os
import subprocess
import time

import pytest
from conftest import BUILD
from support.deadline import PATIENCE
from support.serving import serving
from test_tokens import make_key, make_token
from websockets.datastructures import Headers
from websockets.http11 import Response

PROGRAM = BUILD / "broadcast-server"
NO_PERMISSION = 77
ALL = ["subscribe", "publish", "presence", "history"]


def new_token(name, *channels):
    """A new token, and its line for the server's file."""
    flags = [word for channel in channels for word in ("--allow", channel)]
    made = subprocess.run([PROGRAM, "token", name, "--json", *flags], capture_output=True, text=True, check=True)
    report = json.loads(made.stdout)
    return report["token"], report["line"] + "\n"


@pytest.fixture
def write(tmp_path):
    """Writes a file of a name as a whole, and says its path."""

    def write(name, text):
        path, new = tmp_path / name, tmp_path / f"{name}.new"
        new.write_text(text)
        new.replace(path)
        return path

    return write


@pytest.fixture
def guarded(start_server, write):
    """A server that knows a member, a reader, and nobody else."""
    tokens = {"ann": new_token("ann", "team"), "rita": new_token("rita", "team=subscribe,presence")}
    file = write("tokens", "".join(line for _, line in tokens.values()))
    server = start_server("--token-file", file)
    server.tokens = {name: token for name, (token, _) in tokens.items()}
    return server


@pytest.fixture
def signing(start_server, write):
    """A server that takes what is signed with a secret, and the means to sign for a time in seconds."""
    key = make_key("HS256")
    server = start_server("--token-secret", write("secret", key.raw_value.decode()), "--token-leeway", "1s")

    def sign(seconds, **claims):
        return make_token(key, "HS256", **{"exp": int(time.time()) + seconds, "channels": {"team": ALL}} | claims)

    return server, sign


def run(*arguments, text="", **variables):
    """Runs a client to its end; it leaves no file behind but those it is told to."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BROADCAST_SERVER_")}
    return subprocess.run(
        [PROGRAM, *(str(word) for word in arguments)],
        input=text, capture_output=True, text=True, timeout=PATIENCE, env=environment | variables, check=False,
    )  # fmt: skip


# MARK: Where a token is


def test_a_file_a_variable_and_a_url_let_a_client_in(guarded, write):
    token = guarded.tokens["ann"]
    file = write("ann", f"  {token}\r\nwhatever\n")
    url = f"{guarded.url}/team"
    other = {"BROADCAST_SERVER_TOKEN": "x"}
    assert run("publish", url, "--token-file", file, "by file", **other).returncode == 0
    assert run("publish", url, "by variable", BROADCAST_SERVER_TOKEN=token).returncode == 0
    assert run("publish", url, "--header", f"Authorization: Bearer {token}", "by field", **other).returncode == 0
    assert run("publish", f"{url}?token={token}", "by URL").returncode == 0
    done = run("tail", url, "--last", 4, "--count", 4, "--token-file", file)
    assert done.stdout == "ann: by file\nann: by variable\nann: by field\nann: by URL\n", done.stderr
    done = run("connect", url, "--last", 1, "--json", BROADCAST_SERVER_TOKEN=token)
    assert json.loads(done.stdout.splitlines()[0])["member"]["name"] == "ann"


@pytest.mark.parametrize("command", ["connect", "publish", "tail"])
@pytest.mark.parametrize(
    ("text", "words"),
    [(None, "No such file"), ("", "it is empty"), ("two words", "is no token"), ("\n", "it is empty")],
    ids=["none", "empty", "words", "blank"],
)
def test_a_file_without_a_token_is_bad_input(guarded, write, tmp_path, command, text, words):
    file = tmp_path / "missing" if text is None else write("bad", text)
    done = run(command, f"{guarded.url}/team", "--token-file", file)
    assert done.returncode == 65
    assert done.stderr.count("\n") == 1 and words in done.stderr and str(file) in done.stderr


def test_flags_that_contradict_each_other_are_refused(guarded, write):
    file = write("ann", guarded.tokens["ann"])
    for flags in (["--token-file", "-"], ["--token-file", file, "--header", "authorization: Basic x"]):
        assert run("tail", guarded.url, *flags).returncode == 64


# MARK: Who is not let in


@pytest.mark.parametrize("command", [("connect",), ("publish", "hello"), ("tail",), ("connect", "--subprotocol", "x")])
def test_who_has_no_token_is_told_once_what_to_do(guarded, command):
    name, *rest = command
    done = run(name, f"{guarded.url}/team", *rest)
    assert done.returncode == NO_PERMISSION, done.stderr
    assert done.stderr.count("A token is needed here.") == 1
    assert "Give a token with --token-file FILE, or in BROADCAST_SERVER_TOKEN." in done.stderr


@pytest.mark.parametrize("command", ["connect", "publish", "tail"])
def test_a_token_that_is_unknown_is_told_with_its_file(guarded, write, command):
    file = write("wrong", "s3cret-s3cret")
    done = run(command, f"{guarded.url}/team", "--token-file", file, *(["hello"] if command == "publish" else []))
    assert done.returncode == NO_PERMISSION, done.stderr
    assert f"Put another token into {file}." in done.stderr
    assert "s3cret" not in done.stdout + done.stderr


@pytest.mark.parametrize("command", ["connect", "tail"])
def test_a_right_that_is_missing_is_told(guarded, write, command):
    done = run(command, f"{guarded.url}/other", "--token-file", write("ann", guarded.tokens["ann"]))
    assert done.returncode == NO_PERMISSION
    assert done.stderr.count("The right to subscribe in this channel is missing.") == 1
    assert "Ask for the right, or for another token." in done.stderr


def test_a_reader_is_told_that_it_only_reads(guarded, write):
    file = write("rita", guarded.tokens["rita"])
    done = run("connect", f"{guarded.url}/team", "--token-file", file, text="one\n")
    assert done.returncode == 65
    assert "You may only read here" in done.stderr
    assert done.stderr.count("The server refuses: The right to publish in this channel is missing.") == 1
    done = run("publish", f"{guarded.url}/team", "--token-file", file, "--json", "two")
    assert done.returncode == 65 and json.loads(done.stdout)["code"] == "forbidden"
    done = run("publish", f"{guarded.url}/team", "--token-file", file, "--binary", text="three")
    assert done.returncode == 65 and "the right to publish in this channel is missing" in done.stderr


# MARK: Tokens that end


def test_a_member_whose_file_changes_stays(signing, start_program, write):
    server, sign = signing
    file = write("jwt", sign(4))
    member = start_program("broadcast-server", "connect", f"{server.url}/team", "--token-file", file, "--no-log-file")
    member.wait_for(r"The token expires in [0-4] s: another one in .* would take its place")
    write("jwt", sign(600))
    member.wait_for("The server has taken the other token.")
    time.sleep(6)
    run("publish", f"{server.url}/team", "still here?", BROADCAST_SERVER_TOKEN=sign(600))
    member.wait_for("ann: still here|still here")
    assert "closed" not in member.output
    member.end_input()
    assert member.exit_code() == 0


def test_a_member_whose_file_has_another_subject_is_refused_and_comes_back_with_it(signing, start_program, write):
    server, sign = signing
    file = write("jwt", sign(3))
    member = start_program("broadcast-server", "connect", f"{server.url}/team", "--token-file", file, "--no-log-file")
    member.wait_for("✅ Connected")
    member.wait_for("The token expires in")
    write("jwt", sign(600, sub="bob"))
    member.wait_for("The server refuses: The token is of somebody else")
    member.wait_for("4401.* Connecting again…")
    member.wait_for("✅ Connected again.")
    member.end_input()
    assert member.exit_code() == 0


def test_a_member_whose_token_expires_is_told_once_and_ends(signing, write):
    server, sign = signing
    file = write("jwt", sign(2))
    done = run("connect", f"{server.url}/team", "--token-file", file, "--expect", "never")
    assert done.returncode == NO_PERMISSION, done.stderr
    assert done.stderr.count("expired") == 1 and f"Put another token into {file}." in done.stderr


def test_a_stream_whose_token_expires_goes_on_with_the_next(signing, start_program, write):
    server, sign = signing
    file = write("jwt", sign(3))
    tail = start_program("broadcast-server", "tail", f"{server.url}/team", "--token-file", file)
    tail.wait_for("The token expires in")
    write("jwt", sign(600))
    tail.wait_for("Connected again")
    run("publish", f"{server.url}/team", "hello", BROADCAST_SERVER_TOKEN=sign(600))
    tail.wait_for("hello")


def test_a_stream_whose_token_expires_ends_without_another(signing, write):
    server, sign = signing
    file = write("jwt", sign(2))
    done = run("tail", f"{server.url}/team", "--token-file", file)
    assert done.returncode == NO_PERMISSION, done.stderr
    assert f"The token has expired. Put another token into {file}." in done.stderr


# MARK: Nothing of a token


def test_no_token_is_in_what_others_can_read(guarded, start_program, write, tmp_path):
    token = guarded.tokens["ann"]
    log, state = tmp_path / "client.log", tmp_path / "state.json"
    arguments = ["--token-file", write("ann", token), "--log-file", log, "--log-level", "trace", "--state", state, "--json"]
    member = start_program("broadcast-server", "connect", f"{guarded.url}/team", *arguments)
    member.wait_for('"welcome"')
    assert token not in " ".join(member.command_line)
    member.end_input()
    assert member.exit_code() == 0
    outputs = [member.output, log.read_text(), state.read_text()]
    for url in (f"{guarded.url}/other?token={token}", f"{guarded.url}/a/b?token={token}", f"ws://localhost:1/?token={token}"):
        for command in ("connect", "publish", "tail"):
            done = run(command, url, "--no-log-file")
            assert done.returncode != 0
            outputs.append(done.stdout + done.stderr)
    outputs.append(run("tail", f"ws://a b/%?token={token}").stderr)
    assert not [output for output in outputs if token in output]


@pytest.mark.parametrize("command", ["connect", "tail"])
def test_what_a_foreign_server_repeats_of_a_token_is_not_shown(command):
    token = "s3cret-s3cret"

    def answer(_, request):
        fields = {"Location": f"/login?from={request.path}", "Content-Length": "100"}
        body = f"Your request: {request.path} {request.headers.get('Authorization')}".ljust(100).encode()
        return Response(401 if "team" in request.path else 302, "No", Headers(fields), body)

    with serving(lambda _: None, process_request=answer) as url:
        for path in ("team", "other"):
            done = run(command, f"{url}/{path}?token={token}", BROADCAST_SERVER_TOKEN=token)
            assert done.returncode in (NO_PERMISSION, 80)
            assert token not in done.stdout + done.stderr and "…" in done.stderr
