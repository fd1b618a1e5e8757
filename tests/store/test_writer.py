"""Commits: shared where that is cheap, acknowledged only when they are durable."""

import asyncio
import sqlite3
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from bot.relay.outcomes import NotDone
from bot.relay.storage import Unit
from bot.store import SqlStore, sqlite, writer
from bot.store.sql import Query
from bot.store.sqlite import SqliteHand
from bot.store.unit import SqlUnit
from tests.people import invited
from tests.store.making import Ears, add_chat, line, said, say

_KILL = Query(sa.select(sa.func.pg_terminate_backend(sa.func.pg_backend_pid())))


@pytest.fixture
async def lite(sqlite_url: str) -> Any:
    """A store on SQLite with a chat."""
    store = SqlStore.at(sqlite_url)
    await add_chat(store)
    yield store
    await store.close()


def statements(store: SqlStore) -> list[str]:
    """What goes to SQLite from now on."""
    (hand,) = store._writer._hands
    assert isinstance(hand, SqliteHand)
    assert hand._db
    seen: list[str] = []
    hand._db.set_trace_callback(seen.append)
    return seen


# --- SQLite ------------------------------------------------------------------------------------


@pytest.fixture
def as_it_is(pragmas: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "_PRAGMAS", pragmas)


async def test_a_commit_waits_for_the_disk(as_it_is: None, lite: SqlStore) -> None:
    (hand,) = lite._writer._hands
    assert isinstance(hand, SqliteHand)
    wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1}
    wanted["wal_autocheckpoint"] = 8000  # so seldom that it holds up one message in a thousand
    for name, value in wanted.items():
        assert hand._open.execute(f"PRAGMA {name}").fetchone() == (value,), name


async def test_what_waits_together_is_committed_together(lite: SqlStore) -> None:
    seen = statements(lite)
    await asyncio.gather(*(say(lite, n) for n in range(1, 21)))
    assert seen.count("COMMIT") < 5
    assert await said(lite) == list(range(1, 21))


async def test_what_may_wait_rides_with_the_next_commit_of_its_chat(lite: SqlStore) -> None:
    seen = statements(lite)
    waiting = asyncio.create_task(say(lite, 1, soon=False, about={"chat-1", "chat-2"}))
    await asyncio.sleep(0)
    assert seen == []
    await say(lite, 2, about={"chat-1"})
    await waiting
    assert seen.count("COMMIT") == 1


async def test_of_another_chat_it_rides_only_when_it_has_waited_a_little(
    lite: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "_LINGER", 3600.0)
    waiting = asyncio.create_task(say(lite, 1, soon=False, about={"chat-1"}))
    await asyncio.sleep(0)
    await say(lite, 2, about={"chat-2"})
    assert not waiting.done()
    monkeypatch.setattr(writer, "_RIPE", 0.0)
    await asyncio.sleep(0.002)
    await say(lite, 3, about={"chat-2"})
    await waiting


async def test_whoever_waits_goes_on_before_anybody_is_told_of_what_may_wait(
    lite: SqlStore,
) -> None:
    ears, told = Ears(lite), []

    async def at_once() -> None:
        await say(lite, 2, about={"chat-1"})
        told.append([m.seq for heard in ears.heard for news in heard.news for m in news.lines])

    waiting = asyncio.create_task(say(lite, 1, soon=False, about={"chat-1"}))
    await asyncio.sleep(0)
    await asyncio.gather(at_once(), waiting)
    told.append([m.seq for heard in ears.heard for news in heard.news for m in news.lines])
    assert told == [[2], [2, 1]]


async def test_what_may_wait_does_not_wait_for_ever(store: SqlStore) -> None:
    await add_chat(store)
    await asyncio.wait_for(asyncio.gather(*(say(store, n, soon=False) for n in range(1, 9))), 20)
    assert await said(store) == list(range(1, 9))


async def test_reading_within_a_unit_costs_no_commit_to_disk(lite: SqlStore) -> None:
    (hand,) = lite._writer._hands
    assert isinstance(hand, SqliteHand)
    hand._thread.run = None  # type: ignore[assignment] # whoever went to the disk would fail
    assert await lite.write(lambda unit: unit.chat("chat-1"))
    del hand._thread.run


