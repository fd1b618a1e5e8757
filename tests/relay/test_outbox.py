"""The outbox: in order, once, and honest about what may be a repeat."""

import asyncio
import time
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot.domain.chat import State
from bot.domain.effects import Word
from bot.domain.messages import Notice
from bot.domain.presence import Presence
from bot.relay.answering import Answer
from bot.relay.budget import Budget
from bot.relay.delivery import Bell, Committed, Delivery, Lane
from bot.relay.handlers import joined
from bot.relay.outcomes import Gone, NotDone, OutsideError, Refused, Throttled, Unclear
from bot.relay.slots import Slots
from tests.people import GRACE
from tests.relay.house import OTHER, House


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
    await house.taken_by("the dead one")
    await house.store.take_over(house.relay.rules.quarantine)
    await house.deliver()
    assert [(text, resent) for _, text, resent in house.threads.relayed] == [("hello", True)]


async def test_two_workers_never_hold_the_same_delivery(house: House) -> None:
    _, seat = await house.talking()
    await house.visiting.say(seat, "k", "hello")
    claims = await asyncio.gather(*(house.taken_by(f"worker {n}") for n in range(5)))
    assert sum(map(len, claims)) == 1


async def test_a_fault_of_our_own_is_tried_again_and_parked_after_the_fifth_time(
    house: House,
) -> None:
    _, seat = await house.talking()
    house.threads.broken = True
    await house.visiting.say(seat, "k", "hello")
    faults = 0
    for _ in range(60):
        await house.deliver()
        faults += house.reports.count("delivery_failed")
        house.reports.clear()
        house.clock.pass_(minutes=1)
    assert faults == 5
    house.threads.broken = False
    await house.visiting.say(seat, "k2", "still there?")
    await house.deliver()
    assert [text for _, text, _ in house.threads.relayed] == ["still there?"]
    assert house.threads.words[-1] == Word.NOT_SURE


async def test_what_waits_behind_a_fault_of_our_own_goes_when_that_is_parked_and_is_no_repeat(
    house: House,
) -> None:
    chat, seat = await house.talking()
    house.outbox._slots.learn(chat.thread, "the channel")
    cast(Any, house.threads.outcomes).extend([ZeroDivisionError()] * 5)
    await house.visiting.say(seat, "k", "hello")
    await house.deliver()
    await house.visiting.say(seat, "k2", "still there?")
    for _ in range(4):
        house.clock.pass_(minutes=10)
        await house.deliver()
    while running := list(house.outbox._running.values()):
        await asyncio.gather(*running)
    assert [(text, resent) for _, text, resent in house.threads.relayed] == [
        ("still there?", False)
    ]


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


async def test_what_is_refused_when_it_is_repeated_may_be_there_all_the_same(house: House) -> None:
    chat, seat = await house.talking()
    house.threads.faults.after.append(Unclear("Teams answered 502."))
    message = await house.visiting.say(seat, "k", "hello")
    await house.deliver()
    house.threads.faults.before.append(Refused("Teams refuses the message (400)."))
    house.clock.pass_(seconds=10)
    await house.deliver()
    assert [text for _, text, _ in house.threads.relayed] == ["hello"]
    assert house.threads.words[-1] == Word.NOT_SURE
    (line,) = await house.store.log(chat.id, message.seq, 9)
    assert (line.text, line.target) == (Notice.NOT_SURE, message.seq)


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


async def test_what_teams_put_off_is_not_hastened_by_the_next_change(house: House) -> None:
    chat, _ = await house.talking()
    house.threads.faults.before.append(NotDone("Too many requests.", 60.0))
    await house.visiting.presence(chat.id, Presence.HIDDEN)
    await house.deliver()
    await house.visiting.presence(chat.id, Presence.OPEN)
    house.clock.pass_(seconds=5)
    assert await house.taken_by("me") == []


