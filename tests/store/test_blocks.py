"""Who is kept out is the same for every process, on both databases, and goes by itself."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.domain.blocking import Block
from bot.domain.identity import Identity, Proof
from bot.relay.ports import Seat
from bot.relay.storage import Unit
from bot.store import SqlStore
from tests.people import ALAN, GRACE, NOW
from tests.store.making import add_chat

WHO = Identity(Proof.SSO, "ada", "Ada Lovelace", "ada@example.org")
BLOCK = Block(
    "chat-1", WHO, "Ada Lovelace", ("s1", "s2"), GRACE, "“Abuse”.", NOW, NOW + timedelta(hours=2)
)


async def keep(store: SqlStore, *blocks: Block) -> None:
    """Keep them."""

    async def work(unit: Unit) -> None:
        for block in blocks:
            await unit.block(block)

    await store.write(work)


async def test_a_block_is_kept_as_it_is_and_its_chat_has_one(store: SqlStore) -> None:
    later = replace(BLOCK, chat="chat-2", since=NOW + timedelta(minutes=1), by=ALAN)
    await keep(store, later, BLOCK)
    assert await store.blocks() == [BLOCK, later]
    longer = replace(BLOCK, until=NOW + timedelta(days=1))
    await keep(store, longer)
    assert await store.blocks() == [longer, later]
    assert await store.write(lambda unit: unit.blocks()) == [longer, later]
    assert await store.write(lambda unit: unit.unblock(BLOCK.id)) == longer
    assert await store.write(lambda unit: unit.unblock(BLOCK.id)) is None


async def test_what_is_over_is_swept_away(store: SqlStore) -> None:
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    over = replace(BLOCK, chat="chat-2", since=long_ago, until=long_ago + timedelta(hours=2))
    goes_on = replace(BLOCK, until=datetime(9000, 1, 1, tzinfo=UTC))
    await keep(store, over, goes_on)
    await store.sweep(timedelta(days=7))
    assert await store.blocks() == [goes_on]


async def test_a_chat_s_seats_are_told(store: SqlStore) -> None:
    await add_chat(store)

    async def sit(unit: Unit) -> None:
        for name in ("b", "a"):
            await unit.seat(Seat(name, "chat-1", NOW + timedelta(hours=1)))

    await store.write(sit)
    assert await store.write(lambda unit: unit.seats("chat-1")) == ["a", "b"]
    assert await store.write(lambda unit: unit.seats("chat-2")) == []
