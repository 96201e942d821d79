"""The examples of a page of the documentation, and whether something real is of the same form."""

import json
import re

# The forms that a string may have; the first that fits both ways decides.
_FORMS = {
    "a position": re.compile(r"[0-9a-z]{1,13}\.(0|[1-9][0-9]{0,19})"),
    "a session": re.compile(r"[0-9a-f]{32}"),
}
# These say something with their value.
_TELLING = {"type", "reason", "code", "duplicate", "stored", "cluster"}


class Example:
    """An object that the page shows, with the line where it begins."""

    def __init__(self, line, content):
        self.line, self.content = line, content

    @property
    def is_of_client(self):
        """Whether a client sends it."""
        kind = self.content["type"]
        return kind in ("name", "fetch", "token") or (kind == "message" and "from" not in self.content)

    def __str__(self):
        telling = [str(self.content[field]) for field in ("type", "reason", "code") if field in self.content]
        return f"line {self.line} {' '.join(telling)}"


def examples_of(page):
    """All objects in blocks marked as JSON; a block may have several, each beginning with a line of its own."""
    text = page.read_text()
    examples = []
    for block in re.finditer(r"^```json\n(.*?)^```$", text, re.M | re.S):
        line = text.count("\n", 0, block.start(1)) + 1
        rest = block[1]
        while rest.strip():
            blank = len(rest) - len(rest.lstrip())
            line += rest.count("\n", 0, blank)
            content, end = json.JSONDecoder().raw_decode(rest, blank)
            examples.append(Example(line, content))
            line += rest.count("\n", blank, end)
            rest = rest[end:]
    return examples


def difference(example, real, path="it"):
    """How a real value is not of the form of an example; None if it is."""
    if isinstance(example, dict) and isinstance(real, dict):
        if example.keys() != real.keys():
            return f"{path} has {sorted(real)}, not {sorted(example)}"
        for field, value in example.items():
            if field in _TELLING and value != real[field]:
                return f"{path}.{field} is {real[field]!r}, not {value!r}"
            if found := difference(value, real[field], f"{path}.{field}"):
                return found
        return None
    if isinstance(example, list) and isinstance(real, list):
        if example and not real:
            return f"{path} is empty"
        for value in example:
            # Each kind of element that is shown is there.
            differences = [difference(value, element, f"{path}[]") for element in real]
            if None not in differences:
                return differences[0]
        return None
    if type(example) is not type(real):
        return f"{path} is {real!r}, not like {example!r}"
    if isinstance(example, str):
        for name, form in _FORMS.items():
            if bool(form.fullmatch(example)) != bool(form.fullmatch(real)):
                return f"{path} is {real!r}, and {example!r} has the form of {name}"
    return None
