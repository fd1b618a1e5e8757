"""SQLite: one connection that writes, one that reads, both used from the event loop.

A statement takes microseconds; handing it to a thread costs ten times that. So statements run
where they are asked for, and only what may wait for the disk or take long goes to a thread: the
commit, a lock that somebody else holds, a purge, a long list (docs/decisions/0008).
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import structlog

from bot.store.link import Clash, Then
from bot.store.sql import Query, Row
from bot.store.tables import micros
from bot.store.thread import Aside

log = structlog.get_logger(__name__)

T = TypeVar("T")

# FULL: an acknowledged message survives a power cut. secure_delete: purged text is overwritten.
_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",
    "PRAGMA temp_store = MEMORY",  # no words in files that nobody knows of
    "PRAGMA cache_spill = OFF",  # nothing is written before the commit, which has its thread
    # Pages (32 MB). Copying the log back holds up whoever commits just then: by SQLite's own
    # thousand pages that was one message in a hundred (docs/performance.md).
    "PRAGMA wal_autocheckpoint = 8000",
)
_REPLACED = (
    "The database's file was moved away or replaced while the service runs. Nothing is taken in "
    "until the service is stopped and started again (docs/operations.md, Back up and restore)."
)
_PATIENCE_MS = 5000
_NEVER = 0


def _inode(file: str) -> tuple[int, int] | None:
    """Tell files apart, whatever they are called; None if there is none to be seen."""
    try:
        found = os.stat(file)  # noqa: PTH116 - asked before each commit; a Path costs twice the look
    except OSError:
        return None
    return found.st_dev, found.st_ino


def connect(file: str, patience: int = _PATIENCE_MS) -> sqlite3.Connection:
    """Open the file; ``patience`` is how many milliseconds a statement waits for a lock."""
    # We say BEGIN ourselves: the driver's own guess is late. Threads take turns, one at a time.
    connection = sqlite3.connect(
        file, isolation_level=None, check_same_thread=False, cached_statements=256
    )
    connection.execute(f"PRAGMA busy_timeout = {_PATIENCE_MS}")
    for pragma in _PRAGMAS:
        connection.execute(pragma)
    connection.execute(f"PRAGMA busy_timeout = {patience}")
    return connection


def _run(connection: sqlite3.Connection, query: Query, values: dict[str, Any]) -> sqlite3.Cursor:
    text = query.sqlite
    if text.lists:
        values = values | {name: json.dumps(values[name]) for name in text.lists}
    if text.fixed:
        values = values | text.fixed
    return connection.execute(text.sql, values)


def is_busy(error: sqlite3.OperationalError) -> bool:
    """Tell whether somebody else's lock is all that is wrong."""
    return error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


