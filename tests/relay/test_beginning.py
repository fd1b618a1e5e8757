"""Chats that visitors begin, from the question to the ticket that is made for it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.admission import SignIn
from bot.domain.chat import State
from bot.domain.effects import Word
from bot.domain.identity import Identity, Proof
from bot.domain.messages import Notice
from bot.domain.reception import Admits
from bot.domain.tickets import NewTicket
from bot.relay.answering import Answer
from bot.relay.beginning import Beginning, CannotBegin
from bot.relay.outcomes import Gone, NotDone, Refused, Unclear
from bot.relay.pool import Channel
from bot.relay.ports import Listening
from tests.people import ADAS, GRACE, LATER, SIGNED_IN, STRANGER, TICKET
from tests.relay.doorway import ADAS_QUESTION, CHANNEL, DOOR, KEY, answered, asks, thread_of
from tests.relay.house import RULES, THREAD, House


async def test_a_question_is_a_chat_with_a_thread_of_its_own(door: House) -> None:
    joined = await asks(door)
    assert (joined.chat.state, joined.chat.waits) == (State.OPEN, True)
    assert (await thread_of(door, joined.chat)).begun
    await door.deliver()
    chat, thread = await door.chat(joined.chat.id), await thread_of(door, joined.chat)
    assert thread.conversation_id == "19:chat@thread.tacv2;messageid=1"
    assert (chat.card, chat.identity, chat.started_by) == ("1", STRANGER, GRACE)
    assert door.threads.relayed == [(thread.conversation_id, ADAS_QUESTION.text, False)]
    ((told_in, notice),) = door.threads.told
    assert (told_in, notice.word) == (thread.conversation_id, Word.ASKED)
    assert notice.mention == (GRACE.id, GRACE.name)
    assert await door.texts(chat.id) == [ADAS_QUESTION.text]


async def test_a_form_that_is_sent_twice_begins_one_chat_and_gives_the_seat_again(
    door: House,
) -> None:
    first = await asks(door)
    again = await asks(door)
    await door.writes("close", thread=CHANNEL)
    late = await asks(door)
    assert {one.chat.id for one in (first, again, late)} == {first.chat.id}
    assert len({one.secret for one in (first, again, late)}) == 3
    await door.deliver()
    assert len(door.places.opened) == 1
    assert await door.texts(first.chat.id) == [ADAS_QUESTION.text]


async def test_what_is_said_before_the_thread_is_there_follows_the_question(door: House) -> None:
    door.places.faults.before = [NotDone("Teams is away.", 1.0)] * 3
    joined = await asks(door)
    await door.deliver()
    for n in range(3):
        await door.visiting.say(joined.seat, f"k{n}", f"and {n}")
    await door.deliver()
    assert door.threads.relayed == []
    for _ in range(4):
        door.clock.pass_(minutes=5)
        await door.deliver()
    said = [text for _, text, _ in door.threads.relayed]
    assert said == [ADAS_QUESTION.text, "and 0", "and 1", "and 2"]
    assert {place for place, _, _ in door.threads.relayed} == {"19:chat@thread.tacv2;messageid=1"}


async def test_if_we_die_between_thread_and_commit_nothing_is_lost_and_the_second_thread_says_so(
    door: House,
) -> None:
    door.places.faults.after = [Unclear("No answer.")]
    joined = await asks(door)
    await door.deliver()
    door.clock.pass_(minutes=5)
    await door.deliver()
    thread = await thread_of(door, joined.chat)
    assert thread.root_id == "2"
    assert door.threads.relayed == [(thread.conversation_id, ADAS_QUESTION.text, False)]
    assert Answer.OPENED_AGAIN in door.threads.words
    assert {place for place, _ in door.threads.told} == {thread.conversation_id}


@pytest.mark.parametrize(
    "faults",
    [
        [Refused("Teams opens none.")],
        [Gone("The channel is gone."), Gone("The channel is gone.")],
        [Unclear("No answer."), Unclear("No answer.")],
    ],
)
async def test_where_teams_opens_no_thread_the_visitor_is_told_and_the_record_is_filed(
    door: House, faults: list[Exception]
) -> None:
    door.places.faults.before = faults  # type: ignore[assignment]
    joined = await asks(door)
    for _ in range(3):
        await door.deliver()
        door.clock.pass_(minutes=5)
    (record,) = door.tickets.comments
    assert record.chat.filing
    assert record.chat.filing.new_ticket == NewTicket("rt", "Live chat", "Why does it beep?")
    texts = [line.text for line in record.log]
    assert texts == [ADAS_QUESTION.text, Notice.OPERATORS_LOST]
    assert (await door.chat(joined.chat.id)).state is State.PURGED
    assert door.threads.relayed == []
    assert await door.store.reception() is None  # nobody else comes in to the same
    told = {place: notice.word for place, notice in door.threads.told}
    assert told == {
        f"personal chat of {GRACE.id}": Word.ORPHANED,
        THREAD.conversation_id: Answer.RECEPTION_CLOSED,
    }


async def test_a_channel_that_is_gone_only_once_costs_no_visitor_his_chat(door: House) -> None:
    door.places.faults.before = [Gone("Teams does not know that conversation any more.")]
    joined = await asks(door)
    await door.deliver()
    door.clock.pass_(seconds=6)
    await door.deliver()
    chat, thread = await door.chat(joined.chat.id), await thread_of(door, joined.chat)
    assert (chat.state, thread.begun, thread.open) == (State.OPEN, False, True)
    assert [(text, again) for _, text, again in door.threads.relayed] == [
        (ADAS_QUESTION.text, False)
    ]
    assert await door.store.reception() is not None
    assert door.threads.words == [Word.ASKED]


async def test_who_answers_is_announced_and_the_record_goes_into_a_new_ticket(door: House) -> None:
    chat, _ = await answered(door)
    assert (await door.texts(chat.id))[1:] == [Notice.OPERATOR_JOINED, "Toner?"]
    assert not chat.waits
    thread = await thread_of(door, chat)
    summary = {"summary": "Toner.", "queue": "Live chat", "requestor": "given"}
    await door.presses("new", chat, thread=thread, **summary)
    await door.deliver()
    (record,) = door.tickets.comments
    assert record.chat.filing
    made = record.chat.filing.new_ticket
    assert made == NewTicket("rt", "Live chat", "Live chat: Why does it beep?", STRANGER.address)


async def test_nobody_becomes_requestor_by_what_a_stranger_typed(door: House) -> None:
    chat, _ = await answered(door)
    thread = await thread_of(door, chat)
    await door.presses("new", chat, thread=thread, summary="Toner.", queue="Live chat")
    await door.deliver()
    assert door.tickets.comments[0].chat.filing
    made = door.tickets.comments[0].chat.filing.new_ticket
    assert made
    assert made.requestor == ""


# --- never into a ticket that is there -------------------------------------------------------------


@pytest.mark.parametrize("verb", ["file", "move"])
async def test_no_button_puts_a_strangers_record_into_a_ticket_that_is_there(
    door: House, verb: str
) -> None:
    chat, _ = await answered(door)
    thread = await thread_of(door, chat)
    values = {"summary": "Toner.", "echo": "12345", "number": "12345"}
    pressing = await door.presses(verb, chat, thread=thread, **values)
    assert "new ticket" in pressing.sentence
    await door.deliver()
    assert (await door.chat(chat.id)).state is State.OPEN
    assert (await door.chat(chat.id)).move is None
    assert door.tickets.comments == []


async def test_no_command_does_either(door: House) -> None:
    chat, _ = await answered(door)
    thread = await thread_of(door, chat)
    for text in ("send to rt 345: Toner.", "move to ticket 12345", "confirm move 12345"):
        await door.writes(text, thread=thread)
        await door.deliver()
    assert door.tickets.comments == []
    assert (await door.chat(chat.id)).move is None


@pytest.mark.parametrize("how", ["a stranger's", "without a ticket"])
async def test_whatever_stands_in_the_database_rt_is_not_written_to(door: House, how: str) -> None:
    chat, _ = await answered(door)
    thread = await thread_of(door, chat)
    await door.presses("new", chat, thread=thread, summary="Toner.", queue="Live chat")
    chat = await door.chat(chat.id)
    assert chat.filing
    bad = replace(chat, filing=replace(chat.filing, new_ticket=None), ticket=TICKET)
    if how == "a stranger's":  # who says that he is the ticket's requestor
        bad = replace(bad, intake=None, identity=replace(STRANGER, address=ADAS.address))
    else:
        bad = replace(bad, identity=SIGNED_IN)
    await door.store.write(lambda unit: unit.save(bad))
    await door.deliver()
    assert door.tickets.comments == []
    assert (await door.chat(chat.id)).state is State.ENDED


async def test_who_signed_in_is_requestor_or_is_taken_to_a_ticket_by_the_usual_confirmation(
    door: House,
) -> None:
    joined = await asks(door, who=SIGNED_IN)
    assert joined.chat.intake
    assert joined.chat.intake.requestor == ADAS.login
    await door.deliver()
    thread = await thread_of(door, joined.chat)
    await door.presses("move", joined.chat, thread=thread, number="12345")
    await door.deliver()
    chat = await door.chat(joined.chat.id)
    assert chat.move
    await door.presses("rebind", chat, thread=thread, move="1", echo="345")
    chat = await door.chat(chat.id)
    assert (chat.ticket, chat.intake) == (TICKET, None)
    await door.presses("file", chat, thread=thread, summary="Toner.")
    await door.deliver()
    assert door.tickets.comments[0].ref == TICKET.ref


# --- who comes in ----------------------------------------------------------------------------------


async def test_closed_is_closed(house: House) -> None:
    house.relay.rules = replace(RULES, door=DOOR)
    assert (await house.beginning.doorstep()).state == "closed"
    with pytest.raises(CannotBegin, match="closed"):
        await asks(house)


async def test_what_is_over_is_closed_before_anybody_tidies(door: House) -> None:
    assert (await door.beginning.doorstep()).state == "open"
    door.clock.pass_(hours=10)
    assert (await door.beginning.doorstep()).state == "closed"
    with pytest.raises(CannotBegin, match="closed"):
        await asks(door)


async def test_off_is_off_whatever_was_said_before(door: House) -> None:
    door.relay.rules = RULES
    assert (await door.beginning.doorstep()).state == "off"
    with pytest.raises(CannotBegin, match="closed"):
        await asks(door)


async def test_strangers_do_not_come_in_where_a_sign_in_is_asked_for(door: House) -> None:
    door.relay.rules = replace(RULES, door=replace(DOOR, admits=Admits.SIGNED_IN))
    with pytest.raises(CannotBegin, match="sign_in"):
        await asks(door)
    joined = await asks(door, who=SIGNED_IN)
    assert joined.chat.visitor
    assert (joined.chat.identity, joined.chat.visitor.name) == (SIGNED_IN, "Ada Lovelace")


async def test_a_sign_in_is_used_up(door: House) -> None:
    await asks(door, who=SIGNED_IN)
    with pytest.raises(CannotBegin):
        await door.beginning.ask(
            ADAS_QUESTION, "j" * 43, None, SignIn(f"signed in for {KEY}", SIGNED_IN, LATER)
        )


async def test_no_more_wait_than_may_and_whoever_is_answered_waits_no_more(door: House) -> None:
    first = await asks(door, "1" * 43)
    await asks(door, "2" * 43)
    assert (await door.beginning.doorstep()).state == "full"
    with pytest.raises(CannotBegin, match="full"):
        await asks(door, "3" * 43)
    await door.deliver()
    await door.writes("Toner?", thread=await thread_of(door, first.chat))
    assert (await door.beginning.doorstep()).state == "open"
    await asks(door, "3" * 43)


async def test_one_at_a_time_for_a_browser_and_for_a_login(door: House) -> None:
    first = await asks(door)
    with pytest.raises(CannotBegin, match="running"):
        await asks(door, "2" * 43, present=first.secret)
    await door.visiting.end(first.seat)
    await asks(door, "3" * 43, who=SIGNED_IN, present=first.secret)
    with pytest.raises(CannotBegin, match="running"):
        await asks(door, "4" * 43, who=SIGNED_IN)


async def test_a_login_is_one_person_however_it_is_written(door: House) -> None:
    """Signed in in the same way: of another one tests/relay/test_going_on.py tells."""
    written = Identity(Proof.SSO, "S1234567", "Ada", "ada.lovelace@help.test")
    first = await asks(door, who=SIGNED_IN)
    with pytest.raises(CannotBegin, match="running"):
        await asks(door, "2" * 43, who=written)
    # The answer was lost, she signed in once more, and sends it again.
    assert (await asks(door, who=written)).chat.id == first.chat.id


# --- nobody answers --------------------------------------------------------------------------------


async def test_threads_are_opened_in_the_channel_that_was_set(door: House) -> None:
    desk = Channel("19:desk@thread.tacv2", "19:other@thread.tacv2", Listening.MENTION)
    door.beginning = Beginning(door.relay, (desk,))
    joined = await asks(door)
    await door.deliver()
    thread = await thread_of(door, joined.chat)
    assert (thread.channel_id, thread.team_id) == (desk.id, desk.team_id)
    assert thread.aad_group_id == ""
    assert thread.listening is Listening.MENTION


async def test_who_is_kept_out_begins_no_other_chat_until_that_is_over(door: House) -> None:
    joined = await asks(door)
    await door.deliver()
    thread = await thread_of(door, joined.chat)
    await door.writes("block 2h because he swears at everybody", thread=thread)
    await door.deliver()
    assert "only in that browser" in door.threads.told[-1][1].detail
    with pytest.raises(CannotBegin, match="blocked") as refused:
        await asks(door, "other" + KEY, present=joined.secret)
    assert refused.value.until == door.clock.now + timedelta(hours=2)
    # Whoever signs in is somebody, whatever browser it is; and a stranger's address is nobody's.
    bob = await asks(door, "bob" + KEY, who=SIGNED_IN, present=joined.secret)
    assert bob.chat.state is State.OPEN
    eve = await asks(door, "eve" + KEY)
    assert eve.chat.identity == STRANGER


async def test_somebody_signed_in_is_kept_out_at_any_device_and_his_sign_in_is_not_used_up(
    door: House,
) -> None:
    joined = await asks(door, who=SIGNED_IN)
    await door.deliver()
    thread = await thread_of(door, joined.chat)
    await door.writes("block 2h because he swears at everybody", thread=thread)
    with pytest.raises(CannotBegin, match="blocked"):
        await asks(door, "other" + KEY, who=SIGNED_IN)
    assert await door.store.find_sign_in(f"signed in for other{KEY}")
    door.clock.pass_(hours=2)
    await door.writes("open", thread=CHANNEL)
    assert (await asks(door, "third" + KEY, who=SIGNED_IN)).chat.state is State.OPEN
