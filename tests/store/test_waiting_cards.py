"""A card that waits stands for the next one, too, unless somebody is just claiming it."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.domain.messages import Role
from bot.relay.storage import Unit
from bot.store import SqlStore
from tests.store.making import count, row, schedule, somebody_waits

CARD = "card:chat-1"
Two = tuple[SqlStore, SqlStore]


@pytest.fixture
async def two(pg_url: str) -> AsyncIterator[Two]:
    """Two processes' stores, and a card that waits."""
    here, there = SqlStore.at(pg_url), SqlStore.at(pg_url)
    await schedule(here, row(CARD, "card"))
    yield here, there
    await here.close()
    await there.close()


async def test_a_card_that_is_just_being_claimed_does_not_stand_for_a_later_one(two: Two) -> None:
    """Whoever claims it may have looked at the chat before what the later one is to show."""
    here, there = two

    async def claims(unit: Unit) -> asyncio.Task[None]:
        assert await unit.take("there", 30, [CARD])
        later = asyncio.create_task(schedule(here, row(CARD, "card")))
        waits = asyncio.create_task(somebody_waits(there))
        await asyncio.wait({later, waits}, return_when=asyncio.FIRST_COMPLETED)
        waits.cancel()
        return later

    await (await there.write(claims))
    assert await count(here, "outbox") == 2


async def test_nobody_claims_a_card_while_somebody_lets_it_stand_for_his(two: Two) -> None:
    here, there = two

    async def one_more(unit: Unit) -> bool:
        await unit.schedule(row(CARD, "card"))
        await unit.said("chat-1", Role.VISITOR, "k")  # what was put off is done
        return not await there.take("there", 30, [CARD])

    assert await here.write(one_more)
    assert await count(here, "outbox") == 1
    assert len(await there.take("there", 30, [CARD])) == 1
