"""PostgreSQL's side of writing: waits, conflicts, cut connections, unclear commits."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from psycopg import errors

from bot.domain.chat import State
from bot.relay.delivery import Delivery
from bot.relay.outcomes import NotDone
from bot.relay.storage import Unit
from bot.store import SqlStore, libpq, postgres, writer
from bot.store.postgres import PostgresHand
from bot.store.sql import Query, Row
from bot.store.unit import SqlUnit
from bot.store.writer import Hand, Writer
from tests.people import ADA
from tests.store.making import add_chat, line, row, said, say

_KILL = Query(sa.select(sa.func.pg_terminate_backend(sa.func.pg_backend_pid())))


async def test_postgresql_waits_for_its_disk_and_for_nobody_for_long(post: SqlStore) -> None:
    wanted = {
        "synchronous_commit": "on",
        "statement_timeout": "5s",
        "lock_timeout": "4s",
        "idle_in_transaction_session_timeout": "5s",
    }

    async def work(unit: Unit) -> dict[str, str]:
        assert isinstance(unit, SqlUnit)
        found = {}
        for name in wanted:
            ((found[name],),) = await unit.link.rows(
                Query(sa.select(sa.func.current_setting(name)))
            )
        return found

    assert await post.write(work) == wanted


async def test_what_may_wait_waits_no_longer_when_its_chat_goes_on(
    post: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "_LINGER", 3600.0)

    async def ends(unit: Unit) -> None:
        await unit.relayed("chat-1", 1)

    ending = asyncio.create_task(post.write(ends, soon=False, about={"chat-1"}))
    await asyncio.sleep(0)
    await post.write(lambda unit: unit.record("chat-1", line(1, "k1")), about={"chat-2"})
    assert not ending.done()
    await post.write(lambda unit: unit.record("chat-1", line(2, "k2")), about={"chat-1"})
    async with asyncio.timeout(10):
        await ending


async def test_two_that_lock_each_other_out_both_get_through(post: SqlStore) -> None:
    await add_chat(post, "chat-2")
    first_locks = asyncio.Barrier(2)
    runs: list[str] = []

    async def both(names: tuple[str, str]) -> None:
        async def work(unit: Unit) -> None:
            runs.append(names[0])
            assert await unit.chat(names[0])
            if len(runs) <= 2:
                await first_locks.wait()
            assert await unit.chat(names[1])

        await post.write(work)

    await asyncio.gather(both(("chat-1", "chat-2")), both(("chat-2", "chat-1")))
    assert len(runs) == 3


async def test_of_two_with_one_key_the_second_sees_the_first(post: SqlStore) -> None:
    async def say_once(seq: int) -> int:
        async def work(unit: Unit) -> int:
            if known := await unit.said("chat-1", line(1).author.role, "key"):
                return known.seq
            await asyncio.sleep(0.05)  # the other one sees nothing either
            await unit.record("chat-1", line(seq, "key"))
            return seq

        return await post.write(work)

    seqs = await asyncio.gather(say_once(1), say_once(2))
    assert len(set(seqs)) == 1
    assert await said(post) == list(set(seqs))


async def test_a_connection_that_was_cut_is_replaced_without_a_word(
    post: SqlStore, pg_url: str
) -> None:
    with psycopg.connect(pg_url.replace("+psycopg", ""), autocommit=True) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    for hand in post._writer._hands:
        assert isinstance(hand, PostgresHand)
        if hand._db:
            await hand._db.ended.wait()  # the server's farewell is there
    await say(post, 1)
    assert await said(post) == [1]


async def test_work_is_done_again_when_the_connection_broke_before_the_commit(
    post: SqlStore,
) -> None:
    runs = []

    async def work(unit: Unit) -> None:
        assert isinstance(unit, SqlUnit)
        runs.append(1)
        await unit.record("chat-1", line(1))
        if len(runs) == 1:
            await unit.link.rows(_KILL)

    await post.write(work)
    assert len(runs) == 2
    assert await said(post) == [1]


async def test_a_commit_of_which_nobody_knows_is_not_repeated(post: SqlStore) -> None:
    runs = []

    async def work(unit: Unit) -> None:
        assert isinstance(unit, SqlUnit)
        runs.append(1)
        unit.link.later(_KILL)  # it goes out together with the commit

    with pytest.raises(NotDone):
        await post.write(work)
    assert len(runs) == 1


@pytest.mark.usefixtures("post")
@pytest.mark.parametrize("use", [lambda s: say(s, 1), said], ids=["write", "read"])
async def test_a_server_that_hangs_is_away(
    pg_url: str,
    monkeypatch: pytest.MonkeyPatch,
    use: Callable[[SqlStore], Any],
) -> None:
    store = SqlStore.at(pg_url)
    with psycopg.connect(pg_url.replace("+psycopg", "")) as other, monkeypatch.context() as hasty:
        other.execute("LOCK TABLE messages IN ACCESS EXCLUSIVE MODE")
        hasty.setattr(libpq, "_PATIENCE", 0.5)  # the server's own limits are longer
        with pytest.raises(NotDone) as told:
            await use(store)
    assert "in time" in str(told.value.__cause__)
    await say(store, 2)
    assert 2 in await said(store)
    await store.close()


async def test_nobody_waits_for_ever_for_a_connection(
    post: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = asyncio.Event()

    async def slow(_: Unit) -> None:
        await release.wait()

    monkeypatch.setattr(writer, "_PATIENCE", 0.5)
    busy = [asyncio.create_task(post.write(slow)) for _ in post._writer._hands]
    await asyncio.sleep(0)
    with pytest.raises(NotDone):  # though nobody comes back
        await asyncio.wait_for(say(post, 1), 20)
    release.set()
    await asyncio.gather(*busy)
    assert await said(post) == []


async def test_a_database_that_only_reads_is_away(pg_url: str) -> None:
    with psycopg.connect(pg_url.replace("+psycopg", ""), autocommit=True) as admin:
        admin.execute(
            "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on',"
            " current_database()); END $$"
        )
    store = SqlStore.at(pg_url)
    with pytest.raises(NotDone):
        await store.write(lambda unit: unit.first_time("c", "a"))
    await store.close()


@contextmanager
def held(url: str) -> Iterator[psycopg.Connection]:
    """Somebody holds a chat for as long as he likes."""
    with psycopg.connect(url.replace("+psycopg", "")) as other:
        other.execute("SELECT 1 FROM chats WHERE id = 'chat-1' FOR UPDATE")
        yield other


async def speak(unit: Unit) -> None:
    """Say something in the hope that the chat is as it was."""
    assert await unit.said("chat-1", ADA.role, "new") is None
    chat = await unit.chat("chat-1")
    assert chat
    await unit.save(replace(chat, head=chat.head + 1))
    await unit.record("chat-1", line(chat.head + 1, "new"))


@pytest.fixture
async def hasty(pg_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SqlStore]:
    """A store that does not wait for locks, and has read a chat that is open."""
    options = postgres._OPTIONS.replace("lock_timeout=4000", "lock_timeout=1")
    monkeypatch.setattr(postgres, "_OPTIONS", options)
    store = SqlStore.at(pg_url)
    await add_chat(store, state=State.OPEN)
    await store.write(lambda unit: unit.chat("chat-1"))
    yield store
    await store.close()


async def test_a_lock_that_somebody_keeps_is_waited_for_once(hasty: SqlStore, pg_url: str) -> None:
    runs, allowed, back = [], list[Delivery](), list[Delivery]()

    def allow(made: Delivery) -> bool:
        allowed.append(made)
        return True

    async def work(unit: Unit) -> None:
        runs.append(1)
        await speak(unit)
        await unit.schedule(row("chat:chat-1", chat_id="chat-1"))

    hasty.work_for("me", 30, allow, back.append)
    with held(pg_url), pytest.raises(NotDone):
        await hasty.write(work)
    assert len(runs) == 1
    assert back == allowed != []


async def test_whoever_may_wait_waits_for_nobody_elses_lock(hasty: SqlStore, pg_url: str) -> None:
    await add_chat(hasty, "chat-2")
    with held(pg_url):
        waits = asyncio.create_task(
            hasty.write(lambda unit: unit.relayed("chat-1", 1), soon=False, about={"chat-1"})
        )
        await hasty.write(lambda unit: unit.relayed("chat-2", 1), soon=False, about={"chat-2"})
        with pytest.raises(NotDone):
            await waits


@pytest.mark.parametrize("error", [ValueError, errors.DeadlockDetected])
async def test_what_goes_wrong_after_the_commit_does_not_make_it_happen_twice(
    hasty: SqlStore, error: type[Exception]
) -> None:
    runs = []

    def fails(_: list[Row]) -> None:
        raise error

    async def work(unit: Unit) -> None:
        assert isinstance(unit, SqlUnit)
        runs.append(1)
        await speak(unit)
        unit.link.later(Query(sa.text("SELECT 1")), fails)

    with pytest.raises((error, NotDone)):
        await hasty.write(work)
    assert len(runs) == 1
    assert await said(hasty) == [1]


async def test_whoever_meets_another_each_time_is_told_to_come_again(post: SqlStore) -> None:
    runs = []

    async def work(unit: Unit) -> None:
        runs.append(1)
        await unit.record("chat-1", line(1, "a"))
        await unit.record("chat-1", line(1, "b"))

    with pytest.raises(NotDone):
        await post.write(work)
    assert len(runs) > 1
    assert await said(post) == []


async def test_a_piece_of_work_calls_one_connection_and_two_call_two(
    post: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve, called = Writer._serve, list[Hand]()

    async def counted(self: Writer, hand: Hand) -> None:
        called.append(hand)
        await serve(self, hand)

    monkeypatch.setattr(Writer, "_serve", counted)
    await say(post, 1)
    assert len(called) == 1
    await asyncio.gather(say(post, 2), say(post, 3))
    assert len(set(called[1:])) == len(called[1:]) == 2
