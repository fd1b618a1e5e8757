"""Chats that nobody ends, and records that nobody files."""

from datetime import timedelta

import pytest

from bot.domain.chat import Chat, State
from bot.domain.effects import Word
from bot.domain.presence import Presence
from bot.relay.housekeeping import Housekeeping
from bot.relay.outcomes import NotDone, Refused
from bot.relay.ports import Seat
from tests.relay.house import OTHER, RULES, House

PATIENCE = RULES.silence
MINUTE = timedelta(minutes=1)


async def left(house: House) -> tuple[Chat, Seat]:
    """They have talked, and Ada has closed her window."""
    chat, seat = await house.talking()
    await house.writes("hello")
    await house.visiting.say(seat, "k", "it beeps")
    await house.visiting.presence(chat.id, Presence.GONE)
    await house.deliver()
    return chat, seat


async def tidied(house: House, span: timedelta) -> None:
    """Time passes, and housekeeping looks."""
    house.clock.now += span
    await house.housekeeping.tidy()
    await house.deliver()


async def test_a_silent_chat_is_warned_of_then_ended_then_filed_without_a_summary(
    house: House,
) -> None:
    chat, _ = await left(house)
    await tidied(house, PATIENCE.gone - MINUTE)
    assert Word.SILENT not in house.threads.words
    await tidied(house, 2 * MINUTE)
    assert house.threads.words.count(Word.SILENT) == 1
    assert (await house.chat(chat.id)).state is State.OPEN
    await tidied(house, PATIENCE.warning - MINUTE)
    assert (await house.chat(chat.id)).state is State.OPEN
    await tidied(house, 2 * MINUTE)
    (comment,) = house.tickets.comments
    assert comment.chat.filing
    assert comment.chat.filing.summary.startswith("No summary was given: nobody had written")
    assert "it beeps" in [line.text for line in comment.log]
    assert (await house.chat(chat.id)).state is State.PURGED
    assert house.threads.words[-2:] == [Word.ENDED_BY_SILENCE, Word.FILED_UNASKED]


@pytest.mark.parametrize("by", ["the visitor's press", "the visitor's words", "the CO", "a button"])
async def test_whoever_is_still_there_keeps_it_open(house: House, by: str) -> None:
    chat, seat = await left(house)
    await tidied(house, PATIENCE.gone + MINUTE)
    match by:
        case "the visitor's press":
            await house.visiting.here(seat)
        case "the visitor's words":
            await house.visiting.say(seat, "k2", "wait")
        case "the CO":
            await house.writes("A moment, please.")
        case "a button":
            await house.presses("keep", chat)
    await tidied(house, PATIENCE.warning + MINUTE)
    assert (await house.chat(chat.id)).state is State.OPEN
    assert not house.tickets.comments
    await tidied(house, PATIENCE.gone)
    assert house.threads.words.count(Word.SILENT) == 2


async def test_a_note_among_cos_keeps_nothing_open(house: House) -> None:
    await left(house)
    await tidied(house, PATIENCE.gone + MINUTE)
    await house.writes("// is she still there?")
    await tidied(house, PATIENCE.warning + MINUTE)
    assert len(house.tickets.comments) == 1


@pytest.mark.parametrize("restarted", [True, False])
async def test_who_was_warned_while_the_service_was_away_is_warned_anew(
    house: House, *, restarted: bool
) -> None:
    """Nobody could say that he was still there."""
    chat, seat = await left(house)
    await tidied(house, PATIENCE.gone + MINUTE)
    house.clock.now += PATIENCE.warning + (MINUTE if restarted else 20 * MINUTE)
    if restarted:
        house.housekeeping = Housekeeping(house.relay)
    await tidied(house, MINUTE)
    closing = (await house.chat(chat.id)).closing
    assert closing == house.clock.now + PATIENCE.warning
    assert house.threads.words.count(Word.SILENT) == 2
    await house.visiting.here(seat)
    assert (await house.chat(chat.id)).closing is None
    await tidied(house, PATIENCE.gone + MINUTE)
    await tidied(house, PATIENCE.warning + MINUTE)
    assert (await house.chat(chat.id)).state is State.PURGED


async def test_a_clock_that_is_set_back_makes_nobody_be_warned_again_and_again(
    house: House,
) -> None:
    house.clock.pass_(hours=3)
    await house.housekeeping.tidy()
    house.clock.pass_(hours=-3)
    chat, _ = await left(house)
    for _ in range(11):
        await tidied(house, 5 * MINUTE)
    assert (await house.chat(chat.id)).state is State.PURGED
    assert house.threads.words.count(Word.SILENT) == 1


