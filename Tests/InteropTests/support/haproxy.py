"""HAProxy in front of nodes."""

from .deadline import wait_until
from .ports import is_open
from .program import Program


def run_haproxy(directory, configuration, port):
    """Starts HAProxy, and waits until it listens."""
    (directory / "haproxy.cfg").write_text(f"{configuration.rstrip()}\n")
    haproxy = Program(["haproxy", "-db", "-f", "haproxy.cfg"], directory)
    wait_until(lambda: is_open(port))
    return haproxy
