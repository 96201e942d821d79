"""Members that come, go, hang and talk at random, and an oracle that knows what each of them must be told."""

import argparse
import asyncio
import sys
import time
import traceback

from act import Act
from failure import Diary, Failure

# Short enough that a minute meets each policy with each number of threads.
_ACT_SECONDS = 10


def main():
    parser = argparse.ArgumentParser(prog="scripts/chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="what happens follows from it, but for timing (default: 1)")
    parser.add_argument("--minutes", type=float, default=1, help="how long (default: 1)")
    parser.add_argument("--threads", type=int, help="of the server (default: 1 and 2 in turn)")
    parser.add_argument("--act", type=int, help="only this act, again and again")
    parser.add_argument("--program", required=True, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    end = time.monotonic() + arguments.minutes * 60
    number = arguments.act or 0
    while (left := end - time.monotonic()) > 1:
        if not asyncio.run(play(arguments, number, min(left, _ACT_SECONDS))):
            sys.exit(1)
        number += arguments.act is None
    print(f"ok: {arguments.minutes:g} minutes with seed {arguments.seed}", flush=True)


async def play(arguments, number, seconds):
    """One act; gives whether all was as it must be."""

    def report(what):
        tally = act.tally
        print(
            f"{time.monotonic() - Diary.beginning:7.1f} s  act {number}, {what}: {tally.publications} publications, "
            f"{tally.posts} requests to publish, {tally.duplicates} of duplicates, {tally.on_disk} on the disk, "
            f"{tally.connections} connections, {tally.resumed} with a position, "
            f"{tally.gaps} gaps of {tally.missing} messages",
            flush=True,
        )

    act = Act(arguments.program, arguments.seed, number, arguments.threads, report)
    print(f"act {number}: {act.settings}", flush=True)
    try:
        await act.run(seconds)
    except Exception as error:
        explain(error, act, arguments, number)
        return False
    return True


def explain(error, act, arguments, number):
    """What failed, what came before, and how to see it again."""
    print(f"\nFAILED: {error or type(error).__name__}", flush=True)
    if isinstance(error, Failure):
        print(f"\nThe last that {error.diary.owner} met:")
        print("\n".join(error.diary.lines))
    else:
        traceback.print_exception(error)
    print("\nThe last lines of the server:")
    print("\n".join(act.server.lines))
    if act.settings.keeps_state:
        print(f"\nThe state directory stays: {act.settings.state_directory}")
    threads = f" --threads {arguments.threads}" if arguments.threads else ""
    print(f"\nAgain: scripts/chaos --seed {arguments.seed} --minutes {arguments.minutes:g}{threads} --act {number}")


if __name__ == "__main__":
    main()
