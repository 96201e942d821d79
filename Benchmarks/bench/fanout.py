"""Fan-out: one message of a publisher goes to all subscribers."""
from . import plot, results, rows, servers
from .cells import Cell
from .figures import markdown_table, number_text, size_text
from .machine import caption

COST = "cpu_us_per_delivery"
FIGURES = (COST, "p50_us", "p99_us", "load_utilization", "peak_rss_kib")
WARMUP = 0.2
QUICK = {"seconds": 0.3, "warmup": 0.1}
# Servers that take part only where a deployment would be of that size and the cell is short.
PEERS = (servers.NIO, servers.PYTHON)
PAIRS = ((servers.SUBJECT, servers.REFERENCE), (servers.SUBJECT, servers.EXAMPLE))


def rounds_of(subscribers, timeout):
    """How many at least, and how many at most until the ratio has settled: a large cell takes long for each."""
    if timeout > 30:
        return 3, 3
    return (7, 63) if subscribers < 10_000 else (3, 15)


def fan_out(subscribers, size, window, publishers=1, suffix="", note="", features=(), has_peers=False, is_quick=False,
            seconds=0.6, timeout=30, **more):
    title = f"{subscribers:,} × {size_text(size)}, {window} in flight"
    if publishers > 1:
        title += f", {publishers} publishers"
    load = {"subscribers": subscribers, "publishers": publishers, "bytes": size, "window": window}
    return Cell(
        key=f"{subscribers}x{size}x{window}p{publishers}{suffix}",
        title=title + note,
        mode="fanout",
        load=load | more | {"seconds": seconds, "warmup": WARMUP},
        servers=tuple(name for name in servers.BROADCASTING if has_peers or name not in PEERS),
        figures=FIGURES,
        compared=(COST,),
        features=frozenset(features),
        pairs=PAIRS,
        settling=PAIRS[0],
        quick=QUICK if is_quick else None,
        timeout=timeout,
        rounds=rounds_of(subscribers, timeout),
        connections=subscribers + publishers + more.get("idle", 0),
    )


def matrix():
    for publishers in (1, 10):
        for subscribers in (100, 1_000, 10_000):
            for size in (64, 1_024, 16_384):
                for window in (1, 64):
                    is_small = subscribers <= 1_000 and size <= 1_024 and publishers == 1
                    in_flight = subscribers * publishers * window
                    # Twenty windows of messages or more, so that the first one decides nothing. Except for the largest:
                    # it is 105 GB, and takes minutes.
                    yield fan_out(
                        subscribers, size, window, publishers, has_peers=is_small, is_quick=is_small,
                        seconds=3 if in_flight > 1_000_000 else 0.6,
                        timeout=240 if in_flight * size > 50 << 30 else 30,
                    )


def special():
    for subscribers in (100, 1_000):
        for window in (1, 64):
            yield fan_out(
                subscribers, 64, window, suffix="-idle", note=", 10,000 idle", idle=10_000, has_peers=subscribers == 100
            )
    for subscribers in (100, 1_000):
        for size in (1_024, 16_384):
            for window in (1, 64):
                is_quick = size == 1_024 and window == 64
                yield fan_out(
                    subscribers, size, window, suffix="-deflate", note=", compressed", features=["compression"],
                    deflate=True, is_quick=is_quick,
                )
                yield fan_out(
                    subscribers, size, window, suffix="-tls", note=", TLS", features=["tls"], tls=True,
                    is_quick=is_quick,
                )


CELLS = [*matrix(), *special()]
ORDER = (servers.REFERENCE, servers.EXAMPLE, servers.SUBJECT, servers.NIO, servers.PYTHON)


def cost_table(measured):
    names = rows.names(measured, ORDER)
    pairs = [pair for pair in PAIRS if set(pair) <= set(names)]
    heads = ["subscribers × message", *(f"`{name}`" for name in names)]
    heads += [f"`{mine}` / `{other}`" for mine, other in pairs]
    return markdown_table(heads, [
        [rows.title(row), *(rows.figure_text(row, name, COST) for name in names)]
        + [rows.ratio_cell(row, *pair, COST) for pair in pairs]
        for row in measured
    ])


def latency_text(row, name):
    values = [rows.median(row, name, figure) for figure in ("p50_us", "p99_us")]
    return "–" if None in values else " / ".join(number_text(value / 1000) for value in values)


def latency_table(measured):
    names = rows.names(measured, ORDER)
    return markdown_table(
        ["subscribers × message", *(f"`{name}`" for name in names)],
        [[rows.title(row), *(latency_text(row, name) for name in names)] for row in measured],
    )


def report(figures):
    measured = figures["cells"]
    return "\n\n".join([
        caption(figures["machine"]),
        "CPU seconds of the server per million deliveries, median of the rounds; ratios with their quartiles.",
        cost_table(measured),
        "Milliseconds from sending to arrival, p50 / p99:",
        latency_table(measured),
        *rows.remarks(measured),
    ]) + "\n"


def draw(measured):
    names = rows.names(measured, ORDER)
    costs = [
        (row["title"], [rows.figure(row, name, COST) for name in names])
        for row in measured if len(row["servers"]) == len(names)
    ]
    if costs:
        plot.bars(results.path("fanout.svg"), costs, names, "CPU s per million deliveries", is_logarithmic=True)
    compared = [(row["title"], rows.ratio(row, *PAIRS[0], COST)) for row in measured]
    compared = [(title, values) for title, values in compared if values]
    if compared:
        plot.dots(results.path("fanout-ratio.svg"), compared, "CPU time, the C reference = 1", limit=1.1)
