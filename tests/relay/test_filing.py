"""Into the right ticket, once, and gone from here."""

from datetime import timedelta

import pytest

from bot.domain import events as e
from bot.domain.chat import State
from bot.domain.effects import Word
from bot.domain.messages import Notice
from bot.domain.tickets import NewTicket, TicketRef
from bot.relay.delivery import Lane
from bot.relay.lanes import LANES
from bot.relay.outcomes import Gone, NotDone, OutsideError, Refused, Unclear
from tests.people import GRACE, TICKET
from tests.relay.house import RULES, THREAD, House


async def test_the_record_lands_once_in_the_ticket_that_was_confirmed(house: House) -> None:
    chat, seat = await house.talking()
    await house.visiting.say(seat, "k", "it beeps")
    for _ in range(5):
        await house.presses("file", chat, summary="Toner was empty.", status="resolved")
    await house.deliver()
    (comment,) = house.tickets.comments
    assert comment.ref == TICKET.ref
    assert [line.text for line in comment.log] == [
        Notice.VISITOR_JOINED,
        "it beeps",
        Notice.ENDED_BY_OPERATOR,
    ]
    assert comment.chat.filing
    assert comment.chat.filing.summary == "Toner was empty."
    assert house.tickets.statuses == ["resolved"]


async def test_then_the_text_is_gone_from_here_and_the_card_is_a_receipt(house: House) -> None:
    chat, seat = await house.talking()
    await house.visiting.say(seat, "k", "CANARY")
    await house.presses("file", chat, summary="CANARY too")
    await house.deliver()
    assert (await house.chat(chat.id)).state is State.PURGED
    assert await house.texts(chat.id) == []
    assert house.threads.card.chat.filing
    assert house.threads.card.chat.filing.receipt
    dump = house.dump()
    assert "CANARY" not in dump


async def test_an_old_link_still_says_that_it_was_used(house: House) -> None:
    chat, _ = await house.talking()
    await house.presses("file", chat)
    await house.deliver()
    assert (await house.chat(chat.id)).state is State.PURGED
    assert (await house.joining.peek(house.token(chat))).fate == "used"


async def test_what_the_visitor_said_last_still_reaches_the_thread(house: House) -> None:
    chat, seat = await house.talking()
    house.threads.faults.before += [NotDone("Teams is busy.", 0.0)] * 3
    await house.visiting.say(seat, "k", "one last thing")
    await house.presses("file", chat)
    for _ in range(12):
        house.clock.pass_(seconds=10)
        await house.deliver()
    assert [text for _, text, _ in house.threads.relayed] == ["one last thing"]
    assert (await house.chat(chat.id)).state is State.PURGED


async def test_rt_down_keeps_everything_and_files_when_it_is_back(house: House) -> None:
    chat, _ = await house.talking()
    house.tickets.faults.before += [NotDone("RT is down.")] * 3
    await house.presses("file", chat)
    await house.deliver()
    filing = house.threads.card.chat.filing
    assert filing
    assert filing.problem == "RT is down."
    assert (await house.chat(chat.id)).state is State.FILING
    for _ in range(6):
        house.clock.pass_(minutes=6)
        await house.deliver()
    assert len(house.tickets.comments) == 1
    assert (await house.chat(chat.id)).state is State.PURGED


async def test_an_answer_that_was_lost_is_looked_up_before_anything_is_repeated(
    house: House,
) -> None:
    chat, _ = await house.talking()
    house.tickets.faults.after.append(Unclear("RT did not answer."))
    await house.presses("file", chat)
    await house.deliver()
    assert (await house.chat(chat.id)).state is State.FILING
    house.clock.pass_(seconds=RULES.quarantine.total_seconds() - 1)
    await house.deliver()
    assert (await house.chat(chat.id)).state is State.FILING  # RT may still be at it
    house.clock.pass_(seconds=2)
    await house.deliver()
    assert len(house.tickets.comments) == 1
    assert (await house.chat(chat.id)).state is State.PURGED


async def test_a_request_that_never_arrived_is_repeated_after_the_look(house: House) -> None:
    chat, _ = await house.talking()
    house.tickets.faults.before.append(Unclear("RT did not answer."))
    await house.presses("file", chat)
    await house.deliver()
    house.clock.pass_(minutes=4)
    await house.deliver()
    assert len(house.tickets.comments) == 1


async def test_a_repeat_is_called_one_unless_a_person_asks_for_it(house: House) -> None:
    chat, _ = await house.talking()
    house.tickets.faults.before += [Unclear("RT did not answer."), Refused("Look in RT.")]
    await house.presses("file", chat)
    for _ in range(2):
        await house.deliver()
        house.clock.pass_(minutes=4)
    assert (await house.chat(chat.id)).state is State.ENDED
    await house.presses("file", chat, summary="I looked.")
    await house.deliver()
    (comment,) = house.tickets.comments
    assert comment.tried is None


async def test_what_is_tried_again_by_itself_is_called_a_repeat(house: House) -> None:
    chat, _ = await house.talking()
    house.tickets.faults.before += [Unclear("RT did not answer.")]
    await house.presses("file", chat)
    await house.deliver()
    house.clock.pass_(minutes=4)
    await house.deliver()
    (comment,) = house.tickets.comments
    assert comment.tried
    assert comment.tried >= timedelta(minutes=4)