class SqliteHand:
    """The writing connection; see bot/store/writer.py, Hand."""

    shared = False
    most = 128

    def __init__(self, file: str, clock: Callable[[], datetime]) -> None:
        self._file = file
        self._clock = clock
        self._thread = Aside("store-commit")
        self._db: sqlite3.Connection | None = None
        self._inode: tuple[int, int] | None = None
        self._replaced = False
        self._now = 0
        self._changes = 0
        self._trusted = True
        self.fresh = False

    # --- within a transaction ------------------------------------------------------------------

    async def rows(self, query: Query, **values: Any) -> list[Row]:
        """Run it."""
        return self._run(query, values).fetchall()

    def later(self, query: Query, then: Then | None = None, /, **values: Any) -> None:
        """Run it now: there is no way to save."""
        rows = self._run(query, values)
        if then is not None:
            then(rows.fetchall())

    async def flush(self) -> None:
        """Nothing was put off."""

    async def slowly(self, query: Query, **values: Any) -> int:
        """Run it in the thread."""
        return (await self._thread.run(self._run, query, values)).rowcount

    def _run(self, query: Query, values: dict[str, Any]) -> sqlite3.Cursor:
        values["now"] = self._now
        try:
            return _run(self._open, query, values)
        except sqlite3.IntegrityError as error:
            raise Clash(str(error)) from error

    @property
    def _open(self) -> sqlite3.Connection:
        if self._db is None:
            raise sqlite3.OperationalError("no transaction was begun")
        return self._db

    # --- the transaction -----------------------------------------------------------------------

    async def begin(self) -> datetime:
        """Take the write lock, so that what is read cannot change before it is written."""
        self.fresh = self._db is None
        if self._inode is not None:
            self._must_be_there()
        if self._db is None:
            self._db = await self._thread.run(connect, self._file, _NEVER)
            self._inode = _inode(self._file)
        now = self._clock()
        self._now = micros(now)
        try:
            self._db.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if not is_busy(error):
                raise
            await self._thread.run(_begin_patiently, self._db)
        self._changes = self._db.total_changes
        return now

    def _must_be_there(self) -> None:
        """What is committed to a file that was moved away or replaced is gone at the next start."""
        if _inode(self._file) == self._inode:
            return
        if not self._replaced:
            self._replaced = True
            log.error("database_replaced", said=_REPLACED)
        raise sqlite3.OperationalError(_REPLACED)

    async def commit(self) -> None:
        """Make it durable."""
        if self._open.total_changes == self._changes:
            self._open.execute("COMMIT")  # nothing to write, nothing to wait for
            return
        try:
            await self._thread.run(self._open.execute, "COMMIT")
        except sqlite3.Error:
            self._trusted = False
            raise

    async def abandon(self) -> bool:
        """Roll back; after a failed commit, do not trust this connection any further."""
        if self._db is None:
            return True
        try:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
        except sqlite3.Error:
            self._trusted = False  # the disk is away; what was not committed is not kept
        gone = self._trusted
        if not self._trusted:
            await self._let_go()
        return gone

    async def _let_go(self) -> None:
        connection, self._db, self._trusted = self._db, None, True
        if connection is not None:
            await self._thread.run(connection.close)

    def mark(self) -> None:
        """Begin a piece."""
        self._open.execute("SAVEPOINT piece")

    async def keep(self) -> None:
        """End the piece."""
        self._open.execute("RELEASE piece")

    async def undo(self) -> bool:
        """Undo the piece; False if the transaction is lost: SQLite rolls back on some errors."""
        if not self._open.in_transaction:
            return False
        self._open.execute("ROLLBACK TO piece")
        self._open.execute("RELEASE piece")
        return True

    def again(self, error: Exception) -> bool:
        """Nobody else writes, so nothing changes by trying again."""
        return False

    def foreign(self, error: Exception) -> bool:
        """The disk is full or away, or somebody keeps the lock."""
        return isinstance(error, sqlite3.OperationalError)

    @property
    def down(self) -> bool:
        """A file is there or not; each commit finds out for itself."""
        return False

    async def close(self) -> None:
        """Let go."""
        await self.abandon()
        await self._let_go()
        await self._thread.close()


class SqliteReader:
    """The reading connection, and one in a thread for what takes long."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._thread = Aside("store-read")
        self._db: sqlite3.Connection | None = None
        self._patient: sqlite3.Connection | None = None

    async def rows(self, query: Query, **values: Any) -> list[Row]:
        """Read what was committed."""
        try:
            if self._db is None:
                self._db = await self._thread.run(connect, self._file, _NEVER)
            return _run(self._db, query, values).fetchall()
        except sqlite3.OperationalError as error:
            if not is_busy(error):
                raise
            return await self.many(list, query, **values)

    async def many(self, decode: Callable[[list[Row]], T], query: Query, **values: Any) -> T:
        """Read and decode in a thread."""

        def read() -> T:
            if self._patient is None:
                self._patient = connect(self._file)
            return decode(_run(self._patient, query, values).fetchall())

        return await self._thread.run(read)

    async def close(self) -> None:
        """Let go."""
        for connection in (self._db, self._patient):
            if connection is not None:
                await self._thread.run(connection.close)
        self._db = self._patient = None
        await self._thread.close()


def _begin_patiently(connection: sqlite3.Connection) -> None:
    connection.execute(f"PRAGMA busy_timeout = {_PATIENCE_MS}")
    try:
        connection.execute("BEGIN IMMEDIATE")
    finally:
        connection.execute(f"PRAGMA busy_timeout = {_NEVER}")
