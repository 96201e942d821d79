"""What the documentation prints, as it is printed."""

import pathlib
import re

_ROOT = pathlib.Path(__file__).resolve().parents[3]


def documented(page, language, word=""):
    """The one block in a language, and with a word in it, of a page of the documentation."""
    text = (_ROOT / "docs" / page).read_text()
    (block,) = [block for block in re.findall(rf"^```{language}\n(.*?)^```$", text, re.M | re.S) if word in block]
    return block
