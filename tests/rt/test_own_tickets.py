"""The search for somebody's open tickets: what is asked, and what is made of the answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.identity import Identity, Proof
from bot.domain.tickets import MOST_OWN
from bot.relay.outcomes import NotDone, Refused
from bot.rt import wire1
from bot.rt.gateway import RtGateway
from bot.rt.own_tickets import query
from bot.rt.session import Answer
from bot.sandbox.rt import Fault, RtStandIn, seeds
from bot.sandbox.rt.searching import search
from bot.sandbox.rt.world import Person, Ticket, World
from tests.people import SIGNED_IN

ADA = Identity(Proof.SSO, "s1234567")


def numbers(found: object) -> list[int]:
    assert isinstance(found, tuple)
    return [one.ref.number for one in found]


def test_it_asks_for_open_tickets_by_login_and_by_address_in_the_queues_that_are_set() -> None:
    assert query(SIGNED_IN, ("Support", "O'Hara")) == (
        "Status = '__Active__' AND (Requestor.Name = 's1234567' OR Requestor.Name = 'ada@help.test'"
        " OR Requestor.EmailAddress = 'ada@help.test') AND (Queue = 'Support' OR Queue = 'O\\'Hara')"
    )
    assert query(ADA, ()) == "Status = '__Active__' AND (Requestor.Name = 's1234567')"


def test_what_rt_would_take_for_something_else_is_asked_for_otherwise() -> None:
    assert "(Requestor.Name STARTSWITH '1234567')" in query(Identity(Proof.SSO, "1234567"), ())
    assert "(Requestor.Name ENDSWITH '.gauss')" in query(Identity(Proof.SSO, "CF.gauss"), ())


@given(st.text("ab'\\\"()=% \n", min_size=1))
def test_whatever_somebody_is_called_the_condition_is_about_him(login: str) -> None:
    """The stand-in reads a query as RT does (RT::SQL)."""
    world = World("livechat")
    world.rights["Support"] = frozenset({"ShowTicket"})
    for number, name in enumerate((login, "alan"), start=1):
        world.add_person(Person(name))
        world.add_ticket(Ticket(number, "x", requestors=[name]))
    found = search(world, query(Identity(Proof.SSO, login), ("Support",)))
    assert [ticket.id for ticket in found] == [1]


async def test_a_member_of_a_group_that_is_requestor_is_none_himself(
    rt: RtStandIn, gateway: RtGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RT finds those, too; the move would show that he is nobody on the ticket."""
    found = [rt.world.tickets[number] for number in (seeds.PRINTER, seeds.OWNED)]
    monkeypatch.setattr("bot.sandbox.rt.rest1.search", lambda *_: found)
    monkeypatch.setattr("bot.sandbox.rt.rest2.search", lambda *_: found)
    assert numbers(await gateway.own("rt", SIGNED_IN)) == [seeds.PRINTER]


async def test_of_very_many_so_many_are_looked_at(rt: RtStandIn, gateway: RtGateway) -> None:
    for number in range(MOST_OWN + 9):
        rt.world.add_ticket(Ticket(20_000 + number, "Again", requestors=["s7654321"]))
    alan = Identity(Proof.SSO, "s7654321")
    assert len(numbers(await gateway.own("rt", alan))) == MOST_OWN


@pytest.mark.parametrize(
    "fault",
    [
        Fault.down(path="ticket"),
        Fault.maintenance(path="ticket"),
        Fault(path="ticket", status=404, times=None),
        Fault(path="ticket", status=400, times=None),
    ],
)
async def test_no_answer_is_no_proof_that_he_has_none(
    rt: RtStandIn, gateway: RtGateway, fault: Fault
) -> None:
    rt.fault(fault)
    with pytest.raises((NotDone, Refused)):
        await gateway.own("rt", SIGNED_IN)
    rt.faults.clear()
    assert len(numbers(await gateway.own("rt", SIGNED_IN))) == 2


def form(text: str) -> wire1.Form:
    return wire1.Form.read(Answer(200, {}, f"RT/4.4.6 {text}".encode()))


def test_rest1_lists_a_form_for_each_ticket_and_says_when_there_is_none() -> None:
    """As RT 4.4 and 5 word it."""
    told = form(
        "200 Ok\n\nid: ticket/7\nQueue: Support\nSubject: -- --\nStatus: open\n"
        "Requestors: ada@help.test,\n            alan@help.test\n\n--\n\n"
        "id: ticket/9\nQueue: Support\nSubject: \nStatus: new\nRequestors:\n\n"
    )
    listed = wire1.listed(told)
    assert [wire1.number(one) for one in listed] == [7, 9]
    assert listed[0].fields["Subject"] == "-- --"
    assert wire1.addresses(listed[0], "Requestors") == ["ada@help.test", "alan@help.test"]
    assert wire1.listed(form("200 Ok\n\nNo matching results.\n")) == []
    for odd in ("200 Ok\n\n<html>", "400 Bad request\n\nInvalid query: 'x'.\n", "200 Ok\n\n"):
        with pytest.raises(ValueError, match="no list"):
            wire1.listed(form(odd))
