"""Measures the wrapper beside the same servers in C, in one run, and writes a table, a plot and the raw figures.

Each round of a cell starts every server once, one after another, so that what disturbs the machine disturbs them alike;
the ratios are of one round, and the table gives their median and spread. See README.md for the method.
"""
import argparse
import datetime
import json
import os
import platform
import resource
import socket
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
RESULTS = os.path.join(HERE, "results")
LOAD = os.path.join(HERE, ".build", "load")
PORT = 9100

# What is measured: a name, and the command that serves on PORT.
ECHO_SERVERS = {
    "c-example": [f"{HERE}/.build/c-echo", str(PORT), "example"],
    "c-direct": [f"{HERE}/.build/c-echo", str(PORT), "direct"],
    "closures": [f"{HERE}/.build/release/echo-bench", str(PORT), "closures"],
    "sequence": [f"{HERE}/.build/release/echo-bench", str(PORT), "sequence"],
}
CHURN_SERVERS = {
    "closures": ECHO_SERVERS["closures"],
    "sequence": ECHO_SERVERS["sequence"],
    "broadcast-server": [
        f"{HERE}/../.build/release/broadcast-server", "start", "--port", str(PORT), "--no-log-file",
        "--log-level", "warning",
    ],
}
# Connections, messages in flight on each, bytes of a message, messages in all, idle connections beside.
ECHO_CELLS = [
    (1, 1, 64, 60_000, 0),
    (100, 1, 64, 250_000, 0),
    (100, 64, 64, 800_000, 0),
    (10, 1, 1_024, 200_000, 0),
    (10, 1, 16_384, 60_000, 0),
    (100, 1, 64, 250_000, 10_000),
]


def progress(text):
    print(text, file=sys.stderr, flush=True)


