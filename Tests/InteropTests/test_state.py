"""The state directory: what was acknowledged as stored is there after the server was killed at any moment, once."""

import http.client
import itertools
import json
import os
import random
import resource
import shutil
import subprocess
import threading
import time
import urllib.parse

import pytest

from conftest import BUILD
from support.chat import chatting
from support.deadline import Deadline
from support.program import Program, Server

PROGRAM = BUILD / "broadcast-server"


@pytest.fixture
def state(tmp_path):
    return tmp_path / "state"


@pytest.fixture
def start_stored(start_server, state):
    """Starts a server on the state directory."""
    return lambda *flags: start_server("--state-dir", state, *flags)


def check(state):
    """What `check-state` says, and its exit code."""
    done = subprocess.run([PROGRAM, "check-state", "--json", state], capture_output=True, text=True, timeout=60)
    return (json.loads(done.stdout) if done.stdout else done.stderr), done.returncode


def kill(server):
    server.program.kill()
    server.program.exit_code()


class Publisher(threading.Thread):
    """Says numbered texts that are to be on the disk, so many in flight, until its connection ends."""

    def __init__(self, url, name, window=64):
        super().__init__(daemon=True)
        self.url, self.name, self.window = url, name, window
        self.sent = 0
        self.acknowledged = {}
        self.session = None

    def run(self):
        try:
            with chatting(self.url, session=self.session) as member:
                self.session = member.session
                while True:
                    while self.sent - len(self.acknowledged) < self.window:
                        member.send(self.message(self.sent))
                        self.sent += 1
                    self.take(member.get("ack"))
        except Exception as error:  # the server has gone, or never came
            self.error = error

    def message(self, number):
        return {"type": "message", "text": f"{self.name} {number}", "key": str(number), "stored": "disk"}

    def take(self, ack):
        assert ack["stored"] == "disk", ack
        known = self.acknowledged.setdefault(ack["key"], ack["id"])
        assert known == ack["id"], f"{ack} had the id {known}"


def everything(url):
    """All messages that the history has, from the oldest on."""
    with chatting(f"{url}?last=1000000") as member:
        end = member.get("position")["id"]
    messages, after = [], None
    with chatting(url) as member:
        before = member.position
        assert before == end
        member.send({"type": "fetch", "before": before, "limit": 1})
        while True:
            page = member.get("history")
            messages = page["messages"] + messages
            if not page["more"]:
                break
            member.send({"type": "fetch", "before": page["messages"][0]["id"], "limit": 100})
        if messages:
            member.send({"type": "fetch", "after": messages[-1]["id"], "limit": 100})
            messages += member.get("history")["messages"]
    return messages


def end_with(acknowledged, server, channel, state):
    """What was acknowledged is in a channel, under its id, and nothing twice; the state that the server leaves is sound."""
    stored = {}
    for message in everything(f"{server.url}/{channel}"):
        assert message["text"] not in stored, f"twice: {message}"
        stored[message["text"]] = message["id"]
    missing = {text: id for text, id in acknowledged.items() if stored.get(text) != id}
    assert missing == {}
    server.stop()
    report, code = check(state)
    assert (code, report["sound"], report["clean"]) == (0, True, True), report


