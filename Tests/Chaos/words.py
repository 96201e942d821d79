"""What messages are made of."""

# Now and then, so that none has them all.
_BREAKS = ("\n", "\r\n", "\r", "\n\n")


def text_of(token, size, number):
    """A text of about a size behind its token; some have several lines, and what takes more than a byte."""
    text = f"{token} {'x' * size}"
    if number % 6 == 0:
        text += f"{_BREAKS[number // 6 % len(_BREAKS)]}y 👋"
    if number % 18 == 0:
        text += "\n"
    return text
