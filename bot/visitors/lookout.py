"""Looks after all sockets of a process together, so that none needs a clock of its own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress

import structlog

from bot.relay.faults import describe
from bot.visitors.hub import Hub, Watcher

log = structlog.get_logger(__name__)

Versions = Callable[[Collection[str]], Awaitable[dict[str, int]]]

_AT_A_TIME = 500  # sockets seen to before others get their turn; chats asked for in one query
_AFTER_TROUBLE = 5.0  # seconds until the next try
_IN_A_ROW, _PAUSE = 50, 0.05  # chats woken before others get their turn, and for how long (seconds)


class Lookout:
    """Two tasks: one sees to what is overdue, one finds rings that were lost.

    ``versions`` is ``Visiting.versions``: a count of changes for each chat. ``sweep`` and
    ``recheck`` are seconds; ``recheck`` may be changed at any time.
    """

    def __init__(self, hub: Hub, versions: Versions, *, sweep: float, recheck: float) -> None:
        self.recheck = recheck
        self._hub = hub
        self._versions = versions
        self._sweep = sweep
        self._seen: dict[str, int] = {}
        self._doubtful: set[str] = set()  # chats of which not all was heard when we last looked
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Look, from now on; harmless if it does."""
        if not self._tasks:
            works = (self._tend(), self._search())
            self._tasks = [asyncio.create_task(work, name="lookout") for work in works]

    async def close(self) -> None:
        """Stop looking."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _tend(self) -> None:
        before = time.monotonic()
        while True:
            await asyncio.sleep(self._sweep)
            now = time.monotonic()
            # After a pause of the whole process, what came meanwhile is to be read first.
            late, before = now > before + 2 * self._sweep + 1, now
            if late:
                continue
            for number, watcher in enumerate(self._hub.everybody(), 1):
                self._see_to(watcher, now)
                if not number % _AT_A_TIME:
                    await asyncio.sleep(0)

    def _see_to(self, watcher: Watcher, now: float) -> None:
        try:
            watcher.tend(now)
        except Exception as error:  # noqa: BLE001 - one socket's trouble is not all sockets'
            log.error("lookout_failed", chat=watcher.chat_id, error=describe(error))  # noqa: TRY400

    async def _search(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self.recheck):
                    await self._hub.lost.wait()
            lost = self._hub.lost.is_set()
            self._hub.lost.clear()
            try:
                await self._compare(lost=lost)
            except Exception as error:  # noqa: BLE001 - the next round may do better
                log.warning("lookout_failed", error=describe(error))
                await asyncio.sleep(_AFTER_TROUBLE)
                self._hub.lost.set()

    async def _compare(self, *, lost: bool) -> None:
        """Wake the watchers of every chat that changed since we last looked, but for what they heard.

        If rings may be ``lost`` nobody relies on what was heard, nor does he of a chat where it did
        not add up the last time: a commit that was counted before its news came is heard later.
        They look also whether their seat is still good: what nobody heard of may be that it is not.
        """
        chats = self._hub.chats()
        seen: dict[str, int] = {}
        doubtful: set[str] = set()
        for at in range(0, len(chats), _AT_A_TIME):
            some = chats[at : at + _AT_A_TIME]
            now = await self._versions(some)
            changed = []
            for chat_id in some:
                heard = self._hub.heard.pop(chat_id, 0)
                before = self._seen.get(chat_id)
                if before is None or now.get(chat_id) != before + heard:
                    doubtful.add(chat_id)
                    changed.append(chat_id)
                elif heard and (lost or chat_id in self._doubtful):
                    changed.append(chat_id)
            for number, chat_id in enumerate(changed, 1):
                self._hub.wake(chat_id, doubt=True)
                if not number % _IN_A_ROW:
                    await asyncio.sleep(_PAUSE)
            seen |= now
        self._seen, self._doubtful = seen, doubtful
