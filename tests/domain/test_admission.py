"""Who may come in with a link, and as whom."""

import re
from dataclasses import replace

import pytest

from bot.domain.admission import Admission, Demand, Policy, called
from bot.domain.identity import Identity, Proof
from bot.domain.invitations import Invitation, Route
from bot.domain.tickets import Requestor
from tests.people import NOW, TICKET

CHARLES = Requestor("cbabbage", "Charles Babbage", "charles@help.test")
WITH_CC = replace(TICKET, ccs=(CHARLES,))
NOBODYS = replace(TICKET, requestors=())
LINK = Invitation(1, Route.COPY, "Ada Lovelace", "ada@help.test", NOW, login="s1234567")
BY_MAIL = replace(LINK, login="ada@help.test")
ADA = Identity(Proof.SSO, "s1234567")
EVE = Identity(Proof.SSO, "eve")
IN, SIGN_IN, OTHER = Admission.JOIN, Admission.SIGN_IN, Admission.NOT_YOURS


@pytest.mark.parametrize(
    ("demand", "link", "who", "wanted"),
    [
        (Demand.ACCOUNT, LINK, None, SIGN_IN),
        (Demand.ACCOUNT, LINK, ADA, IN),
        (Demand.ACCOUNT, LINK, EVE, OTHER),
        (Demand.ACCOUNT, BY_MAIL, None, IN),  # he has no account to sign in with
        (Demand.ACCOUNT, BY_MAIL, EVE, IN),  # and the CO is told that it is Eve
        (Demand.ACCOUNT, None, None, IN),
        (Demand.ALWAYS, BY_MAIL, None, SIGN_IN),
        (Demand.ALWAYS, BY_MAIL, Identity(Proof.SSO, "a", address="ada@help.test"), IN),
        (Demand.ALWAYS, None, None, SIGN_IN),
        (Demand.ALWAYS, LINK, EVE, OTHER),
        (Demand.NEVER, LINK, None, IN),
        (Demand.NEVER, LINK, EVE, IN),
    ],
)
def test_a_sign_in_is_demanded_of_those_who_can_and_must_be_the_right_one(
    demand: Demand, link: Invitation | None, who: Identity | None, wanted: Admission
) -> None:
    assert Policy(True, demand).admits(link, TICKET, who) is wanted


def test_where_nobody_can_sign_in_nobody_has_to() -> None:
    assert Policy(False, Demand.ALWAYS).admits(LINK, TICKET, None) is IN


def test_a_colleague_in_cc_may_join() -> None:
    charles = Identity(Proof.SSO, "CBabbage")
    assert Policy(True).admits(LINK, WITH_CC, charles) is IN
    assert Policy(True).admits(LINK, TICKET, charles) is OTHER


def test_a_ticket_of_nobody_has_nobody_to_compare_with() -> None:
    assert Policy(True, Demand.ALWAYS).admits(None, NOBODYS, EVE) is IN


def test_who_has_an_account_is_the_sites_to_say() -> None:
    policy = Policy(True, Demand.ACCOUNT, re.compile(r"s\d{7}"))
    assert policy.demands(LINK)
    assert not policy.demands(replace(LINK, login="visitor7"))
    assert not policy.demands(replace(LINK, login="s1234567x"))
    assert not policy.demands(replace(LINK, login=""))


def test_who_signed_in_is_called_as_on_the_ticket_and_nobody_else_gets_that_name() -> None:
    assert called(ADA, TICKET) == "Ada Lovelace"
    assert called(replace(ADA, login="S1234567"), TICKET) == "Ada Lovelace"
    assert called(EVE, TICKET) == "eve"
    assert called(replace(EVE, name="Eve Adams"), TICKET) == "Eve Adams"
    assert called(Identity(Proof.ASSERTED, "", "", "eve@help.test"), TICKET) == "eve@help.test"
