"""docs/http.md: each request that it shows is answered as it says."""

import json
import re

import pytest

from conftest import BUILD, ROOT
from support.chat import chatting
from support.exchanges import Answer, Message, exchanges_of
from support.program import Program, Server

PAGE = ROOT / "docs/http.md"
POSITION = re.compile(r"\b[0-9a-z]{5,13}\.(0|[1-9][0-9]{0,19})\b")
TIME = re.compile(r'("time": ?)\d+')


def same(text):
    """A text without what is another each time: epochs and times."""
    return TIME.sub(r"\g<1>0", POSITION.sub(r"k3f9.\1", text))


def content(body):
    """The values of a body: of one with several lines that are JSON each, several; of events, their lines."""
    text = same(body)
    if text.startswith("retry: "):
        return text
    try:
        return [json.loads(text)]
    except ValueError:
        return [json.loads(line) for line in text.splitlines()]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    command = [BUILD / "broadcast-server", "start", "--no-log-file", "--port", "0"]
    command += ["--allow-origin", "https://site.example"]
    server = Server(Program(command, tmp_path_factory.mktemp("server")), "ws")
    yield server
    server.stop()


def test_each_request_is_answered_as_the_page_says(server):
    epoch, tags = "k3f9", {}
    with chatting(f"{server.url}/team") as member:
        for exchange in exchanges_of(PAGE):
            request, expected = exchange.request, exchange.answer
            printed = "\n".join([request.first, *(f"{name}: {value}" for name, value in request.fields.items())])
            for tag, real in tags.items():
                printed = printed.replace(tag, real)
            real = Message(f"{printed}\n\n{request.body}".replace("k3f9.", f"{epoch}."))
            answer = Answer(server.port, real, expected.body.count("\n"))
            if answer.is_stream:
                # Those that come next are told how many members there are.
                member.get("left")
            assert answer.first == expected.first, f"{exchange}: {answer.body}"
            for name, value in expected.fields.items():
                found = same(answer.fields.get(name.lower(), "nothing"))
                if name == "ETag":
                    tags[value] = found
                else:
                    assert found == value, f"{exchange}: {name}"
            assert bool(answer.body) == bool(expected.body), str(exchange)
            if expected.body:
                assert content(answer.body) == content(expected.body), str(exchange)
            if found := POSITION.search(answer.body):
                epoch = found[0].partition(".")[0]


def test_every_problem_is_listed():
    page = PAGE.read_text()
    source = (ROOT / "Sources/broadcast-server/Gateways/HTTP/ProblemDetails.swift").read_text()
    codes = re.findall(r'Problem\.Code\(rawValue: "([^"]*)"\)', source)
    assert codes
    assert [code for code in codes if f"`{code}`" not in page] == []


def test_links_to_its_own_headings():
    page = PAGE.read_text()
    headings = {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in re.findall(r"^#+ (.*)$", page, re.M)
    }
    assert [link for link in re.findall(r"\]\(#([^)]*)\)", page) if link not in headings] == []
