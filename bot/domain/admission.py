"""Whether somebody with an invitation's link may join: must he sign in, and is it he? (pure)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.identity import Identity, Proof
from bot.domain.invitations import Invitation
from bot.domain.matching import is_on, is_person
from bot.domain.tickets import Ticket

#: RT names a user that it made of a mail by the address: he has no account at the site.
ACCOUNT = r"[^@\s]+"


class Demand(StrEnum):
    """From whom a sign-in is demanded."""

    ACCOUNT = "account"  # whose link was for somebody with an account at the site
    ALWAYS = "always"
    NEVER = "never"  # it is offered


class Admission(StrEnum):
    """What is to be done about somebody who holds a link."""

    JOIN = "join"
    SIGN_IN = "sign_in"
    NOT_YOURS = "not_yours"  # the link is for somebody else


@dataclass(frozen=True, slots=True)
class Policy:
    """The site's rule. ``accounts`` is what RT names of people with an account look like, wholly.

    ``offered`` false: nobody can sign in, and so nobody has to.
    """

    offered: bool = False
    demand: Demand = Demand.ACCOUNT
    accounts: re.Pattern[str] = re.compile(ACCOUNT)

    def demands(self, link: Invitation | None) -> bool:
        """Tell whether whoever holds ``link`` must sign in."""
        if link is None:
            return self.offered and self.demand is Demand.ALWAYS
        return self.demands_of(link.login)

    def demands_of(self, login: str) -> bool:
        """Tell the same of a link for somebody whom RT calls ``login``."""
        if not self.offered or self.demand is Demand.NEVER:
            return False
        return self.demand is Demand.ALWAYS or self.accounts.fullmatch(login) is not None

    def admits(self, link: Invitation | None, ticket: Ticket, who: Identity | None) -> Admission:
        """Tell what becomes of somebody who signed in as ``who``; None: he did not.

        Where a sign-in is demanded, it has to be that of a requestor or Cc of the ticket; a ticket
        with nobody on it has nobody to compare with.
        """
        if not self.demands(link):
            return Admission.JOIN
        if who is None:
            return Admission.SIGN_IN
        nobody = not (ticket.requestors or ticket.ccs)
        return Admission.JOIN if nobody or is_on(who, ticket) else Admission.NOT_YOURS


@dataclass(frozen=True, slots=True)
class SignIn:
    """Somebody signed in and has not joined yet; ``id`` is the digest of the cookie's secret."""

    id: str
    who: Identity
    expires: datetime


def is_anothers(known: Identity, who: Identity) -> bool:
    """Tell whether the seat of somebody ``known`` by a sign-in is not for whoever signed in as ``who``."""
    return known.verified and known.login.casefold() != who.login.casefold()


def is_same(known: Identity, who: Identity) -> bool:
    """Tell whether somebody ``known`` by a sign-in is who signed in as ``who``, and in the same way.

    Of whom we know by less than that nobody can tell. Signing out ends a session by the proof of its
    chat (bot/visitors/keeper.py): with another one it would end at once, or never.
    """
    return known.verified and known.proof is who.proof and not is_anothers(known, who)


def is_his(who: Identity, known: Identity, ticket: Ticket) -> bool:
    """Tell whether a seat of somebody ``known``, in a chat about ``ticket``, may be that of ``who``.

    He has signed in. Of a seat that was had by the link alone all that is known is the ticket.
    """
    return not is_anothers(known, who) if known.verified else is_on(who, ticket)


def called(who: Identity, ticket: Ticket) -> str:
    """Return what somebody who signed in is called: his name in RT, if he is on the ticket."""
    people = (*ticket.requestors, *ticket.ccs)
    his = next((one.called for one in people if is_person(who, one)), "")
    return who.name or his or who.login or who.address


def bearer(link: Invitation) -> Identity:
    """Return what we know of whoever holds a link: whom it was for."""
    return Identity(Proof.LINK, link.login, link.name, link.address)
