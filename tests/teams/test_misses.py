"""Messages that were answered with 503 and that Teams did not bring again."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from bot.relay.inbound import Operator
from bot.relay.missing import Missed
from bot.teams.activity import Person
from bot.teams.misses import MOST, Miss, Misses
from tests.people import GRACE
from tests.relay.house import OTHER, THREAD

WHO = Person(GRACE.id, GRACE.name, "29:grace", "tenant", guest=False)
HER = Operator(GRACE.id, GRACE.name, "29:grace")


def miss(key: str = "m1", **changes: object) -> Miss:
    one = Miss(THREAD, WHO, Missed(HER, key, "10:42"))
    return replace(one, **changes)  # type: ignore[arg-type]


class Place:
    """Where misses are told, and a database that may be away."""

    def __init__(self, wait: float = 0.0) -> None:
        self.away = True
        self.looks = 0
        self.told: list[list[Miss]] = []
        self.misses = Misses(self._able, self._tell, look=0.0, wait=wait)

    async def _able(self, miss: Miss) -> None:
        self.looks += 1
        if self.away:
            raise ConnectionError

    async def _tell(self, misses: list[Miss]) -> None:
        self.told.append(misses)

    async def until_looked(self, more: int) -> None:
        """Wait until it was looked so many times more."""
        wanted = self.looks + more
        while self.looks < wanted:  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0)

    async def until_told(self) -> None:
        assert self.misses._task
        await self.misses._task


async def test_nothing_is_told_while_the_database_is_away() -> None:
    place = Place()
    place.misses.note(miss())
    await place.until_looked(3)
    assert place.told == []
    place.away = False
    await place.until_told()
    assert place.told == [[miss()]]


async def test_teams_has_time_to_come_again_before_anything_is_told() -> None:
    place = Place(wait=3600)
    place.away = False
    place.misses.note(miss())
    await place.until_looked(5)
    assert place.told == []
    await place.misses.close()


async def test_another_miss_begins_the_wait_anew() -> None:
    place = Place(wait=3600)
    place.away = False
    place.misses.note(miss())
    await place.until_looked(2)
    assert place.misses._since is not None
    place.misses.note(miss("m2"))
    assert place.misses._since is None
    await place.misses.close()


async def test_a_message_that_was_missed_time_and_again_is_told_once() -> None:
    place = Place()
    for _ in range(3):
        place.misses.note(miss())
    place.away = False
    await place.until_told()
    assert place.told == [[miss()]]


async def test_each_thread_is_told_of_its_own() -> None:
    place = Place()
    elsewhere = miss(where=OTHER)
    for one in (miss("m1"), elsewhere, miss("m2")):
        place.misses.note(one)
    place.away = False
    await place.until_told()
    assert place.told == [[miss("m1"), miss("m2")], [elsewhere]]


async def test_what_cannot_be_told_is_told_later() -> None:
    place = Place()
    place.away = False
    trouble = iter([ConnectionError()])

    async def once_failing(misses: list[Miss]) -> None:
        for error in trouble:
            raise error
        await place._tell(misses)

    place.misses._tell = once_failing
    place.misses.note(miss())
    await place.until_told()
    assert place.told == [[miss()]]


async def test_a_thread_that_cannot_be_told_keeps_it_from_no_other() -> None:
    place = Place()
    place.away = False

    async def failing_here(misses: list[Miss]) -> None:
        if misses[0].where == THREAD:
            raise ConnectionError
        await place._tell(misses)

    place.misses._tell = failing_here
    elsewhere = miss(where=OTHER)
    for one in (miss(), elsewhere):
        place.misses.note(one)
    await place.until_looked(3)
    assert place.told == [[elsewhere]]
    place.misses._tell = place._tell
    await place.until_told()
    assert place.told == [[elsewhere], [miss()]]


async def test_it_begins_again_after_everything_was_told() -> None:
    place = Place()
    place.away = False
    for key in ("m1", "m2"):
        place.misses.note(miss(key))
        await place.until_told()
    assert place.told == [[miss("m1")], [miss("m2")]]


async def test_memory_is_bounded() -> None:
    place = Place()
    for number in range(MOST + 10):
        place.misses.note(miss(str(number)))
    assert len(place.misses._missed) == MOST
    await place.misses.close()
