"""Waiting for what must come to be."""

import asyncio
import time

from protocol import PATIENCE


async def is_true_within(seconds, condition):
    """Waits until a condition holds, and gives whether it does."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.01)
    return True


async def must_be_true(condition, diary, explain):
    """Waits until a condition holds; else `explain()` is what is wrong with what the diary tells."""
    if not await is_true_within(PATIENCE, condition):
        diary.fail(explain())
