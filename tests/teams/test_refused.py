"""Messages that were answered with 503 and that Teams did not bring again."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from bot.relay.inbound import Operator
from bot.relay.missing import Missed
from bot.teams.activity import Person
from bot.teams.refused import MOST, Refusal, Refusals
from tests.people import GRACE
from tests.relay.house import OTHER, THREAD

WHO = Person(GRACE.id, GRACE.name, "29:grace", "tenant", guest=False)
HER = Operator(GRACE.id, GRACE.name, "29:grace")


def refusal(key: str = "m1", **changes: object) -> Refusal:
    one = Refusal(THREAD, WHO, Missed(HER, key, "10:42"))
    return replace(one, **changes)  # type: ignore[arg-type]


class Place:
    """Where refusals are told, and a database that may be away."""

    def __init__(self, wait: float = 0.0) -> None:
        self.away = True
        self.looks = 0
        self.told: list[list[Refusal]] = []
        self.refusals = Refusals(self._able, self._tell, look=0.0, wait=wait)

    async def _able(self, refusal: Refusal) -> None:
        self.looks += 1
        if self.away:
            raise ConnectionError

    async def _tell(self, refusals: list[Refusal]) -> None:
        self.told.append(refusals)

    async def until_looked(self, more: int) -> None:
        """Wait until it was looked so many times more."""
        wanted = self.looks + more
        while self.looks < wanted:  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0)

    async def until_told(self) -> None:
        assert self.refusals._task
        await self.refusals._task


async def test_nothing_is_told_while_the_database_is_away() -> None:
    place = Place()
    place.refusals.note(refusal())
    await place.until_looked(3)
    assert place.told == []
    place.away = False
    await place.until_told()
    assert place.told == [[refusal()]]


async def test_teams_has_time_to_come_again_before_anything_is_told() -> None:
    place = Place(wait=3600)
    place.away = False
    place.refusals.note(refusal())
    await place.until_looked(5)
    assert place.told == []
    await place.refusals.close()


async def test_another_refusal_begins_the_wait_anew() -> None:
    place = Place(wait=3600)
    place.away = False
    place.refusals.note(refusal())
    await place.until_looked(2)
    assert place.refusals._since is not None
    place.refusals.note(refusal("m2"))
    assert place.refusals._since is None
    await place.refusals.close()


async def test_a_message_that_was_refused_time_and_again_is_told_once() -> None:
    place = Place()
    for _ in range(3):
        place.refusals.note(refusal())
    place.away = False
    await place.until_told()
    assert place.told == [[refusal()]]


async def test_each_thread_is_told_of_its_own() -> None:
    place = Place()
    elsewhere = refusal(where=OTHER)
    for one in (refusal("m1"), elsewhere, refusal("m2")):
        place.refusals.note(one)
    place.away = False
    await place.until_told()
    assert place.told == [[refusal("m1"), refusal("m2")], [elsewhere]]


async def test_what_cannot_be_told_is_told_later() -> None:
    place = Place()
    place.away = False
    trouble = iter([ConnectionError()])

    async def once_failing(refusals: list[Refusal]) -> None:
        for error in trouble:
            raise error
        await place._tell(refusals)

    place.refusals._tell = once_failing
    place.refusals.note(refusal())
    await place.until_told()
    assert place.told == [[refusal()]]


async def test_a_thread_that_cannot_be_told_keeps_it_from_no_other() -> None:
    place = Place()
    place.away = False

    async def failing_here(refusals: list[Refusal]) -> None:
        if refusals[0].where == THREAD:
            raise ConnectionError
        await place._tell(refusals)

    place.refusals._tell = failing_here
    elsewhere = refusal(where=OTHER)
    for one in (refusal(), elsewhere):
        place.refusals.note(one)
    await place.until_looked(3)
    assert place.told == [[elsewhere]]
    place.refusals._tell = place._tell
    await place.until_told()
    assert place.told == [[elsewhere], [refusal()]]


async def test_it_begins_again_after_everything_was_told() -> None:
    place = Place()
    place.away = False
    for key in ("m1", "m2"):
        place.refusals.note(refusal(key))
        await place.until_told()
    assert place.told == [[refusal("m1")], [refusal("m2")]]


async def test_memory_is_bounded() -> None:
    place = Place()
    for number in range(MOST + 10):
        place.refusals.note(refusal(str(number)))
    assert len(place.refusals._refused) == MOST
    await place.refusals.close()
