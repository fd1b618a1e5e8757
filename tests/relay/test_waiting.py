"""Visitors who began a chat and wait for an answer: told so, put back, and never forgotten."""

from datetime import timedelta

from bot.domain.effects import Word
from bot.domain.messages import Notice
from bot.domain.presence import Presence
from bot.relay.answering import Answer
from bot.relay.ports import Listening
from bot.teams.words import say
from tests.relay.doorway import CHANNEL, answered, asks, thread_of, tidied
from tests.relay.house import RULES, House


async def test_who_is_put_back_waits_as_before_and_whoever_writes_next_is_announced(
    door: House,
) -> None:
    chat, _ = await answered(door)
    thread = await thread_of(door, chat)
    await door.deliver()
    drawn = {"returns": "0"}
    await door.presses("back", chat, thread=thread, **drawn)
    await door.deliver()
    assert (await door.texts(chat.id))[-1] == Notice.HANDED_BACK
    assert door.threads.words[-1] == Word.HANDED_BACK
    assert (await door.chat(chat.id)).waits
    await door.writes("Or paper?", thread=thread, who="alan")
    await door.presses("back", chat, thread=thread, **drawn)  # Teams sends the press once more
    assert (await door.chat(chat.id)).operators[0].name == "Alan Turing"
    assert (await door.texts(chat.id))[-2:] == [Notice.OPERATOR_JOINED, "Or paper?"]
    await door.writes("back to queue", thread=thread, who="alan")
    await tidied(door, timedelta(minutes=9))
    assert Word.UNANSWERED not in door.threads.words
    await tidied(door, timedelta(minutes=2))
    assert (await door.texts(chat.id))[-2:] == [Notice.HANDED_BACK, Notice.UNANSWERED]


async def test_who_leaves_a_colleague_with_the_visitor_puts_nobody_back(door: House) -> None:
    chat, _ = await answered(door)
    thread = await thread_of(door, chat)
    await door.writes("Or paper?", thread=thread, who="alan")
    await door.presses("back", chat, thread=thread, who="alan", returns="0")
    await door.presses("back", chat, thread=thread, who="alan", returns="0")  # Teams sends it again
    await door.deliver()
    assert not (await door.chat(chat.id)).waits
    told = say(door.threads.told[-1][1], Listening.THREAD)
    assert told.startswith("Alan Turing left")
    assert "“Back to the queue” again" in told


async def test_whom_nobody_answers_is_told_and_the_door_is_closed(door: House) -> None:
    joined = await asks(door)
    await tidied(door, timedelta(minutes=9))
    assert Word.UNANSWERED not in door.threads.words
    await tidied(door, timedelta(minutes=2))
    await tidied(door, timedelta(minutes=1))
    assert (await door.texts(joined.chat.id))[1:] == [Notice.UNANSWERED]
    assert door.threads.words.count(Word.UNANSWERED) == 1
    assert door.threads.words.count(Answer.RECEPTION_CLOSED) == 1
    assert await door.store.reception() is None
    assert (await door.chat(joined.chat.id)).waits
    await door.writes("open", thread=CHANNEL)  # somebody is there again, for the one who waits too
    await tidied(door, timedelta(minutes=1))
    assert await door.store.reception() is not None


async def test_who_left_unanswered_finds_his_question_in_a_new_ticket(door: House) -> None:
    joined = await asks(door)
    await door.deliver()
    await door.visiting.presence(joined.chat.id, Presence.GONE)
    await tidied(door, RULES.silence.gone + timedelta(minutes=1))
    await tidied(door, timedelta(minutes=1))
    await tidied(door, RULES.silence.warning + timedelta(minutes=1))
    (record,) = door.tickets.comments
    assert record.chat.filing
    assert record.chat.filing.new_ticket
    assert record.chat.filing.new_ticket.queue == "Live chat"


async def test_who_ends_it_unanswered_need_not_wait_for_a_summary(door: House) -> None:
    joined = await asks(door)
    await door.deliver()
    await door.visiting.end(joined.seat)
    await tidied(door, timedelta(minutes=16))
    (record,) = door.tickets.comments
    assert record.chat.filing
    assert record.chat.filing.new_ticket


async def test_whom_somebody_had_answered_is_left_to_a_cos_summary_although_he_was_put_back(
    door: House,
) -> None:
    chat, seat = await answered(door)
    await door.presses("back", chat, thread=await thread_of(door, chat))
    await door.visiting.end(seat)
    await tidied(door, timedelta(minutes=16))
    assert door.tickets.comments == []
    await tidied(door, RULES.unfiled_for)
    await tidied(door, timedelta(minutes=1))
    (record,) = door.tickets.comments
    assert record.chat.took_part


async def test_a_chat_about_a_ticket_has_no_queue_to_go_back_to(house: House) -> None:
    chat, _ = await house.talking()
    await house.writes("back to queue")
    await house.deliver()
    assert "no ticket yet" in house.threads.told[-1][1].detail
    assert (await house.chat(chat.id)).operators