async def test_nobody_is_answered_when_the_commit_fails(
    lite: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(_: SqliteHand) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    ears = Ears(lite)
    with monkeypatch.context() as broken:
        broken.setattr(SqliteHand, "commit", fails)
        results = await asyncio.gather(*(say(lite, n) for n in range(1, 4)), return_exceptions=True)
    assert [type(result) for result in results] == [NotDone] * 3
    assert ears.heard == []
    assert await said(lite) == []
    await say(lite, 1)
    assert await said(lite) == [1]


async def test_on_a_full_disk_nothing_is_acknowledged_that_is_not_there(lite: SqlStore) -> None:
    (hand,) = lite._writer._hands
    assert isinstance(hand, SqliteHand)
    pages = hand._open.execute("PRAGMA page_count").fetchone()[0]
    hand._open.execute(f"PRAGMA max_page_count = {pages + 3}")
    results = await asyncio.gather(
        *(say(lite, n, "x" * (500 if n % 2 else 30_000)) for n in range(1, 9)),
        return_exceptions=True,
    )
    assert NotDone in {type(result) for result in results}
    assert await said(lite) == [n for n, result in enumerate(results, 1) if result is None]
    hand._open.execute(f"PRAGMA max_page_count = {pages + 1000}")
    await say(lite, 9)
    assert 9 in await said(lite)


async def test_a_locked_file_holds_nobody_up_but_the_writer(
    lite: SqlStore, sqlite_url: str
) -> None:
    other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    writing = asyncio.create_task(say(lite, 1))
    for _ in range(10):  # these turns would not come while the loop waits for the lock
        await asyncio.sleep(0.01)
        assert await said(lite) == []
    assert not writing.done()
    other.execute("COMMIT")
    await writing
    assert await said(lite) == [1]
    other.close()


async def test_a_reader_that_is_kept_out_waits_in_its_thread(
    lite: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Kept:
        def execute(self, *_: Any) -> None:
            error = sqlite3.OperationalError("database is locked")
            error.sqlite_errorcode = sqlite3.SQLITE_BUSY
            raise error

    version = await lite.versions(["chat-1"])
    assert version
    monkeypatch.setattr(lite._reader, "_db", Kept())
    assert await lite.versions(["chat-1"]) == version
    monkeypatch.undo()


# --- PostgreSQL --------------------------------------------------------------------------------


async def test_a_piece_among_many_fails_alone(store: SqlStore) -> None:
    thread = await add_chat(store)
    await add_chat(store, "chat-2")
    await store.write(lambda unit: unit.save(invited(thread)))

    async def second_live_one(unit: Unit) -> None:
        await unit.record("chat-1", line(50))
        await unit.chat("chat-2")
        await unit.save(replace(invited(thread), id="chat-2"))

    good = [say(store, n, soon=False) for n in range(1, 6)]
    results = await asyncio.gather(
        *good, store.write(second_live_one, soon=False), return_exceptions=True
    )
    assert [type(r).__name__ for r in results] == ["NoneType"] * 5 + ["ThreadTaken"]
    assert await said(store) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("first", ["good", "bad"])
async def test_a_piece_that_fails_before_it_asked_for_anything_fails_alone(
    post: SqlStore, first: str
) -> None:
    async def hopeless(unit: Unit) -> None:
        await unit.early("c", "k", "t")  # put off
        raise ValueError

    async def unwritable(unit: Unit) -> None:
        await unit.record("chat-1", line(50, text="\ud83d"))
        await unit.chat("chat-1")

    bad = [post.write(work, soon=False) for work in (hopeless, unwritable)]
    good = [say(post, n, soon=False) for n in (1, 2)]
    told = await asyncio.gather(
        *(good + bad if first == "good" else bad + good), return_exceptions=True
    )
    assert sum(problem is None for problem in told) == 2
    assert await said(post) == [1, 2]
    assert await post.write(lambda unit: unit.early_for("c", "k")) is None


# --- both --------------------------------------------------------------------------------------


async def test_what_was_begun_is_kept_though_nobody_waits_for_it(store: SqlStore) -> None:
    await add_chat(store)
    writing = asyncio.create_task(say(store, 1))
    await asyncio.sleep(0)
    writing.cancel()
    await say(store, 2)
    await say(store, 3)
    assert await said(store) == [1, 2, 3]


async def test_closing_waits_for_what_is_done_again(post: SqlStore, pg_url: str) -> None:
    runs = []

    async def work(unit: Unit) -> None:
        assert isinstance(unit, SqlUnit)
        runs.append(1)
        await unit.record("chat-1", line(1))
        if len(runs) == 1:
            await unit.link.rows(_KILL)

    writing = asyncio.create_task(post.write(work))
    await asyncio.sleep(0)
    await post.close()
    await writing
    again = SqlStore.at(pg_url)
    assert await said(again) == [1]
    await again.close()


async def test_closing_finishes_what_was_begun(url: str) -> None:
    store = SqlStore.at(url)
    await add_chat(store)
    writing = [asyncio.create_task(say(store, n, soon=bool(n % 2))) for n in range(1, 6)]
    await asyncio.sleep(0)
    await store.close()
    await asyncio.gather(*writing)
    again = SqlStore.at(url)
    assert await said(again) == [1, 2, 3, 4, 5]
    await again.close()
