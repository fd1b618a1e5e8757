"""Taking off the disk what was deleted: SQL forgets a row, a file does not.

SQLite's secure_delete overwrites what a DELETE frees, but not what is left in the middle of a page
when its rows move to others (measured: some of 12 purged chats stood there still), nor in the
write-ahead log. So after a purge the file is written anew, and the log cut to nothing. PostgreSQL
gives space back for use by VACUUM; what it and its own write-ahead log keep until then is in
docs/security.md.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any

import psycopg

from bot.store.sqlite import connect, is_busy

#: Writers wait meanwhile, so it takes no more than this part of the time.
_PART = 20
_PATIENCE_MS = 500
_OFTEN_POSTGRES = 60.0  # seconds
#: Seconds: the disk is full, perhaps, and each attempt fills it anew; or too much is kept just now.
_AFTER_FAULT = 60.0
#: What is written anew is held in memory meanwhile, of which the systemd unit allows 512 MiB. More
#: than this is there only while many records with files wait for RT; then it is done after that.
_MOST = 128 * 1024 * 1024


class TooMuch(Exception):
    """More is kept than may be written anew."""


class Scrubber:
    """Scrubs when there is something to scrub, and not all the time."""

    def __init__(self, scrub: Callable[[], bool], at_least: float = 0.0) -> None:
        """``scrub`` blocks; it returns False if somebody was in its way, and may raise TooMuch.

        ``at_least`` is in seconds.
        """
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
        self._soiled, done, rest = False, False, _AFTER_FAULT
        try:
            done = await asyncio.to_thread(self._scrub)
            rest = self._at_least
        except TooMuch:
            pass  # records with files wait for RT: for minutes, or for days
        finally:
            self._soiled |= not done
            took = time.monotonic() - began
            self._rested = time.monotonic() + max(_PART * took, rest)


def sqlite_scrubber(file: str) -> Scrubber:
    """Return what writes a SQLite file anew."""
    return Scrubber(lambda: rewrite(file))


def rewrite(file: str) -> bool:
    """Write the file anew and cut its log; False if others use it.

    Raises TooMuch (then the log is cut all the same), OperationalError.
    """
    done = False
    with closing(connect(file, _PATIENCE_MS)) as database:
        try:
            if _size(database) > _MOST:
                raise TooMuch
            database.execute("PRAGMA cache_spill = ON")  # else it takes its size twice
            database.execute("VACUUM")
            done = True
        except sqlite3.OperationalError as error:
            if not is_busy(error):  # else somebody writes just now
                raise
        finally:  # what did not fit onto the disk is in the log, and fills it
            (busy, _, _) = database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return done and not busy


def _size(database: sqlite3.Connection) -> int:
    """Bytes that would be written anew."""
    pages, free, size = (
        int(database.execute(f"PRAGMA {name}").fetchone()[0])
        for name in ("page_count", "freelist_count", "page_size")
    )
    return (pages - free) * size


def postgres_scrubber(parts: dict[str, Any]) -> Scrubber:
    """Return what vacuums the tables that hold people's words and names."""

    def vacuum() -> bool:
        with psycopg.connect(**parts, autocommit=True) as database:
            database.execute(
                "VACUUM (SKIP_LOCKED) messages, files, chats, outbox, early, invitations, sign_ins,"
                " blocks, reception"
            )
        return True

    return Scrubber(vacuum, _OFTEN_POSTGRES)
