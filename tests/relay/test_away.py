"""When nobody was there for a while, every open chat's thread is told, whatever comes between."""

from datetime import timedelta
from typing import Any

import pytest

from bot.domain.effects import Word
from bot.relay.delivery import Delivery, Lane
from bot.relay.heartbeat import PATIENCE, AwayHandler
from bot.relay.outcomes import NotDone
from tests.people import NOW
from tests.relay.house import OTHER, THREAD, House


async def absence(house: House) -> None:
    """Nobody's heart beats for five minutes; whoever finds that dies before it can tell."""
    await house.store.beat("the last", PATIENCE)
    house.clock.pass_(minutes=5)
    await house.store.beat("the next", PATIENCE)


async def test_an_absence_is_told_although_who_found_it_died_at_once(house: House) -> None:
    await house.talking()
    await absence(house)
    for _ in range(3):
        await house.store.beat("one more", PATIENCE)
        await house.deliver()
        house.clock.pass_(seconds=10)
    (told,) = [notice for _, notice in house.threads.told if notice.word is Word.AWAY]
    assert " to " in told.detail


async def test_an_absence_over_a_weekend_is_not_told_as_one_of_minutes(house: House) -> None:
    await house.talking()
    times = {"since": "2026-11-27T17:00:00+00:00", "until": "2026-11-30T17:05:00+00:00"}
    await AwayHandler(house.relay).deliver(Delivery(Lane.HERE, "away", "away", times))
    await house.deliver()
    (told,) = [notice for _, notice in house.threads.told if notice.word is Word.AWAY]
    assert told.detail == "17:00:00 on 27 November to 17:05:00 on 30 November"


async def test_two_absences_are_two_notices(house: House) -> None:
    await house.talking()
    for _ in range(2):
        await absence(house)
        house.clock.now += timedelta(seconds=1)
    await house.deliver()
    told = [notice.detail for _, notice in house.threads.told if notice.word is Word.AWAY]
    assert len(set(told)) == 2


async def test_a_database_that_goes_again_meanwhile_leaves_no_thread_untold_and_none_told_twice(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.talking()
    await house.talking(OTHER)
    times = {"since": NOW.isoformat(), "until": (NOW + timedelta(minutes=5)).isoformat()}
    absent, handler = Delivery(Lane.HERE, "away", "away", times), AwayHandler(house.relay)
    calls, write = iter(range(100)), house.store.write

    async def away(work: Any, **more: Any) -> Any:
        if next(calls):  # after the first thread
            raise NotDone("The database does not answer.")
        return await write(work, **more)

    monkeypatch.setattr(house.store, "write", away)
    with pytest.raises(NotDone):
        await handler.deliver(absent)
    monkeypatch.undo()
    await handler.deliver(absent)
    await house.deliver()
    told = [where for where, notice in house.threads.told if notice.word is Word.AWAY]
    assert sorted(told) == sorted([THREAD.conversation_id, OTHER.conversation_id])
