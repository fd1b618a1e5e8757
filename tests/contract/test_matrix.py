"""Every kind of ticket in every way into every RT: the table in cases.py, cell by cell."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.domain.tickets import NewTicket, TicketRef
from bot.relay.outcomes import Refused, Unclear
from bot.relay.ports import Dossier
from tests.contract import cases
from tests.contract.cases import TABLE, Filed, NotSeen, RefusedWith, Row, Shown
from tests.contract.rts import WAYS, Place, entered


@pytest.fixture(params=WAYS)
async def place(request: pytest.FixtureRequest) -> AsyncIterator[Place]:
    async with entered(request.param, request) as found:
        yield found


async def number_of(place: Place, row: Row) -> int:
    """The row's ticket; one that is to be moved is made for that."""
    if row.ticket != "new":
        return place.numbers[row.ticket]
    new = NewTicket("rt", "Support", "To be moved", "ada@help.test")
    receipt = await place.gateway.comment(place.dossier("printer", new=new))
    place.numbers["new"] = receipt.ticket
    return receipt.ticket


async def look_up(place: Place, number: int, wanted: Shown | RefusedWith) -> None:
    reading = place.gateway.read(TicketRef("rt", number))
    if isinstance(wanted, RefusedWith):
        with pytest.raises(Refused, match=wanted.sentence) as refusal:
            await reading
        assert str(number) in refusal.value.sentence
        return
    ticket = await reading
    assert ticket.asked.number == number
    assert ticket.ref.number == place.numbers[wanted.lives]
    assert ticket.merged == (ticket.ref.number != number)
    assert (ticket.status, ticket.requestors) == (wanted.status, wanted.requestors)


async def look_for(place: Place, dossier: Dossier, wanted: Filed | RefusedWith | NotSeen) -> None:
    """Whoever files looks for the record first: it is not there, or that is refused in the same words."""
    (found,) = await asyncio.gather(place.gateway.find(dossier), return_exceptions=True)
    if isinstance(found, Refused):
        assert isinstance(wanted, RefusedWith)
        assert wanted.sentence in found.sentence
    else:
        assert found is None


async def file(place: Place, dossier: Dossier, wanted: Filed | RefusedWith | NotSeen) -> int:
    """File, and return how many comments there must be more."""
    match wanted:
        case Filed(into):
            status = (await place.gateway.read(dossier.ref)).status
            receipt = await place.gateway.comment(dossier)
            assert receipt.ticket == place.numbers[into]
            assert receipt.proven
            assert await place.gateway.find(dossier) == receipt
            assert (await place.gateway.read(dossier.ref)).status == status
            return 1
        case RefusedWith(sentence):
            with pytest.raises(Refused, match=sentence.format(**place.numbers)) as refusal:
                await place.gateway.comment(dossier)
            assert str(dossier.ref.number) in refusal.value.sentence
        case NotSeen():
            with pytest.raises(Unclear, match="not sent twice"):
                await place.gateway.comment(dossier)
    return 0


@pytest.mark.parametrize("case", TABLE)
async def test_a_ticket_is_shown_and_filed_into_as_the_table_says(place: Place, case: str) -> None:
    row = TABLE[case]
    number = await number_of(place, row)
    await look_up(place, number, row.looked_up)
    if row.moved:
        await asyncio.to_thread(place.move, number, row.moved)
    dossier = replace(place.dossier("printer"), ref=TicketRef("rt", number))
    others = {"printer", "teaching"} - {row.ticket}
    before = [await asyncio.to_thread(place.comments, place.numbers[name]) for name in others]
    count = await asyncio.to_thread(place.comments, number)
    wanted = cases.filed(case, place.way)
    await look_for(place, dossier, wanted)
    more = await file(place, dossier, wanted)
    assert await asyncio.to_thread(place.comments, number) == count + more
    after = [await asyncio.to_thread(place.comments, place.numbers[name]) for name in others]
    assert after == before
