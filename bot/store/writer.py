"""Writing transactions: many at once in one commit on SQLite, one each on PostgreSQL.

Durability is paid per commit. SQLite has one writer anyway, so whatever waits when it comes
round is done together: each piece in its own savepoint, acknowledged only after the one commit.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Protocol, TypeVar

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.relay.storage import Unit
from bot.store.unit import SqlUnit

T = TypeVar("T")
Work = Callable[[Unit], Awaitable[Any]]
Clock = Callable[[], datetime]
_MOST = 128  # pieces in one commit: bounds how long the first one waits for the last


class Writer(Protocol):
    """Runs pieces of work in committed transactions."""

    async def write(self, work: Callable[[Unit], Awaitable[T]]) -> T:
        """Run ``work``; return its result once it is durable."""

    async def close(self) -> None:
        """Finish what was begun, then stop."""


class GroupWriter:
    """One connection, one task; see the module's text."""

    def __init__(self, engine: AsyncEngine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock
        self._waiting: asyncio.Queue[tuple[Work, asyncio.Future[Any]] | None] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    async def write(self, work: Callable[[Unit], Awaitable[T]]) -> T:
        """Run ``work`` in the next commit."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="store-writer")
        if self._closed:
            raise RuntimeError("the database is closed")
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.put_nowait((work, done))
        return await done

    async def close(self) -> None:
        """Do what waits, then stop."""
        self._closed = True
        if self._task is not None:
            self._waiting.put_nowait(None)
            await self._task

    async def _run(self) -> None:
        while (first := await self._waiting.get()) is not None:
            batch = [first]
            while len(batch) < _MOST and not self._waiting.empty():
                piece = self._waiting.get_nowait()
                if piece is None:
                    self._waiting.put_nowait(None)
                    break
                batch.append(piece)
            await self._commit(batch)

    async def _commit(self, batch: list[tuple[Work, asyncio.Future[Any]]]) -> None:
        results: list[tuple[asyncio.Future[Any], Any, BaseException | None]] = []
        try:
            async with self._engine.connect() as connection, connection.begin():
                for work, done in batch:
                    unit = SqlUnit(connection, self._clock())
                    results.append((done, *await _in_savepoint(connection, unit, work)))
        except Exception as error:  # noqa: BLE001 - no commit: nobody's work is durable
            results = [(done, None, error) for _, done in batch]
        for done, result, problem in results:
            if done.done():  # whoever asked has gone; the work is kept all the same
                continue
            if problem is None:
                done.set_result(result)
            else:
                done.set_exception(problem)


async def _in_savepoint(
    connection: AsyncConnection, unit: SqlUnit, work: Work
) -> tuple[Any, BaseException | None]:
    try:
        async with connection.begin_nested():
            return await work(unit), None
    except Exception as error:  # noqa: BLE001 - told to whoever asked; the others go on
        return None, error


class EachWriter:
    """A pooled connection and a transaction of its own for each piece (PostgreSQL)."""

    def __init__(self, engine: AsyncEngine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    async def write(self, work: Callable[[Unit], Awaitable[T]]) -> T:
        """Run ``work``; again after a conflict with another transaction."""
        for _ in range(_TRIES - 1):
            try:
                return await self._once(work)
            except sa.exc.DBAPIError as error:
                if getattr(error.orig, "sqlstate", "") not in _RETRIABLE:
                    raise
        return await self._once(work)

    async def _once(self, work: Callable[[Unit], Awaitable[T]]) -> T:
        async with self._engine.begin() as connection:
            return await work(SqlUnit(connection, self._clock()))

    async def close(self) -> None:
        """Nothing is kept between two pieces."""


# serialization failure, deadlock, unique violation (two processes saw a key as new)
_TRIES = 4
_RETRIABLE = frozenset({"40001", "40P01", "23505"})
