"""The database as the relay sees it (relay/storage.py, Store)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Self, TypeVar

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.domain.chat import LIVE, Chat
from bot.domain.messages import Message
from bot.relay.ports import Delivery, Knock, Lane, NotDone, Seat, Thread
from bot.relay.storage import Unit
from bot.store import codec, unit
from bot.store.engine import is_sqlite, postgres_engine, sqlite_engine
from bot.store.tables import Moment, chats, inbound, invitations, micros, outbox, seats, threads
from bot.store.writer import Clock, EachWriter, GroupWriter, Writer

T = TypeVar("T")


_LOCK = 0x6C697665  # any number that nobody else uses in our database
_AWAY = (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.TimeoutError)
_A_MOMENT = timedelta(microseconds=1)


def _wall_clock() -> datetime:
    return datetime.now(UTC)


class SqlStore:
    """Chats, logs, references, invitations, seats and the outbox in SQL."""

    def __init__(
        self, reader: AsyncEngine, writing: AsyncEngine, writer: Writer, clock: Clock
    ) -> None:
        self._clock = clock
        self._held: AsyncConnection | None = None
        self._reader = reader
        self._writing = writing
        self._writer = writer

    @classmethod
    def at(cls, url: str, clock: Clock = _wall_clock) -> Self:
        """Return the store at ``url``, whose tables must be there (migrate).

        ``clock`` tells aware moments. Leases go by the database's own clock on PostgreSQL; SQLite
        has none, and ``clock`` is it.
        """
        if is_sqlite(url):
            writing = sqlite_engine(url, writer=True)
            writer = GroupWriter(writing, clock)
            return cls(sqlite_engine(url, writer=False), writing, writer, clock)
        engine = postgres_engine(url)
        return cls(engine, engine, EachWriter(engine, clock), clock)

    async def close(self) -> None:
        """Finish writing and let go of the connections."""
        await self._writer.close()
        if self._held is not None:
            await self._held.close()
        await self._reader.dispose()
        await self._writing.dispose()

    async def write(self, work: Callable[[Unit], Awaitable[T]]) -> T:
        """Run ``work`` in one transaction; return once it is durable. NotDone: no database."""
        try:
            return await self._writer.write(work)
        except _AWAY as error:  # Teams then gets 503 and comes again
            raise NotDone("The database does not answer.") from error

    async def hold_alone(self) -> bool:
        """Claim PostgreSQL's database for this process as long as it lives; False if it is taken.

        SQLite's file is locked by whoever opens it (bot/app.py).
        """
        if self._writing.dialect.name != "postgresql":
            return True
        if self._held is None:
            self._held = await self._writing.connect()
            await self._held.execution_options(isolation_level="AUTOCOMMIT")
        lock = sa.select(sa.func.pg_try_advisory_lock(_LOCK))
        return bool((await self._held.execute(lock)).scalar())

    # --- reading -------------------------------------------------------------------------------

    async def look(self, chat_id: str) -> tuple[Chat, int] | None:
        """Read a chat and how far it was relayed."""
        query = sa.select(chats.c.detail, chats.c.relayed).where(chats.c.id == chat_id)
        row = await self._one(query)
        return (codec.chat_from_json(row.detail), row.relayed) if row else None

    async def log(self, chat_id: str, after: int, limit: int) -> list[Message]:
        """Read the log after seq ``after``."""
        async with self._reader.connect() as connection:
            return await unit.read_log(connection, chat_id, after, limit)

    async def thread(self, thread_id: int) -> Thread:
        """Read a conversation reference."""
        async with self._reader.connect() as connection:
            return await unit.read_thread(connection, thread_id)

    async def is_live(self, conversation_id: str) -> bool:
        """Tell whether the conversation carries a live chat."""
        query = (
            sa.select(chats.c.id)
            .join(threads, threads.c.id == chats.c.thread_id)
            .where(threads.c.conversation_id == conversation_id, chats.c.state.in_(sorted(LIVE)))
        )
        return await self._one(query) is not None

    async def find_seat(self, seat_id: str) -> Seat | None:
        """Read a visitor's place."""
        row = await self._one(sa.select(seats).where(seats.c.id == seat_id))
        return codec.seat_from_row(row) if row else None

    async def find_knock(self, digest: str) -> Knock | None:
        """Read an invitation."""
        row = await self._one(sa.select(invitations).where(invitations.c.digest == digest))
        return codec.knock_from_row(row) if row else None

    async def stale(self, before: dict[str, datetime]) -> list[Chat]:
        """Find chats that have stood in a state since before the given moment."""
        if not before:
            return []
        old = [
            sa.and_(chats.c.state == state, chats.c.changed_at < moment)
            for state, moment in before.items()
        ]
        query = (
            sa.select(chats.c.detail).where(sa.or_(*old)).order_by(chats.c.changed_at).limit(1000)
        )
        async with self._reader.connect() as connection:
            return [codec.chat_from_json(d) for d in (await connection.execute(query)).scalars()]

    async def _one(self, query: sa.Select[Any]) -> sa.Row[Any] | None:
        async with self._reader.connect() as connection:
            row: sa.Row[Any] | None = (await connection.execute(query)).one_or_none()
            return row

    # --- the outbox ----------------------------------------------------------------------------

    async def claim(self, lane: Lane, owner: str, limit: int, lease: float) -> list[Delivery]:
        """Take due deliveries for ``lease`` seconds by the database's clock."""

        async def work(transaction: Unit) -> list[Delivery]:
            assert isinstance(transaction, unit.SqlUnit)
            return await _claim(transaction.connection, self._clock, lane, owner, limit, lease)

        if not await self._due(lane):
            return []  # most looks find nothing: they cost a read, not a commit
        return await self._writer.write(work)

    async def take_over(self, quarantine: timedelta) -> None:
        """Free what a dead predecessor held; what it wrote to RT only ``quarantine`` from now.

        Only for a process that has the database to itself.
        """
        now = self._clock()
        # When the predecessor's last call began is not known: count from its end at the latest.
        late, at_once = sa.literal(now + quarantine, Moment), sa.literal(now - _A_MOMENT, Moment)
        until = sa.case((outbox.c.lane == Lane.RT, late), else_=at_once)
        free = sa.update(outbox).where(outbox.c.owner.is_not(None)).values(lease_until=until)

        async def work(transaction: Unit) -> None:
            assert isinstance(transaction, unit.SqlUnit)
            await transaction.connection.execute(free)

        await self._writer.write(work)

    async def _due(self, lane: Lane) -> bool:
        async with self._reader.connect() as connection:
            query = _due_ids(connection, self._clock, lane).limit(1)
            return (await connection.execute(query)).first() is not None

    async def sweep(self, older_than: timedelta) -> int:
        """Forget inbound activity ids and seats that are of no use any more."""

        async def work(transaction: Unit) -> int:
            assert isinstance(transaction, unit.SqlUnit)
            now = self._clock()
            old = sa.delete(inbound).where(inbound.c.at < now - older_than)
            gone = await transaction.connection.execute(old)
            spent = sa.delete(seats).where(seats.c.expires_at < now)
            await transaction.connection.execute(spent)
            return int(gone.rowcount)

        return await self._writer.write(work)


