"""Taking a chat, by button and by command: the first one has it, and nobody waits unseen."""

from datetime import timedelta

from bot.domain.chat import State
from bot.domain.effects import Word
from bot.domain.messages import Notice
from bot.domain.presence import Presence
from bot.relay.answering import Answer
from bot.relay.ports import Listening
from bot.teams.words import say
from tests.people import ALAN, GRACE, SIGNED_IN
from tests.relay.doorway import answered, asks, thread_of, tidied
from tests.relay.house import RULES, House
from tests.relay.test_called import calls
from tests.relay.test_spans import Listens

PATIENCE = RULES.door.answer_within


def said(house: House) -> str:
    """What the bot has told last."""
    return say(house.threads.told[-1][1], Listening.THREAD)


async def test_of_two_who_press_the_first_has_it_and_the_others_card_says_so(door: House) -> None:
    chat = (await asks(door)).chat
    await door.deliver()
    thread = await thread_of(door, chat)
    first = await door.presses("take", chat, thread=thread, who="alan", takes="0")
    second = await door.presses("take", chat, thread=thread, takes="0")
    again = await door.presses("take", chat, thread=thread, who="alan", takes="0")
    for pressing in (first, second, again):
        assert pressing.view
        assert (pressing.sentence, pressing.view.chat.operators) == ("", (ALAN,))
    assert (await door.texts(chat.id))[1:] == [Notice.OPERATOR_JOINED]
    assert await door.store.waiting() == []


async def test_who_wrote_first_is_not_replaced_by_a_press_on_a_card_that_is_behind(
    door: House,
) -> None:
    chat, _ = await answered(door)
    thread = await thread_of(door, chat)
    await door.presses("take", chat, thread=thread, who="alan", takes="0")
    assert (await door.chat(chat.id)).operators == (GRACE,)
    await door.presses("take", chat, thread=thread, who="alan", takes="1")
    await door.presses("back", chat, thread=thread, who="alan", returns="0")
    await door.presses("take", chat, thread=thread, who="alan", takes="1")  # Teams sends it again
    assert (await door.chat(chat.id)).operators == (GRACE,)


async def test_who_takes_it_and_writes_nothing_has_it_no_more_and_both_sides_are_told(
    door: House,
) -> None:
    chat = (await asks(door)).chat
    await door.deliver()
    thread = await thread_of(door, chat)
    door.clock.now += PATIENCE - timedelta(minutes=1)
    await door.presses("take", chat, thread=thread, who="alan", takes="0")
    await tidied(door, PATIENCE - timedelta(minutes=1))
    assert Word.UNANSWERED not in door.threads.words
    assert await door.store.reception() is not None
    await tidied(door, timedelta(minutes=2))
    assert (Word.UNANSWERED, ALAN.id) in calls(door)
    texts = await door.texts(chat.id)
    assert texts[1:] == [Notice.OPERATOR_JOINED, Notice.UNANSWERED]
    assert (await door.chat(chat.id)).waits
    assert [one.id for one in await door.store.waiting()] == [chat.id]
    assert await door.store.reception() is None  # nobody is there, whatever was said
    late = next(notice for _, notice in door.threads.told if notice.word is Word.UNANSWERED)
    assert "Alan Turing had taken it" in say(late, Listening.THREAD)


async def test_who_takes_it_and_answers_is_called_and_nobody_told_otherwise(door: House) -> None:
    joined = await asks(door)
    await door.deliver()
    thread = await thread_of(door, joined.chat)
    await door.presses("take", joined.chat, thread=thread, who="alan", takes="0")
    await door.writes("Toner?", thread=thread, who="alan")
    assert (await door.texts(joined.chat.id))[1:] == [Notice.OPERATOR_JOINED, "Toner?"]
    await tidied(door, PATIENCE + timedelta(minutes=1))
    assert Word.UNANSWERED not in door.threads.words
    await door.visiting.end(joined.seat)
    await door.deliver()
    assert calls(door)[-1] == (Word.ENDED_BY_VISITOR, ALAN.id)


