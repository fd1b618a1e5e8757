"""Everybody locks in one order on PostgreSQL: else each has what the other one waits for, which it
finds out after a second.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar

import psycopg
import pytest
from psycopg.errors import DeadlockDetected

from bot.domain.chat import Chat, State
from bot.domain.invitations import digest
from bot.relay.blocking import Blocking
from bot.relay.buttons import Buttons
from bot.relay.delivery import Delivery, Lane
from bot.relay.ending import Claim, Endings
from bot.relay.handlers import Relayed, Run
from bot.relay.inbound import Operator, Pressed
from bot.relay.joining import CannotJoin, Joining
from bot.relay.outcomes import Gone
from bot.relay.relay import Relay
from bot.relay.relaying import RelayHandler
from bot.relay.storage import Unit
from bot.store import SqlStore, outbox_sql
from bot.store.libpq import Connection, Order
from bot.store.link import Link
from bot.store.postgres import PostgresHand
from bot.store.sql import Query, Row
from bot.store.unit import SqlUnit
from tests.people import GRACE, NOW
from tests.relay.fakes import FakeThreads
from tests.relay.house import RULES
from tests.store.making import THREAD, add_chat, count, row, schedule, somebody_waits
from tests.store.test_blocks import BLOCK, keep

T = TypeVar("T")
Two = tuple[SqlStore, SqlStore]


@pytest.fixture
async def two(pg_url: str) -> AsyncIterator[Two]:
    """Two processes' stores on one database, which sorts text otherwise than Python does."""
    with psycopg.connect(pg_url.replace("+psycopg", ""), autocommit=True) as admin:
        admin.execute('ALTER TABLE chats ALTER COLUMN id TYPE text COLLATE "en-x-icu"')
    here, there = SqlStore.at(pg_url), SqlStore.at(pg_url)
    yield here, there
    await here.close()
    await there.close()


