"""The outbox: in order, once, and honest about what may be a repeat."""

import asyncio

from bot.domain.chat import State
from bot.domain.effects import Word
from bot.domain.presence import Presence
from bot.relay.ports import Answer, Gone, Lane, NotDone, Refused, Unclear
from tests.relay.house import House


async def test_a_send_that_may_have_arrived_is_repeated_with_a_label(house: House) -> None:
    _, seat = await house.talking()
    house.threads.faults.after.append(Unclear("Teams broke off."))
    await house.visiting.say(seat, "k", "hello")
    await house.deliver()
    house.clock.pass_(seconds=5)
    await house.deliver()
    assert [(text, resent) for _, text, resent in house.threads.relayed] == [
        ("hello", False),
        ("hello", True),
    ]


async def test_a_send_that_certainly_did_not_arrive_is_not_labelled(house: House) -> None:
    _, seat = await house.talking()
    house.threads.faults.before += [NotDone("Too many requests.", 1.0)] * 3
    await house.visiting.say(seat, "k", "hello")
    for _ in range(5):
        await house.deliver()
        house.clock.pass_(seconds=5)
    assert [(text, resent) for _, text, resent in house.threads.relayed] == [("hello", False)]


async def test_a_send_of_a_process_that_died_is_labelled(house: House) -> None:
    _, seat = await house.talking()
    await house.visiting.say(seat, "k", "hello")
    await house.store.claim(Lane.TEAMS, "the dead one", 9, 30)
    await house.store.take_over(house.relay.rules.quarantine)
    await house.deliver()
    assert [(text, resent) for _, text, resent in house.threads.relayed] == [("hello", True)]


async def test_two_workers_never_hold_the_same_delivery(house: House) -> None:
    _, seat = await house.talking()
    await house.visiting.say(seat, "k", "hello")
    claims = await asyncio.gather(
        *(house.store.claim(Lane.TEAMS, f"worker {n}", 9, 30) for n in range(5))
    )
    assert sum(map(len, claims)) == 1


async def test_a_fault_of_our_own_is_tried_again_ever_more_seldom_and_holds_up_nobody_else(
    house: House,
) -> None:
    _, seat = await house.talking()
    house.threads.broken = True
    await house.visiting.say(seat, "k", "hello")
    tries = []
    for minute in range(60):
        await house.deliver()
        if house.reports and house.reports.pop() == "delivery_failed":
            tries.append(minute)
        house.clock.pass_(minutes=1)
    assert 10 < len(tries) < 25
    house.threads.broken = False
    house.clock.pass_(minutes=10)
    await house.deliver()
    assert [text for _, text, _ in house.threads.relayed] == ["hello"]


async def test_retry_after_is_kept_to(house: House) -> None:
    _, seat = await house.talking()
    house.threads.faults.before.append(NotDone("Too many requests.", 30.0))
    await house.visiting.say(seat, "k", "hello")
    await house.deliver()
    house.clock.pass_(seconds=29)
    await house.deliver()
    assert not house.threads.relayed
    house.clock.pass_(seconds=8)
    await house.deliver()
    assert len(house.threads.relayed) == 1


async def test_many_changes_of_the_card_are_one_edit(house: House) -> None:
    chat, _ = await house.talking()
    before = dict(house.threads.cards)
    for _ in range(10):
        await house.presses("look", chat)
    house.clock.pass_(minutes=1)
    await house.deliver()
    assert house.threads.cards.keys() == before.keys()


async def test_the_running_worker_delivers_without_being_turned(house: House) -> None:
    house.relay._bells = (house.outbox,)
    house.outbox.start()
    try:
        await house.writes("12345")
        async with asyncio.timeout(10):
            await house.threads.shown.wait()
    finally:
        await house.outbox.stop()
    assert house.threads.card.chat.state is State.PROPOSED


async def test_stopping_leaves_nothing_behind_that_still_delivers(house: House) -> None:
    house.relay._bells = (house.outbox,)
    house.threads.hold = asyncio.Event()
    _, seat = await house.talking()
    house.outbox.start()
    for number in range(5):
        await house.visiting.say(seat, f"k{number}", "hello")
    await house.outbox.stop(patience=0.2)
    assert not house.outbox._running
    assert all(task.done() for task in house.outbox._tasks)


async def test_what_grew_old_is_forgotten(house: House) -> None:
    chat = await house.proposed()
    house.clock.pass_(hours=25)
    await house.housekeeping.tidy()
    assert (await house.chat(chat.id)).state is State.CANCELLED
    house.clock.pass_(hours=25)
    await house.housekeeping.tidy()
    assert await house.store.look(chat.id) is None


async def test_a_repeat_that_is_not_confirmed_either_is_the_last_one(house: House) -> None:
    _, seat = await house.talking()
    house.threads.faults.after += [Unclear("Teams answered 502.")] * 9
    await house.visiting.say(seat, "k", "hello")
    for _ in range(20):
        await house.deliver("relay")
        house.clock.pass_(minutes=1)
    house.threads.faults.after.clear()
    await house.deliver()
    assert [resent for _, _, resent in house.threads.relayed] == [False, True]
    assert house.threads.words[-1] == Word.NOT_SURE


async def test_a_message_that_teams_refuses_is_told_to_the_co(house: House) -> None:
    _, seat = await house.talking()
    house.threads.faults.before.append(Refused("Teams finds the message too big."))
    await house.visiting.say(seat, "k", "hello")
    await house.deliver()
    assert house.threads.words[-1] == Word.NOT_SHOWN
    assert house.threads.told[-1][1].detail == "#2"


async def test_a_thread_that_is_gone_and_an_rt_that_refuses_do_not_chase_each_other(
    house: House,
) -> None:
    chat, seat = await house.talking()
    house.threads.faults.before += [Gone("Removed.")] * 50
    house.tickets.faults.before += [Refused("Not allowed.")] * 50
    await house.visiting.say(seat, "k", "hello")
    for _ in range(10):
        await house.deliver()
        house.clock.pass_(minutes=1)
    assert len(house.tickets.faults.before) == 49
    assert (await house.chat(chat.id)).state is State.ENDED


async def test_a_delivery_that_outlives_its_lease_is_not_begun_twice(house: House) -> None:
    _, seat = await house.talking()
    house.relay._bells = (house.outbox,)
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


async def test_what_teams_put_off_is_not_hastened_by_the_next_change(house: House) -> None:
    chat, _ = await house.talking()
    house.threads.faults.before.append(NotDone("Too many requests.", 60.0))
    await house.visiting.presence(chat.id, Presence.HIDDEN)
    await house.deliver()
    await house.visiting.presence(chat.id, Presence.OPEN)
    house.clock.pass_(seconds=5)
    assert await house.store.claim(Lane.TEAMS, "me", 9, 30) == []


async def test_an_unfiled_chat_is_brought_to_mind_once_a_day(house: House) -> None:
    _, seat = await house.talking()
    await house.visiting.end(seat)
    for _ in range(5):
        house.clock.pass_(hours=2)
        await house.housekeeping.tidy()
        await house.deliver()
    assert house.threads.words.count(Answer.NOT_FILED) == 1
