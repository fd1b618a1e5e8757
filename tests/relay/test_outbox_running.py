"""The outbox as it runs by itself: rung, claiming at birth, stopping."""

import asyncio
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import cast
from unittest.mock import AsyncMock

import pytest

from bot.domain.chat import State
from bot.relay import outbox
from bot.relay.budget import Budget
from bot.relay.delivery import Bell, Committed, Delivery, Lane
from bot.relay.outcomes import NotDone
from bot.relay.slots import Slots
from bot.relay.storage import Unit
from tests.relay.house import THREAD, House


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not true():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.01)


async def test_the_running_worker_delivers_without_being_turned(house: House) -> None:
    house.bells.append(house.outbox)
    house.outbox.start()
    try:
        await house.writes("12345")
        async with asyncio.timeout(10):
            await house.threads.shown.wait()
    finally:
        await house.outbox.stop()
    assert house.threads.card.chat.state is State.PROPOSED


async def test_what_comes_just_after_a_look_need_not_wait_until_the_pause_is_over(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "_BREATH", 3600.0)
    looks: list[Lane] = []
    look = outbox.Outbox._round

    async def watched(self: outbox.Outbox, lane: Lane) -> float:
        wait = await look(self, lane)
        looks.append(lane)
        return wait

    monkeypatch.setattr(outbox.Outbox, "_round", watched)
    house.bells.append(house.outbox)
    house.outbox.start()
    try:
        await until(lambda: Lane.TEAMS in looks)
        await house.writes("12345")
        async with asyncio.timeout(10):
            await house.threads.shown.wait()
    finally:
        await house.outbox.stop(patience=0.1)