async def test_an_unfiled_chat_is_brought_to_mind_once_a_day(house: House) -> None:
    _, seat = await house.talking()
    await house.visiting.end(seat)
    for _ in range(5):
        house.clock.pass_(hours=2)
        await house.housekeeping.tidy()
        await house.deliver()
    assert house.threads.words.count(Answer.NOT_FILED) == 1


async def test_messages_that_waited_together_go_out_in_one_post(house: House) -> None:
    _, seat = await house.talking()
    for number in range(5):
        await house.visiting.say(seat, f"k{number}", f"line {number}")
    await house.deliver()
    assert [len(post) for post in house.threads.posts] == [5]
    assert [text for _, text, _ in house.threads.relayed] == [f"line {n}" for n in range(5)]


async def test_what_teams_did_not_take_for_long_says_by_how_much_it_is_behind(house: House) -> None:
    _, seat = await house.talking()
    house.threads.faults.before.append(Throttled("Slower.", 30.0))
    await house.visiting.say(seat, "k", "hello")
    await house.deliver("relay")
    house.clock.pass_(seconds=40)
    await house.deliver("relay")
    (behind,) = house.threads.behind
    assert 30 <= behind <= 40


async def test_what_waited_long_says_by_how_much_teams_is_behind(house: House) -> None:
    _, seat = await house.talking()
    await house.visiting.say(seat, "k", "hello")
    house.clock.pass_(seconds=14)
    await house.deliver()
    await house.visiting.say(seat, "k2", "quick")
    await house.deliver()
    assert house.threads.behind == [14, 0]


async def test_what_did_not_reach_the_thread_is_marked_for_the_visitor_and_in_the_record(
    house: House,
) -> None:
    chat, seat = await house.talking()
    house.threads.faults.before.append(Refused("Teams finds the message too big."))
    message = await house.visiting.say(seat, "k", "hello")
    await house.deliver()
    line = (await house.store.log(chat.id, message.seq, 9))[0]
    assert (line.text, line.target) == (Notice.NOT_SHOWN, message.seq)


