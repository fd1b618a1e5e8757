"""What relay.ports.Tickets promises, kept by the stand-in for RT and by real RTs, in every way in."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.domain.tickets import NewTicket, Requestor, TicketRef
from bot.relay.outcomes import Refused
from bot.rt import operations
from bot.rt.gateway import RtGateway
from tests.contract.rts import LONDON, NUMBERS, WAYS, Place, entered

ADAS = Requestor("s1234567", "Ada Lovelace", "ada@help.test")
ALANS = Requestor("s7654321", "Alan Turing", "alan@help.test")
MARYS = Requestor("msomerv", "Mary Somerville", "mary@help.test")


@pytest.fixture(params=WAYS)
async def place(request: pytest.FixtureRequest) -> AsyncIterator[Place]:
    async with entered(request.param, request) as found:
        yield found


# --- reading -------------------------------------------------------------------------------------


async def test_a_ticket_is_read_with_all_that_the_card_shows(place: Place) -> None:
    ticket = await place.gateway.read(place.ref("printer"))
    assert ticket.subject == "Cannot print from the lab in AT 5.05"
    assert (ticket.queue, ticket.status, ticket.owner) == ("Support", "open", "")
    assert (ticket.requestors, ticket.ccs) == ((ADAS,), ())
    assert ticket.created
    assert ticket.created < datetime.now(UTC)
    assert ticket.url.endswith(f"/Ticket/Display.html?id={place.numbers['printer']}")
    assert not ticket.merged


async def test_several_requestors_and_those_who_get_copies_are_told_apart(place: Place) -> None:
    ticket = await place.gateway.read(place.ref("several"))
    assert set(ticket.requestors) == {ADAS, ALANS}
    assert ticket.ccs == (MARYS,)


async def test_a_requestor_may_have_no_address(place: Place) -> None:
    ticket = await place.gateway.read(place.ref("no_address"))
    by_rest1 = place.way.endswith("rest1") or place.way == "rt4 mail"  # it tells addresses only
    assert ticket.requestors == (
        () if by_rest1 else (Requestor("plotter", "Plotter in AT 4.02", ""),)
    )


@pytest.mark.parametrize("begins", ["grace?", "grace#", "gr%61ce", "grace%", "grace%2F"])
async def test_an_address_that_would_lead_to_another_persons_page_leads_to_its_own(
    place: Place, begins: str
) -> None:
    number = await asyncio.to_thread(place.create, "Whose is this?")
    address = f"{begins}@elsewhere.test"
    await asyncio.to_thread(place.alter, number, "Requestors", address)
    (requestor,) = (await place.gateway.read(TicketRef("rt", number))).requestors
    assert requestor in (Requestor(address, "", address), Requestor("", "", address))


async def test_an_owner_is_called_by_name(place: Place) -> None:
    assert (await place.gateway.read(place.ref("owned"))).owner == "Grace Hopper"


# --- writing -------------------------------------------------------------------------------------


async def test_a_record_is_found_where_its_receipt_says(place: Place) -> None:
    dossier = place.dossier("printer")
    assert await place.gateway.find(dossier) is None
    receipt = await place.gateway.comment(dossier)
    assert receipt.ticket == place.numbers["printer"]
    assert receipt.url.endswith(f"?id={receipt.ticket}#txn-{receipt.transaction}")
    assert await place.gateway.find(dossier) == receipt


async def test_a_ticket_in_which_nobody_has_written_a_word_takes_a_record(place: Place) -> None:
    number = await asyncio.to_thread(place.create, "Made by a script")
    dossier = replace(place.dossier("printer"), ref=TicketRef("rt", number))
    assert await place.gateway.find(dossier) is None
    receipt = await place.gateway.comment(dossier)
    assert await place.gateway.find(dossier) == receipt


async def test_records_written_at_the_same_time_are_told_apart(place: Place) -> None:
    dossiers = [place.dossier("printer") for _ in range(3)]
    receipts = await asyncio.gather(*map(place.gateway.comment, dossiers))
    assert await asyncio.gather(*map(place.gateway.find, dossiers)) == receipts
    assert len({receipt.transaction for receipt in receipts}) == 3


async def test_a_record_is_found_beyond_the_first_page_of_a_history(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operations, "PAGE", 2)
    dossier = place.dossier("printer")
    receipt = await place.gateway.comment(dossier)
    for _ in range(4):
        await place.gateway.comment(place.dossier("printer"))
    assert await place.gateway.find(dossier) == receipt


async def test_what_others_wrote_under_our_subject_is_not_our_record(place: Place) -> None:
    dossier = place.dossier("printer")
    await asyncio.to_thread(place.comment_by_grace, dossier)
    assert await place.gateway.find(dossier) is None


@pytest.mark.parametrize("name", ["missing", "forbidden"])
async def test_not_seeing_a_ticket_is_not_taken_for_not_finding_the_record(
    place: Place, name: str
) -> None:
    with pytest.raises(Refused):
        await place.gateway.find(place.dossier(name))


async def test_a_chat_of_two_megabytes_fits(place: Place) -> None:
    dossier = place.dossier("printer", text="<&> \U0001f5a8 " * 90_000)
    receipt = await place.gateway.comment(dossier)
    assert await place.gateway.find(dossier) == receipt


async def test_an_invitation_goes_out_once_for_all_its_repeats(place: Place) -> None:
    unique = f"{next(NUMBERS)}-{datetime.now(UTC).timestamp():.0f}"
    mark, text = f"[invitation:{unique}]", f"Join: https://help.test/#x{unique}"
    for _ in range(3):
        await place.gateway.correspond(place.ref("printer"), text, mark, "Live chat")
    assert sum(text in mail for mail in place.mails()) == 1


async def test_a_status_is_set_and_setting_it_again_does_no_harm(place: Place) -> None:
    for status in ("stalled", "stalled", "open"):
        await place.gateway.set_status(place.ref("teaching"), status)
        assert (await place.gateway.read(place.ref("teaching"))).status == status


@pytest.mark.parametrize(
    ("name", "status", "why"),
    [
        ("teaching", "nonsense", "valid status"),
        ("printer", "resolved", "Permission Denied|not allowed"),
    ],
)
async def test_a_status_that_rt_did_not_set_is_refused_in_its_own_words(
    place: Place, name: str, status: str, why: str
) -> None:
    with pytest.raises(Refused, match=why):
        await place.gateway.set_status(place.ref(name), status)


# --- the visitor's answer ------------------------------------------------------------------------


@asynccontextmanager
async def rating_into(place: Place, field: str) -> AsyncIterator[RtGateway]:
    """A gateway that puts the visitor's answer into that field."""
    gateway = RtGateway([replace(place.instance, rating_field=field)], LONDON)
    yield gateway
    gateway.close()