def _now(connection: AsyncConnection, clock: Clock) -> sa.ColumnElement[int]:
    """The database's clock in microseconds: no host's own may decide about a lease."""
    if connection.dialect.name == "postgresql":
        epoch = sa.func.extract("epoch", sa.func.clock_timestamp())
        return sa.cast(epoch * 1_000_000, sa.BigInteger)
    return sa.literal(micros(clock()), sa.BigInteger)  # one process, one clock


def _moment(clock: sa.ColumnElement[int]) -> sa.ColumnElement[datetime]:
    return sa.type_coerce(clock, Moment)


def _due_ids(connection: AsyncConnection, clock: Clock, lane: Lane) -> sa.Select[Any]:
    """Select the ids of rows that may go now: due, free, and the first of their stream."""
    now = _moment(_now(connection, clock))
    earlier = outbox.alias("earlier")
    first = ~sa.exists().where(earlier.c.stream == outbox.c.stream, earlier.c.id < outbox.c.id)
    free = sa.or_(outbox.c.owner.is_(None), outbox.c.lease_until < now)
    query = sa.select(outbox.c.id).where(
        outbox.c.lane == lane, outbox.c.not_before <= now, free, first
    )
    return query.order_by(outbox.c.id)


async def _claim(
    connection: AsyncConnection, clock: Clock, lane: Lane, owner: str, limit: int, lease: float
) -> list[Delivery]:
    ids = _due_ids(connection, clock, lane).limit(limit).with_for_update(skip_locked=True)
    present = _now(connection, clock)
    now, lease_end = _moment(present), _moment(present + int(lease * 1_000_000))
    take = (
        sa.update(outbox)
        .where(outbox.c.id.in_(ids))
        .values(
            owner=owner,
            lease_until=lease_end,
            attempt=outbox.c.attempt + 1,
            claimed_at=now,
            first_claimed_at=sa.func.coalesce(outbox.c.first_claimed_at, now),
        )
        .returning(outbox)
    )
    rows = (await connection.execute(take)).all()
    return sorted((codec.delivery_from_row(row) for row in rows), key=lambda d: d.id)
