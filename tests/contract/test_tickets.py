"""What relay.ports.Tickets promises, kept by the stand-in for RT and by a real RT behind Kerberos."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from bot.domain.messages import Kind, Message
from bot.domain.tickets import Requestor, TicketRef
from bot.relay.ports import Dossier, Refused
from bot.rt import operations, record
from bot.rt.gateway import RtGateway
from bot.rt.instance import Login, RtInstance
from bot.sandbox.rt import RtStandIn, seeds
from tests.people import ADA, GRACE, filing

if TYPE_CHECKING:
    from tests.rigs.rt.rig import Rig

LONDON = ZoneInfo("Europe/London")
NUMBERS = count(1)

ADAS = Requestor("s1234567", "Ada Lovelace", "ada@help.test")
ALANS = Requestor("s7654321", "Alan Turing", "alan@help.test")
MARYS = Requestor("msomerv", "Mary Somerville", "mary@help.test")


@dataclass
class Place:
    """An RT, with what the tests must know and do beside the gateway."""

    gateway: RtGateway
    numbers: dict[str, int]
    mails: Callable[[], list[str]]
    comment_by_grace: Callable[[int, str], None]

    def ref(self, name: str) -> TicketRef:
        return TicketRef("rt", self.numbers[name])

    def dossier(self, name: str, text: str = "Hello?") -> Dossier:
        """A chat about a ticket, never the same twice."""
        at = datetime.now(UTC)
        chat_id = f"{at.timestamp():.0f}-{next(NUMBERS)}"
        chat = replace(filing(), id=chat_id, created=at - timedelta(minutes=15))
        log = tuple(
            Message(seq, author, Kind.SAID, text, at)
            for seq, author in enumerate((ADA, GRACE), start=1)
        )
        return Dossier(self.ref(name), f"[chat:{chat_id}]", chat, log)


@pytest.fixture(params=["stand-in", pytest.param("real", marks=pytest.mark.real_rt)])
async def place(request: pytest.FixtureRequest) -> AsyncIterator[Place]:
    if request.param == "real":
        found = at_real_rt(request.getfixturevalue("real_rt"))
        yield found
        found.gateway.close()
        return
    async with RtStandIn() as rt:
        found = at_stand_in(rt)
        yield found
        found.gateway.close()


def at_stand_in(rt: RtStandIn) -> Place:
    names = [
        *("printer", "resolved", "rejected", "deleted", "merged", "forbidden", "no_requestor"),
        *("several", "no_address", "teaching", "read_only", "owned"),
    ]
    rt.world.rights["Support"] -= {"ModifyTicket"}
    instance = RtInstance("rt", rt.url, Login.BASIC, account=rt.account, secret=rt.password)

    def comment_by_grace(number: int, subject: str) -> None:
        rt.world.note(number, "Comment", "grace", f"{subject}\n")

    return Place(
        RtGateway([instance], LONDON),
        {name: getattr(seeds, name.upper()) for name in names} | {"missing": 99999},
        lambda: [f"{m.subject}\n{m.text}" for m in rt.world.mails],
        comment_by_grace,
    )


def at_real_rt(rig: "Rig") -> Place:
    def comment_by_grace(number: int, subject: str) -> None:
        with rig.acting_as("grace"), rig.session() as session:
            body = {"Subject": subject, "Content": "x", "ContentType": "text/plain"}
            url = f"{rig.url}/REST/2.0/ticket/{number}/comment"
            session.post(url, json=body).raise_for_status()

    gateway = RtGateway([RtInstance("rt", rig.url, ca=rig.ca)], LONDON)
    return Place(gateway, rig.tickets | {"missing": 99999}, rig.mails, comment_by_grace)


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


async def test_a_ticket_may_have_no_requestor(place: Place) -> None:
    assert (await place.gateway.read(place.ref("no_requestor"))).requestors == ()


async def test_a_requestor_may_have_no_address(place: Place) -> None:
    ticket = await place.gateway.read(place.ref("no_address"))
    assert ticket.requestors == (Requestor("plotter", "Plotter in AT 4.02", ""),)


async def test_an_owner_is_called_by_name(place: Place) -> None:
    assert (await place.gateway.read(place.ref("owned"))).owner == "Grace Hopper"


async def test_a_merged_ticket_is_read_as_its_target_and_says_so(place: Place) -> None:
    ticket = await place.gateway.read(place.ref("merged"))
    assert ticket.merged
    assert (ticket.asked, ticket.ref) == (place.ref("merged"), place.ref("printer"))


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("missing", "There is no ticket"),
        ("forbidden", "right ShowTicket"),
        ("deleted", "is deleted"),
        ("rejected", "is rejected"),
    ],
)
async def test_a_ticket_that_takes_no_chat_is_refused_with_what_to_do(
    place: Place, name: str, sentence: str
) -> None:
    for call in (place.gateway.read(place.ref(name)), place.gateway.comment(place.dossier(name))):
        with pytest.raises(Refused) as refusal:
            await call
        assert sentence in refusal.value.sentence
        assert str(place.numbers[name]) in refusal.value.sentence


# --- writing -------------------------------------------------------------------------------------


async def test_a_record_is_found_where_its_receipt_says(place: Place) -> None:
    dossier = place.dossier("printer")
    assert await place.gateway.find(dossier) is None
    receipt = await place.gateway.comment(dossier)
    assert receipt.ticket == place.numbers["printer"]
    assert receipt.url.endswith(f"?id={receipt.ticket}#txn-{receipt.transaction}")
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
    subject = record.subject(dossier.marker)
    await asyncio.to_thread(place.comment_by_grace, place.numbers["printer"], subject)
    assert await place.gateway.find(dossier) is None


@pytest.mark.parametrize("name", ["missing", "forbidden"])
async def test_not_seeing_a_ticket_is_not_taken_for_not_finding_the_record(
    place: Place, name: str
) -> None:
    with pytest.raises(Refused):
        await place.gateway.find(place.dossier(name))


async def test_a_comment_leaves_a_resolved_ticket_resolved(place: Place) -> None:
    await place.gateway.comment(place.dossier("resolved"))
    assert (await place.gateway.read(place.ref("resolved"))).status == "resolved"


async def test_a_ticket_that_may_only_be_read_is_refused_with_the_right_that_is_missing(
    place: Place,
) -> None:
    with pytest.raises(Refused, match="CommentOnTicket"):
        await place.gateway.comment(place.dossier("read_only"))


async def test_nothing_is_written_into_a_ticket_that_was_merged_meanwhile(place: Place) -> None:
    dossier = place.dossier("merged")
    with pytest.raises(Refused, match=rf"merged into #{place.numbers['printer']}"):
        await place.gateway.comment(dossier)
    assert await place.gateway.find(replace(dossier, ref=place.ref("printer"))) is None


async def test_a_chat_of_two_megabytes_fits(place: Place) -> None:
    dossier = place.dossier("printer", text="<&> \U0001f5a8 " * 90_000)
    receipt = await place.gateway.comment(dossier)
    assert await place.gateway.find(dossier) == receipt


async def test_an_invitation_goes_out_once_for_all_its_repeats(place: Place) -> None:
    mark = f"[invitation:{next(NUMBERS)}-{datetime.now(UTC).timestamp():.0f}]"
    for _ in range(3):
        await place.gateway.correspond(place.ref("printer"), "Join: https://help.test/#x", mark)
    sent = [mail for mail in place.mails() if mark in mail]
    assert len(sent) == 1
    assert "Join: https://help.test/#x" in sent[0]


async def test_a_status_is_set_and_setting_it_again_does_no_harm(place: Place) -> None:
    for status in ("stalled", "stalled", "open"):
        await place.gateway.set_status(place.ref("teaching"), status)
        assert (await place.gateway.read(place.ref("teaching"))).status == status


@pytest.mark.parametrize(
    ("name", "status", "why"),
    [("teaching", "nonsense", "valid status"), ("printer", "resolved", "Permission Denied")],
)
async def test_a_status_that_rt_did_not_set_is_refused_in_its_own_words(
    place: Place, name: str, status: str, why: str
) -> None:
    with pytest.raises(Refused, match=why):
        await place.gateway.set_status(place.ref(name), status)


async def test_an_unknown_instance_is_refused_naming_those_known(place: Place) -> None:
    with pytest.raises(Refused, match=r"“physics”.*Known: rt\."):
        await place.gateway.read(TicketRef("physics", 1))


async def test_the_doctor_finds_nothing_wrong(place: Place) -> None:
    findings = await place.gateway.check()
    assert findings
    assert [finding for finding in findings if not finding.ok] == []