async def test_a_database_that_is_away_for_long_is_told_of_once_a_minute_by_each_lane(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[Lane] = []

    async def away(lane: Lane) -> None:
        looks.append(lane)
        house.outbox.ring(Committed(lost=True))  # so that it looks again at once
        raise NotDone("The database does not answer.")

    monkeypatch.setattr(outbox, "_BREATH", 0.0)
    monkeypatch.setattr(house.store, "heads", away)
    house.outbox.start()
    try:
        await until(lambda: all(looks.count(lane) > 3 for lane in Lane))
    finally:
        await house.outbox.stop(patience=0.1)
    assert house.reports.count("claim_failed") == len(Lane)


async def test_stopping_leaves_nothing_behind_that_still_delivers(house: House) -> None:
    house.bells.append(house.outbox)
    house.threads.hold = asyncio.Event()
    _, seat = await house.talking()
    house.outbox.start()
    for number in range(5):
        await house.visiting.say(seat, f"k{number}", "hello")
    await house.outbox.stop(patience=0.2)
    assert not house.outbox._running
    assert all(task.done() for task in house.outbox._tasks)


async def test_a_delivery_that_outlives_its_lease_is_not_begun_twice(house: House) -> None:
    _, seat = await house.talking()
    house.bells.append(house.outbox)
    house.threads.hold = asyncio.Event()
    await house.visiting.say(seat, "k", "hello")
    house.outbox.start()
    try:
        await until(lambda: house.outbox._running)
        house.clock.pass_(minutes=10)  # the lease is over, the call is not
        await asyncio.sleep(2.5)
        house.threads.hold.set()
        await until(lambda: house.threads.relayed and not house.outbox._running)
    finally:
        await house.outbox.stop()
    assert [text for _, text, _ in house.threads.relayed] == ["hello"]


async def test_a_message_is_claimed_by_the_commit_that_accepts_it(house: House) -> None:
    house.bells.append(house.outbox)
    _, seat = await house.talking()
    await house.visiting.say(seat, "k", "the thread's conversation is learned from this one")
    house.outbox.start()
    try:
        await until(lambda: len(house.threads.relayed) == 1)
        house.threads.hold = asyncio.Event()
        await house.visiting.say(seat, "k2", "hello")
        assert await house.taken_by("another process") == []
        house.threads.hold.set()
        await until(lambda: len(house.threads.relayed) == 2)
    finally:
        await house.outbox.stop()


async def test_what_was_written_while_a_post_was_under_way_goes_out_together_after_it(
    house: House,
) -> None:
    house.bells.append(house.outbox)
    _, seat = await house.talking()
    house.threads.hold = asyncio.Event()
    house.outbox.start()
    try:
        await house.visiting.say(seat, "k", "first")
        await until(lambda: house.outbox._running)
        for number in range(4):
            await house.visiting.say(seat, f"k{number}", f"line {number}")
        house.threads.hold.set()
        await until(lambda: len(house.threads.relayed) == 5)
    finally:
        await house.outbox.stop()
    assert [len(post) for post in house.threads.posts] == [1, 4]


async def test_what_stands_behind_a_post_under_way_costs_nobody_a_post(house: House) -> None:
    house.bells.append(house.outbox)
    _, seat = await house.talking()
    house.threads.hold = asyncio.Event()
    house.outbox.start()
    try:
        await house.visiting.say(seat, "k", "first")
        await until(lambda: house.outbox._running)
        for number in range(20):
            await house.visiting.say(seat, f"k{number}", f"line {number}")
        spent = house.outbox._slots._budget._places[THREAD.conversation_id].posts
        assert len(spent) == 1
    finally:
        house.threads.hold.set()
        await house.outbox.stop()


async def test_the_first_of_two_messages_of_one_commit_goes_at_once(house: House) -> None:
    """The second one stands behind it: only that one has to be claimed."""
    house.bells.append(house.outbox)
    _, seat = await house.talking()
    await house.visiting.say(seat, "k", "the thread's conversation is learned from this one")
    house.outbox.start()
    try:
        await until(lambda: house.threads.relayed and not house.outbox._running)
        say = house.visiting.say
        await asyncio.gather(say(seat, "k2", "first"), say(seat, "k3", "second"))
        await until(lambda: len(house.threads.relayed) == 3)
    finally:
        await house.outbox.stop()
    assert [len(post) for post in house.threads.posts] == [1, 1, 1]


async def test_what_could_not_be_claimed_costs_nobody_a_post(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, seat = await house.talking()
    await house.visiting.say(seat, "k", "hello")
    away = AsyncMock(side_effect=NotDone("The database does not answer."))
    with monkeypatch.context() as patched:
        patched.setattr(house.store, "take", away)
        with pytest.raises(NotDone):
            await house.outbox._round(Lane.TEAMS)
    assert not house.outbox._slots._budget._places[THREAD.conversation_id].posts


async def test_whoever_may_count_as_dead_sends_nothing_until_his_heart_has_beaten(
    house: House,
) -> None:
    _, seat = await house.talking()
    await house.visiting.say(seat, "k", "hello")
    life = house.relay.life
    life.patience, life._last = 20.0, time.monotonic() - 11
    assert await house.outbox._round(Lane.TEAMS) > 0.5
    await house.deliver("relay")  # it was claimed before, perhaps
    assert house.threads.relayed == []
    life.beaten(time.monotonic())
    house.clock.pass_(seconds=2)
    await house.deliver("relay")
    assert [(text, again) for _, text, again in house.threads.relayed] == [("hello", False)]


async def test_nothing_is_born_claimed_by_whoever_may_count_as_dead(house: House) -> None:
    house.bells.append(house.outbox)
    _, seat = await house.talking()
    house.outbox._tasks = [asyncio.get_running_loop().create_future()]  # type: ignore[list-item]
    house.relay.life.patience, house.relay.life._last = 20.0, time.monotonic() - 11
    await house.visiting.say(seat, "k", "hello")
    assert not house.outbox._running


async def test_one_commit_for_many_chats_claims_no_more_than_there_are_slots(house: House) -> None:
    _, seat = await house.talking()
    await house.visiting.say(seat, "k", "hello")
    await house.deliver()
    heard: list[Committed] = []
    house.bells.append(cast("Bell", SimpleNamespace(ring=heard.append)))
    house.outbox._tasks = [asyncio.get_running_loop().create_future()]  # type: ignore[list-item]
    house.outbox._slots = Slots(Budget(limited=False), {Lane.TEAMS: 48})
    house.outbox._slots.learn(1, THREAD.conversation_id)

    async def many(unit: Unit) -> None:
        for n in range(100):
            row = Delivery(Lane.TEAMS, f"chat:{n}", "relay", {"seq": 1}, thread=1)
            await unit.schedule(row)

    await house.store.write(many)
    (committed,) = heard
    assert len(committed.born) == 48
    assert committed.lanes == {Lane.TEAMS}