def test_killed_at_random_moments_under_load(start_stored, state):
    flags = ["--history-messages", "1000000", "--history-bytes", "1G", "--history-total", "1G"]
    chance = random.Random(18)
    acknowledged = {}
    for run in range(4):
        server = start_stored(*flags)
        publishers = [Publisher(f"{server.url}/load", f"run {run} publisher {number}") for number in range(3)]
        for publisher in publishers:
            publisher.start()
        deadline = Deadline()
        while deadline.remaining and not all(publisher.acknowledged for publisher in publishers):
            time.sleep(0.01)
        time.sleep(chance.uniform(0.05, 0.8))
        kill(server)
        for publisher in publishers:
            publisher.join(30)
            assert publisher.acknowledged
            acknowledged |= {f"{publisher.name} {key}": id for key, id in publisher.acknowledged.items()}
        # Each comes back, and sends again what was not acknowledged.
        server = start_stored(*flags)
        for publisher in publishers:
            with chatting(f"{server.url}/load", session=publisher.session) as member:
                assert member.session == publisher.session, "the session of one with an acknowledgement is known"
                open_keys = [n for n in range(publisher.sent) if str(n) not in publisher.acknowledged]
                last = max(int(key) for key in publisher.acknowledged)
                for number in [last, *open_keys]:
                    member.send(publisher.message(number))
                for number in [last, *open_keys]:
                    ack = member.get("ack", key=str(number))
                    publisher.take(ack)
                    acknowledged[f"{publisher.name} {number}"] = ack["id"]
        end_with(acknowledged, server, "load", state)


class Poster(threading.Thread):
    """Publishes numbered texts over HTTP that are to be on the disk, one after the other, until the server has gone."""

    def __init__(self, url, name):
        super().__init__(daemon=True)
        self.name = name
        self.sent = 0
        self.ids = {}
        self.connect(url)

    def connect(self, url):
        self.http = http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc, timeout=30)

    def run(self):
        try:
            while True:
                self.sent += 1
                self.post(self.sent - 1)
        except (OSError, http.client.HTTPException):
            pass  # the server has gone

    def post(self, number):
        """Publishes two texts with one key, or one."""
        texts = self.texts(number)
        fields = {"Content-Type": "application/json", "Idempotency-Key": f'"{self.name} {number}"'}
        body = json.dumps([{"text": text} for text in texts])
        self.http.request("POST", "/posted?stored=disk", body, fields)
        response = self.http.getresponse()
        answers = json.loads(response.read())
        assert response.status == 200, answers
        for text, answer in zip(texts, answers, strict=True):
            assert answer["stored"] == "disk", answer
            known = self.ids.setdefault(text, answer["id"])
            assert known == answer["id"], f"{text} had the id {known}"
        return answers

    def texts(self, number):
        return [f"{self.name} {number} {part}" for part in range(1 + number % 2)]


def test_killed_while_publishers_post(start_stored, state):
    flags = ["--history-messages", "1000000", "--history-bytes", "1G", "--history-total", "1G"]
    chance = random.Random(18)
    acknowledged = {}
    for run in range(3):
        server = start_stored(*flags)
        posters = [Poster(server.url.replace("ws", "http", 1), f"run {run} poster {n}") for n in range(8)]
        for poster in posters:
            poster.start()
        deadline = Deadline()
        while deadline.remaining and not all(poster.ids for poster in posters):
            time.sleep(0.01)
        time.sleep(chance.uniform(0.05, 0.8))
        kill(server)
        server = start_stored(*flags)
        for poster in posters:
            poster.join(30)
            assert poster.ids
            poster.connect(server.url.replace("ws", "http", 1))
            # The last one that was answered is known, and the one that was not is sent again.
            last = max(number for number in range(poster.sent) if poster.texts(number)[0] in poster.ids)
            assert all(answer["duplicate"] for answer in poster.post(last))
            for number in range(last + 1, poster.sent):
                poster.post(number)
            acknowledged |= poster.ids
        end_with(acknowledged, server, "posted", state)


def test_a_client_resumes_after_a_kill(start_stored):
    server = start_stored()
    with chatting(f"{server.url}/team?name=ann") as ann, chatting(f"{server.url}/team") as bob:
        session, position = ann.session, ann.position
        for text in ("one", "two"):
            bob.send({"type": "message", "text": text, "key": text, "stored": "disk"})
            bob.get("ack", key=text)
        kill(server)
    server = start_stored()
    with chatting(f"{server.url}/team?after={position}", session=session) as ann:
        assert ann.welcome["recovered"] is True
        assert (ann.session, ann.member["name"]) == (session, "ann")
        assert [ann.get("message")["text"] for _ in range(2)] == ["one", "two"]
    server.stop()


