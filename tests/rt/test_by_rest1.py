"""What REST 1.0 does not say, or says in an odd way, is not taken for something else."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.messages import Kind, Message
from bot.domain.tickets import NewTicket, TicketRef
from bot.relay.outcomes import NotDone, Refused, Unclear, Written
from bot.relay.ports import Attachment, Dossier
from bot.rt import wire1
from bot.rt.gateway import RtGateway
from bot.rt.instance import Api, Login, RtInstance
from bot.sandbox.rt import Fault, RtStandIn, seeds
from bot.sandbox.rt.world import Part, Person
from tests.contract.rts import LONDON
from tests.people import ADA, NOW
from tests.rt.test_cut import by_itself, dropping, long, lost
from tests.rt.test_rest2 import comments, dossier, for_


@pytest.fixture
async def rt() -> AsyncIterator[RtStandIn]:
    async with RtStandIn() as running:
        yield running


@pytest.fixture
async def gateway(rt: RtStandIn) -> AsyncIterator[RtGateway]:
    instance = RtInstance("rt", rt.url, Login.BASIC, Api.REST1, rt.account, secret=rt.password)
    gateway = RtGateway([instance], LONDON)
    yield gateway
    gateway.close()


async def test_no_answer_at_all_is_no_proof_that_nothing_is_attached(
    rt: RtStandIn, gateway: RtGateway
) -> None:
    receipt = await gateway.comment(dossier())
    rt.fault(Fault(path="/attachments", status=200))
    with pytest.raises(NotDone, match="does not tell what is attached"):
        await gateway.find(dossier())
    assert await gateway.find(dossier()) == receipt


@pytest.mark.parametrize(
    ("status", "why"), [(413, "error 413"), (400, "error 400"), (403, "error 403")]
)
async def test_a_record_that_rts_web_server_does_not_let_through_is_for_a_person_to_decide(
    rt: RtStandIn, gateway: RtGateway, status: int, why: str
) -> None:
    """RT has not seen it: it is too big, or something in it looks like an attack."""
    rt.fault(Fault(method="POST", path="/comment", status=status, html="<h1>No</h1>"))
    with pytest.raises(Refused, match=f"web server.*{why}"):
        await gateway.comment(dossier())
    assert comments(rt) == 0


@pytest.mark.parametrize("address", ["o'brien@help.test", "ada/kings@help.test"])
async def test_whom_rt_cannot_be_asked_about_has_an_address_all_the_same(
    rt: RtStandIn, gateway: RtGateway, address: str
) -> None:
    rt.world.add_person(Person("s1234567", "Ada Lovelace", address))
    (requestor,) = (await gateway.read(TicketRef("rt", seeds.PRINTER))).requestors
    assert requestor.address == address


async def test_a_ticket_is_made_for_whose_address_has_an_apostrophe(
    rt: RtStandIn, gateway: RtGateway
) -> None:
    rt.world.add_person(Person("fobrien", "Flann O'Brien", "o'brien@help.test"))
    new = NewTicket("rt", "Support", "Printing", "o'brien@help.test")
    receipt = await gateway.comment(for_(new, dossier()))
    assert rt.world.tickets[receipt.ticket].requestors == ["fobrien"]


async def test_a_visitors_file_is_not_taken_for_a_record(rt: RtStandIn, gateway: RtGateway) -> None:
    """The name of a record's transcript, by which it is found, is no secret to its visitor."""
    asked, other = dossier(), replace(dossier(), marker="[chat:chat-2]")
    said = tuple(Message(n, ADA, Kind.SAID, "See this.", NOW) for n in (1, 2))
    files = tuple(
        Attachment(n, f"livechat-chat-chat-{n}.json", "text/plain", b"{}") for n in (1, 2)
    )
    receipt = await gateway.comment(replace(asked, log=said, files=files))
    assert receipt.size > 2
    assert await gateway.find(asked) == receipt
    assert await gateway.find(other) is None


async def test_a_file_of_a_single_zero_is_there(rt: RtStandIn, gateway: RtGateway) -> None:
    """RT answers nothing at all when it is asked for it."""
    said = (Message(1, ADA, Kind.SAID, "See this.", NOW),)
    zero = Attachment(1, "zero.txt", "text/plain", b"0")
    assert (await gateway.comment(replace(dossier(), log=said, files=(zero,)))).proven


async def test_no_answer_at_all_is_no_proof_that_a_file_is_not_whole(
    rt: RtStandIn, gateway: RtGateway
) -> None:
    said = (Message(1, ADA, Kind.SAID, "See this.", NOW),)
    asked = replace(dossier(), log=said, files=(Attachment(1, "a.png", "image/png", b"1234"),))
    rt.fault(Fault(path="/content", status=200, times=None))
    with pytest.raises(Unclear, match="out of order"):
        await gateway.comment(asked)
    rt.faults.clear()
    assert await gateway.find(replace(asked, tried=timedelta(minutes=5)))


@pytest.mark.parametrize("asked", [dossier(), long(None)])
async def test_a_comment_that_rt_does_not_show_us_is_found_all_the_same(
    rt: RtStandIn, gateway: RtGateway, asked: Dossier
) -> None:
    """Without the right ShowTicketComments; RT looks for files in what it does not show, too."""
    rt.world.rights["Support"] -= {"ShowTicketComments"}
    assert await gateway.find(asked) is None
    await lost(rt, gateway, asked)
    receipt = await gateway.find(by_itself(asked))
    assert receipt
    assert (receipt.ticket, receipt.proven, receipt.taken) == (seeds.PRINTER, False, True)
    assert await gateway.find(replace(asked, marker="[chat:chat-2]")) is None


async def test_of_a_comment_that_rt_does_not_show_us_it_is_told_that_its_transcript_was_dropped(
    rt: RtStandIn, gateway: RtGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    rt.world.rights["Support"] -= {"ShowTicketComments"}
    dropping(rt, monkeypatch)
    with pytest.raises(Written, match="did not keep all of livechat-chat-"):
        await gateway.comment(long(None))
    with pytest.raises(Written, match="did not keep all of livechat-chat-"):
        await gateway.find(by_itself(long(None)))
    assert await gateway.find(long(None)), "somebody pressed again, and takes it as it is"


async def test_what_somebody_else_attached_and_rt_does_not_show_us_is_no_record(
    rt: RtStandIn, gateway: RtGateway
) -> None:
    rt.world.rights["Support"] -= {"ShowTicketComments"}
    made = rt.world.note(seeds.PRINTER, "Comment", "grace", "x")
    rt.world.attach(made, Part(wire1.file_name(dossier().marker), "application/json", b"{}"))
    assert await gateway.find(dossier()) is None


async def test_a_new_ticket_with_which_rt_kept_no_transcript_has_not_the_whole_record(
    rt: RtStandIn, gateway: RtGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    create: Callable[..., Any] = rt.world.create
    monkeypatch.setattr(rt.world, "create", lambda *given: create(*given[:-1], []))
    new = NewTicket("rt", "Support", "Printing")
    with pytest.raises(Written, match="did not keep all of livechat-chat-"):
        await gateway.comment(long(new))
    receipt = await gateway.find(long(new))
    assert receipt, "somebody pressed again, and takes it as it is"
    assert receipt.ticket == max(rt.world.tickets)