async def test_a_chat_ends_when_it_was_said_to_although_the_visitors_phone_comes_and_goes(
    house: House,
) -> None:
    chat, _ = await left(house)
    await tidied(house, PATIENCE.gone + MINUTE)
    closes = (await house.chat(chat.id)).closing
    assert closes
    for where in (Presence.HIDDEN, Presence.GONE, Presence.HIDDEN, Presence.GONE):
        await tidied(house, 3 * MINUTE)
        await house.visiting.presence(chat.id, where)
    assert (await house.chat(chat.id)).closing == closes
    await tidied(house, closes - house.clock.now + MINUTE)
    assert (await house.chat(chat.id)).state is State.PURGED


async def test_typing_is_noted_but_not_at_every_letter(house: House) -> None:
    chat, seat = await house.talking()
    house.clock.pass_(minutes=10)
    await house.visiting.here(seat)
    heard = (await house.chat(chat.id)).heard
    house.clock.pass_(seconds=5)
    await house.visiting.here(seat)
    assert heard == (await house.chat(chat.id)).heard == house.clock.now - timedelta(seconds=5)


async def test_still_here_comes_too_late_without_harm(house: House) -> None:
    chat, seat = await left(house)
    await tidied(house, PATIENCE.gone + MINUTE)
    await tidied(house, PATIENCE.warning + MINUTE)
    await house.visiting.here(seat)
    assert (await house.chat(chat.id)).state is State.PURGED


async def test_an_ended_chat_that_nobody_files_goes_by_itself_after_its_time(house: House) -> None:
    chat, seat = await house.talking()
    await house.visiting.end(seat)
    await tidied(house, RULES.unfiled_for - MINUTE)
    assert not house.tickets.comments
    await tidied(house, 2 * MINUTE)
    assert len(house.tickets.comments) == 1
    assert (await house.chat(chat.id)).state is State.PURGED


async def test_a_refused_record_is_held_and_tried_for_ever_and_the_co_told_once(
    house: House,
) -> None:
    chat, _ = await left(house)
    house.tickets.faults.before += [Refused("The ticket was deleted.")] * 40
    await tidied(house, PATIENCE.gone + MINUTE)
    await tidied(house, PATIENCE.warning + MINUTE)
    for _ in range(30):
        await tidied(house, timedelta(hours=7))
    assert (await house.chat(chat.id)).state is State.ENDED
    assert house.threads.words.count(Word.FILING_FAILED) == 1
    assert await house.texts(chat.id)
    house.tickets.faults.before.clear()
    await tidied(house, timedelta(hours=7))
    assert len(house.tickets.comments) == 1
    assert (await house.chat(chat.id)).state is State.PURGED


async def test_a_cos_refused_record_waits_for_the_co_before_it_is_tried_again(house: House) -> None:
    chat, _ = await house.talking()
    house.tickets.faults.before.append(Refused("No right."))
    await house.presses("file", chat, summary="Toner was empty.")
    await house.deliver()
    await tidied(house, RULES.unfiled_for - MINUTE)
    assert not house.tickets.comments
    await tidied(house, 2 * MINUTE)
    (comment,) = house.tickets.comments
    assert comment.chat.filing
    assert comment.chat.filing.summary == "Toner was empty."


async def test_rt_is_down_for_an_hour_while_chats_go_on_and_then_each_is_filed_once(
    house: House,
) -> None:
    first, seat = await house.talking()
    house.tickets.faults.before += [NotDone("RT is down.")] * 1000
    await house.presses("file", first, summary="one")
    for _ in range(10):
        await tidied(house, MINUTE)
    second, seat = await house.talking(OTHER)
    for minute in range(50):
        await tidied(house, MINUTE)
        await house.visiting.say(seat, f"k{minute}", f"words {minute}")
        await house.deliver()
    waiting = await house.chat(first.id)
    assert waiting.state is State.FILING
    assert waiting.filing
    assert waiting.filing.problem == "RT is down."
    assert house.threads.relayed[-1][1] == "words 49"  # the talk went on
    await house.presses("file", second, thread=OTHER, summary="two")
    await tidied(house, MINUTE)
    house.tickets.faults.before.clear()
    for _ in range(12):
        await tidied(house, MINUTE)
    summaries = [c.chat.filing.summary for c in house.tickets.comments if c.chat.filing]
    assert sorted(summaries) == ["one", "two"]
    for chat in (first, second):
        assert (await house.chat(chat.id)).state is State.PURGED
