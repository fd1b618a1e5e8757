"""Who only hopes that a chat is as it was does not hold it, as on PostgreSQL others may."""

import asyncio
from dataclasses import replace

from bot.domain.chat import State
from bot.domain.messages import Role
from bot.relay.storage import Unit
from bot.store import SqlStore
from tests.store.making import add_chat, line, row, somebody_waits


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
