"""Who only hopes that a chat is as it was does not hold it, as on PostgreSQL others may."""

import asyncio
from dataclasses import replace

import pytest
from psycopg import errors

from bot.domain.chat import State
from bot.domain.messages import Role
from bot.relay.storage import Unit
from bot.store import SqlStore
from bot.store.libpq import Connection, Order
from bot.store.sql import Row
from tests.store.making import add_chat, line, row, somebody_waits
from tests.store.test_hopes import forgetting, speak


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


async def test_a_vain_hope_is_asked_again_although_the_connection_breaks_just_then(
    pg_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that is shut down says that it was vain, and then no more."""
    here, there = SqlStore.at(pg_url), SqlStore.at(pg_url)
    await add_chat(here, state=State.OPEN)
    await speak(here, "first")
    with forgetting():
        await speak(there, "second")
    run, vain = Connection.run, asyncio.Event()

    async def cut(self: Connection, orders: list[Order]) -> list[list[Row]]:
        try:
            return await run(self, orders)
        except errors.DivisionByZero:
            vain.set()
            self.close()
            raise

    monkeypatch.setattr(Connection, "run", cut)
    assert await speak(here, "third") == 3
    await here.close()
    await there.close()
    assert vain.is_set()
