"""What a CO took back, sent elsewhere or named otherwise is not done by itself, nor elsewhere."""

from dataclasses import replace

import pytest

from bot.domain import events as e
from bot.domain.chat import LIVE, Chat, State
from bot.domain.effects import Word
from bot.domain.matching import Change, fingerprint
from bot.domain.tickets import TicketRef
from bot.relay.nonces import nonce
from bot.relay.outcomes import Refused
from bot.relay.ports import Listening
from bot.teams.words import say
from tests.people import ADAS, GRACE, TICKET
from tests.relay.house import RULES, House
from tests.relay.test_sending import (
    CHARLES,
    MERGED,
    REASON,
    UNDO,
    ruled,
    signed_in,
    stopped,
)
from tests.relay.test_silence import MINUTE, tidied

OTHER_RT = replace(TICKET, ref=TicketRef("physics", 777), asked=TicketRef("physics", 777))


async def test_who_undoes_it_late_has_time_before_it_goes_by_itself(house: House) -> None:
    """The chat ended long ago: RT had refused what went by itself, and the CO tries once more."""
    ruled(house, undo=UNDO)
    chat, seat = await house.talking()
    await house.visiting.end(seat)
    house.tickets.faults.before.append(Refused("Not allowed."))
    await tidied(house, RULES.unfiled_for + MINUTE)
    await house.presses("file", await house.chat(chat.id), summary="Toner.")
    await house.presses("undo", await house.chat(chat.id))
    await tidied(house, 30 * MINUTE)
    assert (await house.chat(chat.id)).state is State.ENDED
    assert house.tickets.comments == []
    await tidied(house, RULES.unfiled_for)
    assert len(house.tickets.comments) == 1


@pytest.mark.parametrize("verb", ["file", "new"])
async def test_nothing_of_what_was_undone_is_done_by_itself(house: House, verb: str) -> None:
    ruled(house, undo=UNDO)
    chat, _ = await house.talking()
    await house.presses(verb, chat, summary="Toner.", status="resolved", queue=TICKET.queue)
    await house.presses("undo", await house.chat(chat.id))
    await tidied(house, RULES.unfiled_for + MINUTE)
    (dossier,) = house.tickets.comments
    assert dossier.chat.filing
    assert (dossier.chat.filing.new_ticket, dossier.chat.filing.set_status) == (None, "")
    assert house.tickets.statuses == []
    assert dossier.chat.filing.summary == "Toner."


async def test_a_confirmation_that_was_undone_confirms_nothing_later(house: House) -> None:
    """Charles is nobody on the ticket: Grace confirmed him, thought better of it, and the thread went."""
    ruled(house, undo=UNDO)
    chat = await signed_in(house, CHARLES)
    await house.presses("file", chat, summary="Toner.", echo="Lovelace", reason=REASON)
    await house.presses("undo", await house.chat(chat.id))
    undone, lost = await house.chat(chat.id), e.ThreadLost(house.clock())
    await house.store.write(lambda unit: house.relay.happen(unit, undone, lost))
    await house.deliver()
    assert house.tickets.comments == []
    assert "filing_stopped" in house.threads.words


async def test_who_undoes_it_has_not_confirmed_the_ticket_as_it_has_become(house: House) -> None:
    chat = await stopped(house, MERGED)
    ruled(house, undo=UNDO)
    await house.presses("file", chat, ticket=fingerprint(MERGED), echo="777", nonce=nonce(chat))
    held = await house.chat(chat.id)
    assert (held.state, held.ticket) == (State.HELD, MERGED)
    await house.presses("undo", held)
    undone = await house.chat(chat.id)
    assert undone.filing
    assert (undone.ticket, undone.filing.found) == (TICKET, MERGED)
    assert undone.filing.changes == (Change.MERGED,)
    await tidied(house, RULES.unfiled_for + MINUTE)
    assert house.tickets.comments == []


async def test_a_ticket_for_sorting_out_is_not_given_the_status_of_another(house: House) -> None:
    """Grace asked to resolve Ada's ticket; the record goes to triage, where nobody has looked yet."""
    ruled(house, triage={"rt": "Triage"})
    chat, _ = await house.talking()
    house.tickets.faults.before.append(Refused("Not allowed."))
    await house.presses("file", chat, summary="Toner.", status="resolved")
    await house.deliver()
    await tidied(house, RULES.unfiled_for + MINUTE)
    (dossier,) = house.tickets.comments
    assert dossier.chat.filing
    assert dossier.chat.filing.new_ticket
    assert house.tickets.statuses == []


async def test_a_chat_that_was_moved_goes_to_its_ticket_and_nowhere_else(house: House) -> None:
    """Grace wanted a new ticket, which RT refused; then she took the chat to a ticket elsewhere."""
    chat, _ = await house.talking()
    house.tickets.faults.before.append(Refused("Not allowed."))
    await house.presses("new", chat, summary="Toner.", queue=TICKET.queue)
    await house.deliver()
    house.tickets.ticket = OTHER_RT
    await house.writes("move to physics#777")
    await house.deliver()
    await house.writes("confirm move 777")
    await tidied(house, RULES.unfiled_for + MINUTE)
    (dossier,) = house.tickets.comments
    assert dossier.ref == OTHER_RT.ref
    assert dossier.chat.filing
    assert dossier.chat.filing.new_ticket is None