async def test_what_became_of_a_post_is_written_down_when_the_database_is_back(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, seat = await house.talking()
    await house.visiting.say(seat, "k", "hello")
    write, broken = house.store.write, [NotDone("The database does not answer.")] * 3

    async def sometimes(*args: Any, **how: Any) -> Any:
        if house.threads.relayed and broken:
            raise broken.pop()
        return await write(*args, **how)

    monkeypatch.setattr(house.store, "write", sometimes)
    await house.deliver()
    house.clock.pass_(minutes=10)
    await house.deliver()
    assert [(text, again) for _, text, again in house.threads.relayed] == [("hello", False)]
    assert not broken


async def test_the_co_is_told_elsewhere_when_a_chat_has_lost_its_thread(house: House) -> None:
    _, seat = await house.talking()
    house.threads.faults.before += [Gone("Removed.")] * 2
    await house.visiting.say(seat, "k", "hello")
    await house.deliver()
    house.clock.pass_(seconds=5)
    await house.deliver()
    told = [(where, notice.word) for where, notice in house.threads.told]
    assert (f"personal chat of {GRACE.id}", Word.ORPHANED) in told


def test_work_without_a_thread_gives_no_post_of_the_app_back() -> None:
    budget = Budget()
    slots = Slots(budget, {Lane.RT: 4})
    for _ in range(50):
        budget.spend("19:a", 0.0)
    slots.unspend(0)
    slots.refused(0, 60, 0.0)
    assert 0 < budget.wait("19:b", 0.5) < 2


@pytest.mark.parametrize("trouble", [Unclear("Teams answered 502."), Refused("Not well formed.")])
async def test_a_notice_outlives_an_outage_and_blocks_nobodys_words(
    house: House, trouble: OutsideError
) -> None:
    _, seat = await house.talking()
    house.threads.faults.before += [trouble] * 8
    await house.visiting.say(seat, "k", "one last thing")
    await house.visiting.end(seat)
    for _ in range(4):
        await house.deliver("relay", "tell")
        house.clock.pass_(seconds=5)
    house.threads.faults.before.clear()  # Teams is back
    for _ in range(20):
        await house.deliver()
        house.clock.pass_(minutes=1)
    words = {notice.word for _, notice in house.threads.told}
    lost = Word.NOT_SHOWN if isinstance(trouble, Refused) else Word.NOT_SURE
    assert {lost, Word.ENDED_BY_VISITOR} <= words


async def test_a_card_outlives_an_outage(house: House) -> None:
    house.threads.faults.before += [Unclear("Teams answered 502.")] * 4
    await house.writes("12345")
    for _ in range(20):
        await house.deliver()
        house.clock.pass_(minutes=1)
    assert house.threads.card.chat.state is State.PROPOSED


async def test_the_last_words_into_a_lost_thread_are_marked_before_the_record_is_closed(
    house: House,
) -> None:
    _, seat = await house.talking()
    house.threads.faults.before += [Gone("Removed.")] * 2
    message = await house.visiting.say(seat, "k", "anybody?")
    await house.deliver()
    house.clock.pass_(seconds=5)
    await house.deliver()
    (filed,) = house.tickets.comments
    assert message.seq in [m.target for m in filed.log if m.text == Notice.NOT_SHOWN]


async def test_a_notice_that_may_be_there_already_says_that_it_is_resent(house: House) -> None:
    _, seat = await house.talking()
    house.threads.faults.after.append(Unclear("Teams answered 502."))
    await house.visiting.end(seat)
    for _ in range(2):
        await house.deliver("tell")
        house.clock.pass_(seconds=10)
    assert [notice.resent for _, notice in house.threads.told[-2:]] == [False, True]


async def test_what_was_claimed_too_long_ago_is_not_sent(house: House) -> None:
    _, seat = await house.talking()
    await house.visiting.say(seat, "k", "hello")
    (delivery,) = await house.taken_by(house.owner)
    stopped = joined([delivery], time.monotonic() - 31)  # the lease is 30 seconds
    await house.outbox._run(stopped)
    assert house.threads.relayed == []
    await house.deliver()
    assert [(text, again) for _, text, again in house.threads.relayed] == [("hello", False)]


async def test_a_post_in_another_place_that_is_gone_leaves_the_chat_alone(house: House) -> None:
    chat, _ = await house.talking()
    elsewhere = await house.store.write(lambda unit: unit.thread(OTHER))
    payload = {"word": Answer.ELSEWHERE.value, "detail": "a link", "thread": elsewhere.id}
    row = Delivery(Lane.TEAMS, "thread:9", "tell", payload, chat.id, thread=elsewhere.id)
    await house.store.write(lambda unit: unit.schedule(row))
    house.threads.faults.before.append(Gone("The conversation is not there."))
    await house.deliver()
    assert (await house.chat(chat.id)).state is State.OPEN


async def test_a_bell_that_fails_keeps_what_was_born_from_nobody(house: House) -> None:
    class Broken:
        def ring(self, committed: Committed) -> None:
            raise ZeroDivisionError

    heard: list[Committed] = []
    house.bells += [Broken(), cast("Bell", SimpleNamespace(ring=heard.append))]
    with pytest.raises(ExceptionGroup):
        house.relay.ring(Committed(lost=True))
    assert heard == [Committed(lost=True)]


async def test_every_row_for_a_thread_names_it_so_that_its_budget_is_kept(house: House) -> None:
    house.tickets.faults.before.append(NotDone("RT is slow."))
    await house.writes("12345")
    for _ in range(2):
        await house.deliver("lookup")
        heads = await house.store.heads(Lane.TEAMS)
        assert heads
        assert all(head.thread for head in heads)
        house.clock.pass_(minutes=1)


async def test_the_reminder_of_an_unfiled_chat_is_budgeted_too(house: House) -> None:
    _, seat = await house.talking()
    await house.visiting.end(seat)
    await house.deliver()
    house.clock.pass_(hours=2)
    await house.housekeeping.tidy()
    assert [head.thread for head in await house.store.heads(Lane.TEAMS)] == [1]
