"""Builds what a run needs, and no more: the peers take minutes, and not everybody has what they need."""
import os
import subprocess
import venv

from . import against, servers
from .paths import BENCHMARKS, NIO_PACKAGE, PEER_ENVIRONMENT, PEER_PYTHON, REPOSITORY


def build(names, revision):
    """For these servers, of the working tree, and of `revision` if there is one; gives the revision's commit."""
    needs_server = servers.SUBJECT in names
    needs_echo = servers.CLOSURES in names or servers.SEQUENCE in names
    # First, as it fails the sooner.
    commit = against.build(revision, needs_server, needs_echo) if revision else None
    if needs_server:
        against.swift_build(REPOSITORY, "broadcast-server", "")
    if needs_echo:
        against.swift_build(BENCHMARKS, "echo-bench", "")
    if servers.NIO in names:
        against.swift_build(NIO_PACKAGE, "nio-broadcast", "")
    if servers.PYTHON in names and not os.path.exists(PEER_PYTHON):
        venv.create(PEER_ENVIRONMENT, with_pip=True)
        requirements = os.path.join(BENCHMARKS, "peers", "requirements.txt")
        subprocess.run([PEER_PYTHON, "-m", "pip", "install", "--quiet", "--requirement", requirements], check=True)
    return commit
