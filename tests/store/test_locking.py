"""Everybody locks in one order on PostgreSQL: else each has what the other one waits for, which it
finds out after a second.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from psycopg.errors import DeadlockDetected

from bot.domain.blocking import Block
from bot.domain.chat import Chat, State
from bot.domain.events import Event
from bot.domain.invitations import digest
from bot.relay.blocking import Blocking
from bot.relay.buttons import Buttons
from bot.relay.ending import Claim, Endings
from bot.relay.handlers import Relayed, Run
from bot.relay.inbound import Operator, Pressed
from bot.relay.joining import CannotJoin
from bot.relay.ports import Delivery, Gone, Knock, Lane
from bot.relay.relay import Relay
from bot.relay.relaying import RelayHandler
from bot.relay.storage import Unit
from bot.relay.visiting import Visiting
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
    endings = Endings(store, Claim("me", 30, 1, 0), lambda *_: None, lambda: False)
    rows = [Delivery(Lane.TEAMS, f"chat:{n}", "relay", {"seqs": [1]}, n, id=7) for n in names]
    runs = [(Run((row.id,), row, 0.0), Relayed(row.chat_id or "", 1)) for row in rows]
    return asyncio.gather(*(endings.end(run, after, more=False) for run, after in runs))


def when_locked(monkeypatch: pytest.MonkeyPatch, met: Callable[[Link], Awaitable[None]]) -> None:
    """Let ``met`` come in whenever the end of a delivery has locked a chat."""
    relayed = SqlUnit.relayed

    async def slowly(self: SqlUnit, chat_id: str, seq: int) -> None:
        await relayed(self, chat_id, seq)
        await self.link.flush()
        await met(self.link)

    monkeypatch.setattr(SqlUnit, "relayed", slowly)


async def test_deliveries_that_end_together_lock_their_chats_in_one_order(
    two: Two, deadlocks: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = two
    await two_chats(here)
    held: list[Link] = []
    both = asyncio.Event()

    async def met(link: Link) -> None:
        held.append(link)
        if link is not held[0]:
            both.set()
        elif len(held) == 1:  # until the other one has his first as well, or waits for ours
            signs = {asyncio.create_task(both.wait()), asyncio.create_task(somebody_waits(here))}
            _, idle = await asyncio.wait(signs, return_when=asyncio.FIRST_COMPLETED)
            for sign in idle:
                sign.cancel()

    when_locked(monkeypatch, met)
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
    here, there = two
    number = await two_chats(here)
    looks: list[asyncio.Task[list[Chat]]] = []

    async def met(_: Link) -> None:
        if not looks:
            looks.append(asyncio.create_task(there.write(lambda unit: look(unit, number))))
            await somebody_waits(here)

    when_locked(monkeypatch, met)
    await ends(here, "chat-B", "chat-a")
    assert [chat.id for chat in await looks[0]] == ["chat-a", "chat-B"]  # the newest first
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
    here, there = two
    await add_chat(here, "chat-B", state=State.INVITED)
    number = await add_chat(here, "chat-a")
    live = SqlUnit.live_chat
    others: list[asyncio.Task[list[Chat]]] = []

    async def late(self: SqlUnit, thread_id: int) -> Chat | None:
        if not others:
            others.append(asyncio.create_task(there.write(lambda unit: by_number(unit, number))))
            await somebody_waits(here)
        return await live(self, thread_id)

    monkeypatch.setattr(SqlUnit, "live_chat", late)
    pressed = Pressed(THREAD, Operator(GRACE.id, GRACE.name), "invite", "chat-a")
    pressing = await Buttons(Relay(here, lambda: NOW, [], RULES)).press(pressed)
    await others[0]
    assert "thread" in pressing.sentence
    assert not deadlocks


async def test_who_finds_a_thread_lost_locks_its_chats_in_that_order_too(
    two: Two, deadlocks: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also if a message of the newer one is what Teams does not take."""
    here, there = two
    number = await two_chats(here)
    others: list[asyncio.Task[list[Chat]]] = []
    happen = Relay.happen

    async def slowly(self: Relay, unit: Unit, chat: Chat, event: Event) -> Chat:
        if not others:
            others.append(asyncio.create_task(there.write(lambda unit: by_number(unit, number))))
            await somebody_waits(here)
        return await happen(self, unit, chat, event)

    monkeypatch.setattr(Relay, "happen", slowly)
    handler = RelayHandler(Relay(here, lambda: NOW, [], RULES), FakeThreads())
    row = Delivery(Lane.TEAMS, "chat:chat-a", "relay", {"seq": 1}, "chat-a", thread=number)
    lost = await handler.gave_up(row, Gone("Not there."))
    assert lost
    await here.write(lost)
    await others[0]
    assert not (await here.thread(number)).open
    assert not deadlocks


