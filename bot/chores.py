"""Chores: what is done again until it is done, and what is done every few seconds."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import structlog

from bot.relay.faults import describe
from bot.relay.outcomes import NotDone

log = structlog.get_logger(__name__)

Chore = Callable[[], Awaitable[None]]

#: Seconds. A process that hangs holds its locks for five, then PostgreSQL ends its transaction.
_HELD, _PAUSE = 12.0, 0.5


async def patiently(chore: Chore) -> None:
    """Do what the start needs; another process may be in its way for a while. Raises NotDone."""
    until, told = time.monotonic() + _HELD, ""
    while True:
        try:
            return await chore()
        except NotDone as error:
            if time.monotonic() > until:
                raise
            if (reason := describe(error)) != told:
                log.warning("start_waits", reason=reason)
            told = reason
        await asyncio.sleep(_PAUSE)


async def every(seconds: float, chore: Chore) -> None:
    """Do it for ever; a round that fails is logged, and again only when it fails otherwise, or anew."""
    told = ""
    while True:
        reason = ""
        try:
            await chore()
        except Exception as error:  # noqa: BLE001 - the next round may do better
            reason = describe(error)
        if reason and reason != told:
            log.warning("chore_failed", chore=chore.__qualname__, reason=reason)
        elif told and not reason:
            log.info("chore_well_again", chore=chore.__qualname__)
        told = reason
        await asyncio.sleep(seconds)