async def test_for_how_long_rt_was_away_before_it_is_not_counted_to_a_repeat(house: House) -> None:
    """A mail is looked for for an hour, from when it may have gone."""
    chat, _ = await house.talking()
    house.tickets.faults.before += [NotDone("RT is down.")] * 20 + [Unclear("It broke off.")]
    await house.presses("file", chat)
    for _ in range(40):
        await house.deliver()
        house.clock.pass_(minutes=6)
    (comment,) = house.tickets.comments
    assert comment.tried
    assert timedelta(minutes=4) <= comment.tried < timedelta(minutes=15)


@pytest.mark.parametrize("posted", [True, False])
async def test_a_process_that_died_while_filing_leaves_one_comment(
    house: House, *, posted: bool
) -> None:
    chat, _ = await house.talking()
    await house.presses("file", chat)
    stream, lease = f"file:{chat.id}", LANES[Lane.RT].lease
    (row,) = await house.store.take("the dead one", lease, [stream])
    if posted:
        handler = house.handlers["file"]
        await handler.deliver(row)  # it reached RT, and nobody wrote that down
    await house.store.take_over(RULES.quarantine)
    await house.deliver()
    assert len(house.tickets.comments) == posted  # not before RT can be done
    house.clock.pass_(minutes=4)
    await house.deliver()
    assert len(house.tickets.comments) == 1
    assert (await house.chat(chat.id)).state is State.PURGED


async def test_a_refusal_goes_back_to_the_co_who_may_try_again(house: House) -> None:
    chat, _ = await house.talking()
    house.tickets.faults.before.append(Refused("I may not comment on ticket 12345."))
    await house.presses("file", chat)
    await house.deliver()
    assert (await house.chat(chat.id)).state is State.ENDED
    assert "filing_failed" in house.threads.words
    await house.presses("file", chat, summary="again")
    await house.deliver()
    assert len(house.tickets.comments) == 1


async def test_the_status_is_set_on_the_ticket_that_was_made_for_the_record(house: House) -> None:
    chat, _ = await house.talking()
    made = NewTicket("physics", "Support", "Cannot print")
    event = e.FilingRequested(house.clock(), GRACE, "Toner.", "resolved", made)
    await house.store.write(lambda unit: house.relay.happen(unit, chat, event))
    await house.deliver()
    receipt = house.threads.card.chat.filing
    assert receipt
    assert receipt.receipt
    assert house.tickets.statuses_of == [TicketRef("physics", receipt.receipt.ticket)]


@pytest.mark.parametrize("error", [Refused("No such status."), Refused("Not allowed.")])
async def test_a_status_that_cannot_be_set_does_not_touch_the_record(
    house: House, error: OutsideError
) -> None:
    chat, _ = await house.talking()
    house.tickets.status_faults.before.append(error)
    await house.presses("file", chat, status="resolved")
    await house.deliver()
    assert len(house.tickets.comments) == 1
    assert "status_problem" in house.threads.words


async def test_a_thread_that_is_gone_files_the_chat_and_tells_the_visitor(house: House) -> None:
    chat, seat = await house.talking()
    await house.visiting.say(seat, "k", "anybody there?")
    house.threads.faults.before += [Gone("The bot was removed from that team.")] * 2
    await house.deliver("relay")
    house.clock.pass_(seconds=5)
    await house.deliver("relay")
    log = await house.store.log(chat.id, 0, 10)
    assert log[-1].text == Notice.OPERATORS_LOST
    assert not (await house.store.thread(chat.thread)).open
    await house.deliver()
    (comment,) = house.tickets.comments
    assert "anybody there?" in [line.text for line in comment.log]


@pytest.mark.parametrize("values", [{"summary": "x" * 4001}, {"status": "deleted"}])
async def test_what_the_card_may_not_send_is_refused(house: House, values: dict[str, str]) -> None:
    chat, _ = await house.talking()
    pressing = await house.presses("file", chat, thread=THREAD, **values)
    assert pressing.sentence
    assert (await house.chat(chat.id)).state is State.OPEN


async def test_a_lost_acknowledgement_is_given_even_after_the_purge(house: House) -> None:
    chat, seat = await house.talking()
    line = await house.visiting.say(seat, "k", "CANARY")
    await house.presses("file", chat)
    await house.deliver()
    assert (await house.chat(chat.id)).state is State.PURGED
    again = await house.visiting.say(seat, "k", "CANARY")
    assert (again.seq, again.text) == (line.seq, "")
    assert await house.visiting.log(seat, 0) == []


async def test_who_files_while_messages_wait_for_teams_is_told_which(house: House) -> None:
    chat, seat = await house.talking()
    house.threads.faults.before.append(NotDone("Too many requests.", 60.0))
    for number in range(2):
        await house.visiting.say(seat, f"k{number}", "one thing more")
    await house.deliver("relay")
    await house.presses("file", chat)
    await house.deliver("tell")  # not behind what waits
    told = [notice for _, notice in house.threads.told if notice.word is Word.UNSEEN]
    assert [notice.detail for notice in told] == ["#2, #3"]
    assert house.threads.relayed == []
    await house.presses("file", chat)
    await house.deliver("tell")
    assert house.threads.words.count(Word.UNSEEN) == 1


async def test_who_files_when_everything_has_arrived_is_told_nothing_of_it(house: House) -> None:
    chat, seat = await house.talking()
    await house.visiting.say(seat, "k", "hello")
    await house.deliver()
    await house.presses("file", chat)
    await house.deliver()
    assert Word.UNSEEN not in house.threads.words