async def test_who_lifts_a_block_locks_its_chat_first_as_who_blocks_does(
    two: Two, deadlocks: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = two
    await add_chat(here)
    await keep(here, BLOCK)
    blocks: list[asyncio.Task[None]] = []
    unblock = SqlUnit.unblock

    async def again(unit: Unit) -> None:
        assert await unit.chat(BLOCK.chat)
        await unit.block(BLOCK)

    async def late(self: SqlUnit, block_id: str) -> Block | None:
        found = await unblock(self, block_id)
        blocks.append(asyncio.create_task(there.write(again)))
        await somebody_waits(here)
        return found

    monkeypatch.setattr(SqlUnit, "unblock", late)
    blocking = Blocking(Relay(here, lambda: NOW, [], RULES))
    await here.write(lambda unit: blocking.lift(unit, BLOCK.id, GRACE))
    await blocks[0]
    assert await here.blocks() == [BLOCK]
    assert not deadlocks


async def test_who_joins_locks_the_chat_first_as_who_forgets_it_does(
    two: Two, deadlocks: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = two
    await add_chat(here, state=State.CANCELLED)
    await here.write(lambda unit: unit.invite(digest("token"), "chat-1", 1, NOW))
    gone: list[asyncio.Task[None]] = []
    knock = SqlUnit.knock

    async def forget(unit: Unit) -> None:
        assert await unit.chat("chat-1")
        await unit.forget("chat-1")

    async def late(self: SqlUnit, token: str) -> Knock | None:
        found = await knock(self, token)
        gone.append(asyncio.create_task(there.write(forget)))
        await somebody_waits(here)
        return found

    monkeypatch.setattr(SqlUnit, "knock", late)
    visiting = Visiting(Relay(here, lambda: NOW, [], RULES), lambda: "secret")
    with pytest.raises(CannotJoin):
        await visiting.join("token", "nonce", None)
    await gone[0]
    assert not deadlocks


async def test_a_message_behind_which_another_waits_locks_its_chat_before_its_row(
    two: Two, deadlocks: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = two
    await add_chat(here, state=State.OPEN)
    await schedule(here, row("chat:chat-1", "relay", chat_id="chat-1"))
    (taken,) = await here.take("me", 30, ["chat:chat-1"])
    strike = SqlUnit.strike
    erasing: list[asyncio.Task[None]] = []

    async def erase(unit: Unit) -> None:
        assert await unit.chat("chat-1")
        await unit.recall("chat-1")

    async def late(self: SqlUnit, *of: Any, **how: Any) -> Any:
        found = await strike(self, *of, **how)
        await self.link.flush()
        if not erasing:
            erasing.append(asyncio.create_task(there.write(erase)))
            await somebody_waits(here)
        return found

    monkeypatch.setattr(SqlUnit, "strike", late)
    endings = Endings(here, Claim("me", 30, 1, 0), lambda *_: None, lambda: False)
    endings.hurry(taken.stream)
    await endings.end(Run((taken.id,), taken, 0.0), Relayed("chat-1", 1), more=False)
    await erasing[0]
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
