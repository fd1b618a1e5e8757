"""A mail to a visitor who left goes once, whatever is pressed, lost, or done meanwhile."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

from bot.domain.chat import State
from bot.domain.messages import Notice
from bot.domain.presence import Presence
from bot.domain.tickets import Ticket, TicketRef
from bot.relay.answering import Answer
from bot.relay.outcomes import NotDone, Refused, Unclear
from bot.relay.people import Trace, Traces, erase
from tests.people import GRACE, TICKET
from tests.relay.house import RULES, House
from tests.relay.test_mailing import CHARLES, left, mailed, moved, notices, told

UNDO = timedelta(seconds=60)


# --- once --------------------------------------------------------------------------------------------


async def test_five_presses_and_a_press_that_teams_repeats_mail_once(house: House) -> None:
    chat, _ = await left(house)
    for _ in range(5):
        await house.presses("mail", chat, mail_echo="345", mailings="0")
    await house.deliver()
    assert await mailed(house, chat, mailings="0") == ""
    assert len(house.tickets.letters) == 1


async def test_what_was_mailed_is_not_mailed_again_but_what_is_written_since(house: House) -> None:
    chat, _ = await left(house)
    await mailed(house, chat)
    assert "Nothing was mailed" in await mailed(house, chat)
    await house.writes("And now?")
    await mailed(house, chat)
    assert ["toner" in letter for letter in house.tickets.letters] == [True, False]


async def test_an_answer_of_rts_that_is_lost_is_looked_for_and_nothing_goes_twice(
    house: House,
) -> None:
    chat, _ = await left(house)
    house.tickets.faults.after.append(Unclear("RT broke off."))
    await mailed(house, chat)
    assert Answer.MAIL_SLOW in house.threads.words
    await house.visiting.presence(chat.id, Presence.OPEN, 99)  # too late to be spared it
    house.clock.pass_(minutes=4)
    await house.deliver()
    assert len(house.tickets.letters) == 1
    assert (await notices(house, chat))[-1] == Notice.MAILED


async def test_who_may_have_been_mailed_is_not_mailed_by_another_press(house: House) -> None:
    chat, _ = await left(house)
    house.tickets.faults.before.append(Unclear("RT broke off."))
    await mailed(house, chat)
    house.tickets.ticket = replace(TICKET, requestors=(CHARLES,))
    house.clock.pass_(minutes=4)
    await house.deliver()
    assert "may have gone out all the same" in told(house)
    house.tickets.ticket = TICKET
    assert "Nothing was mailed" in await mailed(house, chat)
    assert house.tickets.letters == []


async def test_while_rt_is_away_it_waits_and_after_an_hour_the_co_is_told(house: House) -> None:
    chat, _ = await left(house)
    house.tickets.faults.before += [NotDone("RT is down.")] * 100
    await mailed(house, chat)
    assert house.threads.words.count(Answer.MAIL_SLOW) == 1
    for _ in range(14):
        house.clock.pass_(minutes=6)
        await house.deliver()
    assert told(house) == "RT is down."
    house.tickets.faults.before.clear()
    await mailed(house, await house.chat(chat.id))
    assert len(house.tickets.letters) == 1


async def test_what_rt_took_after_it_had_been_away_for_long_is_looked_for_before_it_is_given_up(
    house: House,
) -> None:
    chat, _ = await left(house)
    house.tickets.faults.before += [NotDone("RT is down.")] * 10
    await mailed(house, chat)
    for _ in range(9):
        house.clock.pass_(minutes=6)
        await house.deliver()
    house.tickets.faults.after.append(Unclear("RT broke off."))
    house.clock.pass_(minutes=7)
    await house.deliver()
    assert len(house.tickets.letters) == 1
    house.clock.pass_(minutes=4)
    await house.deliver()
    assert len(house.tickets.letters) == 1
    assert (await notices(house, chat))[-1] == Notice.MAILED


async def test_typed_where_two_chats_are_over_it_has_to_be_said_whose_visitor_is_meant(
    house: House,
) -> None:
    for _ in range(2):
        chat, _ = await left(house)
        await house.presses("end", chat)
    await house.writes("mail answers")
    await house.deliver()
    assert "Say whose visitor shall be mailed" in house.threads.told[-1][1].detail
    assert house.tickets.letters == []
    await house.writes("mail answers 345")
    await house.deliver()
    assert len(house.tickets.letters) == 1


async def test_a_refusal_is_told_and_the_press_after_it_goes(house: House) -> None:
    chat, _ = await left(house)
    house.tickets.faults.before.append(Refused("Ask for the right ReplyToTicket."))
    await mailed(house, chat)
    assert told(house) == "Ask for the right ReplyToTicket."
    await mailed(house, chat)
    assert len(house.tickets.letters) == 1


# --- meanwhile ---------------------------------------------------------------------------------------


async def test_who_has_the_chat_open_is_mailed_nothing(house: House) -> None:
    chat, _ = await left(house)
    await house.visiting.presence(chat.id, Presence.OPEN)
    assert "has the chat open" in await mailed(house, chat)
    assert house.tickets.letters == []


async def test_who_comes_back_before_it_leaves_reads_it_there_and_the_co_is_told(
    house: House,
) -> None:
    chat, _ = await left(house)
    await house.presses("mail", chat, mail_echo="345")
    await house.visiting.presence(chat.id, Presence.OPEN)
    await house.deliver()
    assert house.tickets.letters == []
    assert "came back" in told(house)


async def test_what_he_reads_on_a_short_visit_meanwhile_stays_out(house: House) -> None:
    chat, _ = await left(house, "First.", "Second.")
    await house.presses("mail", chat, mail_echo="345")
    first = (await house.chat(chat.id)).head - 1
    await house.visiting.presence(chat.id, Presence.HIDDEN, first)
    await house.deliver()
    assert "First." not in house.tickets.letters[0]
    assert "Second." in house.tickets.letters[0]


async def test_what_is_taken_back_meanwhile_is_not_mailed(house: House) -> None:
    chat, _ = await left(house)
    key = await house.writes("That was for somebody else.")
    await house.presses("mail", chat, mail_echo="345")
    await house.changes(key, None)
    await house.deliver()
    assert "somebody else" not in house.tickets.letters[0]


async def test_if_all_of_it_is_taken_back_nothing_is_mailed(house: House) -> None:
    chat, _ = await house.talking()
    await house.visiting.presence(chat.id, Presence.GONE, 1)
    key = await house.writes("That was for somebody else.")
    await house.presses("mail", chat, mail_echo="345")
    await house.changes(key, None)
    await house.deliver()
    assert house.tickets.letters == []
    assert "or it was taken back" in told(house)


def while_rt_is_asked(house: House, work: Callable[[], Awaitable[object]]) -> None:
    """RT takes its time to tell of the ticket, and this happens meanwhile."""
    read = house.tickets.read

    async def slow(ref: TicketRef) -> Ticket:
        found = await read(ref)
        await work()
        return found

    house.tickets.read = slow  # type: ignore[method-assign]


async def test_what_becomes_a_note_while_rt_is_asked_is_not_mailed(house: House) -> None:
    chat, _ = await left(house)
    key = await house.writes("He never looks himself.")
    await house.presses("mail", chat, mail_echo="345")
    while_rt_is_asked(house, lambda: house.changes(key, "// He never looks himself."))
    await house.deliver()
    (letter,) = house.tickets.letters
    assert "toner" in letter
    assert "never looks" not in letter


async def test_who_comes_back_while_rt_is_asked_is_mailed_nothing(house: House) -> None:
    chat, _ = await left(house)
    await house.presses("mail", chat, mail_echo="345")
    while_rt_is_asked(house, lambda: house.visiting.presence(chat.id, Presence.OPEN))
    await house.deliver()
    assert house.tickets.letters == []
    assert "came back" in told(house)


async def test_a_chat_that_is_taken_to_another_ticket_while_rt_is_asked_mails_nothing(
    house: House,
) -> None:
    chat, _ = await left(house)
    await house.presses("mail", chat, mail_echo="345")
    while_rt_is_asked(house, lambda: moved(house, chat))
    await house.deliver()
    assert house.tickets.letters == []
    assert "taken to another ticket" in told(house)


async def test_an_edit_while_it_is_on_its_way_can_be_mailed_by_another_press(house: House) -> None:
    """Nobody knows which wording a try that was lost has sent."""
    chat, _ = await house.talking()
    await house.visiting.presence(chat.id, Presence.GONE, 1)
    key = await house.writes("Press the red button.")
    house.tickets.faults.after.append(Unclear("RT broke off."))
    await mailed(house, chat)
    await house.changes(key, "Press the green button.")
    house.clock.pass_(minutes=4)
    await house.deliver()
    await mailed(house, chat)
    assert ["green" in letter for letter in house.tickets.letters] == [False, True]


async def test_a_record_that_is_sent_meanwhile_waits_for_it_and_tells_of_it(house: House) -> None:
    chat, _ = await left(house)
    house.tickets.faults.before.append(NotDone("RT is down.", 60))
    await mailed(house, chat)
    await house.presses("file", chat, summary="Toner.")
    await house.deliver()
    assert (await house.chat(chat.id)).state is State.FILING
    assert (house.tickets.letters, house.tickets.comments) == ([], [])
    house.clock.pass_(minutes=2)
    await house.deliver()
    assert len(house.tickets.letters) == 1
    (record,) = house.tickets.comments
    assert record.log[-1].text == Notice.MAILED
    assert record.chat.mailings[0].over
    assert (await house.chat(chat.id)).state is State.PURGED


async def test_while_the_record_is_held_it_goes_and_cannot_be_asked_for(house: House) -> None:
    house.relay.rules = replace(RULES, undo=UNDO)
    chat, _ = await left(house)
    await house.presses("mail", chat, mail_echo="345")
    await house.presses("file", chat, summary="Toner.")
    await house.deliver()
    assert len(house.tickets.letters) == 1
    assert (await house.chat(chat.id)).state is State.HELD
    assert "goes to RT in a moment" in await mailed(house, chat)


async def test_an_erasure_takes_it_back_and_the_thread_is_told_to_look(house: House) -> None:
    chat, _ = await left(house)
    await house.presses("mail", chat, mail_echo="345")
    trace = Trace(chat.id, State.OPEN, chat.ticket.ref, "thread", {})
    await erase(house.relay, Traces((trace,)), also_unfiled=True)
    await house.deliver()
    assert house.tickets.letters == []
    after = await house.chat(chat.id)
    assert after.state is State.ERASED
    assert after.mailings  # it may have left just then
    assert GRACE.name not in str(after.mailings)


async def test_when_the_visitor_comes_back_he_is_told_by_a_line(house: House) -> None:
    chat, seat = await left(house)
    await mailed(house, chat)
    last = (await house.visiting.log(seat, 0))[-1]
    assert (last.text, last.author.name) == (Notice.MAILED, GRACE.name)
