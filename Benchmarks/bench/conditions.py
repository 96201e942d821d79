"""What a matrix does not show: a reader that stands still, a flood, logging, and connections as such."""
import os
import tempfile

from . import servers
from .figures import is_good, markdown_table, median, number_text, ratio_text, ratios
from .progress import progress
from .server import LoadFailure, Server

COST = "cpu_us_per_delivery"


def attempt(name, mode, options, timeout=120, features=frozenset()):
    with tempfile.TemporaryDirectory() as folder:
        log = os.path.join(folder, "server.log")
        command = [part.replace("{log}", log) for part in servers.command(name, features)]
        try:
            with Server(command) as server:
                return server.load(mode, options, timeout)
        except LoadFailure as failure:
            return {"failure": str(failure)}


def measure(title, names, rounds, mode, variants):
    """Every variant (a name and its options) with every server in each round."""
    samples = {name: {variant: [] for variant in variants} for name in names}
    for number in range(rounds):
        for name in names:
            for variant, options in variants.items():
                sample = attempt(name, mode, options)
                samples[name][variant].append(sample)
                outcome = "done" if is_good(sample) else sample["failure"]
                progress(f"{title:22} round {number + 1}/{rounds}  {name:17} {variant:12} {outcome}")
    return samples


# MARK: One reader that stands still

def stalled_reader(names, rounds, quick):
    options = {
        "subscribers": 100, "publishers": 1, "bytes": 8192, "rate": 1000, "warmup": 0.2, "seconds": 1 if quick else 4,
    }
    return measure("stalled reader", names, rounds, "fanout", {"without": options, "with": options | {"stalled": 1}})


def stalled_table(samples):
    lines = []
    for name, variants in samples.items():
        without, stalled = variants["without"], variants["with"]
        latency = (median(each, "p99_us") for each in (without, stalled))
        memory = (median(each, "peak_rss_kib") for each in (without, stalled))
        lines.append([
            name, *(number_text(value and value / 1000) for value in latency),
            ratio_text(ratios(stalled, without, "p99_us")),
            *(number_text(value and value / 1024) for value in memory),
        ])
    return markdown_table(
        ["server", "p99 without, ms", "p99 with, ms", "with / without", "peak memory without, MiB", "with, MiB"], lines
    )


# MARK: A flood to slow readers

FLOOD_MESSAGES, FLOOD_BYTES, FLOOD_RATE = 2000, 65536, 1600


def flood(names, quick):
    messages = FLOOD_MESSAGES // 20 if quick else FLOOD_MESSAGES
    options = {
        "subscribers": 10, "publishers": 1, "bytes": FLOOD_BYTES, "rate": FLOOD_RATE, "messages": messages,
        "seconds": 600, "read-rate": FLOOD_BYTES * FLOOD_RATE / 10,
    }
    return measure("flood", names, 1, "fanout", {"flood": options})


def flood_table(samples):
    lines = []
    for name, variants in samples.items():
        sample = variants["flood"][0]
        if is_good(sample):
            lines.append([name, "all", f"{sample['seconds']:.1f}", number_text(sample["peak_rss_kib"] / 1024)])
        else:
            lines.append([name, sample["failure"], "–", "–"])
    return markdown_table(["server", "arrived", "seconds", "peak memory, MiB"], lines)


# MARK: Logging

def logging(rounds, quick):
    names = [servers.SUBJECT, servers.LOGGING]
    options = {"subscribers": 100, "publishers": 1, "bytes": 64, "warmup": 0.2, "seconds": 0.3 if quick else 1}
    samples = {name: {} for name in names}
    # One after the other, so that the two compared run next to one another.
    for window in (1, 64):
        variants = {f"{window} in flight": options | {"window": window}}
        for name, measured in measure("logging", names, rounds, "fanout", variants).items():
            samples[name] |= measured
    return samples


def logging_table(samples):
    off, on = samples[servers.SUBJECT], samples[servers.LOGGING]
    return markdown_table(
        ["100 subscribers, 64 B", "off", "on", "on / off"],
        [
            [variant, number_text(median(off[variant], COST)), number_text(median(on[variant], COST)),
             ratio_text(ratios(on[variant], off[variant], COST))]
            for variant in off
        ],
    )


# MARK: Connections

def connections(names, quick):
    options = {"connections": 1_000 if quick else 10_000, "rounds": 2}
    return measure("connections", names, 1, "churn", {"churn": options})


def connections_table(samples):
    lines = []
    for name, variants in samples.items():
        sample = variants["churn"][0]
        if not is_good(sample):
            lines.append([name, sample["failure"], "–", "–"])
            continue
        first, second = sample["rounds"]
        lines.append([
            name, f"{first['bytes_per_connection']:,.0f}", f"{second['cpu_us_per_connect']:.1f}",
            f"{1e6 / second['connect_us']:,.0f}",
        ])
    return markdown_table(["server", "bytes per idle connection", "CPU µs per connect", "connects per second"], lines)
