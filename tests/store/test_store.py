"""The database, the same on both: what is kept, in which order, and for whom."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from unittest import mock

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from bot.domain.chat import State
from bot.domain.messages import Kind, Message, Role
from bot.relay.outcomes import NotDone
from bot.relay.ports import Seat, Thread
from bot.relay.storage import ThreadTaken, Unit
from bot.store import SqlStore, at_head, chat_sql
from bot.store.link import Clash
from bot.store.tables import metadata
from tests.people import GRACE, NOW, invited, talking
from tests.processes import free_port
from tests.store.making import THREAD, add_chat, count, line, row, schedule


def test_the_migrations_lead_to_the_tables_of_the_code(url: str) -> None:
    assert at_head(url)
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, metadata) == []
    engine.dispose()


async def test_a_chat_comes_back_as_it_was(store: SqlStore) -> None:
    thread = await add_chat(store)
    chat = replace(talking(thread), id="chat-1")
    await store.write(lambda unit: unit.save(chat))
    assert await store.look("chat-1") == (chat, 0)


async def test_nothing_of_a_failed_transaction_is_kept(store: SqlStore) -> None:
    await add_chat(store)

    async def fails(unit: Unit) -> None:
        await unit.record("chat-1", line(1))
        raise ValueError("after writing")

    async def second(unit: Unit) -> None:
        await unit.record("chat-1", line(2))

    async def third(unit: Unit) -> None:
        await unit.record("chat-1", line(3))

    good = [store.write(second), store.write(third)]
    with pytest.raises(ValueError, match="after writing"):
        await asyncio.gather(store.write(fails), *good)
    await asyncio.sleep(0.2)
    assert [m.seq for m in await store.log("chat-1", 0, 9)] == [2, 3]


async def test_a_key_is_stored_once_per_side(store: SqlStore) -> None:
    await add_chat(store)
    await store.write(lambda unit: unit.record("chat-1", line(1, "k")))
    with pytest.raises((Clash, NotDone)):  # PostgreSQL tries it again, in vain
        await store.write(lambda unit: unit.record("chat-1", line(2, "k")))
    other = Message(2, GRACE, Kind.SAID, "x", NOW, "k")
    await store.write(lambda unit: unit.record("chat-1", other))
    assert await store.write(lambda unit: unit.said("chat-1", Role.OPERATOR, "k")) == other


async def test_two_live_chats_in_a_thread_are_impossible(store: SqlStore) -> None:
    thread = await add_chat(store)
    await add_chat(store, "chat-2")
    await store.write(lambda unit: unit.save(invited(thread)))
    second = replace(invited(thread), id="chat-2")
    with pytest.raises(ThreadTaken):
        await store.write(lambda unit: unit.save(second))
    looked = await store.look("chat-2")
    assert looked
    assert looked[0].state is State.PROPOSED


async def test_an_activity_is_new_once_even_in_a_race(store: SqlStore) -> None:
    new = await asyncio.gather(
        *(store.write(lambda unit: unit.first_time("19:x", "activity")) for _ in range(8))
    )
    assert sum(new) == 1


async def test_a_reference_is_refreshed_not_doubled(store: SqlStore) -> None:
    first = await store.write(lambda unit: unit.thread(THREAD))
    moved = replace(THREAD, service_url="https://elsewhere.test/")
    second = await store.write(lambda unit: unit.thread(moved))
    assert second.id == first.id
    assert (await store.thread(first.id)).service_url == "https://elsewhere.test/"


async def test_a_threads_group_stays_known_though_a_later_activity_does_not_tell_it(
    store: SqlStore,
) -> None:
    told = replace(THREAD, aad_group_id="group")
    await store.write(lambda unit: unit.thread(told))
    untold = replace(THREAD, service_url="https://elsewhere.test/")
    kept = await store.write(lambda unit: unit.thread(untold))
    assert (kept.aad_group_id, kept.service_url) == ("group", "https://elsewhere.test/")

    async def again(unit: Unit) -> Thread:
        await unit.known_thread(THREAD.conversation_id)
        return await unit.thread(untold)

    with mock.patch.object(chat_sql, "KEEP_THREAD", None):  # nothing to write: it is as it was
        assert await store.write(again) == kept


async def test_forgetting_a_chat_forgets_all_that_belongs_to_it(store: SqlStore) -> None:
    await add_chat(store)
    await store.write(lambda unit: unit.record("chat-1", line(1)))
    await store.write(lambda unit: unit.invite("digest", "chat-1", 1, NOW))
    await schedule(store, row("a", chat_id="chat-1"))
    await store.write(lambda unit: unit.forget("chat-1"))
    for table in ("chats", "messages", "invitations", "outbox"):
        assert await count(store, table) == 0, table


async def test_a_purge_leaves_keys_and_no_words(store: SqlStore) -> None:
    await add_chat(store)
    kept, gone = line(1, "k", "CANARY"), Message(2, GRACE, Kind.SAID, "CANARY", NOW, "o")
    await store.write(lambda unit: unit.record("chat-1", kept))
    await store.write(lambda unit: unit.record("chat-1", gone))
    await store.write(lambda unit: unit.purge("chat-1"))
    assert await store.log("chat-1", 0, 9) == []
    known = await store.write(lambda unit: unit.said("chat-1", Role.VISITOR, "k"))
    assert known
    assert (known.text, known.author.name) == ("", "")
    assert await store.write(lambda unit: unit.said("chat-1", Role.OPERATOR, "o")) is None


async def test_a_change_that_came_early_is_fetched_once(store: SqlStore) -> None:
    await store.write(lambda unit: unit.early("19:x", "key", "first"))
    await store.write(lambda unit: unit.early("19:x", "key", "second"))
    fetch = [await store.write(lambda unit: unit.early_for("19:x", "key")) for _ in range(2)]
    assert fetch == ["second", None]


async def test_what_is_of_no_use_any_more_is_swept_away(url: str) -> None:
    store = SqlStore.at(url, lambda: NOW - timedelta(days=8))
    await add_chat(store)
    await store.write(lambda unit: unit.first_time("19:x", "old"))
    await store.write(lambda unit: unit.early("19:x", "old", "text"))
    await store.write(lambda unit: unit.seat(Seat("seat", "chat-1", NOW)))
    await store.close()
    store = SqlStore.at(url, lambda: NOW + timedelta(seconds=1))
    assert await store.write(lambda unit: unit.first_time("19:x", "new"))
    await store.sweep(timedelta(days=7))
    assert await store.write(lambda unit: unit.early_for("19:x", "old")) is None
    assert await store.write(lambda unit: unit.first_time("19:x", "old"))
    assert await store.find_seat("seat") is None
    assert not await store.write(lambda unit: unit.first_time("19:x", "new"))
    await store.close()


async def test_chats_that_stand_still_are_found_by_state(store: SqlStore) -> None:
    await add_chat(store)
    await add_chat(store, "chat-2", state=State.PURGED)
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    (found,) = await store.stale({"purged": tomorrow, "ended": tomorrow})
    assert found.id == "chat-2"
    assert await store.stale({"purged": NOW - timedelta(days=1)}) == []
    assert await store.stale({}) == []


async def test_who_asks_for_all_chats_in_a_state_gets_more_than_a_batch(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.store.reading._MOST_STALE", 1)
    for name in ("chat-1", "chat-2"):
        await add_chat(store, name, state=State.PURGED)
    await add_chat(store, "chat-3", state=State.OPEN)
    found = await store.in_states(State.PURGED, State.FILED)
    assert {chat.id for chat in found} == {"chat-1", "chat-2"}


async def test_when_an_open_chat_last_changed_is_known_to_half_a_minute(url: str) -> None:
    now = NOW
    store = SqlStore.at(url, lambda: now)
    await add_chat(store, state=State.OPEN)

    async def say(unit: Unit) -> None:
        chat = await unit.chat("chat-1")
        assert chat
        await unit.save(replace(chat, head=chat.head + 1))

    async def heads_of_stale(before: datetime) -> list[int]:
        return [chat.head for chat in await store.stale({"open": before})]

    now = NOW + timedelta(seconds=20)
    await store.write(say)
    assert await heads_of_stale(now) == [1]  # kept, though not under a new moment
    now = NOW + timedelta(seconds=40)
    await store.write(say)
    assert await heads_of_stale(now) == []
    assert await heads_of_stale(now + timedelta(seconds=1)) == [2]
    await store.close()


async def test_text_of_every_kind_comes_back_as_it_was(store: SqlStore) -> None:
    await add_chat(store)
    texts = ["\U0001f600 é \u202e", "{\"a\": 'b'} \\ % $1 ? :x", "x" * 300_000]

    async def work(unit: Unit) -> None:
        for seq, text in enumerate(texts, 1):
            await unit.record("chat-1", line(seq, f"{seq}", text))

    await store.write(work)
    assert [m.text for m in await store.log("chat-1", 0, 9)] == texts


async def test_a_database_that_is_away_is_told_apart_from_a_fault_of_ours() -> None:
    nowhere = SqlStore.at(f"postgresql://postgres@127.0.0.1:{free_port()}/none")
    with pytest.raises(NotDone):
        await nowhere.write(lambda unit: unit.leave("seat"))
    with pytest.raises(NotDone):
        await nowhere.look("chat-1")
    await nowhere.close()


async def test_a_missing_folder_is_a_database_that_is_away() -> None:
    nowhere = SqlStore.at("sqlite:////nowhere/at/all/chats.db")
    with pytest.raises(NotDone):
        await nowhere.write(lambda unit: unit.leave("seat"))
    with pytest.raises(NotDone):
        await nowhere.look("chat-1")
    await nowhere.close()
