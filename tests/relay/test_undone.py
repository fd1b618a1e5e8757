"""What was undone stays undone, whatever goes to RT by itself later."""

from dataclasses import replace

import pytest

from bot.domain.chat import State
from bot.domain.matching import Change, fingerprint
from bot.relay.nonces import nonce
from bot.relay.outcomes import Refused, Written
from tests.people import ADAS, TICKET
from tests.relay.doorway import asks, thread_of
from tests.relay.house import RULES, House
from tests.relay.test_sending import CHARLES, REASON, UNDO, ruled, signed_in
from tests.relay.test_silence import MINUTE, tidied
from tests.relay.test_unasked import lost


async def test_the_status_of_an_undone_filing_is_not_set_where_an_earlier_one_is_found(
    house: House,
) -> None:
    """RT took the record, but not all of it; Grace sends it again, to resolve the ticket, and undoes that."""
    ruled(house, undo=UNDO)
    chat, _ = await house.talking()
    house.tickets.faults.after.append(Written("A file is missing."))
    await house.presses("file", chat, summary="Toner.")
    await tidied(house, 2 * MINUTE)
    chat = await house.chat(chat.id)
    assert chat.filing
    assert chat.filing.unclear
    await house.presses("file", chat, summary="Toner.", status="resolved", nonce=nonce(chat))
    await house.presses("undo", await house.chat(chat.id))
    await tidied(house, RULES.unfiled_for + MINUTE)
    assert (await house.chat(chat.id)).state is State.PURGED
    assert house.tickets.statuses == []


async def test_nobody_becomes_requestor_by_an_undone_filing(house: House) -> None:
    ruled(house, undo=UNDO)
    chat, _ = await house.talking()
    house.tickets.faults.before.append(Written("A file is missing."))
    await house.presses("new", chat, summary="Toner.", queue="Support", requestor="nobody")
    await tidied(house, 2 * MINUTE)
    chat = await house.chat(chat.id)
    assert chat.filing
    assert chat.filing.unclear
    await house.presses(
        "new", chat, summary="Toner.", queue="Support", requestor="invited", nonce=nonce(chat)
    )
    await house.presses("undo", await house.chat(chat.id))
    await tidied(house, RULES.unfiled_for + MINUTE)
    (dossier,) = house.tickets.comments
    assert dossier.chat.filing
    assert dossier.chat.filing.new_ticket
    assert dossier.chat.filing.new_ticket.requestor == ""


async def test_what_was_confirmed_of_somebody_else_and_undone_counts_no_more(house: House) -> None:
    """Charles is nobody on the ticket; Grace sends it twice all the same, and thinks better of it."""
    ruled(house, undo=UNDO)
    chat = await signed_in(house, CHARLES)
    house.tickets.faults.before.append(Written("A file is missing."))
    await house.presses("file", chat, summary="Toner.", echo="Lovelace", reason=REASON)
    await tidied(house, 2 * MINUTE)
    chat = await house.chat(chat.id)
    await house.presses("file", chat, summary="Toner.", echo="Lovelace", reason=REASON)
    await house.presses("undo", await house.chat(chat.id))
    await lost(house, await house.chat(chat.id))
    assert house.tickets.comments == []


@pytest.mark.parametrize("how", ["undone", "refused"])
async def test_what_a_co_sent_waits_for_him_although_nobody_had_answered(
    door: House, how: str
) -> None:
    rules = door.relay.rules
    door.relay.rules = replace(rules, undo=UNDO if how == "undone" else rules.undo)
    joined = await asks(door)
    await door.deliver()
    thread = await thread_of(door, joined.chat)
    if how == "refused":
        door.tickets.faults.before.append(Refused("Not allowed."))
    await door.writes("new ticket in Live chat: Wants toner.", thread=thread)
    await door.deliver()
    if how == "undone":
        await door.writes("undo", thread=thread)
    assert (await door.chat(joined.chat.id)).state is State.ENDED
    for _ in range(3):
        await tidied(door, 30 * MINUTE)
    assert door.tickets.comments == []
    assert (await door.chat(joined.chat.id)).state is State.ENDED


async def test_undone_the_card_still_says_in_what_the_ticket_has_changed(house: House) -> None:
    ruled(house, undo=UNDO)
    house.tickets.ticket = replace(TICKET, requestors=(), ccs=(ADAS,))
    chat = await signed_in(house, ADAS)
    house.tickets.ticket = replace(house.tickets.ticket, ccs=(CHARLES,))
    await house.presses("file", chat, summary="Toner.")
    await tidied(house, 2 * MINUTE)
    chat = await house.chat(chat.id)
    assert chat.filing
    assert chat.filing.changes == (Change.MATCH,)
    await house.presses(
        "file", chat, ticket=fingerprint(house.tickets.ticket), echo="345", reason=REASON,
        nonce=nonce(chat),
    )  # fmt: skip
    await house.presses("undo", await house.chat(chat.id))
    chat = await house.chat(chat.id)
    assert chat.state is State.ENDED
    assert chat.filing
    assert chat.filing.undone_by
    assert chat.filing.changes == (Change.MATCH,)
