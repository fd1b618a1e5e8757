"""Into another ticket than the chat's: a new one, or the triage queue (test_moving.py has the third way)."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from unittest.mock import AsyncMock

import pytest

from bot.domain import events as e
from bot.domain.chat import Chat, State
from bot.domain.effects import Word
from bot.domain.matching import fingerprint
from bot.domain.tickets import NewTicket, TicketRef
from bot.relay.outcomes import Refused, Unclear, Written
from tests.people import ADAS, GRACE, TICKET
from tests.relay.house import THREAD, House
from tests.relay.test_sending import CHARLES, REASON, ruled, signed_in

OTHERS = replace(
    TICKET, ref=TicketRef("rt", 777), asked=TicketRef("rt", 777), requestors=(CHARLES,)
)


# --- somewhere else ----------------------------------------------------------------------------------


async def test_doubtful_records_go_to_triage_without_a_requestor(house: House) -> None:
    ruled(house, triage={"rt": "Triage"})
    chat = await signed_in(house, CHARLES)
    await house.presses("triage", chat, summary="Toner.")
    await house.deliver()
    filing = house.tickets.comments[0].chat.filing
    assert filing
    made = NewTicket("rt", "Triage", f"Live chat to be sorted out: {TICKET.subject}")
    assert filing.new_ticket == made
    assert house.threads.card.chat.filed_in == TicketRef("rt", 70_001)


async def test_without_a_triage_queue_there_is_no_such_way(house: House) -> None:
    chat, _ = await house.talking()
    pressing = await house.presses("triage", chat, summary="Toner.")
    assert "No triage queue" in pressing.sentence
    assert (await house.chat(chat.id)).state is State.OPEN


async def test_a_new_ticket_is_the_verified_visitors(house: House) -> None:
    ruled(house, queues={"rt": ("Support", "Teaching")})
    chat = await signed_in(house, CHARLES)
    subject = "Plotter [rt.test #12345] \u202ebroken\u2067"
    await house.presses("new", chat, summary="Toner.", queue="teaching", subject=subject)
    await house.deliver()
    filing = house.tickets.comments[0].chat.filing
    assert filing
    made = NewTicket("rt", "Teaching", "Plotter \ufffdbroken", CHARLES.login)
    assert filing.new_ticket == made


@pytest.mark.parametrize(
    ("choice", "requestor"), [("", ""), ("nobody", ""), ("invited", ADAS.address)]
)
async def test_an_unverified_visitors_is_nobodys_but_by_choice(
    house: House, choice: str, requestor: str
) -> None:
    chat, _ = await house.talking()
    await house.presses("new", chat, summary="Toner.", queue="Support", requestor=choice)
    await house.deliver()
    filing = house.tickets.comments[0].chat.filing
    assert filing
    assert filing.new_ticket
    assert filing.new_ticket.requestor == requestor


@pytest.mark.parametrize(("queue", "requestor"), [("Private", ""), ("Support", "visitor")])
async def test_what_is_not_offered_for_a_new_ticket_is_refused(
    house: House, queue: str, requestor: str
) -> None:
    ruled(house, queues={"rt": ("Support",)})
    chat, _ = await house.talking()
    pressing = await house.presses("new", chat, queue=queue, requestor=requestor)
    assert pressing.sentence
    assert (await house.chat(chat.id)).state is State.OPEN


async def test_what_nobody_can_confirm_goes_to_triage_by_itself(house: House) -> None:
    ruled(house, triage={"rt": "Triage"})
    chat, _ = await house.talking()
    house.tickets.reading.before.append(Refused("Ticket rt#12345 is deleted."))
    lost = e.ThreadLost(house.clock())
    await house.store.write(lambda unit: house.relay.happen(unit, chat, lost))
    await house.deliver()
    filing = house.tickets.comments[0].chat.filing
    assert filing
    assert filing.new_ticket
    assert filing.new_ticket.queue == "Triage"


async def nobody_comes_back(house: House) -> None:
    """The CO is away until what nobody sends goes by itself."""
    house.clock.now += house.relay.rules.unfiled_for + timedelta(hours=1)
    await house.housekeeping.tidy()
    await house.deliver()


async def waits_refused(house: House) -> Chat:
    """RT refused what Grace sent."""
    chat, _ = await house.talking()
    house.tickets.reading.before += [Refused("Ticket rt#12345 is deleted.")] * 20
    await house.presses("file", chat, summary="Toner.")
    await house.deliver()
    return chat


async def waits_stopped(house: House) -> Chat:
    """The ticket had changed when Grace's filing was to leave."""
    chat, _ = await house.talking()
    house.tickets.ticket = replace(TICKET, queue="Elsewhere")
    await house.presses("file", chat, summary="Toner.")
    await house.deliver()
    return chat


