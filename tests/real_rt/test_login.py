"""Getting into a real RT by Kerberos, staying there, and what is said when it fails."""

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from bot.domain.tickets import Ticket, TicketRef
from bot.relay.outcomes import NotDone
from bot.rt import operations
from bot.rt.gateway import RtGateway
from bot.rt.instance import Login, RtInstance
from bot.rt.rest2 import Rest2
from tests.rigs.rt.rig import Rig

LONDON = ZoneInfo("Europe/London")


def read(rig: Rig, **changes: str | float) -> Ticket:
    """Read the printer's ticket by a session of its own."""
    instance = replace(RtInstance("rt", rig.url, ca=rig.ca), **changes)  # type: ignore[arg-type]
    rest = Rest2(instance)
    try:
        return operations.read(rest, instance, TicketRef("rt", rig.tickets["printer"]))
    finally:
        rest.close()


def test_a_session_that_rt_forgot_is_renewed(real_rt: Rig) -> None:
    instance = RtInstance("rt", real_rt.url, ca=real_rt.ca)
    ref = TicketRef("rt", real_rt.tickets["printer"])
    rest = Rest2(instance)
    operations.read(rest, instance, ref)
    assert rest.session._open
    for cookie in rest.session._open.cookies:
        cookie.value = "0" * 32
    assert operations.read(rest, instance, ref).ref == ref
    rest.close()


def test_a_principal_without_a_user_in_rt_is_told_so(real_rt: Rig) -> None:
    with real_rt.acting_as("stranger"), pytest.raises(NotDone, match="does not know the live"):
        read(real_rt)


def test_a_certificate_that_is_not_trusted_is_told_from_an_rt_that_is_down(real_rt: Rig) -> None:
    with pytest.raises(NotDone, match="certificate is not trusted"):
        read(real_rt, ca="")


@contextmanager
def stopped(rig: Rig) -> Iterator[None]:
    """RT's own processes stand still; Apache goes on."""
    group = rig.facts["pids"]["rt"]
    os.killpg(group, signal.SIGSTOP)
    try:
        yield
    finally:
        os.killpg(group, signal.SIGCONT)


def test_an_rt_that_stands_still_is_not_waited_for(real_rt: Rig) -> None:
    with stopped(real_rt), pytest.raises(NotDone, match=r"did not answer within 0\.5 seconds"):
        read(real_rt, read_timeout=0.5)


async def test_many_calls_at_once_share_a_few_sessions(real_rt: Rig) -> None:
    gateway = RtGateway([RtInstance("rt", real_rt.url, ca=real_rt.ca, workers=4)], LONDON)
    ref = TicketRef("rt", real_rt.tickets["printer"])
    found = await asyncio.gather(*(gateway.read(ref) for _ in range(40)))
    gateway.close()
    assert {ticket.ref for ticket in found} == {ref}


def test_the_services_name_is_learned_from_its_ticket(real_rt: Rig) -> None:
    rest = Rest2(RtInstance("rt", real_rt.url, Login.KERBEROS, ca=real_rt.ca))
    assert rest.account() == "svc-livechat"


def test_several_rts_are_entered_by_keytabs_of_their_own(
    real_rt: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KRB5_CLIENT_KTNAME")
    keytabs = real_rt.facts["keytabs"]
    rests = [
        Rest2(RtInstance(who, real_rt.url, ca=real_rt.ca, keytab=keytabs[who]))
        for who in ("svc-livechat", "grace")
    ]
    forbidden = f"ticket/{real_rt.tickets['forbidden']}"
    for _ in range(2):
        assert [rest.get(forbidden).status for rest in rests] == [403, 200]
        for rest in rests:
            rest.close()
    assert [rest.account() for rest in rests] == ["svc-livechat", "grace"]
