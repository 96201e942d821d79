"""What is kept of a run on disk: Benchmarks/results/<part>.json, and the report made of it."""
import json
import os

from .paths import RESULTS


def path(name):
    os.makedirs(RESULTS, exist_ok=True)
    return os.path.join(RESULTS, name)


def text(figures):
    """A line for each cell: what a run changes is easy to see."""
    cells = ",\n  ".join(json.dumps(row, ensure_ascii=False) for row in figures["cells"])
    return f'{{\n "machine": {json.dumps(figures["machine"], ensure_ascii=False)},\n "cells": [\n  {cells}\n ]\n}}\n'


def replace(name, content):
    # Complete or not at all: a run may be ended while it writes.
    with open(path(f"{name}.new"), "w") as file:
        file.write(content)
    os.replace(path(f"{name}.new"), path(name))


def write(name, report, figures):
    replace(f"{name}.json", text(figures))
    replace(f"{name}.md", report)


def read(name):
    """None if there is nothing yet."""
    if not os.path.exists(path(f"{name}.json")):
        return None
    with open(path(f"{name}.json")) as file:
        return json.load(file)


def merged(last, row, order):
    """The last run's rows, with `row` in the place of the one with its key; in the order of these keys."""
    rows = {each["key"]: each for each in last} | {row["key"]: row}
    return [rows[key] for key in order if key in rows]
