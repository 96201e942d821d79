"""What the cases share: programs that end with the case, browsers that live as long as the run, and the report."""

import os
import pathlib
import signal

import pytest

from support.browser import BROWSERS, Browser
from support.certificates import Certificates
from support.channel import channel as serve_channel
from support.nats import NATSServer
from support.page import open_page as go_to_page
from support.program import Program, Server
from support.site import Site

ROOT = pathlib.Path(__file__).resolve().parents[2]
OUTPUT = ROOT / ".build/interop"
BUILD = pathlib.Path(os.environ.get("INTEROP_BUILD", ROOT / ".build/release"))

# A shell that runs the tests in the background, or nohup, has them ignore one, and the programs would go on ignoring it.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture
def start_program(tmp_path):
    """Starts one of the package's programs by name; it is stopped after the case."""
    programs = []

    def start(name, *arguments, **options):
        programs.append(Program([BUILD / name, *arguments], directory=tmp_path, **options))
        return programs[-1]

    yield start
    for program in reversed(programs):
        program.stop()


@pytest.fixture
def start_server(start_program):
    """Starts `broadcast-server start` with flags, by default at a free port of localhost, and waits until it listens."""

    def start(*flags, host="localhost", port=0, scheme="ws"):
        address = ["--host", host, "--port", str(port)]
        return Server(start_program("broadcast-server", "start", "--no-log-file", *address, *flags), scheme)

    return start


@pytest.fixture
def start_nats(tmp_path):
    """Starts a server of NATS with lines of configuration; it is stopped after the case."""
    servers = []

    def start(options=""):
        servers.append(NATSServer(tmp_path, options))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def start_node(start_program):
    """Starts a node whose log tells everything, with variables besides those of this process."""

    def start(*flags, **variables):
        command = ["start", "--no-log-file", "--port", "0", "--log-level", "trace", *flags]
        return start_program("broadcast-server", *command, environment=os.environ | variables)

    return start


@pytest.fixture
def channel():
    """A channel that does as it is told."""
    with serve_channel() as channel:
        yield channel


@pytest.fixture(scope="session")
def launch():
    """Starts a browser by name, or gives the one that runs already with these options; all end with the run."""
    browsers = {}

    def launch(name, **options):
        key = (name, *options.items())
        if key not in browsers:
            browsers[key] = Browser(name, **options)
        return browsers[key]

    yield launch
    for browser in browsers.values():
        browser.close()


@pytest.fixture(params=BROWSERS, scope="session")
def browser(request, launch):
    """Each of the browsers in turn."""
    return launch(request.param)


@pytest.fixture
def open_tab():
    """Opens a page in a tab of a browser; the tab is closed after the case."""
    tabs = []

    def open(browser, url):
        tabs.append(browser.open(url))
        return tabs[-1]

    yield open
    for tab in tabs:
        tab.close()


@pytest.fixture
def open_page(open_tab):
    """Opens the page of a server in a new tab, in a channel, under a name, and waits until it is connected."""

    def open(browser, server, channel="", name=""):
        # Of the same origin, and without a script that would connect already.
        tab = open_tab(browser, server.page + "-/icon.svg")
        go_to_page(tab, server, channel, name)
        return tab

    return open


@pytest.fixture(scope="session")
def site():
    """A web site at an origin of its own, whose page gives scripts a `Peer` class to speak WebSocket with."""
    with Site(pathlib.Path(__file__).parent / "site") as site:
        yield site


@pytest.fixture(scope="session")
def certificates(tmp_path_factory):
    """A private certificate authority, and a certificate for localhost that it has signed."""
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def screenshots():
    """The folder for pictures of the page; git ignores it."""
    folder = OUTPUT / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


# MARK: The report


def pytest_report_teststatus(report):
    """No letters for progress: the lines below say more."""
    return report.outcome if _is_result(report) else "", "", ""


def pytest_runtest_logreport(report):
    """One line for each case: ok, skipped or FAILED, area and name, seconds, and why if it was skipped."""
    if not _is_result(report):
        return
    area, _, case = report.nodeid.removesuffix("]").partition(".py::test_")
    name, _, parameters = case.replace("_", " ").partition("[")
    label = f"{area.removeprefix('test_')}: {name}" + (f" ({parameters})" if parameters else "")
    word = {"passed": "ok", "failed": "FAILED", "skipped": "not applicable"}[report.outcome]
    reason = f": {report.longrepr[2].removeprefix('Skipped: ')}" if report.skipped else ""
    print(f"{word} {label} ({report.duration:.1f} s){reason}", flush=True)


def _is_result(report):
    """Whether a report says how a case ended: what comes before and after it counts only when it fails."""
    return report.when == "call" or report.outcome != "passed"
