"""Raw figures and reports on disk."""
import json
import os

from .paths import RESULTS


def path(name):
    os.makedirs(RESULTS, exist_ok=True)
    return os.path.join(RESULTS, name)


def write(name, report, figures):
    with open(path(f"{name}.json"), "w") as file:
        json.dump(figures, file, indent=1)
        file.write("\n")
    with open(path(f"{name}.md"), "w") as file:
        file.write(report)


def read(name):
    with open(path(f"{name}.json")) as file:
        return json.load(file)