def test_a_stream_of_events_goes_on_after_a_restart(start_stored):
    """Nobody has entered the channel since, and it goes on behind the id that the client had last."""
    for end in (lambda server: server.stop(), kill):
        server = start_stored()
        address = urllib.parse.urlsplit(server.url)
        posts = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
        ids = []
        for text in ("one", "two"):
            posts.request("POST", "/team?stored=disk", text, {"Content-Type": "text/plain"})
            ids.append(json.loads(posts.getresponse().read())["id"])
        end(server)
        server = start_stored()
        address = urllib.parse.urlsplit(server.url)
        stream = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
        stream.request("GET", "/team", headers={"Accept": "text/event-stream", "Last-Event-ID": ids[0]})
        lines = iter(stream.getresponse().readline, b"")
        received = list(itertools.takewhile(lambda line: line != b"data: Anonymous: two\n", lines))
        assert f"id: {ids[0]}\n".encode() in received and f"id: {ids[1]}\n".encode() in received
        assert b"event: gap\n" not in received and b"data: Anonymous: one\n" not in received
        server.stop()


def test_a_full_disk(start_program, tmp_path):
    """No file may grow beyond 256 KiB: the server goes on, and nobody is told that something is stored that is not."""
    limit = ["prlimit", "--fsize=262144"]
    if not shutil.which("prlimit"):
        pytest.skip("prlimit is not here")
    command = [*limit, PROGRAM, "start", "--no-log-file", "--port", "0", "--state-dir", tmp_path / "state"]
    server = Server(Program(command, tmp_path), "ws")
    stored, refused = [], []
    with chatting(server.url) as author, chatting(server.url) as member:
        for number in range(60):
            text = f"{number} " + "x" * 16_000
            author.send({"type": "message", "text": text, "key": str(number), "stored": "disk"})
            while True:
                answer = author.next()
                if answer.get("key") == str(number):
                    break
            if answer["type"] == "ack":
                assert answer["stored"] == "disk"
                stored.append(number)
            else:
                assert (answer["type"], answer["code"]) == ("error", "not-stored")
                refused.append(number)
            # It goes on in any case.
            assert member.get("message")["text"] == text
    assert stored and refused
    server.wait_for("The state directory takes nothing")
    kill(server)
    server = Server(Program([*command[2:]], tmp_path), "ws")
    texts = [int(message["text"].split()[0]) for message in everything(server.url)]
    assert set(stored) <= set(texts)
    assert len(texts) == len(set(texts))
    server.stop()


def test_a_read_only_directory(tmp_path):
    state = tmp_path / "state"
    state.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "none", state], capture_output=True)
    if mounted.returncode:
        pytest.skip("nothing may be mounted here")
    try:
        command = [PROGRAM, "start", "--no-log-file", "--port", "0", "--state-dir", state]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=tmp_path)
        assert done.returncode == 73
        assert done.stderr.count("\n") == 1 and "Read-only" in done.stderr, done.stderr
    finally:
        subprocess.run(["umount", state])


def test_a_second_server(start_stored, state, tmp_path):
    server = start_stored()
    command = [PROGRAM, "start", "--no-log-file", "--port", "0", "--state-dir", state]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=tmp_path)
    assert done.returncode == 69 and "in use" in done.stderr, done
    server.stop()


def test_a_damaged_file_is_set_aside(start_stored, state):
    server = start_stored()
    with chatting(server.url) as author:
        author.say("hi")
    server.stop()
    file = state / "state.sqlite"
    os.truncate(file, file.stat().st_size // 2)
    report, code = check(state)
    assert code == 65 and "damaged" in report
    server = start_stored()
    server.wait_for("Warning: .*set aside as .*state.sqlite.damaged-")
    assert [name for name in os.listdir(state) if "damaged" in name]
    assert everything(server.url) == []
    server.stop()


def test_nothing_to_check(tmp_path):
    report, code = check(tmp_path)
    assert code == 65 and "There is no state" in report
