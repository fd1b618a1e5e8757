"""What was undone, or lost by the database, is not hoped of afterwards."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace

import psycopg
import pytest

from bot.domain.chat import State
from bot.relay.outcomes import NotDone
from bot.relay.ports import Thread
from bot.relay.storage import Unit
from bot.store import SqlStore
from bot.store.sqlite import SqliteHand
from tests.people import proposed
from tests.store.making import THREAD, line

ELSEWHERE = replace(THREAD, conversation_id="19:x;messageid=2")


@pytest.fixture
async def lite(sqlite_url: str) -> AsyncIterator[SqlStore]:
    """A store on SQLite, which gives the number of a thread that was not kept to the next one."""
    store = SqlStore.at(sqlite_url)
    yield store
    await store.close()


async def begin(store: SqlStore, chat_id: str, place: Thread) -> None:
    """Begin a chat in a thread that is new."""

    async def work(unit: Unit) -> None:
        thread = await unit.thread(place)
        await unit.add(replace(proposed(thread.id), id=chat_id, state=State.OPEN))

    await store.write(work)


async def answer(store: SqlStore, place: Thread, key: str) -> str | None:
    """Take in what an operator wrote in a thread, as the use case does; return which chat it was."""

    async def work(unit: Unit) -> str | None:
        thread = await unit.known_thread(place.conversation_id)
        if thread is None:
            return None
        (chat,) = await unit.chats_in(thread.id)
        after = replace(chat, head=chat.head + 1)
        await unit.save(after)
        await unit.record(chat.id, line(after.head, key))
        return chat.id

    return await store.write(work)


async def test_a_thread_that_was_not_kept_leads_nobody_into_another_threads_chat(
    lite: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(_: SqliteHand) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    with monkeypatch.context() as broken:
        broken.setattr(SqliteHand, "commit", fails)
        both = begin(lite, "grace's", THREAD), answer(lite, THREAD, "first")
        results = await asyncio.gather(*both, return_exceptions=True)
    assert [type(result) for result in results] == [NotDone] * 2
    await begin(lite, "another's", ELSEWHERE)
    assert await answer(lite, ELSEWHERE, "second") == "another's"
    assert await answer(lite, THREAD, "third") is None


_LOSES = (  # the last of what was committed, with the number that it had used up
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid();"
    "DELETE FROM chats; DELETE FROM threads;"
    "SELECT setval(pg_get_serial_sequence('threads', 'id'), 1, false)"
)


async def test_a_thread_that_a_failover_has_lost_leads_nobody_there_either(pg_url: str) -> None:
    store = SqlStore.at(pg_url)
    await begin(store, "grace's", THREAD)
    for key in ("first", "second"):
        assert await answer(store, THREAD, key) == "grace's"
    with psycopg.connect(pg_url.replace("+psycopg", ""), autocommit=True) as standby:
        standby.execute(_LOSES)
    await begin(store, "another's", ELSEWHERE)
    assert await answer(store, ELSEWHERE, "third") == "another's"
    assert await answer(store, THREAD, "fourth") is None
    await store.close()
