"""Who only hopes that a chat is as it was does not hold it, as on PostgreSQL others may."""

import asyncio
from dataclasses import replace
from unittest import mock

import sqlalchemy as sa
from psycopg.errors import DeadlockDetected

from bot.domain.chat import State
from bot.domain.messages import Role
from bot.relay.storage import Unit
from bot.store import SqlStore
from bot.store.libpq import Connection, Order
from bot.store.sql import Query, Row
from tests.store.making import THREAD, add_chat, line, row

_WAITING = Query(sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted"))


async def somebody_waits(store: SqlStore) -> None:
    """Until a transaction waits for another."""
    while not (await store._reader.rows(_WAITING))[0][0]:
        pass


async def test_whoever_holds_a_chat_adds_to_its_stream_before_whoever_only_hopes(
    pg_url: str,
) -> None:
    """Else what is committed later stood before what is on its way already."""
    here, there = SqlStore.at(pg_url), SqlStore.at(pg_url)

    async def look(unit: Unit) -> None:
        assert await unit.chat("chat-1")

    async def hoping(unit: Unit) -> None:
        assert await unit.said("chat-1", Role.VISITOR, "new") is None
        chat = await unit.chat("chat-1")
        assert chat
        await unit.schedule(row("chat:chat-1", chat_id="chat-1", rank=2))
        await unit.save(replace(chat, head=chat.head + 1))
        await unit.record("chat-1", line(chat.head + 1, "new"))

    async def holding(unit: Unit) -> asyncio.Task[None]:
        assert await unit.chat("chat-1")
        waits = asyncio.create_task(here.write(hoping))
        await somebody_waits(there)
        await unit.schedule(row("chat:chat-1", chat_id="chat-1", rank=1))
        return waits

    await add_chat(here, state=State.OPEN)
    await here.write(look)
    await (await there.write(holding))
    (first,) = await there.take("me", 30, ["chat:chat-1"])
    await here.close()
    await there.close()
    assert first.rank == 1


async def test_who_hopes_and_who_asks_lock_the_same_things_in_the_same_order(pg_url: str) -> None:
    """Else each has what the other one waits for, and PostgreSQL finds that out after a second."""
    here, there = SqlStore.at(pg_url), SqlStore.at(pg_url)
    deadlocks: list[list[Order]] = []

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

    async def run(self: Connection, orders: list[Order]) -> list[list[Row]]:
        try:
            return await ran(self, orders)
        except DeadlockDetected:
            deadlocks.append(orders)
            raise

    ran = Connection.run
    await add_chat(here, state=State.OPEN)
    await here.write(look)
    with mock.patch.object(Connection, "run", run):
        first, waits = await there.write(asking)
        assert [first, await waits] == [True, False]
    await here.close()
    await there.close()
    assert not deadlocks
