"""The requests and answers that a page of the documentation shows."""

import http.client
import re

_BLOCK = re.compile(r"^```http\n(.*?)^```$", re.M | re.S)


class Message:
    """A request or an answer: its first line, its fields and its body."""

    def __init__(self, text):
        head, _, body = text.partition("\n\n")
        self.first, *lines = head.rstrip("\n").split("\n")
        self.fields = dict(line.split(": ", 1) for line in lines)
        self.body = body


class Exchange:
    """A request with the answer that the page promises."""

    def __init__(self, line, request, answer):
        self.line, self.request, self.answer = line, request, answer

    def __str__(self):
        return f"line {self.line} {self.request.first.removesuffix(' HTTP/1.1')}"


def exchanges_of(page):
    """All pairs of blocks marked as HTTP."""
    text = page.read_text()
    blocks = list(_BLOCK.finditer(text))
    pairs = zip(blocks[::2], blocks[1::2], strict=True)
    return [
        Exchange(text.count("\n", 0, request.start(1)) + 1, Message(request[1]), Message(answer[1]))
        for request, answer in pairs
    ]


class Answer:
    """What really came: the first line, the fields by their names in small letters, the body."""

    def __init__(self, port, request, line_count):
        """Sends a request as it is printed, but for the last line break of its body. A stream of events has no end: of that so
        many lines are read."""
        method, target, _ = request.first.split(" ")
        connection = http.client.HTTPConnection("localhost", port, timeout=30)
        connection.putrequest(method, target, skip_accept_encoding=True)
        body = request.body.removesuffix("\n").encode()
        for name, value in request.fields.items():
            connection.putheader(name, value)
        if body:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body or None)
        answer = connection.getresponse()
        self.first = f"HTTP/1.1 {answer.status} {answer.reason}"
        self.fields = {name.lower(): value for name, value in answer.getheaders()}
        if self.is_stream:
            self.body = b"".join(answer.readline() for _ in range(line_count)).decode()
        else:
            self.body = answer.read().decode()
        connection.close()

    @property
    def is_stream(self):
        return self.fields.get("content-type") == "text/event-stream"
