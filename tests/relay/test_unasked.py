"""What goes to RT by itself: what is told of it, and what its record says of visitor and ticket."""

from datetime import timedelta

import pytest

from bot.domain import events as e
from bot.domain.chat import Chat
from bot.domain.effects import Word
from bot.domain.matching import Match
from bot.domain.tickets import Requestor
from bot.domain.transcript_json import as_json
from bot.relay.answering import Answer
from bot.relay.outcomes import NotDone, Refused
from bot.relay.ports import Listening
from bot.teams.words import say
from tests.people import ADAS
from tests.relay.house import RULES, House
from tests.relay.test_sending import CHARLES, ruled, signed_in
from tests.relay.test_silence import MINUTE, tidied


async def lost(house: House, chat: Chat) -> None:
    """Teams has lost the chat's thread."""
    event = e.ThreadLost(house.clock())
    await house.store.write(lambda unit: house.relay.happen(unit, chat, event))
    await house.deliver()


def told(house: House, word: Word | Answer) -> list[str]:
    return [say(one, Listening.THREAD) for _, one in house.threads.told if one.word is word]


@pytest.mark.parametrize(
    ("who", "verdict"), [(ADAS, Match.GREEN), (CHARLES, Match.RED)], ids=["green", "red"]
)
async def test_the_record_of_a_lost_thread_says_how_the_visitor_really_fits(
    house: House, who: Requestor, verdict: Match
) -> None:
    ruled(house, triage={"rt": "Triage"})
    await lost(house, await signed_in(house, who))
    (dossier,) = house.tickets.comments
    assert as_json(dossier.chat, ())["match"] == {"verdict": verdict.value, "reason": None}
    assert dossier.chat.filing
    assert (dossier.chat.filing.new_ticket is None) is (verdict is Match.GREEN)


@pytest.mark.parametrize(("who", "onto"), [(ADAS, True), (CHARLES, False)], ids=["green", "red"])
async def test_who_hears_of_a_lost_thread_is_not_told_of_a_ticket_that_the_record_does_not_reach(
    house: House, who: Requestor, *, onto: bool
) -> None:
    await lost(house, await signed_in(house, who))
    (said,) = told(house, Word.ORPHANED)
    assert ("goes into ticket rt#12345" in said) is onto
    assert bool(house.tickets.comments) is onto


async def test_what_waits_is_said_to_have_waited_since_it_was_sent_the_last_time(
    house: House,
) -> None:
    """RT refused it; three days later it went by itself, and RT was down."""
    chat, _ = await house.talking()
    house.tickets.faults.before += [Refused("Not allowed."), *[NotDone("RT is down.")] * 300]
    await house.presses("file", chat, summary="Toner.")
    await house.deliver()
    await tidied(house, RULES.unfiled_for + MINUTE)
    assert told(house, Answer.FILING_WAITS) == []
    await tidied(house, timedelta(hours=1) + MINUTE)
    (said,) = told(house, Answer.FILING_WAITS)
    assert "for an hour: RT is down." in said


async def test_it_is_told_again_of_what_waits_again(house: House) -> None:
    chat, _ = await house.talking()
    for _ in range(2):
        await house.presses("file", await house.chat(chat.id), summary="Toner.")
        house.tickets.faults.before += [NotDone("RT is down.")] * 300
        for _ in range(7):
            await tidied(house, 10 * MINUTE)
        house.tickets.faults.before[:] = [Refused("Not allowed.")]
        await tidied(house, 10 * MINUTE)
    assert len(told(house, Answer.FILING_WAITS)) == 2


async def test_what_waits_is_said_to_go_where_it_goes(house: House) -> None:
    chat, _ = await house.talking()
    house.tickets.faults.before += [NotDone("RT is down.")] * 300
    await house.presses("new", chat, summary="Toner.", queue="Support")
    await tidied(house, 61 * MINUTE)
    (said,) = told(house, Answer.FILING_WAITS)
    assert "a new ticket in “Support”" in said
    assert "12345" not in said


async def test_what_rt_refused_is_said_to_be_missing_where_it_should_be(house: House) -> None:
    chat, _ = await house.talking()
    house.tickets.faults.before.append(Refused("Not allowed."))
    await house.presses("new", chat, summary="Toner.", queue="Support")
    await house.deliver()
    (said,) = told(house, Word.FILING_FAILED)
    assert "a new ticket in “Support”" in said
    assert "12345" not in said
