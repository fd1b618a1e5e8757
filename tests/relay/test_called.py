"""Whom a notice calls by name, so that Teams notifies him: the CO who has to do something."""

from datetime import timedelta

from bot.domain.effects import Word
from bot.domain.messages import Notice
from bot.domain.presence import Presence
from bot.relay.joining import Joined
from bot.relay.outcomes import Gone, Refused
from bot.relay.ports import Thread
from tests.people import ALAN, GRACE
from tests.relay.doorway import asks, thread_of, tidied
from tests.relay.house import RULES, House


def calls(house: House) -> list[tuple[object, str]]:
    """The notices that called somebody, and whom."""
    told = (notice for _, notice in house.threads.told)
    return [(notice.word, notice.mention[0]) for notice in told if notice.mention]


async def test_whose_chat_it_is_is_called_when_somebody_waits_for_him(house: House) -> None:
    chat, seat = await house.talking()
    await house.writes("Toner?")
    await house.visiting.presence(chat.id, Presence.GONE)
    await tidied(house, RULES.silence.gone + timedelta(minutes=1))
    await house.visiting.here(seat)
    await house.visiting.end(seat)
    await house.deliver()
    words = [Word.JOINED, Word.SILENT, Word.STILL_HERE, Word.ENDED_BY_VISITOR]
    assert house.threads.words == words
    words.remove(Word.STILL_HERE)  # nobody need do anything
    assert calls(house) == [(word, GRACE.id) for word in words]


async def test_who_invited_and_does_not_answer_is_called_once_and_the_visitor_told(
    house: House,
) -> None:
    """The link was used at night, say: the pop-up must not look as if somebody read along."""
    chat, seat = await house.talking()
    await house.visiting.say(seat, "k", "It beeps.")
    await tidied(house, RULES.door.answer_within - timedelta(minutes=1))
    assert house.threads.words == [Word.JOINED]
    for _ in range(3):
        await tidied(house, timedelta(minutes=2))
    assert calls(house) == [(Word.JOINED, GRACE.id), (Word.UNANSWERED, GRACE.id)]
    assert (await house.texts(chat.id))[-1] == Notice.UNANSWERED


async def test_who_has_answered_once_is_not_called_for_that(house: House) -> None:
    chat, seat = await house.talking()
    await house.writes("Toner?")
    await house.visiting.say(seat, "k", "It beeps.")
    await tidied(house, RULES.door.answer_within + timedelta(minutes=1))
    assert Notice.UNANSWERED not in await house.texts(chat.id)


async def test_until_somebody_answers_whoever_lets_visitors_in_is_called(door: House) -> None:
    await asks(door)
    await door.deliver()
    await tidied(door, RULES.door.answer_within + timedelta(minutes=1))
    called = [call for call in calls(door) if isinstance(call[0], Word)]
    assert called == [(Word.ASKED, GRACE.id), (Word.UNANSWERED, GRACE.id)]


async def answered_by_alan(door: House) -> tuple[Joined, Thread]:
    """Grace has said that visitors may begin chats; Alan talks with the one who did."""
    joined = await asks(door)
    await door.deliver()
    thread = await thread_of(door, joined.chat)
    await door.writes("Toner?", thread=thread, who="alan")
    door.threads.told.clear()
    return joined, thread


async def test_who_answers_is_called_and_no_longer_whoever_lets_visitors_in(door: House) -> None:
    joined, _ = await answered_by_alan(door)
    await door.visiting.end(joined.seat)
    await door.deliver()
    assert calls(door) == [(Word.ENDED_BY_VISITOR, ALAN.id)]


async def test_whoever_lets_visitors_in_is_called_for_one_who_is_put_back(door: House) -> None:
    joined, thread = await answered_by_alan(door)
    await door.presses("back", joined.chat, thread=thread, who="alan", returns="0")
    await door.deliver()
    assert calls(door) == [(Word.HANDED_BACK, GRACE.id)]


async def test_whose_thread_is_lost_is_told_in_his_own_personal_chat(door: House) -> None:
    joined, _ = await answered_by_alan(door)
    door.threads.faults.before += [Gone("It is gone.")] * 2
    await door.visiting.say(joined.seat, "k", "It beeps still")
    for _ in range(2):
        await door.deliver("relay")
        door.clock.pass_(seconds=5)
    await door.deliver("lost")
    ((place, notice),) = door.threads.told
    assert (place, notice.word) == (f"personal chat of {ALAN.id}", Word.ORPHANED)
    assert calls(door) == [(Word.ORPHANED, ALAN.id)]


async def test_whose_record_rt_refuses_is_called(house: House) -> None:
    chat, _ = await house.talking()
    house.tickets.faults.before.append(Refused("You may not comment there."))
    await house.presses("file", chat, summary="Toner.")
    await house.deliver()
    assert calls(house)[1:] == [(Word.FILING_FAILED, GRACE.id)]


async def test_who_invited_is_called_and_not_who_named_the_ticket(house: House) -> None:
    chat = await house.proposed()
    await house.presses("invite", chat, who="alan")
    await house.joining.join(house.token(chat), "nonce", None)
    await house.deliver()
    assert calls(house) == [(Word.JOINED, ALAN.id)]
