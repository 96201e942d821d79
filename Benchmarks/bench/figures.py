"""Medians and quartiles, ratios, and Markdown tables."""
import math
import statistics


def is_good(sample):
    return sample is not None and "failure" not in sample


def quartiles(values):
    """(first quartile, median, third quartile), or None without values."""
    if not values:
        return None
    if len(values) == 1:
        return (values[0],) * 3
    return tuple(statistics.quantiles(values, n=4, method="inclusive"))


def ratios(mine, other, figure):
    """Of the rounds in which both came to an end."""
    return [a[figure] / b[figure] for a, b in zip(mine, other) if is_good(a) and is_good(b) and b[figure]]


def is_settled(values, error):
    """Whether the median is known to such a part of 1: its standard error, taken from the middle half of the values."""
    if len(values) < 2:
        return False
    lower, _, upper = statistics.quantiles(values, n=4)
    # Of normally distributed values: the standard deviation is 0.741 of that range, a median's error 1.253 of a mean's.
    return 0.93 * (upper - lower) / math.sqrt(len(values)) <= error


def rounded(value, digits=5):
    """With so many significant digits: no measurement here has more."""
    return float(f"{value:.{digits}g}")


def number_text(value):
    """Three significant digits."""
    if value is None:
        return "–"
    for limit, decimals in ((1, 3), (10, 2), (100, 1)):
        if value < limit:
            return f"{value:.{decimals}f}"
    return f"{value:,.0f}"


def ratio_text(values, decimals=2):
    """The median, and the quartiles beside it."""
    if not values:
        return "–"
    lower, median, upper = values
    return f"{median:.{decimals}f} ({lower:.{decimals}f}–{upper:.{decimals}f})"


def size_text(size):
    return f"{size // 1024} KiB" if size >= 1024 else f"{size} B"


def markdown_table(heads, rows):
    """The first column is text, the others are numbers."""
    lines = ["| " + " | ".join(heads) + " |", "|---" + "|---:" * (len(heads) - 1) + "|"]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines)
