"""The database, the same on both: what is kept, in which order, and for whom."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from bot.domain.chat import State
from bot.domain.messages import Kind, Message, Role
from bot.relay.ports import Delivery, Lane, NotDone, Scope, Thread
from bot.relay.storage import ThreadTaken, Unit
from bot.store import SqlStore, at_head, upgrade
from bot.store.tables import metadata
from tests.people import ADA, GRACE, NOW, invited, proposed, talking
from tests.processes import free_port

THREAD = Thread("19:x;messageid=1", "tenant", "https://teams.test/", Scope.CHANNEL, "28:bot")


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("migrated") / "chats.db"
    upgrade(f"sqlite:///{file}")
    return file


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path, migrated: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{shutil.copy(migrated, tmp_path / 'chats.db')}"
    database: str = request.getfixturevalue("postgres_url")
    upgrade(database)
    return database


@pytest.fixture
async def store(url: str) -> AsyncIterator[SqlStore]:
    a_store = SqlStore.at(url)
    yield a_store
    await a_store.close()


async def add_chat(store: SqlStore, name: str = "chat-1", **changes: Any) -> int:
    """A chat in the thread; returns the thread's id."""

    async def work(unit: Unit) -> int:
        thread = await unit.thread(THREAD)
        await unit.add(replace(proposed(thread.id), id=name, **changes))
        return thread.id

    return await store.write(work)


def line(seq: int, key: str = "", text: str = "x") -> Message:
    return Message(seq, ADA, Kind.SAID, text, NOW, key)


async def schedule(store: SqlStore, *deliveries: Delivery) -> None:
    async def work(unit: Unit) -> None:
        for delivery in deliveries:
            await unit.schedule(delivery)

    await store.write(work)


def row(stream: str, kind: str = "tell", **more: Any) -> Delivery:
    return Delivery(Lane.TEAMS, stream, kind, {"n": 1}, **more)


def test_the_migrations_lead_to_the_tables_of_the_code(url: str) -> None:
    assert at_head(url)
    engine = sa.create_engine(url.replace("+aiosqlite", ""))
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
    with pytest.raises(sa.exc.IntegrityError):
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


async def test_rows_of_a_stream_go_one_after_another_and_streams_side_by_side(
    store: SqlStore,
) -> None:
    await schedule(store, row("a"), row("a"), row("b"))
    first = await store.claim(Lane.TEAMS, "me", 9, 30)
    assert sorted(d.stream for d in first) == ["a", "b"]
    assert await store.claim(Lane.TEAMS, "me", 9, 30) == []
    done = next(d for d in first if d.stream == "a")
    assert await store.write(lambda unit: unit.settle(done.id, "me"))
    (second,) = await store.claim(Lane.TEAMS, "me", 9, 30)
    assert second.stream == "a"
    assert second.id > done.id


async def test_a_delayed_row_holds_its_stream_back(store: SqlStore) -> None:
    late = datetime.now(UTC) + timedelta(hours=1)
    await schedule(store, row("a", not_before=late), row("a"))
    assert await store.claim(Lane.TEAMS, "me", 9, 30) == []


async def test_a_lease_that_ran_out_is_somebody_elses(store: SqlStore) -> None:
    await schedule(store, row("a"))
    (mine,) = await store.claim(Lane.TEAMS, "me", 9, 0.05)
    await asyncio.sleep(0.1)
    (theirs,) = await store.claim(Lane.TEAMS, "you", 9, 30)
    assert (mine.attempt, theirs.attempt) == (1, 2)
    assert not await store.write(lambda unit: unit.settle(mine.id, "me"))
    assert await store.write(lambda unit: unit.settle(mine.id, "you"))


@pytest.mark.parametrize(("clean", "attempt"), [(True, 1), (False, 2)])
async def test_only_attempts_that_may_have_done_something_count(
    store: SqlStore, *, clean: bool, attempt: int
) -> None:
    await schedule(store, row("a"))
    (mine,) = await store.claim(Lane.TEAMS, "me", 9, 30)
    past = datetime.now(UTC) - timedelta(seconds=1)
    await store.write(lambda unit: unit.postpone(mine.id, "me", past, "busy", clean=clean))
    (again,) = await store.claim(Lane.TEAMS, "me", 9, 30)
    assert again.attempt == attempt


async def test_a_card_that_waits_is_not_scheduled_twice_but_sooner(store: SqlStore) -> None:
    late = datetime.now(UTC) + timedelta(hours=1)
    await schedule(store, row("card:1", "card", not_before=late), row("card:1", "card"))
    assert len(await store.claim(Lane.TEAMS, "me", 9, 30)) == 1
    await schedule(store, row("card:1", "card"))  # that one is under way: one more must follow
    async with store._reader.connect() as connection:
        rows = await connection.execute(sa.text("SELECT count(*) FROM outbox"))
        assert rows.scalar() == 2


async def test_forgetting_a_chat_forgets_all_that_belongs_to_it(store: SqlStore) -> None:
    await add_chat(store)
    await store.write(lambda unit: unit.record("chat-1", line(1)))
    await store.write(lambda unit: unit.invite("digest", "chat-1", 1, NOW))
    await schedule(store, row("a", chat_id="chat-1"))
    await store.write(lambda unit: unit.forget("chat-1"))
    async with store._reader.connect() as connection:
        for table in ("chats", "messages", "invitations", "outbox"):
            rows = await connection.execute(sa.text(f"SELECT count(*) FROM {table}"))
            assert rows.scalar() == 0, table


async def test_a_commit_waits_for_the_disk(url: str, store: SqlStore) -> None:
    async with store._writing.connect() as connection:
        if url.startswith("sqlite"):
            settings = {
                name: (await connection.exec_driver_sql(f"PRAGMA {name}")).scalar()
                for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
            }
            wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
            assert settings == {**wanted, "secure_delete": 1}
        else:
            on = (await connection.exec_driver_sql("SHOW synchronous_commit")).scalar()
            assert on == "on"


async def test_a_second_process_on_postgresql_is_kept_out(postgres_url: str) -> None:
    first, second = SqlStore.at(postgres_url), SqlStore.at(postgres_url)
    assert await first.hold_alone()
    assert not await second.hold_alone()
    await first.close()
    assert await second.hold_alone()
    await second.close()


async def test_a_database_that_is_away_is_told_apart_from_a_fault_of_ours() -> None:
    nowhere = SqlStore.at(f"postgresql://postgres@127.0.0.1:{free_port()}/none")
    with pytest.raises(NotDone):
        await nowhere.write(lambda unit: unit.leave("seat"))
    await nowhere.close()