async def waits_for_a_new_ticket(house: House) -> Chat:
    """RT let nobody make the new ticket that Grace had asked for."""
    ruled(house, queues={"rt": ("Support",)})
    chat, _ = await house.talking()
    house.tickets.faults.before += [Refused("No ticket can be made in Support.")]
    await house.presses("new", chat, summary="Toner.", queue="Support")
    await house.deliver()
    return chat


WAITING = [waits_refused, waits_stopped, waits_for_a_new_ticket]


@pytest.mark.parametrize("waits", WAITING)
async def test_what_a_co_left_refused_or_stopped_goes_to_triage_in_the_end_and_the_thread_is_told(
    house: House, waits: Callable[[House], Awaitable[Chat]]
) -> None:
    chat = await waits(house)
    ruled(house, triage={"rt": "Triage"})
    assert (await house.chat(chat.id)).state is State.ENDED
    assert house.tickets.comments == []
    await nobody_comes_back(house)
    (filed,) = house.tickets.comments
    assert filed.chat.filing
    assert filed.chat.filing.new_ticket
    assert filed.chat.filing.new_ticket.queue == "Triage"
    assert filed.chat.filing.summary == "Toner."
    told = [tell.detail for _, tell in house.threads.told if tell.word is Word.FILED_UNASKED]
    assert len(told) == 1
    assert "Triage" in told[0]


@pytest.mark.parametrize("waits", WAITING)
async def test_without_a_triage_queue_it_is_held_and_its_thread_reminded(
    house: House, waits: Callable[[House], Awaitable[Chat]]
) -> None:
    chat = await waits(house)
    house.tickets.faults.before += [Refused("No ticket can be made in Support.")]
    await nobody_comes_back(house)
    assert house.tickets.comments == []
    assert (await house.chat(chat.id)).state is State.ENDED
    assert await house.texts(chat.id)


