"""Two writers on PostgreSQL whose bells overtake each other: no reader skips a line or a change."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.chat import Chat
from bot.relay.delivery import Committed
from bot.relay.storage import Unit
from bot.store import SqlStore
from bot.store.postgres import PostgresHand
from bot.visitors.shown import Shown
from tests.people import NOW, talking
from tests.store.making import THREAD, line

Work = Callable[[Unit], Awaitable[None]]


@pytest.fixture
async def store(postgres_with_tables: str) -> AsyncIterator[SqlStore]:
    """A store with a chat in which one line was said."""
    a_store = SqlStore.at(postgres_with_tables)

    async def work(unit: Unit) -> None:
        thread = await unit.thread(THREAD)
        await unit.add(replace(talking(thread.id), head=1))
        await unit.record("chat-1", line(1))

    await a_store.write(work)
    yield a_store
    await a_store.close()


@pytest.fixture
def slow_first(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """The answer to the first commit comes only after this is set; the commit itself is done."""
    commit, free, first = PostgresHand.commit, asyncio.Event(), iter([True])

    async def slow(self: PostgresHand) -> None:
        await commit(self)
        if next(first, False):
            await free.wait()

    monkeypatch.setattr(PostgresHand, "commit", slow)
    return free


class Reader:
    """A window: what it was shown, told by bells, and by the database where those are not enough."""

    def __init__(self, store: SqlStore, chat: Chat) -> None:
        self.heads: list[int] = []  # of the bells, in the order in which they rang
        self._store, self._shown = store, Shown()
        self._shown.begin(chat.head)
        self._shown.look(chat, 0)
        self._reads: list[asyncio.Task[None]] = []
        store.tell(self._ring)

    def _ring(self, committed: Committed) -> None:
        for news in committed.news:
            assert news.chat
            self.heads.append(news.chat.head)
            if self._shown.hear(news) is None:
                self._reads.append(asyncio.create_task(self._read()))

    async def _read(self) -> None:
        looked = await self._store.look("chat-1")
        assert looked
        for message in await self._store.log("chat-1", self._shown.cursor or 0, 100):
            assert message.seq == (self._shown.cursor or 0) + 1
            self._shown.cursor = message.seq
        self._shown.look(*looked)

    async def ready(self) -> None:
        """Read all that there is to read."""
        await asyncio.gather(*self._reads)

    async def is_right(self) -> bool:
        """It shows what the database holds: a look there brings nothing new."""
        looked = await self._store.look("chat-1")
        assert looked
        return self._shown.cursor == looked[0].head and self._shown.look(*looked) == []


async def overtaken(store: SqlStore, slow: asyncio.Event, earlier: Work, later: Work) -> Reader:
    """Commit ``earlier``, then ``later``, whose bell rings first; return who heard both."""
    looked = await store.look("chat-1")
    assert looked
    reader, before = Reader(store, looked[0]), await store.versions(["chat-1"])
    first = asyncio.create_task(store.write(earlier))
    async with asyncio.timeout(20):
        while await store.versions(["chat-1"]) == before:  # noqa: ASYNC110 - it may not ring
            await asyncio.sleep(0)
    await store.write(later)
    slow.set()
    await first
    await reader.ready()
    return reader


def saying(seq: int) -> Work:
    """A commit that adds a line."""

    async def work(unit: Unit) -> None:
        chat = await unit.chat("chat-1")
        assert chat
        await unit.save(replace(chat, head=seq))
        await unit.record("chat-1", line(seq))

    return work


def closing(minutes: int) -> Work:
    """A commit that warns of the chat's end in some minutes, or (0) takes the warning back."""

    async def work(unit: Unit) -> None:
        chat = await unit.chat("chat-1")
        assert chat
        at = NOW + timedelta(minutes=minutes) if minutes else None
        await unit.save(replace(chat, closing=at))

    return work


async def test_a_line_whose_bell_comes_after_the_next_ones_is_shown_all_the_same(
    store: SqlStore, slow_first: asyncio.Event
) -> None:
    reader = await overtaken(store, slow_first, saying(2), saying(3))
    assert reader.heads == [3, 2]
    assert await reader.is_right()


async def test_a_change_without_a_line_is_not_undone_by_an_earlier_ones_late_bell(
    store: SqlStore, slow_first: asyncio.Event
) -> None:
    reader = await overtaken(store, slow_first, closing(5), closing(0))
    assert len(reader.heads) == 2
    assert await reader.is_right()


async def test_a_change_without_a_line_and_a_line_may_overtake_each_other(
    store: SqlStore, slow_first: asyncio.Event
) -> None:
    reader = await overtaken(store, slow_first, saying(2), closing(5))
    assert reader.heads == [2, 2]
    assert await reader.is_right()
