"""The outbox as it runs by itself: rung, claiming at birth, stopping."""

import asyncio
from collections.abc import Callable

from bot.domain.chat import State
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
        await asyncio.sleep(0.3)
        house.clock.pass_(minutes=10)  # the lease is over, the call is not
        await asyncio.sleep(2.5)
        house.threads.hold.set()
        await asyncio.sleep(0.3)
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