@pytest.fixture
def deadlocks(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What PostgreSQL broke off."""
    found: list[list[Order]] = []
    ran = Connection.run

    async def run(self: Connection, orders: list[Order]) -> list[list[Row]]:
        try:
            return await ran(self, orders)
        except DeadlockDetected:
            found.append(orders)
            raise

    monkeypatch.setattr(Connection, "run", run)
    return found


async def two_chats(store: SqlStore) -> int:
    """Two chats in one thread, the first of which is the older one."""
    await add_chat(store, "chat-B", created=NOW)
    return await add_chat(store, "chat-a", created=NOW + timedelta(days=1))


def ends(store: SqlStore, *names: str) -> Awaitable[Any]:
    """Posts to these chats that end at the same time."""
    endings = Endings(store, Claim("me", 30, 1, 0), lambda *_: None, lambda: False, list)
    rows = [Delivery(Lane.TEAMS, f"chat:{n}", "relay", {"seqs": [1]}, n, id=7) for n in names]
    runs = [(Run((row.id,), row, 0.0), Relayed(row.chat_id or "", 1)) for row in rows]
    return asyncio.gather(*(endings.end(run, after, more=False) for run, after in runs))


def meanwhile(
    monkeypatch: pytest.MonkeyPatch,
    what: tuple[type, str],
    two: Two,
    other: Callable[[Unit], Awaitable[T]],
    *,
    behind: bool = False,
) -> list[asyncio.Task[T]]:
    """Let ``other`` begin at the second process when a method, ``what``, is called at the first one
    for the first time, or has just been (``behind``), and wait there for what the first one locked.
    """
    here, there = two
    method, begun = getattr(*what), list[asyncio.Task[T]]()

    async def begin() -> None:
        if not begun:
            begun.append(asyncio.create_task(there.write(other)))
            await somebody_waits(here)

    async def slowly(self: Any, *of: Any, **how: Any) -> Any:
        if not behind:
            await begin()
        found = await method(self, *of, **how)
        if behind:
            await self.link.flush()
            await begin()
        return found

    monkeypatch.setattr(*what, slowly)
    return begun


async def test_deliveries_that_end_together_lock_their_chats_in_one_order(
    two: Two, deadlocks: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = two
    await two_chats(here)
    held: list[Link] = []
    both, relayed = asyncio.Event(), SqlUnit.relayed

    async def slowly(self: SqlUnit, chat_id: str, seq: int) -> None:
        await relayed(self, chat_id, seq)
        await self.link.flush()
        held.append(self.link)
        if self.link is not held[0]:
            both.set()
        elif len(held) == 1:  # until the other one has his first as well, or waits for ours
            signs = {asyncio.create_task(both.wait()), asyncio.create_task(somebody_waits(here))}
            _, idle = await asyncio.wait(signs, return_when=asyncio.FIRST_COMPLETED)
            for sign in idle:
                sign.cancel()

    monkeypatch.setattr(SqlUnit, "relayed", slowly)
    await asyncio.gather(ends(here, "chat-B", "chat-a"), ends(there, "chat-a", "chat-B"))
    assert len(held) == 4
    assert not deadlocks


async def by_number(unit: Unit, number: int) -> list[Chat]:
    return await unit.chats_in(number)


async def by_name(unit: Unit, number: int) -> list[Chat]:
    assert await unit.known_thread(THREAD.conversation_id)
    return await unit.chats_in(number)


@pytest.mark.parametrize("look", [by_number, by_name])
async def test_whoever_wants_a_threads_chats_locks_them_in_that_order_too(
    two: Two,
    deadlocks: list[Any],
    monkeypatch: pytest.MonkeyPatch,
    look: Callable[[Unit, int], Awaitable[list[Chat]]],
) -> None:
    here, _ = two
    number = await two_chats(here)
    relayed = (SqlUnit, "relayed")
    begun = meanwhile(monkeypatch, relayed, two, lambda unit: look(unit, number), behind=True)
    await ends(here, "chat-B", "chat-a")
    assert [chat.id for chat in await begun[0]] == ["chat-a", "chat-B"]  # the newest first
    assert not deadlocks


async def test_who_hopes_and_who_asks_lock_the_same_things_in_the_same_order(
    two: Two, deadlocks: list[Any]
) -> None:
    """Else each has what the other one waits for, and PostgreSQL finds that out after a second."""
    here, there = two

    async def look(unit: Unit) -> None:
        thread = await unit.known_thread(THREAD.conversation_id)
        assert thread
        assert await unit.chats_in(thread.id)

    async def hoping(unit: Unit) -> bool:
        thread = await unit.known_thread(THREAD.conversation_id)
        assert thread
        (chat,) = await unit.chats_in(thread.id)
        if new := await unit.first_time(THREAD.conversation_id, "a1"):
            await unit.save(replace(chat, head=chat.head + 1))
        return new

    async def asking(unit: Unit) -> tuple[bool, asyncio.Task[bool]]:
        assert await unit.chat("chat-1")
        waits = asyncio.create_task(here.write(hoping))
        await somebody_waits(there)
        return await unit.first_time(THREAD.conversation_id, "a1"), waits

    await add_chat(here, state=State.OPEN)
    await here.write(look)
    first, waits = await there.write(asking)
    assert [first, await waits] == [True, False]
    assert not deadlocks


async def test_who_invites_locks_the_threads_chats_in_that_order_too(
    two: Two, deadlocks: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, _ = two
    await add_chat(here, "chat-B", state=State.INVITED)
    number = await add_chat(here, "chat-a")
    live = (SqlUnit, "live_chat")
    begun = meanwhile(monkeypatch, live, two, lambda unit: by_number(unit, number))
    pressed = Pressed(THREAD, Operator(GRACE.id, GRACE.name), "invite", "chat-a")
    pressing = await Buttons(Relay(here, lambda: NOW, [], RULES)).press(pressed)
    await begun[0]
    assert "thread" in pressing.sentence
    assert not deadlocks


async def test_who_finds_a_thread_lost_locks_its_chats_in_that_order_too(
    two: Two, deadlocks: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also if a message of the newer one is what Teams does not take."""
    here, _ = two
    number = await two_chats(here)
    happen = (Relay, "happen")
    begun = meanwhile(monkeypatch, happen, two, lambda unit: by_number(unit, number))
    handler = RelayHandler(Relay(here, lambda: NOW, [], RULES), FakeThreads())
    row = Delivery(Lane.TEAMS, "chat:chat-a", "relay", {"seq": 1}, "chat-a", thread=number)
    lost = await handler.gave_up(row, Gone("Not there."))
    assert lost
    await here.write(lost)
    await begun[0]
    assert not (await here.thread(number)).open
    assert not deadlocks


async def test_who_lifts_a_block_locks_its_chat_first_as_who_blocks_does(
    two: Two, deadlocks: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, _ = two
    await add_chat(here)
    await keep(here, BLOCK)

    async def again(unit: Unit) -> None:
        assert await unit.chat(BLOCK.chat)
        await unit.block(BLOCK)

    begun = meanwhile(monkeypatch, (SqlUnit, "unblock"), two, again, behind=True)
    blocking = Blocking(Relay(here, lambda: NOW, [], RULES))
    await here.write(lambda unit: blocking.lift(unit, BLOCK.id, GRACE))
    await begun[0]
    assert await here.blocks() == [BLOCK]
    assert not deadlocks


async def test_who_joins_locks_the_chat_first_as_who_forgets_it_does(
    two: Two, deadlocks: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, _ = two
    await add_chat(here, state=State.CANCELLED)
    await here.write(lambda unit: unit.invite(digest("token"), "chat-1", 1, NOW))

    async def forget(unit: Unit) -> None:
        assert await unit.chat("chat-1")
        await unit.forget("chat-1")

    begun = meanwhile(monkeypatch, (SqlUnit, "knock"), two, forget, behind=True)
    joining = Joining(Relay(here, lambda: NOW, [], RULES))
    with pytest.raises(CannotJoin):
        await joining.join("token", "nonce", None)
    await begun[0]
    assert not deadlocks


async def test_a_message_behind_which_another_waits_locks_its_chat_before_its_row(
    two: Two, deadlocks: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, _ = two
    await add_chat(here, state=State.OPEN)
    await schedule(here, row("chat:chat-1", "relay", chat_id="chat-1"))
    (taken,) = await here.take("me", 30, ["chat:chat-1"])

    async def erase(unit: Unit) -> None:
        assert await unit.chat("chat-1")
        await unit.recall("chat-1")

    begun = meanwhile(monkeypatch, (SqlUnit, "strike"), two, erase, behind=True)
    endings = Endings(here, Claim("me", 30, 1, 0), lambda *_: None, lambda: False, list)
    endings.hurry(taken.stream)
    await endings.end(Run((taken.id,), taken, 0.0), Relayed("chat-1", 1), more=False)
    await begun[0]
    assert not deadlocks


async def test_who_erases_takes_the_rows_in_the_order_in_which_they_are_claimed(
    two: Two, deadlocks: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = two
    await add_chat(here, state=State.OPEN)
    await schedule(here, *(row("chat:chat-1", "relay", chat_id="chat-1") for _ in range(3)))
    (first,) = await here.take("me", 30, ["chat:chat-1"])  # which moves it behind the others
    await here.write(lambda unit: unit.give_back([first.id], "me", 0, "", clean=True))
    rows, erasing = PostgresHand.rows, list[asyncio.Task[None]]()

    async def late(self: PostgresHand, query: Query, **values: Any) -> list[Row]:
        if query is outbox_sql.TAKE and not erasing:
            erasing.append(asyncio.create_task(there.write(lambda unit: unit.recall("chat-1"))))
            await somebody_waits(here)
        return await rows(self, query, **values)

    monkeypatch.setattr(PostgresHand, "rows", late)
    assert len(await here.take("me", 30, ["chat:chat-1"], 9, 1000)) == 3
    await erasing[0]
    assert not deadlocks
    assert await count(here, "outbox") == 0
