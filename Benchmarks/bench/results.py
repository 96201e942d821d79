"""Raw figures and reports on disk."""
import json
import os

from .paths import RESULTS


def path(name):
    os.makedirs(RESULTS, exist_ok=True)
    return os.path.join(RESULTS, name)


def write(name, report, figures):
    # Complete or not at all: a run may be ended while it writes.
    with open(path(f"{name}.json.new"), "w") as file:
        json.dump(figures, file, indent=1)
        file.write("\n")
    os.replace(path(f"{name}.json.new"), path(f"{name}.json"))
    with open(path(f"{name}.md"), "w") as file:
        file.write(report)


def read(name):
    with open(path(f"{name}.json")) as file:
        return json.load(file)
