"""What waits long is told of, once an hour."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.backlog import Backlog
from bot.relay.delivery import Delivery, Lane
from bot.relay.outcomes import NotDone
from bot.store import SqlStore
from tests.migrated import sqlite_at
from tests.relay.house import RULES, House, opened


class Steady:
    """Seconds that only grow."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with opened(sqlite_at(tmp_path / "chats.db")) as a_house:
        yield a_house


async def told(backlog: Backlog) -> list[tuple[Any, Any]]:
    with capture_logs() as logs:
        await backlog.look()
    return [(line["event"], line.get("lane")) for line in logs]


async def test_what_is_put_off_again_and_again_is_behind_also_while_it_waits(house: House) -> None:
    _, seat = await house.talking()
    steady = Steady()
    backlog = Backlog(house.store, house.clock, steady)
    house.threads.faults.before += [NotDone("Entra gives the bot no token.", 30.0)] * 10
    await house.visiting.say(seat, "k", "hello")
    await house.deliver()
    assert await told(backlog) == []
    house.clock.pass_(seconds=70)
    await house.deliver()
    assert (await house.store.heads(Lane.TEAMS))[0].wait > 0
    assert await told(backlog) == [("outbox_behind", Lane.TEAMS)]
    assert await told(backlog) == []
    steady.seconds += 3600
    assert await told(backlog) == [("outbox_behind", Lane.TEAMS)]


async def test_what_was_to_wait_is_not_behind_as_soon_as_its_time_has_come(house: House) -> None:
    at = house.clock() + timedelta(hours=2)
    row = Delivery(Lane.HERE, "purge:abc", "purge", {}, not_before=at)
    await house.store.write(lambda unit: unit.schedule(row))
    house.clock.pass_(hours=2, seconds=1)
    backlog = Backlog(house.store, house.clock, Steady())
    assert await told(backlog) == []
    house.clock.pass_(seconds=70)
    assert await told(backlog) == [("outbox_behind", Lane.HERE)]


async def test_a_record_that_waits_is_told_of_also_after_the_clock_was_set_back(
    house: House,
) -> None:
    chat, _ = await house.talking()
    await house.presses("end", chat)
    steady = Steady()
    backlog = Backlog(house.store, house.clock, steady)
    house.clock.pass_(hours=24 * 365)
    assert ("filing_waits", None) in await told(backlog)
    house.clock.pass_(hours=-24 * 364)
    steady.seconds += 3600
    assert ("filing_waits", None) in await told(backlog)


async def test_what_a_closed_chat_leaves_is_told_of_when_it_stays_and_not_before_the_purge(
    house: House,
) -> None:
    house.relay.rules = replace(RULES, purge_grace=timedelta(hours=2))
    chat, seat = await house.talking()
    await house.visiting.say(seat, "k", "it beeps")
    await house.presses("file", chat)
    await house.deliver("file")
    steady = Steady()
    backlog = Backlog(house.store, house.clock, steady)
    for _ in range(2):
        assert ("filing_waits", None) not in await told(backlog)
        steady.seconds += 3600
    house.clock.pass_(hours=2, seconds=1)
    assert ("filing_waits", None) not in await told(backlog)
    steady.seconds += 61
    assert ("filing_waits", None) in await told(backlog)


@pytest.mark.parametrize("minutes", [3, -3])
async def test_a_clock_that_is_not_the_databases_is_told_of(
    postgres_with_tables: str, minutes: int
) -> None:
    """Another process's words and visitors would come in another order by it."""
    store = SqlStore.at(postgres_with_tables)
    wrong = Backlog(store, lambda: datetime.now(UTC) + timedelta(minutes=minutes), Steady())
    right = Backlog(store, lambda: datetime.now(UTC), Steady())
    with capture_logs() as logs:
        await right.look()
        for _ in range(2):
            await wrong.look()
    await store.close()
    ((event, seconds),) = ((line["event"], line["seconds"]) for line in logs)
    assert event == "clock_apart"
    assert abs(seconds - 60 * minutes) < 30
