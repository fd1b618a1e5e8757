"""Claims of whose commit nobody knows what came: what is held by mistake waits for no lease."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from typing import Any
from unittest import mock
from unittest.mock import AsyncMock

import psycopg
import pytest

from bot.relay import doubts, ending
from bot.relay.delivery import Delivery
from bot.relay.outcomes import NotDone
from bot.relay.ports import Seat
from bot.store.postgres import PostgresHand
from bot.store.sqlite import SqliteHand
from bot.store.unit import SqlUnit
from tests.relay.house import House, opened
from tests.relay.test_outbox_running import until


class Wire:
    """The way to the database: it can be cut behind a commit, once, or hold the answer up."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.cuts = self.holds = self.cuts_claims = False
        self.held, self.goes_on = asyncio.Event(), asyncio.Event()
        for kind, error in (
            (SqliteHand, sqlite3.OperationalError("disk I/O error")),
            (PostgresHand, psycopg.OperationalError("the connection is lost")),
        ):
            patch.setattr(kind, "commit", self._commit(kind.commit, error))
        patch.setattr(SqlUnit, "take", self._take(SqlUnit.take))

    def _commit(self, commit: Any, error: Exception) -> Any:
        async def committed(hand: Any) -> None:
            await commit(hand)
            cuts, self.cuts = self.cuts, False
            if cuts:
                hand._trusted = False  # as SQLite's hand has it then
                raise error
            if self.holds:
                self.holds = False
                self.held.set()
                await self.goes_on.wait()

        return committed

    def _take(self, take: Any) -> Any:
        async def taken(unit: SqlUnit, *args: Any, **more: Any) -> list[Delivery]:
            found: list[Delivery] = await take(unit, *args, **more)
            if found and self.cuts_claims:
                self.cuts_claims, self.cuts = False, True
            return found

        return taken


@pytest.fixture
async def house(either_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    monkeypatch.setattr(doubts, "_OFTEN", 0.0)
    async with opened(either_url) as a_house:
        a_house.bells.append(a_house.outbox)
        yield a_house
        await a_house.outbox.stop(patience=0.1)


@pytest.fixture
async def seat(house: House) -> Seat:
    """Ada's, in a chat."""
    return (await house.talking())[1]


@pytest.fixture
def wire(seat: Seat, monkeypatch: pytest.MonkeyPatch) -> Wire:
    return Wire(monkeypatch)


def posts(house: House) -> list[tuple[str, bool]]:
    """What stands in the thread, and whether it says that it may be a repeat."""
    return [(text, resent) for _, text, resent in house.threads.relayed]


async def first(house: House, seat: Seat) -> None:
    """From it the outbox learns whose the thread is; its end is written down."""
    await house.visiting.say(seat, "k1", "one")
    house.outbox.start()
    await until(lambda: house.threads.relayed and not house.outbox._running)


async def test_what_was_born_claimed_goes_out_all_the_same(
    house: House, seat: Seat, wire: Wire
) -> None:
    await first(house, seat)
    wire.cuts = True
    with pytest.raises(NotDone):
        await house.visiting.say(seat, "k2", "two")
    await house.visiting.say(seat, "k2", "two")
    await until(lambda: len(posts(house)) == 2)
    assert posts(house) == [("one", False), ("two", False)]


async def test_what_was_claimed_goes_out_all_the_same(house: House, seat: Seat, wire: Wire) -> None:
    wire.cuts_claims = True
    await first(house, seat)
    assert posts(house) == [("one", False)]
    assert "claim_failed" in house.reports


async def test_what_was_claimed_behind_a_post_goes_out_all_the_same(
    house: House, seat: Seat, wire: Wire
) -> None:
    house.threads.hold, house.outbox._look_every = asyncio.Event(), 0.2
    await house.visiting.say(seat, "k1", "one")
    house.outbox.start()
    await until(lambda: house.outbox._running)
    await house.visiting.say(seat, "k2", "two")
    wire.cuts_claims = True
    house.threads.hold.set()
    await until(lambda: len(posts(house)) == 2)
    assert posts(house) == [("one", False), ("two", False)]


async def let_go(house: House, stream: str) -> list[Any]:
    """The outbox looks what it holds there; what it gives back."""
    with mock.patch.object(SqlUnit, "give_back", AsyncMock()) as given:
        house.outbox._doubts.add([stream])
        await house.outbox._doubts.settle(house.store)
    return given.mock_calls


async def test_what_nobody_knows_of_is_let_go(house: House, seat: Seat) -> None:
    await house.visiting.say(seat, "k1", "one")
    await house.taken_by(house.owner)
    assert await let_go(house, f"chat:{seat.chat_id}")


async def test_what_is_just_being_born_is_not_let_go(house: House, seat: Seat, wire: Wire) -> None:
    await first(house, seat)
    wire.holds = True
    saying = asyncio.create_task(house.visiting.say(seat, "k2", "two"))
    await wire.held.wait()
    several = isinstance(house.store._writer._hands[0], PostgresHand)  # SQLite's only hand is busy
    given = await let_go(house, f"chat:{seat.chat_id}") if several else []
    wire.goes_on.set()
    await saying
    assert not given
    await until(lambda: len(posts(house)) == 2)
    assert posts(house) == [("one", False), ("two", False)]


async def test_what_may_have_been_posted_is_not_called_new(
    house: House, seat: Seat, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.threads.hold = asyncio.Event()
    await house.visiting.say(seat, "k1", "one")
    house.outbox.start()
    await until(lambda: house.outbox._running)
    monkeypatch.setattr(ending, "_INSIST", -1.0)
    house.outbox._dispatcher._report = lambda *_: None
    with monkeypatch.context() as away:
        for name in ("strike", "give_back"):
            away.setattr(SqlUnit, name, _away)
        house.threads.hold.set()
        await until(lambda: not house.outbox._running)
    assert not await let_go(house, f"chat:{seat.chat_id}")


async def _away(*_: Any, **__: Any) -> None:
    raise psycopg.OperationalError("away")
