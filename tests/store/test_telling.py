"""What a commit leaves to be done, and how other processes hear of it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial

import psycopg
import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from bot.relay.delivery import Committed, Delivery, Lane, News
from bot.relay.ports import Seat
from bot.relay.storage import Unit
from bot.store import SqlStore, listening
from bot.store.listening import Listener
from bot.store.sql import Query
from tests.people import NOW, proposed, talking
from tests.store.making import THREAD, Ears, add_chat, line, row, schedule


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():  # noqa: ASYNC110 - what is waited for happens in another process
            await asyncio.sleep(0.01)


def heard_lost(ears: Ears) -> bool:
    return any(told.lost for told in ears.heard)


# --- what was committed ------------------------------------------------------------------------


async def test_whoever_listens_learns_all_that_a_commit_brought_to_a_chat(store: SqlStore) -> None:
    await add_chat(store)
    ears = Ears(store)
    chat = talking(1)

    async def work(unit: Unit) -> None:
        await unit.save(chat)
        await unit.record("chat-1", line(1))
        await unit.record("chat-1", line(2))
        await unit.relayed("chat-1", 1)

    await store.write(work)
    assert ears.heard == [Committed((News("chat-1", chat, 1, (line(1), line(2))),))]


async def test_the_bell_rings_before_the_answer_and_never_for_what_was_not_kept(
    store: SqlStore,
) -> None:
    await add_chat(store)
    ears, answered = Ears(store), []

    async def say(seq: int, *, fails: bool) -> None:
        async def work(unit: Unit) -> None:
            await unit.record("chat-1", line(seq))
            if fails:
                raise ValueError

        try:
            await store.write(work)
        except ValueError:
            return
        told = [m.seq for heard in ears.heard for news in heard.news for m in news.lines]
        answered.append((seq, seq in told))

    await asyncio.gather(say(1, fails=False), say(2, fails=True), say(3, fails=False))
    assert sorted(answered) == [(1, True), (3, True)]
    told = [m.seq for heard in ears.heard for news in heard.news for m in news.lines]
    assert sorted(told) == [1, 3]


async def test_an_answer_comes_before_what_is_begun_because_of_the_bell(store: SqlStore) -> None:
    await add_chat(store)
    order: list[str] = []

    async def post() -> None:
        order.append("posted to Teams")

    posts: list[asyncio.Task[None]] = []
    store.tell(lambda _told: posts.append(asyncio.create_task(post())))

    async def say() -> None:
        await store.write(lambda unit: unit.record("chat-1", line(1)))
        order.append("acknowledged")

    await say()
    await asyncio.gather(*posts)
    assert order == ["acknowledged", "posted to Teams"]


async def test_what_changed_a_chats_log_or_state_is_told_in_the_order_of_the_commits(
    store: SqlStore,
) -> None:
    await add_chat(store)
    ears = Ears(store)

    async def say(seq: int) -> None:
        await store.write(lambda unit: unit.record("chat-1", line(seq)))

    for seq in range(1, 6):
        await say(seq)
    told = [m.seq for heard in ears.heard for news in heard.news for m in news.lines]
    assert told == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("forgetting", [lambda u: u.purge("chat-1"), lambda u: u.forget("chat-1")])
async def test_of_a_purge_readers_are_told_to_read(
    store: SqlStore, forgetting: Callable[[Unit], Awaitable[object]]
) -> None:
    await add_chat(store)
    ears = Ears(store)
    await store.write(forgetting)
    assert ears.last.news == (News("chat-1"),)


async def test_whoever_leaves_makes_the_chats_readers_look(store: SqlStore) -> None:
    await add_chat(store)
    seat = Seat("digest", "chat-1", NOW + timedelta(hours=1))
    await store.write(lambda unit: unit.seat(seat))
    ears, before = Ears(store), await store.versions(["chat-1"])
    await store.write(lambda unit: unit.leave("digest"))
    assert ears.heard == [Committed((News("chat-1"),))]
    assert (await store.versions(["chat-1"]))["chat-1"] > before["chat-1"]


async def test_a_bell_that_breaks_keeps_nobody_from_his_answer(store: SqlStore) -> None:
    def breaks(_: Committed) -> None:
        raise ValueError("what Ada said")

    store.tell(breaks)
    with capture_logs() as logged:
        await add_chat(store)
    assert await store.look("chat-1")
    (told,) = logged
    assert told["event"] == "bell_failed"
    assert told["error"].startswith("ValueError in breaks (test_telling.py:")
    assert "exc_info" not in told  # an error may quote anybody's words


async def test_a_read_rings_no_bell(store: SqlStore) -> None:
    ears = Ears(store)
    await store.write(lambda unit: unit.chat("chat-1"))
    assert ears.heard == []


async def test_a_lane_is_told_of_rows_that_anybody_may_have(store: SqlStore) -> None:
    ears = Ears(store)
    await schedule(store, row("a"), row("a"), row("b"), Delivery(Lane.HERE, "b", "purge", {}))
    assert ears.last.lanes == {Lane.TEAMS, Lane.HERE}
    await store.take("me", 30, ["a", "b"])
    assert len(ears.heard) == 1
    await store.write(lambda unit: unit.strike([3], "me"))
    assert ears.last.lanes == {Lane.HERE}  # the purge waited behind it
    await store.write(lambda unit: unit.give_back([1], "me", 0, "busy", clean=True))
    assert ears.last.lanes == {Lane.TEAMS}


async def test_what_is_claimed_with_the_end_of_another_is_nobody_elses_to_look_for(
    store: SqlStore,
) -> None:
    await schedule(store, row("a"), row("a"), row("a"))
    await store.take("me", 30, ["a"])
    ears = Ears(store)

    async def next_one(unit: Unit) -> list[Delivery]:
        await unit.strike([1], "me")
        return await unit.take("me", 30, ["a"])

    assert [d.id for d in await store.write(next_one)] == [2]
    assert ears.heard == []
    assert await store.take("you", 30, ["a"]) == []
    assert ears.heard == []  # asking in vain is no news


async def test_each_commit_that_changes_a_chat_is_counted(store: SqlStore) -> None:
    async def version() -> int:
        return (await store.versions(["chat-1", "nobody's"]))["chat-1"]

    await add_chat(store)
    counts = [await version()]
    changes: list[Callable[[Unit], Awaitable[object]]] = [
        lambda unit: unit.save(talking(1)),
        lambda unit: unit.record("chat-1", line(1)),
        lambda unit: unit.relayed("chat-1", 1),
        lambda unit: unit.relayed("chat-1", 1),  # no news, but told: whoever hears counts, too
        lambda unit: unit.purge("chat-1"),
    ]
    for change in changes:
        await store.write(change)
        counts.append(await version())
    assert counts == sorted(set(counts))
    await store.write(lambda unit: unit.chat("chat-1"))
    assert await version() == counts[-1]
    assert set(await store.versions(["nobody's"])) == set()


# --- other processes' commits ------------------------------------------------------------------


@pytest.fixture
async def two(pg_url: str) -> AsyncIterator[tuple[SqlStore, SqlStore]]:
    """Two processes' stores on one PostgreSQL, which listen."""
    stores = SqlStore.at(pg_url), SqlStore.at(pg_url)
    for a_store in stores:
        await a_store.listen()
    yield stores
    for a_store in stores:
        await a_store.close()


