"""What the documentation prints, as it is printed."""

import pathlib
import re

_ROOT = pathlib.Path(__file__).resolve().parents[3]


def documented(page, language):
    """The one block in a language of a page of the documentation."""
    text = (_ROOT / "docs" / page).read_text()
    (block,) = re.findall(rf"^```{language}\n(.*?)^```$", text, re.M | re.S)
    return block
