"""What RT says it took and then does not show us is there: it is written no second time."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.tickets import NewTicket, TicketRef
from bot.relay.outcomes import Refused, Unclear
from bot.relay.ports import Dossier
from bot.rt.gateway import RtGateway
from bot.rt.instance import Login, RtInstance
from bot.sandbox.rt import Fault, RtStandIn, seeds
from tests.rt.test_rest2 import LONDON, comments, dossier

INSTANCE = RtInstance("rt", "", Login.TOKEN)


def for_a_new_ticket() -> Dossier:
    asked = dossier()
    assert asked.chat.filing
    made = replace(asked.chat.filing, new_ticket=NewTicket("rt", "Support", "Printing"))
    return replace(asked, chat=replace(asked.chat, filing=made))


async def test_a_comment_that_rt_took_and_does_not_show_has_a_receipt(
    rt: RtStandIn, gateway: RtGateway
) -> None:
    rt.world.rights["Support"] -= {"ShowTicketComments"}
    receipt = await gateway.comment(dossier())
    assert comments(rt) == 1
    assert receipt.ticket == seeds.PRINTER
    assert not receipt.proven
    assert receipt.taken or receipt.transaction


@pytest.fixture
async def rest2(rt: RtStandIn) -> AsyncIterator[RtGateway]:
    """By REST 2.0 alone: there the marker is a subject, for which nobody can search."""
    gateway = RtGateway([replace(INSTANCE, url=rt.url, secret=rt.token)], LONDON)
    yield gateway
    gateway.close()


def by_itself() -> Dossier:
    return replace(dossier(), tried=timedelta(minutes=4))


async def test_a_comment_that_may_be_there_and_would_not_be_shown_is_not_written_again(
    rt: RtStandIn, rest2: RtGateway
) -> None:
    rt.world.rights["Support"] -= {"ShowTicketComments"}
    rt.fault(Fault(method="POST", path="comment", accepted=True, drop=True))
    with pytest.raises(Unclear):
        await rest2.comment(dossier())
    with pytest.raises(Refused, match=r"Look in ticket rt#\d+ for .*ShowTicketComments"):
        await rest2.find(by_itself())
    assert await rest2.find(dossier()) is None, "somebody has looked, and pressed again"


async def test_the_doctor_warns_of_records_that_are_not_shown_to_who_wrote_them(
    rt: RtStandIn, rest2: RtGateway
) -> None:
    await rest2.comment(dossier())
    assert not [one for one in await rest2.check() if "ShowTicketComments" in one.sentence]
    rt.world.rights["Support"] -= {"ShowTicketComments"}
    (found,) = (one for one in await rest2.check() if "ShowTicketComments" in one.sentence)
    assert (found.name, found.ok, found.unwise) == ("rt rt: rights", True, True)


async def test_the_doctor_takes_no_ticket_that_was_made_of_a_record_for_one_with_comments(
    rt: RtStandIn, rest2: RtGateway
) -> None:
    await rest2.comment(for_a_new_ticket())
    assert not [one for one in await rest2.check() if "ShowTicketComments" in one.sentence]


async def test_whoever_is_shown_anybodys_comment_is_shown_ours(
    rt: RtStandIn, rest2: RtGateway
) -> None:
    made = await rest2.comment(for_a_new_ticket())
    asked = replace(by_itself(), ref=TicketRef("rt", made.ticket))
    with pytest.raises(Refused, match="ShowTicketComments"):
        await rest2.find(asked)
    rt.world.note(made.ticket, "Comment", "grace")
    assert await rest2.find(asked) is None


async def test_where_nothing_of_ours_is_unseen_it_is_written_at_the_second_try(
    rt: RtStandIn, rest2: RtGateway
) -> None:
    rt.world.rights["Support"] -= {"ShowTicketComments"}
    assert await rest2.find(by_itself()) is None


async def test_the_record_of_an_earlier_chat_that_is_shown_hides_nothing(
    rt: RtStandIn, rest2: RtGateway
) -> None:
    await rest2.comment(replace(dossier(), marker="[chat:chat-0]"))
    assert await rest2.find(by_itself()) is None


async def test_a_ticket_that_rt_made_and_does_not_show_has_a_receipt(
    rt: RtStandIn, gateway: RtGateway
) -> None:
    rt.world.rights["Support"] -= {"ShowTicket"}
    before = len(rt.world.tickets)
    receipt = await gateway.comment(for_a_new_ticket())
    assert len(rt.world.tickets) == before + 1
    assert receipt.ticket == max(rt.world.tickets)
    assert (receipt.proven, receipt.taken) == (False, True)


async def test_a_new_ticket_whose_files_rt_dropped_is_found_by_its_marker(
    rt: RtStandIn, gateway: RtGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RT's answer was lost, and by the name of its file nobody finds it."""
    create = rt.world.create

    def dropping(*given: Any) -> Any:
        return create(*given[:-1], [])  # type: ignore[call-arg]

    monkeypatch.setattr(rt.world, "create", dropping)
    rt.fault(Fault(method="POST", path="ticket", accepted=True, drop=True))
    with pytest.raises(Unclear):
        await gateway.comment(for_a_new_ticket())
    rt.fault(Fault(path="history/id/0", status=400))  # what it does not show has no number
    receipt = await gateway.find(for_a_new_ticket())
    assert receipt
    assert receipt.ticket == max(rt.world.tickets)


async def test_a_new_ticket_whose_subject_rt_changed_at_once_is_known_by_its_number(
    rt: RtStandIn, gateway: RtGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = rt.world.create

    def scripted(queue: str, subject: str, *more: Any) -> Any:
        return create(queue, "Support case", *more)

    monkeypatch.setattr(rt.world, "create", scripted)
    receipt = await gateway.comment(for_a_new_ticket())
    assert receipt.ticket == max(rt.world.tickets)
    assert receipt.transaction
    assert receipt.proven
