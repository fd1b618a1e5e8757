"""Waiting, but not for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

from bot.relay.handlers import After
from bot.relay.outcomes import Unclear


async def finish(tasks: list[asyncio.Task[None]], patience: float) -> None:
    """Give ``tasks`` that many seconds, then cancel them."""
    if not tasks:
        return
    _, late = await asyncio.wait(tasks, timeout=patience)
    for task in late:
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)


async def first(waiting: Awaitable[bool], seconds: float) -> None:
    """Wait for so long at most."""
    try:
        await asyncio.wait_for(waiting, seconds)
    except TimeoutError:
        return


async def within(seconds: float, delivering: Awaitable[After | None]) -> After | None:
    """Do not wait beyond the lease: by then nobody knows what came of it."""
    try:
        async with asyncio.timeout(seconds):
            return await delivering
    except TimeoutError as error:
        raise Unclear("There was no answer in time.") from error
