"""Taking off the disk what was deleted: SQL forgets a row, a file does not.

SQLite's secure_delete overwrites what a DELETE frees, but not what is left in the middle of a page
when its rows move to others (measured: some of 12 purged chats stood there still), nor in the
write-ahead log. So after a purge the file is written anew, and the log cut to nothing. PostgreSQL
gives space back for use by VACUUM; what it and its own write-ahead log keep until then is in
docs/security.md.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any

import psycopg

from bot.store.sqlite import connect

#: Writers wait meanwhile, so it takes no more than this part of the time.
_PART = 20
_PATIENCE_MS = 500
_OFTEN_POSTGRES = 60.0  # seconds


class Scrubber:
    """Scrubs when there is something to scrub, and not all the time."""

    def __init__(self, scrub: Callable[[], bool], at_least: float = 0.0) -> None:
        """``scrub`` blocks; it returns False if somebody was in its way. ``at_least`` is in seconds."""
        self._scrub = scrub
        self._at_least = at_least
        self._soiled = True  # a predecessor may have died before it could
        self._rested = 0.0

    def soil(self) -> None:
        """Something was deleted whose traces are to go."""
        self._soiled = True

    @property
    def due(self) -> bool:
        """Whether there is something to scrub, and not too soon after the last time."""
        return self._soiled and time.monotonic() >= self._rested

    async def scrub(self) -> None:
        """Scrub if it is due; what fails is tried again."""
        began = time.monotonic()
        if not self.due:
            return
        self._soiled, done = False, False
        try:
            done = await asyncio.to_thread(self._scrub)
        finally:
            self._soiled |= not done
            took = time.monotonic() - began
            self._rested = time.monotonic() + max(_PART * took, self._at_least)


def sqlite_scrubber(file: str) -> Scrubber:
    """Return what writes a SQLite file anew."""
    return Scrubber(lambda: rewrite(file))


def rewrite(file: str) -> bool:
    """Write the file anew and cut its log; False if somebody reads it. Raises OperationalError."""
    with closing(connect(file, _PATIENCE_MS)) as database:
        database.execute("VACUUM")
        (busy, _, _) = database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not busy


def postgres_scrubber(parts: dict[str, Any]) -> Scrubber:
    """Return what vacuums the tables that hold people's words and names."""

    def vacuum() -> bool:
        with psycopg.connect(**parts, autocommit=True) as database:
            database.execute(
                "VACUUM (SKIP_LOCKED) messages, files, chats, outbox, early, invitations, sign_ins"
            )
        return True

    return Scrubber(vacuum, _OFTEN_POSTGRES)
