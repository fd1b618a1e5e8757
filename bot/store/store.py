"""The database as the relay sees it (relay/storage.py, Store)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from collections.abc import Set as AbstractSet
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from typing import Self, TypeVar

import structlog

from bot.domain.chat import OVER
from bot.relay import rows
from bot.relay.delivery import Committed, Delivery
from bot.relay.faults import describe
from bot.relay.outcomes import NotDone
from bot.relay.storage import Pulse, Unit
from bot.store import blocks_sql, chat_sql, counts_sql, outbox_sql, processes
from bot.store.copies import copies, sweep_copies
from bot.store.deliveries import Home
from bot.store.engine import is_sqlite, sqlite_file
from bot.store.listening import Listener
from bot.store.neighbours import VERSION, Ears, Neighbours
from bot.store.postgres import PostgresHand, PostgresReader, PostgresServer
from bot.store.reading import AWAY, Reader, Reading
from bot.store.scrubbing import Scrubber, postgres_scrubber, sqlite_scrubber
from bot.store.sqlite import SqliteHand, SqliteReader
from bot.store.tables import micros
from bot.store.unit import SqlUnit
from bot.store.writer import Clock, Writer

log = structlog.get_logger(__name__)

T = TypeVar("T")

_HANDS = 16  # as many commits wait for the disk together
#: Microseconds by which clocks that are read one after another may differ.
_SLACK = 60_000_000
_EARLY_KEPT = timedelta(minutes=10)


def _wall_clock() -> datetime:
    return datetime.now(UTC)


class SqlStore(Reading):
    """Chats, logs, references, invitations, seats and the outbox in SQL."""

    def __init__(self, reader: Reader, clock: Clock) -> None:
        super().__init__(reader, clock)
        self._writer: Writer
        self._scrubber: Scrubber
        self._ears: Ears
        self._neighbours: Neighbours | None = None
        self.commits = 0  # that changed something which others look at
        self._bell: Callable[[Committed], object] = id  # until somebody wants to be told
        self._url: str

    @classmethod
    def at(cls, url: str, clock: Clock = _wall_clock) -> Self:
        """Return the store at ``url``, whose tables must be there (migrate).

        ``clock`` tells aware moments. Leases go by the database's own clock on PostgreSQL; SQLite
        has none, and ``clock`` is it.
        """
        if is_sqlite(url):
            file = sqlite_file(url)
            store = cls(SqliteReader(file), clock)
            store._url = url
            store._writer = Writer([SqliteHand(file, clock)], store._committed)
            store._scrubber = sqlite_scrubber(file)
            store._ears = store._neighbours = Neighbours(store._version, store._heard_of_others)
            return store
        server = PostgresServer(url)
        store = cls(PostgresReader(server), clock)
        store._url = url
        hands = [PostgresHand(server, clock) for _ in range(_HANDS)]
        store._writer = Writer(hands, store._committed)
        store._scrubber = postgres_scrubber(server.parts)
        store._ears = Listener(server, store._heard)
        return store

    async def close(self) -> None:
        """Finish writing and let go of the connections."""
        if self._neighbours is not None:
            await self._neighbours.close()  # it asks the writer
        await self._writer.close()
        await self._ears.close()
        await self._reader.close()

    # --- what was committed --------------------------------------------------------------------

    def tell(self, bell: Callable[[Committed], None]) -> None:
        """Call ``bell`` on the event loop after each commit, before whoever wrote is answered."""
        self._bell = bell

    def work_for(
        self,
        owner: str,
        lease: float,
        may: Callable[[Delivery], bool],
        back: Callable[[Delivery], object] = id,
        lost: Callable[[Delivery], object] = id,
    ) -> None:
        """Claim for ``owner`` what is made in an empty stream, is due, and that ``may`` allows."""
        self._writer.home = Home(owner, int(lease * 1_000_000), may, back, lost)

    async def listen(self) -> None:
        """Begin to hear of other processes' commits, and to tell them of ours (PostgreSQL)."""
        await self._ears.start()

    def _committed(self, committed: Committed) -> None:
        self.commits += 1
        over = any(news.chat and news.chat.state in OVER for news in committed.news)
        if over or committed.forgot:
            self._scrubber.soil()
        self._ears.pass_on(committed)
        self._heard(committed)

    def _heard_of_others(self, committed: Committed) -> None:
        self._scrubber.soil()  # they may have deleted, and died before they could scrub
        self._heard(committed)

    async def _version(self) -> int:
        async def work(unit: SqlUnit) -> int:
            ((version,),) = await unit.link.rows(VERSION)
            return int(version)

        return await self._write(work)

    def _heard(self, committed: Committed) -> None:
        try:
            self._bell(committed)
        except Exception as fault:  # noqa: BLE001 - it must not keep anybody from his answer
            log.error("bell_failed", error=describe(fault))  # noqa: TRY400

    # --- writing -------------------------------------------------------------------------------

    async def write(
        self,
        work: Callable[[Unit], Awaitable[T]],
        *,
        soon: bool = True,
        about: AbstractSet[str] = frozenset(),
    ) -> T:
        """Run ``work`` in one transaction; return once it is durable. NotDone: no database."""
        try:
            return await self._writer.write(work, soon=soon, about=about)
        except AWAY as error:  # Teams then gets 503 and comes again
            raise NotDone("The database does not answer.") from error

    async def take(
        self, owner: str, lease: float, streams: Sequence[str], most: int = 1, size: int = 0
    ) -> list[Delivery]:
        """Claim deliveries; see relay/storage.py, Unit."""
        return await self.write(lambda unit: unit.take(owner, lease, streams, most, size))

    async def take_over(self, quarantine: timedelta) -> None:
        """Free what a dead predecessor held; what it wrote to RT only ``quarantine`` from now.

        Only for a process that has the database to itself.
        """

        async def work(unit: SqlUnit) -> None:
            # When its last call began is not known: count from its end at the latest.
            unit.link.later(outbox_sql.FREE, quarantine=quarantine // timedelta(microseconds=1))

        await self._write(work)

    async def sweep(self, older_than: timedelta) -> None:
        """Forget inbound activity ids, early changes, seats and sign-ins that are of no use now.

        What the outbox was to do at a time that a clock set back has put off is due as it was to be.
        Copies of the database from before a migration go when they are old.
        """

        async def work(unit: SqlUnit) -> None:
            now = self._clock()
            await unit.link.slowly(chat_sql.OLD_IDS, moment=micros(now - older_than))
            if await unit.link.slowly(chat_sql.OLD_CHANGES, moment=micros(now - _EARLY_KEPT)):
                self._scrubber.soil()
            await unit.link.slowly(chat_sql.OLD_SEATS, moment=micros(now))
            for over in (chat_sql.OLD_SIGN_INS, blocks_sql.OLD):
                if await unit.link.slowly(over, moment=micros(now)):
                    self._scrubber.soil()
            await unit.link.slowly(counts_sql.OLD_TALLIES, moment=micros(now - older_than))
            await unit.link.slowly(outbox_sql.FROM_AHEAD, slack=_SLACK)
            if rows := await unit.link.slowly(outbox_sql.OF_LATER_LANES, slack=_SLACK):
                log.warning("unknown_lane", rows=rows)

        await self._write(work)
        await asyncio.to_thread(sweep_copies, self._url, self._clock())

    async def counts(self, since: datetime) -> dict[str, int]:
        """Count as Reading does, and the copies of the database beside it."""
        found = await super().counts(since)
        return found | {"copies": len(await asyncio.to_thread(copies, self._url))}

    async def scrub(self) -> None:
        """Take what was purged out of the database's files, too, as far as that is ours to do."""
        if not self._scrubber.due:
            return
        try:
            async with self._neighbours.unheard() if self._neighbours else nullcontext():
                await self._scrubber.scrub()
        except AWAY as error:
            raise NotDone("The database does not answer.") from error

    async def beat(
        self, process: str, patience: timedelta, quarantine: timedelta = timedelta(minutes=3)
    ) -> Pulse:
        """Tell that ``process`` is alive; who was silent for ``patience`` is dead and forgotten.

        What the dead held is free again, and what they wrote to RT after ``quarantine``.

        Whoever beats is one of several, perhaps, and listens to the others from then on.
        """
        await self.listen()

        async def work(unit: SqlUnit) -> Pulse:
            pulse = await processes.beat(unit.link, process, patience, quarantine)
            if pulse.away:  # a row of the outbox: whoever dies now has not forgotten to tell
                await unit.schedule(rows.away(*pulse.away))
            return pulse

        pulse = await self._write(work)
        self._ears.count(pulse.alive)
        return pulse

    async def rest(self, process: str) -> None:
        """Tell that ``process`` ends in good order; its last heartbeat is remembered."""
        await self._write(lambda unit: processes.rest(unit.link, process))

    async def _write(self, work: Callable[[SqlUnit], Awaitable[T]]) -> T:
        async def ours(unit: Unit) -> T:
            assert isinstance(unit, SqlUnit)
            return await work(unit)

        return await self.write(ours)
