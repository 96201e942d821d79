"""A request to publish over HTTP, in each of the forms that there are."""

import json
from dataclasses import dataclass, field

from words import text_of

_LARGEST_BATCH = 8
_FORMS = ("text", "text", "form", "object", "object", "array", "lines", "bytes")


@dataclass
class Post:
    """One request: what it says, and what it was answered with."""

    form: str
    tokens: list
    body: bytes
    size: int
    query: dict
    fields: list
    # How many keys the server keeps for it.
    keys: int
    is_durable: bool
    # The receipts; None before there is an answer.
    receipts: list | None = None
    # Whether it may have been taken before.
    is_repeated: bool = False
    # How many keys had been used in the channel before it.
    turn: int = field(default=0)

    @property
    def is_batch(self):
        """Whether there is an answer for each of several."""
        return self.form in ("array", "lines")

    def read(self, body):
        """The receipts of an answer."""
        if self.form == "lines":
            return [json.loads(line) for line in body.splitlines()]
        answer = json.loads(body)
        return answer if self.is_batch else [answer]


def draw_post(random, author, count, name, size):
    """Makes a request of chance; its messages are numbered from `count` on."""
    form = random.choice(_FORMS)
    is_batch = form in ("array", "lines")
    tokens = [f"{author}/{count + number}" for number in range(random.randint(1, _LARGEST_BATCH) if is_batch else 1)]
    query = {"name": name} if random.random() < 0.7 else {}
    is_durable = random.random() < 0.3
    key = random.choice(["field", "object", None]) if form in ("object", "array", "lines") else "field"
    if random.random() < 0.2:
        key = None
    fields = []
    if key == "field":
        quote = random.choice(["", '"'])
        fields.append(f"Idempotency-Key: {quote}{tokens[0]}{quote}")
    is_in_query = is_durable and (form not in ("object", "array", "lines") or random.random() < 0.5)
    if is_in_query:
        query["stored"] = "disk"
    texts = [text_of(token, size // len(tokens), count + number) for number, token in enumerate(tokens)]
    body = _body(form, fields, tokens, texts, key == "object", is_durable and not is_in_query, size)
    keys = {"object": len(tokens), "field": 1, None: 0}[key]
    return Post(form, tokens, body, len(body), query, fields, keys, is_durable)


def _body(form, fields, tokens, texts, has_keys, is_durable, size):
    """The body, and the field that says what it is."""
    types = {
        "text": "text/plain; charset=utf-8",
        "form": "application/x-www-form-urlencoded",
        "bytes": "application/octet-stream",
        "lines": "application/x-ndjson",
    }
    fields.append(f"Content-Type: {types.get(form, 'application/json')}")
    if form == "bytes":
        return tokens[0].encode() + b" " + bytes(size)
    if form in ("text", "form"):
        return texts[0].encode()
    objects = [{"text": text} for text in texts]
    for content, token in zip(objects, tokens):
        if has_keys:
            content["key"] = token
        if is_durable:
            content["stored"] = "disk"
    encoded = [json.dumps(content, ensure_ascii=False) for content in objects]
    if form == "object":
        return encoded[0].encode()
    return (f"[{', '.join(encoded)}]" if form == "array" else "\n".join(encoded)).encode()