@pytest.mark.parametrize("named", ["346", "rt 12346", "Babbage"])
async def test_who_names_another_ticket_than_the_chats_sends_nothing(
    house: House, named: str
) -> None:
    """Ada has signed in, so nothing need be typed; what is typed all the same must be true."""
    chat = await signed_in(house, ADAS)
    await house.writes(f"send to rt {named}: Toner.")
    await house.deliver()
    assert house.tickets.comments == []
    assert (await house.chat(chat.id)).state is State.OPEN
    await house.writes("send to rt 12345: Toner.")
    await house.deliver()
    assert len(house.tickets.comments) == 1


async def test_who_has_to_decide_is_called(house: House) -> None:
    await stopped(house, MERGED)
    called = [told.mention for _, told in house.threads.told if told.word is Word.FILING_STOPPED]
    assert called == [(GRACE.id, GRACE.name)]


async def test_a_summary_goes_to_no_older_chat_of_the_thread_unless_its_ticket_is_named(
    house: House,
) -> None:
    """Ada's first chat was forgotten; Grace has sent the second one, and adds something to it."""
    forgotten = await signed_in(house, ADAS)
    await house.presses("end", forgotten)
    house.tickets.ticket = replace(TICKET, ref=TicketRef("rt", 777), asked=TicketRef("rt", 777))
    house.clock.pass_(minutes=1)
    second = await signed_in(house, ADAS)
    await house.presses("file", second, summary="Toner.", echo="")
    await house.deliver()
    await house.writes("send to rt: and his password.")
    await house.writes("send to triage: and his password.")
    assert (await house.chat(forgotten.id)).state is State.ENDED
    house.tickets.ticket = TICKET
    await house.writes("send to rt 345: She was helped by phone.")
    await house.deliver()
    assert [one.ref.number for one in house.tickets.comments] == [777, 12345]


async def test_the_ticket_as_it_was_before_is_forgotten_with_the_rest(house: House) -> None:
    chat = await stopped(house, MERGED)
    await house.presses("file", chat, ticket=fingerprint(MERGED), echo="777", nonce=nonce(chat))
    held = await house.chat(chat.id)
    assert held.filing
    assert held.filing.before == TICKET
    await house.deliver()
    purged = await house.chat(chat.id)
    assert purged.filing
    assert (purged.state, purged.filing.before) == (State.PURGED, None)


async def followed(house: House, *, joined: bool) -> tuple[Chat, Chat]:
    """Grace has sent a chat to RT; in the same thread she has begun the next one."""
    ruled(house, undo=UNDO)
    sent, _ = await house.talking()
    await house.presses("file", sent, summary="Toner.")
    other = TicketRef("rt", 777)
    house.tickets.ticket = replace(TICKET, ref=other, asked=other)
    house.clock.pass_(seconds=1)
    goes_on = await house.proposed()
    await house.presses("invite", goes_on, route="copy")
    if joined:
        await house.joining.join(house.token(goes_on), "another", None)
    await house.deliver()
    return sent, goes_on


def answer(house: House) -> str:
    return say(house.threads.told[-1][1], Listening.THREAD)


@pytest.mark.parametrize("joined", [True, False])
async def test_undo_reaches_the_chat_that_was_sent_although_another_goes_on(
    house: House, *, joined: bool
) -> None:
    sent, goes_on = await followed(house, joined=joined)
    before = await house.chat(goes_on.id)
    await house.writes("undo")
    await house.deliver()
    assert (await house.chat(sent.id)).state is State.ENDED
    assert await house.chat(goes_on.id) == before
    assert answer(house).startswith("Done. The chat has ended; the record is not in RT yet.")
    assert "earlier chat of this thread, about rt#12345" in answer(house)
    await tidied(house, UNDO + MINUTE)
    assert house.tickets.comments == []


@pytest.mark.parametrize("joined", [True, False])
async def test_undo_that_comes_too_late_beside_another_chat_is_said_to(
    house: House, *, joined: bool
) -> None:
    sent, goes_on = await followed(house, joined=joined)
    house.tickets.ticket = TICKET
    await tidied(house, UNDO + MINUTE)
    await house.writes("undo")
    await house.deliver()
    assert (await house.chat(sent.id)).state is State.PURGED
    assert (await house.chat(goes_on.id)).state in LIVE
    assert "That was not done. Too late: the record was sent to RT." in answer(house)
    assert "about rt#12345" in answer(house)


async def test_where_nothing_was_sent_there_is_nothing_to_undo(house: House) -> None:
    await house.talking()
    await house.writes("undo")
    await house.deliver()
    assert "There is nothing to undo." in answer(house)
