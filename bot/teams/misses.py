"""Messages that were answered with 503: Teams brings them again for about half a minute only.

What it has given up by the time we can take things in again is lost to us. Its thread is then told
that a message of so-and-so at such a time did not come through; of what it said nothing is kept.
In memory only: when the whole process was away, the heartbeat's notice speaks (docs/deliveries.md).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from bot.relay.missing import Missed
from bot.relay.ports import Thread
from bot.teams.activity import Person

log = structlog.get_logger(__name__)

MOST = 500  # messages remembered
LOOK = 5.0  # seconds between two looks whether we can take things in again
WAIT = 60.0  # seconds that Teams has from then on


@dataclass(frozen=True, slots=True)
class Miss:
    """A message that was turned away with 503, where, and by whom it was written."""

    where: Thread
    who: Person
    missed: Missed


class Misses:
    """Remembers them, and has the thread told once nothing has been turned away for a while."""

    def __init__(
        self,
        able: Callable[[Miss], Awaitable[None]],
        tell: Callable[[list[Miss]], Awaitable[None]],
        *,
        look: float = LOOK,
        wait: float = WAIT,
    ) -> None:
        """``able`` fails while things cannot be taken in; ``tell`` is given those of one thread."""
        self._able = able
        self._tell = tell
        self._look, self._wait = look, wait
        self._missed: dict[tuple[str, str, str], Miss] = {}
        self._since: float | None = None  # when we could take things in again
        self._task: asyncio.Task[None] | None = None

    def note(self, miss: Miss) -> None:
        """Remember one; Teams' repeats of it are one."""
        self._since = None
        missed = miss.missed
        name = (miss.where.conversation_id, missed.key, missed.change)
        if name not in self._missed and len(self._missed) >= MOST:
            log.warning("misses_not_all_remembered")
            return
        self._missed[name] = miss
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._watch(), name="misses")

    async def close(self) -> None:
        """Stop watching."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _watch(self) -> None:
        while self._missed:
            await asyncio.sleep(self._look)
            try:
                await self._settle()
            except Exception as error:  # noqa: BLE001 - we are still not able: look again
                self._since = None
                log.info("still_unable", error=type(error).__name__)

    async def _settle(self) -> None:
        await self._able(next(iter(self._missed.values())))
        now = time.monotonic()
        self._since = now if self._since is None else self._since
        if now - self._since < self._wait:
            return
        by_thread: dict[str, list[Miss]] = {}
        for miss in self._missed.values():
            by_thread.setdefault(miss.where.conversation_id, []).append(miss)
        trouble: Exception | None = None
        for misses in by_thread.values():
            try:
                await self._tell(misses)
            except Exception as error:  # noqa: BLE001 - raised below: others need not wait for it
                trouble = error
                continue
            for one in misses:
                self._missed.pop((one.where.conversation_id, one.missed.key, one.missed.change))
        if trouble is not None:
            raise trouble
