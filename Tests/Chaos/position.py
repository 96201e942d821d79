"""`<epoch>.<number>`: the oracle may look inside, a client must not."""

import re

_FORM = re.compile(r"([0-9a-z]{1,13})\.(0|[1-9][0-9]{0,19})")


class Malformed(ValueError):
    """No position."""


def parse(text):
    """Gives epoch and number."""
    match = _FORM.fullmatch(text) if isinstance(text, str) else None
    if not match or (len(match[1]) > 1 and match[1][0] == "0"):
        raise Malformed(f"no position: {text!r}")
    return match[1], int(match[2])
