"""What is hoped instead of asked is held to, and asked where it was vain."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock

import pytest
import sqlalchemy as sa

from bot.domain.chat import State
from bot.domain.messages import Role
from bot.relay.delivery import Delivery
from bot.relay.storage import Unit
from bot.store import SqlStore, hopes, libpq
from bot.store.sql import Query, Row
from bot.store.sqlite import SqliteHand
from bot.store.unit import SqlUnit
from tests.store.making import THREAD, add_chat, count, line, row, said, schedule


def forgetting() -> AbstractContextManager[object]:
    """The processes here are one in truth: another one has nothing in mind only like this."""
    return mock.patch("bot.store.codec._known", new={})


@pytest.fixture
async def here(url: str) -> AsyncIterator[SqlStore]:
    """A process that knows an open chat."""
    store = SqlStore.at(url)
    await add_chat(store, state=State.OPEN)
    await speak(store, "first")
    yield store
    await store.close()


@pytest.fixture
async def there(url: str) -> AsyncIterator[SqlStore]:
    """Another process on the same database."""
    store = SqlStore.at(url)
    yield store
    await store.close()


async def speak(store: SqlStore, key: str, *, then: Delivery | None = None) -> int:
    """Accept a message as the use case does; return its number in the chat."""

    async def work(unit: Unit) -> int:
        if known := await unit.said("chat-1", Role.VISITOR, key):
            return known.seq
        chat = await unit.chat("chat-1")
        assert chat
        after = replace(chat, head=chat.head + 1, heard=datetime.now(UTC))
        await unit.save(after)
        await unit.record("chat-1", line(after.head, key))
        if then is not None:
            await unit.schedule(then)
        return after.head

    return await store.write(work)


async def answer(store: SqlStore, key: str) -> int | None:
    """Take in what an operator wrote in the thread, as the use case does; its number, if new."""

    async def work(unit: Unit) -> int | None:
        thread = await unit.known_thread(THREAD.conversation_id)
        assert thread
        (chat,) = await unit.chats_in(thread.id)
        if not await unit.first_time(thread.conversation_id, key):
            return None
        after = replace(chat, head=chat.head + 1)
        await unit.save(after)
        await unit.record("chat-1", line(after.head, key))
        return after.head

    return await store.write(work)


@contextmanager
def counting() -> Iterator[list[str]]:
    """What is asked of a database, each time: a trip to PostgreSQL, a statement of SQLite."""
    asked: list[str] = []
    run, rows = libpq.Connection.run, SqliteHand.rows

    async def trip(self: libpq.Connection, orders: list[libpq.Order]) -> list[list[Row]]:
        asked.append("trip")
        return await run(self, orders)

    async def statement(self: SqliteHand, query: Query, **values: Any) -> list[Row]:
        asked.append("statement")
        return await rows(self, query, **values)

    with (
        mock.patch.object(libpq.Connection, "run", trip),
        mock.patch.object(SqliteHand, "rows", statement),
    ):
        yield asked


async def test_a_message_of_a_chat_that_is_known_asks_nothing(here: SqlStore) -> None:
    with counting() as asked:
        await speak(here, "second")
    assert asked in (["trip"], [])
    assert await said(here) == [1, 2]


async def test_an_answer_in_a_thread_that_is_known_asks_nothing(here: SqlStore) -> None:
    await answer(here, "second")
    with counting() as asked:
        await answer(here, "third")
    assert asked in (["trip"], [])
    assert await said(here) == [1, 2, 3]


async def long_ago(store: SqlStore) -> None:
    """The chat last changed long ago, by what the database says and this process knows."""

    async def work(unit: Unit) -> None:
        assert isinstance(unit, SqlUnit)
        unit.link.later(Query(sa.text("UPDATE chats SET changed_at = 5")))

    await store.write(work)
    store._writer._noted.note("chat-1", 5)


async def test_a_chat_in_which_nothing_was_said_for_long_asks_nothing_either(
    here: SqlStore,
) -> None:
    await long_ago(here)
    with counting() as asked:
        await speak(here, "second")
    assert asked in (["trip"], [])
    later = {"open": datetime.now(UTC) - timedelta(seconds=5)}
    assert await here.stale(later) == []  # it counts as changed now
    noted = here._writer._noted.get("chat-1")
    await speak(here, "third")
    assert here._writer._noted.get("chat-1") == noted > 0  # and is so for a while


async def test_nothing_is_noted_of_what_was_not_kept(here: SqlStore) -> None:
    await long_ago(here)

    async def fails(unit: Unit) -> None:
        await unit.said("chat-1", Role.VISITOR, "new")
        chat = await unit.chat("chat-1")
        assert chat
        await unit.save(replace(chat, head=9))
        raise ValueError("ours")

    with pytest.raises(ValueError, match="ours"):
        await here.write(fails)
    assert here._writer._noted.get("chat-1") == 5


async def test_a_thread_is_read_again_after_a_while(
    here: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    await answer(here, "second")
    monkeypatch.setattr(hopes, "_BELIEVED", -1.0)
    with counting() as asked:
        await answer(here, "third")
    assert len(asked) > 1


async def test_another_process_has_its_say_in_the_thread_as_well(
    here: SqlStore, there: SqlStore
) -> None:
    await answer(here, "second")
    with forgetting():
        await answer(there, "third")
    assert await answer(here, "third") is None  # Teams brings it to us, too
    assert await answer(here, "fourth") == 4
    assert await said(here) == [1, 2, 3, 4]


async def test_a_second_chat_of_the_thread_is_seen(here: SqlStore, there: SqlStore) -> None:
    async def chats(unit: Unit) -> list[str]:
        thread = await unit.known_thread(THREAD.conversation_id)
        assert thread
        return sorted(chat.id for chat in await unit.chats_in(thread.id))

    await answer(here, "second")
    await add_chat(there, "chat-2")
    assert await here.write(chats) == ["chat-1", "chat-2"]


async def test_what_another_process_has_said_meanwhile_stands_before_it(
    here: SqlStore, there: SqlStore
) -> None:
    await speak(there, "second")
    with forgetting():
        await speak(there, "third")
    assert await speak(here, "fourth") == 4
    assert await said(here) == [1, 2, 3, 4]


async def test_a_key_that_is_known_brings_the_first_ones_line(here: SqlStore) -> None:
    await speak(here, "second")
    assert await speak(here, "first") == 1
    assert await said(here) == [1, 2]


async def test_an_activity_that_is_known_is_not_new(here: SqlStore) -> None:
    async def hear(unit: Unit) -> bool:
        return await unit.first_time("19:x", "a1")

    assert [await here.write(hear) for _ in range(2)] == [True, False]
    assert await count(here, "inbound") == 1


async def test_what_is_only_asked_for_is_asked(here: SqlStore, there: SqlStore) -> None:
    async def look(unit: Unit) -> int:
        assert await unit.said("chat-1", Role.VISITOR, "new") is None
        chat = await unit.chat("chat-1")
        assert chat
        return chat.head

    with forgetting():
        await speak(there, "second")
    assert await here.write(look) == 2


async def test_a_vain_hope_spends_nothing_of_teams_budget(here: SqlStore) -> None:
    spent: list[Delivery] = []

    def allow(delivery: Delivery) -> bool:
        spent.append(delivery)
        return True

    here.work_for("me", 30, allow, spent.remove)
    await speak(here, "second", then=row("chat:chat-1"))
    assert len(spent) == 1
    await speak(here, "second", then=row("chat:chat-1"))
    assert len(spent) == 1
    assert await count(here, "outbox") == 1


async def test_an_error_of_the_work_itself_is_told_once(here: SqlStore) -> None:
    runs: list[bool] = []

    async def work(unit: Unit) -> None:
        runs.append(await unit.first_time("19:x", "a1"))
        raise LookupError

    with pytest.raises(LookupError):
        await here.write(work)
    assert len(runs) == 2  # the second time it was asked
    assert await count(here, "inbound") == 0


async def test_a_vain_hope_costs_those_nothing_with_whom_it_shares_a_commit(
    here: SqlStore,
) -> None:
    keys = "first", "second", "first", "third"
    assert sorted(await asyncio.gather(*(speak(here, key) for key in keys))) == [1, 1, 2, 3]
    assert await said(here) == [1, 2, 3]


async def test_what_waits_behind_a_delivery_is_taken_when_it_ends(here: SqlStore) -> None:
    await schedule(here, row("chat:chat-1"), row("chat:chat-1"))
    (first,) = await here.take("me", 30, ["chat:chat-1"])

    async def settle(unit: Unit) -> list[Delivery]:
        assert await unit.strike([first.id], "me", first.stream) == [first.id]
        return await unit.take("me", 30, [first.stream])

    (second,) = await here.write(settle)
    assert second.id > first.id
    assert await count(here, "outbox") == 1


async def test_of_a_stream_in_which_more_waited_it_is_asked_until_nothing_does(
    post: SqlStore,
) -> None:
    await schedule(post, *(row("chat:chat-1") for _ in range(4)))
    heads = await post.take("me", 30, ["chat:chat-1"])
    trips: list[int] = []
    while heads:
        head = heads[0]

        async def settle(unit: Unit, head: Delivery = head) -> list[Delivery]:
            await unit.strike([head.id], "me", head.stream)
            return await unit.take("me", 30, [head.stream])

        with counting() as asked:
            heads = await post.write(settle)
        trips.append(len(asked))
    first, *others, last = trips
    assert max(*others, last) < first  # in vain, and undone
    await schedule(post, row("chat:chat-1"))
    (head,) = await post.take("me", 30, ["chat:chat-1"])
    with counting() as asked:
        await post.write(lambda unit: unit.strike([head.id], "me", head.stream))
    assert asked == ["trip"]


async def test_a_delivery_that_others_have_taken_over_is_not_struck_off(here: SqlStore) -> None:
    await schedule(here, row("chat:chat-1"))
    (mine,) = await here.take("me", -1, ["chat:chat-1"])
    await here.take("another", 30, ["chat:chat-1"])
    assert await here.write(lambda unit: unit.strike([mine.id], "me", mine.stream)) == []
    assert await count(here, "outbox") == 1


async def test_what_was_hoped_and_then_read_otherwise_is_not_written_back(
    here: SqlStore, there: SqlStore
) -> None:
    async def show(unit: Unit) -> None:
        thread = await unit.known_thread(THREAD.conversation_id)
        assert thread
        (chat,) = await unit.chats_in(thread.id)
        assert await unit.live_chat(thread.id)
        await unit.save(replace(chat, card="post"))

    await answer(here, "second")
    with forgetting():
        await speak(there, "third")
    await here.write(show)
    assert await speak(here, "fourth") == 4
    found = await here.look("chat-1")
    assert found
    assert found[0].card == "post"


async def test_a_chat_that_was_saved_is_found_in_its_thread_as_it_is_now(here: SqlStore) -> None:
    async def twice(unit: Unit) -> int:
        thread = await unit.known_thread(THREAD.conversation_id)
        assert thread
        (chat,) = await unit.chats_in(thread.id)
        await unit.save(replace(chat, head=chat.head + 1))
        (now,) = await unit.chats_in(thread.id)
        return now.head - chat.head

    await answer(here, "second")
    assert await here.write(twice) == 1
