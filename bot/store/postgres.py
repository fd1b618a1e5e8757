"""PostgreSQL: connections that write one transaction at a time, and one that reads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import psycopg
from psycopg import errors

from bot.store.engine import CONNECT, libpq
from bot.store.libpq import Connection, Order, Unsendable
from bot.store.link import Clash, Then
from bot.store.sql import Query, Row

T = TypeVar("T")

# A hung server or a cut wire must not hold a chat's row for long. All we ask for has an index;
# statistics of an outbox that was empty when they were taken mislead. By the price of what is off,
# PostgreSQL would take a heartbeat for worth 300 ms of compiling, each time.
_OPTIONS = (
    "-c statement_timeout=5000 -c lock_timeout=4000 -c enable_seqscan=off -c jit=off"
    " -c idle_in_transaction_session_timeout=5000 -c synchronous_commit="
)
_LIMIT = 4.0  # seconds to connect in

# Serialization failure, deadlock, and a key that two processes saw as new.
_CONFLICTS = (
    errors.SerializationFailure,
    errors.DeadlockDetected,
    errors.UniqueViolation,
)
#: Locks that others keep, a server that ends things, a wire that is cut.
_FOREIGN = (psycopg.OperationalError, psycopg.InterfaceError, psycopg.InternalError)


class PostgresServer:
    """Where the database is; opens connections to it."""

    def __init__(self, url: str) -> None:
        self.parts = {**CONNECT, **libpq(url)}

    async def open(self, *, durable: bool = True) -> Connection:
        """Connect. Raises psycopg.OperationalError, TimeoutError."""
        options = f"{_OPTIONS}{'on' if durable else 'off'}"
        return await Connection.open({**self.parts, "options": options}, _LIMIT)


class PostgresHand:
    """A writing connection; see bot/store/writer.py, Hand."""

    shared = True
    most = 1

    def __init__(self, server: PostgresServer, clock: Callable[[], datetime]) -> None:
        self._server = server
        self._clock = clock
        self._db: Connection | None = None
        self._waiting: list[Order] = []
        self._thens: list[Then | None] = []
        self._begun = False
        self._committing = False
        self._kept = False  # the server has said so
        self.fresh = False

    # --- within a transaction ------------------------------------------------------------------

    async def rows(self, query: Query, **values: Any) -> list[Row]:
        """Run what was put off and this."""
        found: list[Row] = []
        self.later(query, found.extend, **values)
        await self.flush()
        return found

    def later(self, query: Query, then: Then | None = None, /, **values: Any) -> None:
        """Run it with whatever comes next."""
        self._waiting.append((query, values))
        self._thens.append(then)

    async def flush(self) -> None:
        """Run what was put off, in one round trip."""
        if not self._waiting:
            return
        orders, self._waiting = self._waiting, []
        thens, self._thens = self._thens, []
        if self._db is None:
            raise psycopg.OperationalError("no transaction was begun")
        begun, self._begun = self._begun, True
        try:
            results = await self._db.run(orders)
        except Unsendable:  # the server has heard nothing of it
            self._begun = begun
            raise
        except psycopg.Error as error:
            if error is not self._db.broken:
                self._committing = False  # the server has said that nothing is kept
            if isinstance(error, errors.IntegrityError):
                raise Clash(type(error).__name__) from error
            raise
        self._kept = self._committing
        for then, rows in zip(thens, results, strict=True):
            if then is not None:
                then(rows)

    async def slowly(self, query: Query, **values: Any) -> int:
        """Run it; the server takes its time, we do not."""
        return int((await self.rows(query, **values))[0][0])

    # --- the transaction -----------------------------------------------------------------------

    async def begin(self) -> datetime:
        """Begin with the first statement."""
        self._committing = self._kept = False
        self.fresh = self._db is None or not self._db.is_open()
        if self.fresh:
            self._db = None
            self._db = await self._server.open()
        self._say(b"BEGIN")
        return self._clock()

    async def commit(self) -> None:
        """Make it durable; if nothing was asked for there is nothing to do."""
        if not self._begun:  # one round trip is a transaction by itself
            del self._waiting[0], self._thens[0]
            if not self._waiting:
                return
        else:
            self._say(b"COMMIT")
        alone = not self._begun
        self._committing = True
        try:
            await self.flush()
        finally:
            self._begun = not alone
        self._begun = False

    async def abandon(self) -> bool:
        """Roll back; a connection that does not even do that is of no use."""
        begun, self._begun = self._begun, False
        self._forget()
        if self._kept:  # whoever was told what came of it failed
            return False
        if self._db is None or self._db.broken is not None:
            return not self._committing
        if begun:
            try:
                await self._db.run([(b"ROLLBACK", {})])
            except psycopg.Error:
                self._db.close()
        return True  # the server has answered everything, and with an error

    def again(self, error: Exception) -> bool:
        """After a conflict; and on a new connection if the old one was lost before the commit."""
        if self._kept:
            return False
        cause = error.__cause__ if isinstance(error, Clash) else error
        if isinstance(cause, _CONFLICTS):
            return True
        lost = self._db is not None and self._db.broken is not None
        return lost and not self._committing and isinstance(error, psycopg.OperationalError)

    def foreign(self, error: Exception) -> bool:
        """No hope and no statement brings these about."""
        return isinstance(error, _FOREIGN)

    @property
    def down(self) -> bool:
        """Whether the last attempt to connect failed."""
        return self._db is None

    async def close(self) -> None:
        """Let go."""
        if self._db is not None:
            self._db.close()

    def _say(self, words: bytes) -> None:
        self._waiting.append((words, {}))
        self._thens.append(None)

    def _forget(self) -> None:
        self._waiting.clear()
        self._thens.clear()


class PostgresReader:
    """One connection, on which any number of callers read at the same time."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._db: Connection | None = None
        self._opening = asyncio.Lock()

    async def rows(self, query: Query, **values: Any) -> list[Row]:
        """Read what was committed; once more if the connection turns out to be an old one."""
        before = self._db
        try:
            return await self._read(query, values)
        except psycopg.OperationalError:
            if before is None or before.broken is None:
                raise
        return await self._read(query, values)

    async def many(self, decode: Callable[[list[Row]], T], query: Query, **values: Any) -> T:
        """Read, and decode in a thread."""
        return await asyncio.to_thread(decode, await self.rows(query, **values))

    async def close(self) -> None:
        """Let go."""
        if self._db is not None:
            self._db.close()

    async def _read(self, query: Query, values: dict[str, Any]) -> list[Row]:
        connection = self._db
        if connection is None or connection.broken is not None:
            async with self._opening:
                if self._db is None or self._db.broken is not None:
                    self._db = None
                    self._db = await self._server.open()
                connection = self._db
        return (await connection.run([(query, values)]))[0]
