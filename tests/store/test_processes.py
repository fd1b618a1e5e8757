"""Several processes: who lives, who was away, and whose windows are whose."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import psycopg
import pytest

from bot.domain.chat import State
from bot.domain.presence import Presence
from bot.relay.delivery import Delivery, Lane
from bot.relay.storage import Pulse
from bot.store import SqlStore
from tests.people import NOW
from tests.store.making import add_chat, schedule

PATIENCE = timedelta(seconds=20)


class Time:
    """SQLite goes by this clock; PostgreSQL's heartbeats are put back by as much."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def passes(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        if self._url.startswith("postgresql"):
            with psycopg.connect(self._url.replace("+psycopg", "")) as admin:
                admin.execute("UPDATE processes SET at = at - %s", (int(seconds * 1e6),))


@pytest.fixture
def time(url: str) -> Time:
    return Time(url)


@pytest.fixture
async def store(url: str, time: Time) -> AsyncIterator[SqlStore]:
    a_store = SqlStore.at(url, time)
    yield a_store
    await a_store.close()


async def window(store: SqlStore, process: str, presence: Presence) -> list[Presence]:
    return await store.write(lambda unit: unit.windows("chat-1", process, presence))


async def test_processes_count_each_other_until_they_fall_silent(
    store: SqlStore, time: Time
) -> None:
    assert await store.beat("one", PATIENCE) == Pulse(1, forgotten=True)
    assert await store.beat("one", PATIENCE) == Pulse(1)
    assert (await store.beat("two", PATIENCE)).alive == 2
    time.passes(15)
    assert (await store.beat("one", PATIENCE)).alive == 2
    time.passes(15)
    assert (await store.beat("one", PATIENCE)).alive == 1
    assert (await store.beat("two", PATIENCE)).alive == 2


async def test_who_rests_is_not_counted(store: SqlStore) -> None:
    await store.beat("one", PATIENCE)
    await store.beat("two", PATIENCE)
    await store.rest("one")
    assert (await store.beat("two", PATIENCE)).alive == 1


async def test_one_process_learns_that_nobody_was_there(store: SqlStore, time: Time) -> None:
    await store.beat("one", PATIENCE)
    await store.beat("two", PATIENCE)
    time.passes(60)
    first, second = await store.beat("two", PATIENCE), await store.beat("one", PATIENCE)
    assert first.away
    assert 59 < (first.away[1] - first.away[0]).total_seconds() < 90
    assert second.away is None


async def test_a_rest_of_all_is_an_absence_too(store: SqlStore, time: Time) -> None:
    await store.beat("one", PATIENCE)
    await store.rest("one")
    time.passes(60)
    assert (await store.beat("another", PATIENCE)).away


async def test_nobody_was_away_while_one_was_there(store: SqlStore, time: Time) -> None:
    await store.beat("one", PATIENCE)
    for _ in range(4):
        time.passes(15)
        assert (await store.beat("two", PATIENCE)).away is None


async def test_a_visitor_is_where_any_of_his_windows_is(store: SqlStore) -> None:
    await add_chat(store)
    assert await window(store, "one", Presence.HIDDEN) == [Presence.HIDDEN]
    both = await window(store, "two", Presence.OPEN)
    assert sorted(both) == [Presence.HIDDEN, Presence.OPEN]
    assert await window(store, "two", Presence.HIDDEN) == [Presence.HIDDEN] * 2
    assert await window(store, "one", Presence.GONE) == [Presence.HIDDEN]


async def test_the_windows_of_the_dead_are_told_once(store: SqlStore, time: Time) -> None:
    await add_chat(store)
    for process in ("one", "two"):
        await store.beat(process, PATIENCE)
        await window(store, process, Presence.OPEN)
    time.passes(15)
    assert (await store.beat("two", PATIENCE)).bereft == ()
    time.passes(15)
    assert (await store.beat("two", PATIENCE)).bereft == ("chat-1",)
    assert (await store.beat("two", PATIENCE)).bereft == ()
    assert await window(store, "two", Presence.OPEN) == [Presence.OPEN]


async def test_so_are_visitors_who_had_joined_there_and_whose_window_had_yet_to_open(
    store: SqlStore, time: Time
) -> None:
    await add_chat(store, "chat-1", state=State.OPEN)
    await add_chat(store, "chat-2", state=State.ENDED)
    await add_chat(store, "chat-3", state=State.ENDED)
    await store.beat("one", PATIENCE)
    await store.beat("two", PATIENCE)
    time.passes(15)
    assert (await store.beat("two", PATIENCE)).bereft == ()
    time.passes(15)
    assert (await store.beat("two", PATIENCE)).bereft == ("chat-1",)
    assert (await store.beat("two", PATIENCE)).bereft == ()


async def test_a_process_that_was_paused_keeps_its_own_windows(store: SqlStore, time: Time) -> None:
    await add_chat(store)
    await store.beat("one", PATIENCE)
    await window(store, "one", Presence.OPEN)
    time.passes(60)
    assert (await store.beat("one", PATIENCE)).bereft == ()


async def test_what_a_dead_process_held_is_free_and_what_it_wrote_to_rt_after_the_quarantine(
    store: SqlStore, time: Time
) -> None:
    await add_chat(store)
    for process in ("dead", "two"):
        await store.beat(process, PATIENCE)
    for lane, stream in ((Lane.TEAMS, "chat:chat-1"), (Lane.RT, "file:chat-1")):
        await schedule(store, Delivery(lane, stream, "tell", {}, "chat-1"))
        assert await store.take("dead", 3600, [stream])
    for _ in range(2):
        time.passes(15)
        await store.beat("two", PATIENCE, timedelta(seconds=180))
    assert [d.attempt for d in await store.take("two", 30, ["chat:chat-1"])] == [2]
    (waiting,) = await store.heads(Lane.RT)
    assert 150 < waiting.wait <= 180


async def test_nobody_is_buried_when_nobody_could_beat(store: SqlStore, time: Time) -> None:
    await add_chat(store)
    for process in ("one", "two"):
        await store.beat(process, PATIENCE)
    row = Delivery(Lane.TEAMS, "chat:chat-1", "tell", {}, "chat-1")
    await store.write(lambda unit: unit.schedule(row))
    assert await store.take("one", 3600, ["chat:chat-1"])
    time.passes(60)
    back = await store.beat("two", PATIENCE)
    assert (back.alive, bool(back.away)) == (2, True)
    assert await store.take("two", 30, ["chat:chat-1"]) == []
    assert not (await store.beat("one", PATIENCE)).forgotten


async def test_whoever_was_taken_for_dead_learns_it(store: SqlStore, time: Time) -> None:
    for process in ("one", "two"):
        await store.beat(process, PATIENCE)
    for _ in range(2):
        time.passes(15)
        await store.beat("two", PATIENCE)
    assert (await store.beat("one", PATIENCE)).forgotten


async def test_who_dies_when_the_clock_is_set_back_is_missed_as_soon_as_ever(
    store: SqlStore, time: Time
) -> None:
    await add_chat(store)
    for process in ("dead", "two"):
        await store.beat(process, PATIENCE)
    await window(store, "dead", Presence.OPEN)
    time.passes(-3600)
    assert (await store.beat("two", PATIENCE)).alive == 2  # he has yet to say so by the new time
    pulses = []
    for _ in range(2):
        time.passes(15)
        pulses.append(await store.beat("two", PATIENCE))
    assert [(pulse.alive, pulse.bereft) for pulse in pulses] == [(2, ()), (1, ("chat-1",))]