async def test_another_process_hears_which_chats_and_lanes(two: tuple[SqlStore, SqlStore]) -> None:
    mine, theirs = two
    here, there = Ears(mine), Ears(theirs)
    await add_chat(mine)
    await until(lambda: bool(there.heard))
    assert there.heard == [Committed((News("chat-1"),))]
    await schedule(mine, row("a"))
    await until(lambda: len(there.heard) > 1)
    assert there.last == Committed(lanes=frozenset({Lane.TEAMS}))
    assert len(here.heard) == 2  # and nobody hears himself


async def test_many_rings_go_together_and_none_is_too_long(two: tuple[SqlStore, SqlStore]) -> None:
    mine, theirs = two
    there = Ears(theirs)
    names = {f"a chat with quite a long name, which is number {n}" for n in range(200)}

    async def many(unit: Unit) -> None:
        thread = await unit.thread(THREAD)
        for name in names:
            await unit.add(replace(proposed(thread.id), id=name))

    def told() -> set[str]:
        return {news.chat_id for committed in there.heard for news in committed.news}

    await mine.write(many)
    await until(lambda: told() == names)
    assert len(there.heard) == 2  # 8000 bytes are the most for one
    there.heard.clear()
    some = sorted(names)[:100]
    await asyncio.gather(*(mine.write(partial(record, chat_id=name)) for name in some))
    await until(lambda: told() == set(some))
    assert len(there.heard) < 100


