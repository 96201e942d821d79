"""Thousands of clients whose server is restarted and upgraded: see scripts/restarts."""

import argparse
import asyncio
import pathlib
import resource
import sys
import tempfile

sys.path.append(str(pathlib.Path(__file__).parent.parent / "Chaos"))

from run import Failed, Run  # noqa: E402


def main():
    parser = argparse.ArgumentParser(prog="scripts/restarts")
    parser.add_argument("--program", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--clients", type=int, default=5_000, help="how many (default: 5000)")
    parser.add_argument("--rate", type=int, default=1_000, help="of the server's --drain-rate (default: 1000)")
    parser.add_argument("--restarts", type=int, default=3, help="how many (default: 3)")
    parser.add_argument("--upgrades", type=int, default=3, help="how many (default: 3)")
    arguments = parser.parse_args()
    needed = arguments.clients + 1_000
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most != resource.RLIM_INFINITY and most < needed:
        return f"error: {needed} descriptors are needed, and {most} allowed: ulimit -n"
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed if most == resource.RLIM_INFINITY else most, most))
    with tempfile.TemporaryDirectory(prefix="broadcast-restarts-") as directory:
        run = Run(arguments.program, directory, arguments.clients, arguments.rate)
        try:
            asyncio.run(run.play(arguments.restarts, arguments.upgrades))
        except Failed as failure:
            return f"failed: {failure}"
    return None


if __name__ == "__main__":
    sys.exit(main())
