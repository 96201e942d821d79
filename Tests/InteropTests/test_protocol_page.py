"""docs/protocol.md: each object that it shows is one that the server sends, or takes."""

import re

import pytest

from conftest import BUILD, ROOT
from support.chat import chatting
from support.collection import Collection
from support.examples import difference, examples_of
from support.nats import NATSServer
from support.program import Program, Server

PAGE = ROOT / "docs/protocol.md"
EXAMPLES = examples_of(PAGE)
OF_CLIENT = [example for example in EXAMPLES if example.is_of_client]
OF_SERVER = [example for example in EXAMPLES if not example.is_of_client]
TYPES = (
    "welcome message joined left renamed members position gap ack history status expiring rights notice closing error"
).split()


def start(directory, *flags):
    command = [BUILD / "broadcast-server", "start", "--no-log-file", "--port", "0", *flags]
    return Server(Program(command, directory), "ws")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = start(tmp_path_factory.mktemp("server"), *Collection.FLAGS)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def collection(server, tmp_path_factory):
    directory = tmp_path_factory.mktemp("cluster")
    nats = NATSServer(directory)
    node = start(directory, "--cluster", nats.url, "--cluster-patience", "1s")
    (directory / "secret").write_bytes(Collection.SECRET.raw_value)
    guard = start(directory, *Collection.GUARD_FLAGS, "secret")
    try:
        return Collection(server, node, nats, guard)
    finally:
        guard.stop()
        node.stop()
        nats.stop()


def test_every_type_is_shown():
    assert {example.content["type"] for example in OF_SERVER} == set(TYPES)
    assert {example.content["type"] for example in OF_CLIENT} == {"message", "name", "fetch", "token"}


@pytest.mark.parametrize("example", OF_SERVER, ids=str)
def test_object_of_the_server(collection, example):
    kind = example.content["type"]
    found = [difference(example.content, content) for content in collection.objects if content["type"] == kind]
    assert None in found, f"{example.content} is shown, but of {len(found)} of this type: {set(found)}"


@pytest.mark.parametrize("example", OF_CLIENT, ids=str)
def test_object_of_a_client(server, example):
    with chatting(f"{server.url}/examples") as author, chatting(f"{server.url}/examples") as member:
        first = author.say("something to fetch")["id"]
        content = dict(example.content)
        for field in ("after", "before"):
            if field in content:
                content[field] = first
        member.send(content)
        match content["type"]:
            case "message":
                assert author.get("message")["text"] == content["text"]
                if "key" in content:
                    assert member.get("ack")["key"] == content["key"]
            case "name":
                assert member.get("renamed")["member"]["name"].startswith(content["name"])
            case "fetch":
                member.get("history")
            case "token":
                # Of a server without tokens nobody has shown one.
                assert member.get("error")["code"] == "bad-token"


@pytest.mark.parametrize("field, kind", [("code", "error"), ("reason", "gap")])
def test_every_code_and_reason_is_told(collection, field, kind):
    page = PAGE.read_text()
    values = {content[field] for content in collection.objects if content["type"] == kind}
    assert values
    assert [value for value in sorted(values) if f"`{value}`" not in page] == []


def test_links_to_its_own_headings():
    page = PAGE.read_text()
    headings = {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in re.findall(r"^#+ (.*)$", page, re.M)
    }
    assert [link for link in re.findall(r"\]\(#([^)]*)\)", page) if link not in headings] == []
