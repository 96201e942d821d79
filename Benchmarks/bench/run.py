"""Measures cells, and keeps what came of it."""
from . import machine, results, rows, servers
from .arguments import PARTS
from .cells import matches
from .progress import progress
from .rounds import ERROR, ERROR_AGAINST_REVISION, label, measure

# What the descriptors of a process serve besides connections.
OTHER_DESCRIPTORS = 100


def wanted(part, options):
    """The cells to be measured, each with its servers."""
    for cell in PARTS[part].CELLS:
        names = [name for name in cell.servers if servers.base(name) in options.names]
        if names and matches(cell, options.cells) and not (options.quick and cell.quick is None):
            yield cell, names


def measure_row(cell, names, options):
    pairs, settling, error = cell.pairs, [cell.settling] if cell.settling else [], ERROR
    if options.against:
        own = [name for name in names if name in servers.OWN]
        # Next to one another, before the machine changes its pace.
        names = [each for name in names for each in ([name, servers.before(name)] if name in own else [name])]
        settling = [
            (label(name, variant), label(servers.before(name), variant)) for name in own for variant in cell.variants
        ]
        pairs, error = (*pairs, *settling), ERROR_AGAINST_REVISION
    return rows.make(cell, measure(cell, names, settling, options.rounds, error, options.quick), pairs)


class Record:
    """The figures of a part (or of the comparison with a revision), on disk after each cell: it takes long, and
    somebody may need the machine."""

    def __init__(self, name, order, report, now, options):
        self.name, self.order, self.report, self.now, self.records = name, order, report, now, options.records
        last = options.update and results.read(name) or {"machine": now, "cells": []}
        self.is_same = machine.is_same_kind(last["machine"], now)
        self.figures = {"machine": now if self.is_same else last["machine"], "cells": last["cells"]}

    def add(self, row):
        row |= {"commit": self.now["commit"]}
        # Ratios hold on any machine, costs do not: the report names the machine of such a row.
        row |= {} if self.is_same else {"machine": self.now}
        self.figures["cells"] = results.merged(self.figures["cells"], row, self.order)
        if self.records:
            results.write(self.name, self.report(self.figures), self.figures)


def measure_part(part, record, options, descriptors, extra):
    """The rows measured; each has `extra` in it."""
    measured = []
    for cell, names in wanted(part, options):
        needed = cell.connections + OTHER_DESCRIPTORS
        if needed > descriptors:
            progress(f"{cell.key:22} left out: it needs {needed} descriptors, 'ulimit -Hn' allows {descriptors}")
            continue
        row = measure_row(cell, names, options) | extra
        record.add(row)
        measured.append(row)
    return measured
