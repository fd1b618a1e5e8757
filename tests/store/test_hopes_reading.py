"""Who only hopes that a chat is as it was reads what belongs to it as it is then, and no earlier."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.domain.chat import State
from bot.domain.messages import Message
from bot.relay.storage import Unit
from bot.store import SqlStore
from tests.store.making import THREAD, add_chat, line, somebody_waits


@pytest.fixture
async def here(pg_url: str) -> AsyncIterator[SqlStore]:
    """A process that knows a chat which its visitor is yet to join, and its thread."""
    store = SqlStore.at(pg_url)
    await add_chat(store, state=State.INVITED)
    await asyncio.gather(store.write(find), store.write(find))  # on two connections
    await store.write(find)
    yield store
    await store.close()


async def find(unit: Unit) -> tuple[int, int]:
    """The thread's number, and how many lines its chat has."""
    thread = await unit.known_thread(THREAD.conversation_id)
    assert thread
    (chat,) = await unit.chats_in(thread.id)
    return thread.id, chat.head


async def test_lines_are_read_when_whoever_writes_them_is_through(here: SqlStore) -> None:
    """Else words from before a visitor joined are taken for words to him."""
    read, joined = asyncio.Event(), asyncio.Event()

    async def answer(unit: Unit) -> list[Message]:
        thread = await unit.known_thread(THREAD.conversation_id)
        assert thread
        (chat,) = await unit.chats_in(thread.id)
        lines = await unit.log(chat.id, 0, 10)
        read.set()
        await joined.wait()
        await unit.save(replace(chat, head=chat.head + 1))
        await unit.record(chat.id, line(chat.head + 1, "answer"))
        return lines

    async def join(unit: Unit) -> asyncio.Task[list[Message]]:
        chat = await unit.chat("chat-1")
        assert chat
        await unit.save(replace(chat, state=State.OPEN, head=1))
        await unit.record("chat-1", line(1, "joined"))
        await unit.unposted("chat-1")  # so that what was put off is done
        answered = asyncio.create_task(here.write(answer))
        signs = {asyncio.create_task(read.wait()), asyncio.create_task(somebody_waits(here))}
        _, idle = await asyncio.wait(signs, return_when=asyncio.FIRST_COMPLETED)
        for sign in idle:
            sign.cancel()
        return answered

    answered = await here.write(join)
    joined.set()
    assert [one.seq for one in await answered] == [1]