async def test_what_may_be_in_rt_already_goes_nowhere_else_by_itself(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    ruled(house, triage={"rt": "Triage"})
    chat, seat = await house.talking()
    await house.visiting.end(seat)
    house.tickets.faults.after.append(Unclear("RT hung up."))
    monkeypatch.setattr(house.tickets, "find", AsyncMock(return_value=None))  # a mail on its way
    await nobody_comes_back(house)
    house.tickets.reading.before += [Refused("Ticket rt#12345 is deleted.")] * 20
    for _ in range(4):
        await nobody_comes_back(house)
    waiting = (await house.chat(chat.id)).filing
    assert waiting
    assert waiting.unclear
    assert waiting.new_ticket is None
    assert len(house.tickets.comments) == 1


async def cut(house: House) -> Chat:
    """RT took the comment and kept not all of its files."""
    chat, _ = await house.talking()
    house.tickets.faults.after.append(Written("The comment is in ticket rt#12345, cut short."))
    await house.presses("file", chat, summary="Toner.")
    await house.deliver()
    return await house.chat(chat.id)


async def lost(house: House) -> Chat:
    """RT's answer was lost, and by the time of our look RT shows us the ticket no more."""
    chat, _ = await house.talking()
    house.tickets.faults.after.append(Unclear("RT hung up."))
    await house.presses("file", chat, summary="Toner.")
    await house.deliver()
    house.clock.pass_(minutes=4)
    with pytest.MonkeyPatch.context() as patch:
        hidden = AsyncMock(side_effect=Refused("RT refused to show ticket rt#12345."))
        patch.setattr(house.tickets, "find", hidden)
        await house.deliver()
    return await house.chat(chat.id)


IN_RT = [cut, lost]


@pytest.mark.parametrize("puts", IN_RT)
async def test_what_may_be_in_rt_goes_elsewhere_only_if_somebody_has_looked(
    house: House, puts: Callable[[House], Awaitable[Chat]]
) -> None:
    ruled(house, triage={"rt": "Triage"}, queues={"rt": ("Support",)})
    chat = await puts(house)
    assert chat.state is State.ENDED
    for verb, values in [
        ("triage", {}),
        ("new", {"queue": "Support"}),
        ("triage", {"looked": "yes"}),
        ("move", {"number": "777", "looked": "not in rt"}),
    ]:
        pressing = await house.presses(verb, chat, thread=THREAD, **values)
        assert "may be in RT already" in pressing.sentence, verb
    await house.writes("send to triage: Toner.")
    await house.deliver()
    assert len(house.tickets.comments) == 1
    await house.writes("send to triage, not in RT: Toner.")
    await house.deliver()
    assert len(house.tickets.comments) == 2


@pytest.mark.parametrize("puts", IN_RT)
async def test_the_same_ticket_again_finds_it_and_adds_nothing(
    house: House, puts: Callable[[House], Awaitable[Chat]]
) -> None:
    chat = await puts(house)
    await house.presses("file", chat, summary="Toner.")
    await house.deliver()
    assert len(house.tickets.comments) == 1
    assert (await house.chat(chat.id)).state is State.PURGED


async def test_pressing_again_in_vain_does_not_make_it_certain(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    ruled(house, triage={"rt": "Triage"})
    chat = await lost(house)
    hidden = AsyncMock(side_effect=Refused("RT refused to show ticket rt#12345."))
    monkeypatch.setattr(house.tickets, "find", hidden)
    await house.presses("file", chat, summary="Toner.")
    await house.deliver()
    pressing = await house.presses("triage", chat)
    assert "may be in RT already" in pressing.sentence


async def test_a_new_ticket_that_may_be_there_keeps_the_record_from_the_chats_own(
    house: House,
) -> None:
    ruled(house, queues={"rt": ("Support",)})
    chat, _ = await house.talking()
    house.tickets.faults.after.append(Written("Ticket rt#70001 was made, cut short."))
    await house.presses("new", chat, queue="Support")
    await house.deliver()
    pressing = await house.presses("file", chat)
    assert "may be in RT already" in pressing.sentence
    await house.presses("new", chat, queue="support")
    await house.deliver()
    assert len(house.tickets.comments) == 1
    assert (await house.chat(chat.id)).state is State.PURGED


async def test_a_move_that_was_shown_before_does_not_take_along_what_may_be_in_rt(
    house: House,
) -> None:
    chat = await cut(house)
    shown = e.MoveProposed(house.clock(), GRACE, OTHERS)
    await house.store.write(lambda unit: house.relay.happen(unit, chat, shown))
    pressing = await house.presses(
        "rebind", chat, move="1", ticket=fingerprint(OTHERS), echo="Babbage", reason=REASON
    )
    assert "may be in RT already" in pressing.sentence
    assert (await house.chat(chat.id)).ticket == TICKET


async def test_what_is_in_rt_cut_short_goes_to_triage_by_itself_neither_at_once_nor_later(
    house: House,
) -> None:
    ruled(house, triage={"rt": "Triage"})
    chat, seat = await house.talking()
    await house.visiting.end(seat)
    house.tickets.faults.after.append(Written("The comment is in ticket rt#12345, cut short."))
    for _ in range(3):
        await nobody_comes_back(house)
    (filed,) = house.tickets.comments
    assert filed.chat.filing
    assert filed.chat.filing.new_ticket is None
    assert (await house.chat(chat.id)).state is State.PURGED
