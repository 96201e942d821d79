"""Interleaved rounds: every server once in each, one after another, in a fresh process."""
import os
import tempfile
from dataclasses import dataclass

from . import servers
from .figures import is_good, is_settled, number_text, ratios
from .machine import is_in_memory
from .paths import BUILD
from .progress import progress
from .server import LoadFailure, Server

# To which part of 1 the ratio of what is compared should be known. A revision is judged by hundredths.
ERROR, ERROR_AGAINST_REVISION = 0.03, 0.01


@dataclass(frozen=True)
class Contestant:
    command: list
    load: dict


def label(name, variant):
    return f"{name}: {variant}" if variant else name


def contestants(cell, names, quick):
    """By label: the servers that can do what the cell needs, in each variant."""
    found = {}
    for name in names:
        command = servers.command(name, cell.features)
        if command is None:
            if name in servers.OWN or servers.is_before(name):
                progress(f"{cell.key:22} without {name}, which has no flag for it")
            if name == servers.NCHAN:
                progress(f"{cell.key:22} without {name}, which is not here: install libnginx-mod-nchan and nginx")
            continue
        for variant, flags in cell.variants.items():
            found[label(name, variant)] = Contestant(command, cell.load | flags | (cell.quick or {} if quick else {}))
    return found


def require_disk(folder):
    if is_in_memory(folder):
        raise LoadFailure(f"{BUILD} is in memory, and it is about the disk")


def run_once(contestant, cell):
    # What is to be on the disk is not where temporary files may be, in memory.
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory(dir=BUILD, prefix="state-") as state:
        places = {"{log}": os.path.join(folder, "server.log"), "{folder}": folder, "{state}": state}
        command = [places.get(part, part) for part in contestant.command]
        try:
            if state in command:
                require_disk(state)
            with Server(command) as server:
                return server.load(cell.mode, contestant.load, cell.timeout)
        except LoadFailure as failure:
            return {"failure": str(failure)}


def run_round(cell, field, samples, number, names):
    # Every other round backwards, so that none always runs before or behind the same one.
    for name in names[:: 1 if number % 2 == 0 else -1]:
        mine = samples[name]
        # Unable once, a server is left out of the cell's further rounds.
        if mine and not is_good(mine[-1]):
            mine.append(mine[-1])
            continue
        mine.append(run_once(field[name], cell))
        figure = cell.compared[0]
        text = f"{number_text(mine[-1][figure]):>9} {figure}" if is_good(mine[-1]) else mine[-1]["failure"]
        progress(f"{cell.key:22} round {number + 1:2}  {name:36} {text}")


def measure(cell, names, settling, rounds, error, quick):
    """The samples of each label. `rounds`: how many, or None for as many as the cell needs until the ratios of the pairs
    of labels in `settling` are known to `error`."""
    field = contestants(cell, names, quick)
    samples = {name: [] for name in field}
    minimum, maximum = (rounds, rounds) if rounds else (1, 1) if quick else cell.rounds
    for number in range(minimum):
        run_round(cell, field, samples, number, list(field))
    compared = [name for name in field if any(name in pair for pair in settling)]
    for number in range(minimum, maximum if compared else 0):
        mine = [ratios(samples[a], samples[b], cell.compared[0]) for a, b in settling if {a, b} <= samples.keys()]
        # Also when one of them is unable.
        if all(is_settled(values, error) or len(values) < number for values in mine):
            break
        run_round(cell, field, samples, number, compared)
    return samples