def needs_modify_ticket(place: Place) -> bool:
    """REST 1.0 sets no field of a ticket without that right."""
    return place.way.endswith("rest1") or place.way == "rt4 mail"


@pytest.mark.parametrize("name", ["teaching", "printer"])
async def test_an_answer_stands_in_its_field_and_a_later_one_takes_its_place(
    place: Place, name: str
) -> None:
    if name == "printer" and needs_modify_ticket(place):
        return  # the next test
    async with rating_into(place, "chat Rating") as gateway:
        for answer in ("yes", "yes", "no"):
            await gateway.set_rating(place.ref(name), answer)
            kept = await asyncio.to_thread(place.field, place.numbers[name], "Chat rating")
            assert kept == answer


async def test_without_the_rights_for_it_a_field_is_left_alone_and_they_are_named(
    place: Place,
) -> None:
    where, field = place.ref("teaching"), "Chat sealed"
    async with rating_into(place, field) as gateway:
        with pytest.raises(Refused, match=r"RT says: .*Permission Denied.* ModifyCustomField"):
            await gateway.set_rating(where, "yes")
    assert await asyncio.to_thread(place.field, where.number, field) == ""
    if needs_modify_ticket(place):
        async with rating_into(place, "Chat rating") as gateway:
            with pytest.raises(Refused, match=r"not allowed.* ModifyTicket and ModifyCustomField"):
                await gateway.set_rating(place.ref("no_requestor"), "yes")


@pytest.mark.parametrize(
    ("name", "field", "why"),
    [
        ("printer", "No such field", "shows no field “No such field”.*SeeCustomField"),
        ("read_only", "Chat rating", "shows no field “Chat rating”.*apply it"),
        ("merged", "Chat rating", r"was merged into #\d+ meanwhile, so “Chat rating” was left"),
        ("missing", "Chat rating", "There is no ticket"),
    ],
)
async def test_where_there_is_no_such_field_or_ticket_nothing_is_set(
    place: Place, name: str, field: str, why: str
) -> None:
    async with rating_into(place, field) as gateway:
        with pytest.raises(Refused, match=why):
            await gateway.set_rating(place.ref(name), "yes")