async def test_who_only_takes_a_question_to_its_ticket_has_not_answered_it(door: House) -> None:
    spans = Listens(door)
    chat = (await asks(door, who=SIGNED_IN)).chat
    await door.deliver()
    thread = await thread_of(door, chat)
    await tidied(door, PATIENCE + timedelta(minutes=1))
    for typed in ("move to ticket 12345", "confirm move 345"):
        await door.writes(typed, thread=thread, who="alan")
        await door.deliver()
    assert (await door.chat(chat.id)).operators == (ALAN,)
    assert spans.heard == []
    await tidied(door, PATIENCE + timedelta(minutes=1))
    assert (await door.texts(chat.id))[-1] == Notice.UNANSWERED
    assert calls(door)[-1] == (Word.UNANSWERED, ALAN.id)


async def test_what_ends_after_a_take_without_a_word_is_filed_as_unanswered(door: House) -> None:
    joined = await asks(door)
    await door.deliver()
    thread = await thread_of(door, joined.chat)
    await door.presses("take", joined.chat, thread=thread, takes="0")
    await door.visiting.end(joined.seat)
    await tidied(door, timedelta(minutes=16))
    (record,) = door.tickets.comments
    assert record.chat.took_part == ()


async def test_who_takes_it_over_is_called_and_whoever_had_it_is_told(door: House) -> None:
    chat, seat = await answered(door)
    thread = await thread_of(door, chat)
    door.threads.told.clear()
    pressed = await door.presses("take", chat, thread=thread, who="alan", takes="1")
    assert pressed.view
    assert pressed.view.chat.operators == (ALAN, GRACE)
    await door.deliver()
    assert calls(door) == [(Word.TAKEN_OVER, GRACE.id)]
    assert said(door).startswith("Alan Turing has the chat with Ada Lovelace now")
    await door.visiting.end(seat)
    await door.deliver()
    assert calls(door)[-1] == (Word.ENDED_BY_VISITOR, ALAN.id)


async def test_what_is_typed_takes_what_nobody_has_and_says_so(door: House) -> None:
    chat = (await asks(door)).chat
    await door.deliver()
    thread = await thread_of(door, chat)
    key = await door.writes("Take.", thread=thread, who="alan")
    await door.writes("Take.", thread=thread, who="alan", key=key)
    await door.deliver()
    assert (await door.chat(chat.id)).operators == (ALAN,)
    assert door.threads.words.count(Answer.TAKEN) == 1
    assert "they are told before long that nobody has answered" in said(door)
    await door.writes("take", thread=thread)
    await door.deliver()
    assert "Alan Turing has this chat" in said(door)
    assert "“take over”" in said(door)
    assert (await door.chat(chat.id)).operators == (ALAN,)
    await door.writes("take over", thread=thread)
    await door.deliver()
    assert (await door.chat(chat.id)).operators == (GRACE, ALAN)
    assert (await door.texts(chat.id))[1:] == [Notice.OPERATOR_JOINED] * 2


async def test_a_chat_about_a_ticket_is_taken_over_like_any_other(house: House) -> None:
    chat, _ = await house.talking()
    await house.writes("Toner?")
    await house.writes("take over", who="alan")
    await house.deliver()
    assert (await house.chat(chat.id)).operators == (ALAN, GRACE)
    assert "before long" not in said(house)
    await house.visiting.presence(chat.id, Presence.GONE)
    await tidied(house, RULES.silence.gone + timedelta(minutes=1))
    assert calls(house)[-1] == (Word.SILENT, ALAN.id)


async def test_what_nobody_has_joined_or_is_over_cannot_be_taken(house: House) -> None:
    chat = await house.invited()
    await house.writes("take", who="alan")
    await house.deliver()
    assert "Nobody has joined yet" in said(house)
    await house.joining.join(house.token(chat), "nonce", None)
    await house.presses("end", chat)
    ended = await house.presses("take", chat, who="alan", takes="0")
    assert ended.sentence == "This chat has ended."
    assert (await house.chat(chat.id)).state is State.ENDED
