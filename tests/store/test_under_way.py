"""The chats that are not in RT yet, with their threads, and who waits since when, on both databases."""

import sqlite3
from collections.abc import Collection
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bot.domain.chat import State
from bot.domain.messages import SYSTEM, Author, Kind, Message
from bot.relay.ports import Scope
from bot.relay.storage import Unit
from bot.store import SqlStore
from bot.store.under_way_sql import FIND
from tests.people import ADA, GRACE, NOW, proposed
from tests.store.making import THREAD

OURS, THEIRS = "19:ours@thread.tacv2", "19:theirs@thread.tacv2"


def minutes(count: int) -> datetime:
    return NOW + timedelta(minutes=count)


async def add(
    store: SqlStore, name: str, *, thread: dict[str, Any] | None = None, **chat: Any
) -> int:
    place = replace(THREAD, **{"conversation_id": name, "team_id": OURS, **(thread or {})})

    async def work(unit: Unit) -> int:
        thread_id = (await unit.thread(place)).id
        await unit.add(replace(proposed(thread_id), id=name, **{"state": State.OPEN, **chat}))
        return thread_id

    return await store.write(work)


async def say(store: SqlStore, chat: str, *lines: tuple[Author, Kind]) -> None:
    async def work(unit: Unit) -> None:
        for seq, (author, kind) in enumerate(lines, 1):
            line = Message(seq, author, kind, "x", minutes(seq), f"k{seq}")
            await unit.record(chat, line)

    await store.write(work)


async def found(store: SqlStore, teams: Collection[str], thread: int = 0) -> dict[str, Any]:
    listed = await store.under_way("tenant", teams, thread)
    return {one.chat.id: one.unanswered for one in listed}


async def test_who_waits_does_so_since_the_first_word_that_nobody_has_written_after(
    store: SqlStore,
) -> None:
    asks, answers = (ADA, Kind.SAID), (GRACE, Kind.SAID)
    logs = {
        "asks": ((ADA, Kind.NOTICE), asks, asks),
        "asks again": (asks, answers, asks, (GRACE, Kind.EDITED), (SYSTEM, Kind.NOTICE), asks),
        "answered": (asks, asks, answers),
        "silent": ((ADA, Kind.NOTICE),),
    }
    for name, lines in logs.items():
        await add(store, name)
        await say(store, name, *lines)
    assert await found(store, [OURS]) == {
        "asks": minutes(2),
        "asks again": minutes(3),
        "answered": None,
        "silent": None,
    }


async def test_only_what_is_not_in_rt_yet_is_found(store: SqlStore) -> None:
    for state in State:
        await add(store, state.value, state=state)
    assert set(await found(store, [OURS])) == {"open", "ended", "held", "filing"}


async def test_nothing_of_another_team_another_tenant_or_a_chat_aside_is_found(
    store: SqlStore,
) -> None:
    await add(store, "ours")
    await add(store, "theirs", thread={"team_id": THEIRS})
    await add(store, "abroad", thread={"tenant_id": "elsewhere"})
    group = await add(store, "group", thread={"scope": Scope.GROUP})
    own = await add(store, "own", thread={"scope": Scope.PERSONAL, "team_id": ""})
    assert set(await found(store, [OURS])) == {"ours"}
    assert set(await found(store, [OURS, THEIRS], own)) == {"ours", "theirs", "own"}
    assert set(await found(store, [], group)) == {"group"}
    assert await found(store, []) == {}
    (one,) = (o for o in await store.under_way("tenant", [OURS], 0) if o.chat.id == "ours")
    assert (one.thread.conversation_id, one.thread.team_id) == ("ours", OURS)


def test_neither_all_chats_nor_all_lines_are_read_for_it(sqlite_url: str) -> None:
    values = {"tenant": "tenant", "teams": "[]", "thread": 1, **FIND.sqlite.fixed}
    with closing(sqlite3.connect(sqlite_url.partition("///")[2])) as database:
        plan = database.execute(f"EXPLAIN QUERY PLAN {FIND.sqlite.sql}", values).fetchall()
    steps = [str(step[-1]) for step in plan]
    assert not [step for step in steps if "SCAN" in step and "json_each" not in step], steps
    assert sum("messages" in step or "(chat_id=? AND seq>?)" in step for step in steps) >= 1, steps