async def test_without_a_field_an_answer_is_set_nowhere(place: Place) -> None:
    await place.gateway.set_rating(place.ref("missing"), "yes")


# --- new tickets, and where the chat may write ---------------------------------------------------

NEW = NewTicket("rt", "Support", "Printing [rt.test #1] again", "ada@help.test")


async def test_a_new_ticket_is_made_for_its_requestor_and_found_by_its_marker(
    place: Place,
) -> None:
    dossier = place.dossier("printer", new=NEW)
    before = await asyncio.to_thread(place.comments, place.numbers["printer"])
    assert await place.gateway.find(dossier) is None
    receipt = await place.gateway.comment(dossier)
    assert receipt.ticket not in place.numbers.values()
    assert receipt.transaction
    assert await place.gateway.find(dossier) == receipt
    ticket = await place.gateway.read(TicketRef("rt", receipt.ticket))
    assert (ticket.queue, ticket.requestors) == ("Support", (ADAS,))
    assert ticket.subject == f"Printing (rt.test #1) again {dossier.marker}"
    assert await asyncio.to_thread(place.comments, place.numbers["printer"]) == before


@pytest.mark.parametrize("field", ["Chat ID", "No such field"])
async def test_a_new_ticket_is_found_by_its_field_when_its_subject_was_changed(
    place: Place, field: str
) -> None:
    if place.way.endswith("mail"):
        return  # a mail sets no fields
    gateway = RtGateway([replace(place.instance, marker_field=field)], LONDON)
    dossier = place.dossier("printer", new=NEW)
    try:
        receipt = await gateway.comment(dossier)
        assert await gateway.find(dossier) == receipt
        await asyncio.to_thread(place.rename, receipt.ticket, "Something else")
        assert await gateway.find(dossier) == (receipt if field == "Chat ID" else None)
    finally:
        gateway.close()


@pytest.mark.parametrize("words", ["Drucker läuft über " * 20, "打印机坏了" * 60])
async def test_a_new_ticket_keeps_its_marker_however_many_bytes_its_subject_takes(
    place: Place, words: str
) -> None:
    dossier = place.dossier("printer", new=replace(NEW, subject=words))
    receipt = await place.gateway.comment(dossier)
    assert await place.gateway.find(dossier) == receipt
    ticket = await place.gateway.read(TicketRef("rt", receipt.ticket))
    assert ticket.subject.startswith(words[:20])
    assert ticket.subject.endswith(f" {dossier.marker}")


async def test_a_new_ticket_may_have_no_more_than_one_subject_line(place: Place) -> None:
    new = replace(NEW, subject="Printing\nQueue: Private\n\n" + "x" * 300, requestor="s1234567")
    if place.way.endswith("mail"):
        new = replace(new, requestor="")  # a mail names people by address
    receipt = await place.gateway.comment(place.dossier("printer", new=new))
    ticket = await place.gateway.read(TicketRef("rt", receipt.ticket))
    assert ticket.queue == "Support"
    assert ticket.subject.startswith("Printing Queue: Private xxx")


@pytest.mark.parametrize("queue", ["Purchasing", "Nonsense"])
async def test_a_new_ticket_where_we_may_make_none_is_refused_naming_the_queue(
    place: Place, queue: str
) -> None:
    with pytest.raises(Refused, match=queue):
        await place.gateway.comment(place.dossier("printer", new=replace(NEW, queue=queue)))


async def test_tickets_of_other_queues_are_refused_when_asked_for_and_when_filed(
    place: Place,
) -> None:
    gateway = RtGateway([replace(place.instance, queues=("teaching",))], LONDON)
    dossier = place.dossier("printer")
    try:
        assert (await gateway.read(place.ref("teaching"))).queue == "Teaching"
        for call in (
            gateway.read(dossier.ref),
            gateway.comment(dossier),
            gateway.correspond(dossier.ref, "x", dossier.marker, "Live chat"),
            gateway.comment(place.dossier("printer", new=NEW)),
        ):
            with pytest.raises(Refused, match="teaching only"):
                await call
    finally:
        gateway.close()
    assert await place.gateway.find(dossier) is None


async def test_an_unknown_instance_is_refused_naming_those_known(place: Place) -> None:
    with pytest.raises(Refused, match=r"“physics”.*Known: rt\."):
        await place.gateway.read(TicketRef("physics", 1))


async def test_the_doctor_finds_nothing_wrong(place: Place) -> None:
    findings = await place.gateway.check()
    assert findings
    assert [finding for finding in findings if not finding.ok] == []
