"""The clock is set back while a record is on its way: what came later still counts as later."""

from dataclasses import replace

import pytest

from bot.domain.chat import State
from bot.domain.tickets import TicketRef
from bot.relay.outcomes import NotDone, Refused, Throttled
from tests.people import TICKET
from tests.relay.house import RULES, House
from tests.relay.test_sending import UNDO, ruled
from tests.relay.test_silence import MINUTE, tidied

OTHER = replace(TICKET, ref=TicketRef("rt", 777), asked=TicketRef("rt", 777))


async def test_a_chat_that_was_moved_goes_where_a_co_confirmed_last(house: House) -> None:
    """RT refused the new ticket that Grace wanted; then she took the chat to another one."""
    chat, _ = await house.talking()
    house.tickets.faults.before.append(Refused("Not allowed."))
    await house.presses("new", chat, summary="Toner.", queue=TICKET.queue)
    await house.deliver()
    house.clock.pass_(hours=-1)
    house.tickets.ticket = OTHER
    await house.writes("move to 777")
    await house.deliver()
    await house.writes("confirm move 777")
    await tidied(house, RULES.unfiled_for + 120 * MINUTE)
    (dossier,) = house.tickets.comments
    assert dossier.chat.filing
    assert (dossier.ref, dossier.chat.filing.new_ticket) == (OTHER.ref, None)


async def test_what_is_undone_and_sent_again_does_not_wait_for_the_clock(house: House) -> None:
    ruled(house, undo=UNDO)
    chat, _ = await house.talking()
    await house.presses("file", chat, summary="Toner.")
    house.clock.pass_(hours=-1)
    await house.presses("undo", chat)
    await house.presses("file", await house.chat(chat.id), summary="Toner was empty.")
    await tidied(house, UNDO + MINUTE)
    (dossier,) = house.tickets.comments
    assert dossier.chat.filing
    assert dossier.chat.filing.summary == "Toner was empty."
    await tidied(house, 120 * MINUTE)  # and what was undone is due at last
    assert len(house.tickets.comments) == 1
    assert (await house.chat(chat.id)).state is State.PURGED


@pytest.mark.parametrize("restarted", [True, False])
async def test_what_was_put_off_is_not_put_off_until_the_clock_is_there_again(
    house: House, *, restarted: bool
) -> None:
    """RT and Teams are away for a moment; a day that was wrong is put right."""
    chat, seat = await house.talking()
    house.threads.faults.before.append(Throttled("Slower.", 30.0))
    await house.visiting.say(seat, "k", "hello")
    await house.deliver("relay")
    house.tickets.faults.before.append(NotDone("RT is down."))
    await house.presses("file", chat, summary="Toner.")
    await house.deliver("file")
    house.clock.pass_(days=-1)
    if restarted:
        await house.store.take_over(RULES.quarantine)
        house.start_outbox()
    for _ in range(5):
        await tidied(house, MINUTE)
    assert [text for _, text, _ in house.threads.relayed] == ["hello"]
    assert len(house.tickets.comments) == 1


async def test_what_may_be_undone_may_be_for_as_long_as_it_was_to_be(house: House) -> None:
    ruled(house, undo=UNDO)
    chat, _ = await house.talking()
    await house.presses("file", chat, summary="Toner.")
    house.clock.pass_(days=-1)
    await tidied(house, MINUTE / 60)
    await tidied(house, UNDO - 2 * MINUTE / 60)
    assert (await house.chat(chat.id)).state is State.HELD
    await tidied(house, 2 * MINUTE / 60)
    assert len(house.tickets.comments) == 1