class Server:
    """A server process on the first core; the load runs on the second."""

    def __init__(self, command):
        self.process = subprocess.Popen(
            ["taskset", "-c", "0", *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", PORT), 1).close()
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit(f"error: {' '.join(command)} does not serve on port {PORT}")
                time.sleep(0.02)

    def load(self, *arguments):
        command = ["taskset", "-c", "1", LOAD, str(PORT), str(self.process.pid), *map(str, arguments)]
        return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(20)


def name_of(cell):
    connections, window, size, _, idle = cell
    payload = f"{size // 1024} KiB" if size >= 1024 else f"{size} B"
    return f"{connections} × {window}, {payload}" + (f", {idle:,} idle" if idle else "")


def echo(rounds, quick):
    rows = []
    for cell in ECHO_CELLS:
        connections, window, size, messages, idle = cell
        messages = messages // 20 if quick else messages
        samples = {name: [] for name in ECHO_SERVERS}
        for number in range(rounds):
            for name, command in ECHO_SERVERS.items():
                with Server(command) as server:
                    samples[name].append(server.load("echo", connections, window, size, messages, idle))
                cost = samples[name][-1]["cpu_us_per_message"]
                progress(f"echo  {name_of(cell):24} round {number + 1}/{rounds}  {name:10} {cost:8.2f} CPU s/M messages")
        rows.append({"cell": name_of(cell), "samples": samples})
    return rows


def churn(quick):
    rows = []
    for name, command in CHURN_SERVERS.items():
        with Server(command) as server:
            result = server.load("churn", 1_000 if quick else 10_000, 3)
        per_connection = result["rounds"][0]["bytes_per_connection"]
        progress(f"churn {name:24} {per_connection:,.0f} bytes per idle connection")
        rows.append({"server": name, **result})
    return rows


def ratios(samples, name, base):
    costs = zip(samples[name], samples[base])
    return [mine["cpu_us_per_message"] / other["cpu_us_per_message"] for mine, other in costs]


def ratio_text(samples, name, base):
    values = ratios(samples, name, base)
    return f"{statistics.median(values):.2f} ({min(values):.2f}–{max(values):.2f})"


def table(rows):
    lines = [
        "| connections × in flight, message | `c-example` | `c-direct` | closures | sequence "
        "| closures / `c-example` | sequence / `c-example` | closures / `c-direct` |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for row in rows:
        samples = row["samples"]
        costs = [
            f"{statistics.median(sample['cpu_us_per_message'] for sample in samples[name]):.2f}"
            for name in ECHO_SERVERS
        ]
        compared = [("closures", "c-example"), ("sequence", "c-example"), ("closures", "c-direct")]
        lines.append(
            "| " + " | ".join([row["cell"], *costs, *(ratio_text(samples, *pair) for pair in compared)]) + " |"
        )
    return "\n".join(lines)


def churn_table(rows):
    lines = [
        "| server | connections | bytes per idle connection | resident memory, second round / first "
        "| descriptors left | threads left | µs to connect |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for row in rows:
        first, second = row["rounds"][0], row["rounds"][1]
        growth = (second["rss_after_kib"] / first["rss_after_kib"] - 1) * 100
        lines.append(
            f"| {row['server']} | {row['connections']:,} | {first['bytes_per_connection']:,.0f} | {growth:+.1f} % "
            f"| {row['rounds'][-1]['descriptors_left']} | {row['rounds'][-1]['threads_left']} "
            f"| {statistics.median(each['connect_us'] for each in row['rounds']):.0f} |"
        )
    return "\n".join(lines)


def plot(rows, path):
    """Draws the CPU time of each server in each cell, relative to the C example, with gnuplot."""
    data = ["cell " + " ".join(ECHO_SERVERS)]
    for row in rows:
        medians = (statistics.median(ratios(row["samples"], name, "c-example")) for name in ECHO_SERVERS)
        data.append(f'"{row["cell"]}" ' + " ".join(f"{value:.3f}" for value in medians))
    columns = ", ".join(
        f"$rows using {index + 2}:xtic(1) title columnheader({index + 2})" for index in range(len(ECHO_SERVERS))
    )
    script = f"""
$rows << END
{chr(10).join(data)}
END
set terminal svg size 960,420 dynamic font "sans-serif,13" background "white"
set output "{path}"
set style data histogram
set style histogram clustered gap 1.2
set style fill solid 0.9 noborder
set boxwidth 0.9
set linetype 1 linecolor "#9aa0a6"
set linetype 2 linecolor "#5f6368"
set linetype 3 linecolor "#f05138"
set linetype 4 linecolor "#f7a58f"
set yrange [0:*]
set ylabel "CPU time per message, the C example = 1"
set ytics nomirror
set xtics nomirror rotate by -15
set grid ytics linecolor "#dddddd"
set border 3
set key outside top center horizontal
plot {columns}
"""
    subprocess.run(["gnuplot"], input=script, text=True, check=True)


def versions():
    with open("/proc/cpuinfo") as file:
        models = {line.split(":", 1)[1].strip() for line in file if line.startswith("model name")}
    lws = subprocess.run(["pkg-config", "--modversion", "libwebsockets"], capture_output=True, text=True).stdout.strip()
    swift = subprocess.run(["swift", "--version"], capture_output=True, text=True).stdout.splitlines()[0]
    return {
        "date": datetime.date.today().isoformat(),
        "processor": ", ".join(sorted(models)),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.release()}",
        "libwebsockets": lws,
        "swift": swift,
    }


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Measures the wrapper beside C.")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each cell (default: 5)")
    parser.add_argument("--quick", action="store_true", help="a twentieth of the load: to see that everything runs")
    options = parser.parse_args()
    if (os.cpu_count() or 1) < 2:
        raise SystemExit("error: two cores are needed, one for the server and one for the load")
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    if limit < 10_300:
        raise SystemExit(f"error: 10,000 connections need more descriptors than {limit}: raise it with 'ulimit -Hn 16384'")

    machine = versions()
    echo_rows = echo(options.rounds, options.quick)
    churn_rows = churn(options.quick)
    caption = ", ".join(f"{value}" if key != "libwebsockets" else f"libwebsockets {value}" for key, value in machine.items() if key != "cores")
    report = (
        f"{caption}.\n\nCPU seconds of the server per million messages, median of {options.rounds} rounds; ratios with "
        f"their spread.\n\n{table(echo_rows)}\n\n{churn_table(churn_rows)}\n"
    )
    if not options.quick:
        os.makedirs(RESULTS, exist_ok=True)
        with open(os.path.join(RESULTS, "echo.json"), "w") as file:
            json.dump({"machine": machine, "echo": echo_rows, "churn": churn_rows}, file, indent=1)
        with open(os.path.join(RESULTS, "echo.md"), "w") as file:
            file.write(report)
        plot(echo_rows, os.path.join(RESULTS, "echo.svg"))
    print(report)


main()
