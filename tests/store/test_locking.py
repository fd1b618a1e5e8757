"""Everybody locks in one order on PostgreSQL: else each has what the other one waits for, which it
finds out after a second.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from psycopg.errors import DeadlockDetected

from bot.domain.chat import Chat, State
from bot.relay.storage import Unit
from bot.store import SqlStore
from bot.store.libpq import Connection, Order
from bot.store.sql import Row
from tests.people import NOW
from tests.store.making import THREAD, add_chat, somebody_waits

Two = tuple[SqlStore, SqlStore]


@pytest.fixture
async def two(pg_url: str) -> AsyncIterator[Two]:
    """Two processes' stores on one database, which sorts text otherwise than Python does."""
    with psycopg.connect(pg_url.replace("+psycopg", ""), autocommit=True) as admin:
        admin.execute('ALTER TABLE chats ALTER COLUMN id TYPE text COLLATE "en-x-icu"')
    here, there = SqlStore.at(pg_url), SqlStore.at(pg_url)
    yield here, there
    await here.close()
    await there.close()


@pytest.fixture
def deadlocks(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What PostgreSQL broke off."""
    found: list[list[Order]] = []
    ran = Connection.run

    async def run(self: Connection, orders: list[Order]) -> list[list[Row]]:
        try:
            return await ran(self, orders)
        except DeadlockDetected:
            found.append(orders)
            raise

    monkeypatch.setattr(Connection, "run", run)
    return found


async def two_chats(store: SqlStore) -> int:
    """Two chats in one thread, the first of which is the older one."""
    await add_chat(store, "chat-B", created=NOW)
    return await add_chat(store, "chat-a", created=NOW + timedelta(days=1))


def ends(store: SqlStore, name: str, then: Callable[[], Awaitable[Any]]) -> Awaitable[None]:
    """A delivery to a chat that ends, and may wait for others that do."""

    async def work(unit: Unit) -> None:
        assert await unit.chat(name)
        await then()

    return store.write(work, soon=False, about=name)


async def test_deliveries_that_end_together_lock_their_chats_in_one_order(
    two: Two, deadlocks: list[Any]
) -> None:
    here, there = two
    await two_chats(here)
    held: list[SqlStore] = []
    both = asyncio.Event()

    async def met(store: SqlStore) -> None:
        held.append(store)
        if store is not held[0]:
            both.set()
        elif len(held) == 1:  # until the other one has his first as well, or waits for ours
            signs = {asyncio.create_task(both.wait()), asyncio.create_task(somebody_waits(store))}
            _, idle = await asyncio.wait(signs, return_when=asyncio.FIRST_COMPLETED)
            for sign in idle:
                sign.cancel()

    await asyncio.gather(
        *(ends(here, name, lambda: met(here)) for name in ("chat-B", "chat-a")),
        *(ends(there, name, lambda: met(there)) for name in ("chat-a", "chat-B")),
    )
    assert not deadlocks


async def by_number(unit: Unit, number: int) -> list[Chat]:
    return await unit.chats_in(number)


async def by_name(unit: Unit, number: int) -> list[Chat]:
    assert await unit.known_thread(THREAD.conversation_id)
    return await unit.chats_in(number)


@pytest.mark.parametrize("look", [by_number, by_name])
async def test_whoever_wants_a_threads_chats_locks_them_in_that_order_too(
    two: Two, deadlocks: list[Any], look: Callable[[Unit, int], Awaitable[list[Chat]]]
) -> None:
    here, there = two
    number = await two_chats(here)
    looks: list[asyncio.Task[list[Chat]]] = []

    async def met() -> None:
        if not looks:
            looks.append(asyncio.create_task(there.write(lambda unit: look(unit, number))))
            await somebody_waits(here)

    await asyncio.gather(*(ends(here, name, met) for name in ("chat-B", "chat-a")))
    assert [chat.id for chat in await looks[0]] == ["chat-a", "chat-B"]  # the newest first
    assert not deadlocks


async def test_who_hopes_and_who_asks_lock_the_same_things_in_the_same_order(
    two: Two, deadlocks: list[Any]
) -> None:
    """Else each has what the other one waits for, and PostgreSQL finds that out after a second."""
    here, there = two

    async def look(unit: Unit) -> None:
        thread = await unit.known_thread(THREAD.conversation_id)
        assert thread
        assert await unit.chats_in(thread.id)

    async def hoping(unit: Unit) -> bool:
        thread = await unit.known_thread(THREAD.conversation_id)
        assert thread
        (chat,) = await unit.chats_in(thread.id)
        if new := await unit.first_time(THREAD.conversation_id, "a1"):
            await unit.save(replace(chat, head=chat.head + 1))
        return new

    async def asking(unit: Unit) -> tuple[bool, asyncio.Task[bool]]:
        assert await unit.chat("chat-1")
        waits = asyncio.create_task(here.write(hoping))
        await somebody_waits(there)
        return await unit.first_time(THREAD.conversation_id, "a1"), waits

    await add_chat(here, state=State.OPEN)
    await here.write(look)
    first, waits = await there.write(asking)
    assert [first, await waits] == [True, False]
    assert not deadlocks
