"""What has waited long is told of in the log: nothing may be stuck in silence."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from bot.relay.counts import count
from bot.relay.delivery import Lane
from bot.store import SqlStore

log = structlog.get_logger(__name__)

_LATE = 60.0  # seconds after which what does not go out is worth a warning
_WAITS_LONG = timedelta(hours=1)
_APART = timedelta(seconds=30)  # about as long as Teams tries to bring what was written
_AGAIN = 3600.0  # seconds


class Backlog:
    """Looks when it is told to; says the same thing once an hour."""

    def __init__(
        self,
        store: SqlStore,
        now: Callable[[], datetime],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``clock`` is in seconds, and steady: ``now`` may be set back."""
        self._store, self._now, self._clock = store, now, clock
        self._told: dict[Lane | str | None, float] = {}
        self._left: float | None = None

    async def look(self) -> None:
        """Log what is due, or was tried already, and waits; and records that wait for RT.

        Also a clock that is not the database's. Raises NotDone.
        """
        for lane, (waiting, oldest) in (await self._store.backlog()).items():
            if oldest > _LATE and self._may_tell(lane):
                log.warning("outbox_behind", lane=lane, waiting=waiting, oldest=int(oldest))
        await self._look_at_the_clock()
        found = await count(self._store, self._now())
        if (self._stay(found.late) or found.oldest > _WAITS_LONG) and self._may_tell(None):
            seconds = int(found.oldest.total_seconds())
            log.warning("filing_waits", waiting=found.waiting, oldest=seconds, leftovers=found.late)

    async def _look_at_the_clock(self) -> None:
        """Whether somebody wrote before a visitor joined, at another process, goes by everybody's clock."""
        before = self._now()
        theirs = await self._store.time()
        ahead, behind = before - theirs, theirs - self._now()
        if max(ahead, behind) > _APART and self._may_tell("clock"):
            seconds = int((ahead if ahead > behind else -behind).total_seconds())
            log.warning("clock_apart", seconds=seconds)

    def _stay(self, late: int) -> bool:
        """Each purge is late by the seconds that it waits for what goes before it: that is no fault."""
        if not late:
            self._left = None
        elif self._left is None:
            self._left = self._clock()
        return self._left is not None and self._clock() - self._left > _LATE

    def _may_tell(self, what: Lane | str | None) -> bool:
        now = self._clock()
        if now - self._told.get(what, float("-inf")) < _AGAIN:
            return False
        self._told[what] = now
        return True
