"""What another process wrote to SQLite's file."""

import asyncio
import sqlite3
from collections.abc import Iterator
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from bot.domain.chat import State
from bot.domain.messages import Role
from bot.relay.delivery import Lane
from bot.relay.storage import Unit
from bot.store import SqlStore, neighbours
from bot.store.neighbours import Neighbours
from tests.store.making import Ears, add_chat, row, say, schedule

PATIENCE = timedelta(seconds=20)


async def test_what_another_process_wrote_makes_everybody_look_and_scrubs_after_it(
    sqlite_url: str,
) -> None:
    ours, theirs = SqlStore.at(sqlite_url), SqlStore.at(sqlite_url)
    ears, looking = Ears(ours), _of(ours)
    await looking.look()
    await ours.scrub()
    assert not ours._scrubber.due
    await add_chat(theirs)
    await looking.look()
    (heard,) = ears.heard
    assert heard.lost
    assert heard.lanes == set(Lane)
    assert ours._scrubber._soiled
    for store in (ours, theirs):
        await store.close()


async def test_our_own_writing_and_scrubbing_is_no_news(sqlite_url: str) -> None:
    ours = SqlStore.at(sqlite_url)
    await add_chat(ours)
    await _of(ours).look()
    await say(ours, 1)
    await ours.scrub()
    ears = Ears(ours)
    for _ in range(2):
        await _of(ours).look()
    assert not ears.heard
    await ours.close()


async def test_what_was_written_just_before_we_scrub_is_heard_of(sqlite_url: str) -> None:
    ours, theirs = SqlStore.at(sqlite_url), SqlStore.at(sqlite_url)
    await _of(ours).look()
    ears = Ears(ours)
    await add_chat(theirs)
    await ours.scrub()
    assert [heard.lost for heard in ears.heard] == [True]
    for store in (ours, theirs):
        await store.close()


async def test_it_looks_by_itself_once_its_process_has_a_heart(sqlite_url: str) -> None:
    ours, theirs = SqlStore.at(sqlite_url), SqlStore.at(sqlite_url)
    await ours.beat("ours", PATIENCE)
    rung = _rung(ours)
    await add_chat(theirs)
    await rung.wait()
    for store in (ours, theirs):
        await store.close()


async def test_an_error_that_nobody_foresaw_is_told_of_and_the_next_look_is_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(neighbours, "_LOOK_EVERY", 0.0)
    corrupt = sqlite3.DatabaseError("database disk image is malformed")
    versions: Iterator[int | Exception] = iter((1, corrupt, 2))

    async def version() -> int:
        found = next(versions, 2)
        if not isinstance(found, int):
            raise found
        return found

    rung = asyncio.Event()
    looking = Neighbours(version, lambda _: rung.set())
    with capture_logs() as logs:
        await looking.start()
        async with asyncio.timeout(10):
            await rung.wait()
        await looking.close()
    assert [(line["event"], line["log_level"]) for line in logs] == [("look_failed", "warning")]
    assert "malformed" not in str(logs)


async def test_deliveries_of_a_chat_are_recalled_and_all_of_its_lines_wiped(
    store: SqlStore,
) -> None:
    await add_chat(store)
    await add_chat(store, "chat-2", state=State.ENDED)
    await say(store, 1)
    await schedule(store, row("a", chat_id="chat-1"), row("b", chat_id="chat-2"))
    (held,) = await store.take("somebody", 60, ["a"])

    async def erase(unit: Unit) -> None:
        await unit.recall("chat-1")
        await unit.purge("chat-1")
        await unit.wipe("chat-1")

    await store.write(erase)
    assert [head.stream for head in await store.heads(Lane.TEAMS)] == ["b"]
    assert await store.write(lambda unit: unit.strike([held.id], "somebody")) == []
    assert await store.write(lambda unit: unit.said("chat-1", Role.VISITOR, "k1")) is None


def _of(store: SqlStore) -> Neighbours:
    assert store._neighbours
    return store._neighbours


def _rung(store: SqlStore) -> asyncio.Event:
    rung = asyncio.Event()
    store.tell(lambda told: rung.set() if told.lost else None)
    return rung