async def record(unit: Unit, chat_id: str) -> None:
    await unit.record(chat_id, line(1))


async def test_rings_that_may_have_been_lost_make_everybody_look(
    two: tuple[SqlStore, SqlStore], pg_url: str
) -> None:
    mine, theirs = two
    here, there = Ears(mine), Ears(theirs)
    cut = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    with psycopg.connect(pg_url.replace("+psycopg", ""), autocommit=True) as admin:
        admin.execute(cut)
    for ears in (here, there):
        await until(partial(heard_lost, ears))
        lost = next(told for told in ears.heard if told.lost)
        assert lost.lanes == set(Lane)
    there.heard.clear()
    await add_chat(mine)
    await until(lambda: Committed((News("chat-1"),)) in there.heard)


async def test_a_process_alone_keeps_silent_until_another_comes(pg_url: str) -> None:
    patience = timedelta(seconds=20)
    first, second = SqlStore.at(pg_url), SqlStore.at(pg_url)
    await first.beat("first", patience)
    listener = first._ears
    assert isinstance(listener, Listener)
    assert listener._alone
    there = Ears(second)
    await second.beat("second", patience)
    await until(lambda: not listener._alone)
    await add_chat(first)
    await until(lambda: bool(there.heard))
    for a_store in (first, second):
        await a_store.close()


async def test_what_one_kept_to_itself_while_another_came_makes_that_one_look(pg_url: str) -> None:
    """Between its first look and our hearing of it, a commit of ours is told to nobody."""
    patience = timedelta(seconds=20)
    first, second = SqlStore.at(pg_url), SqlStore.at(pg_url)
    await first.beat("first", patience)
    there = Ears(second)
    await second.beat("second", patience)
    await until(partial(heard_lost, there))
    there.heard.clear()
    await second.beat("second", patience)
    await add_chat(first)
    await until(lambda: Committed((News("chat-1"),)) in there.heard)
    assert not heard_lost(there)  # once is enough
    for a_store in (first, second):
        await a_store.close()


async def test_rings_that_the_database_did_not_take_make_everybody_look(
    two: tuple[SqlStore, SqlStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It keeps one lock for all that are told anything, and who waits too long for it is refused."""
    mine, theirs = two
    there = Ears(theirs)
    listener = mine._ears
    assert isinstance(listener, Listener)
    with monkeypatch.context() as refusing:
        refusing.setattr(listening, "_NOTIFY", Query(sa.text("SELECT 1 / 0")))
        await add_chat(mine)
        await until(lambda: listener._sending is None)
    await until(partial(heard_lost, there))


async def test_what_one_kept_to_itself_is_made_good_when_the_heart_tells_of_another(
    pg_url: str,
) -> None:
    """Another one was taken for dead, and is there after all: he need not have said a word."""
    patience = timedelta(seconds=20)
    first, second = SqlStore.at(pg_url), SqlStore.at(pg_url)
    await second.listen()
    await first.beat("first", patience)
    await add_chat(first)
    there = Ears(second)
    await second.beat("second", patience)
    await first.beat("first", patience)
    await until(partial(heard_lost, there))
    for a_store in (first, second):
        await a_store.close()
