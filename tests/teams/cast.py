"""Every card that a chat can have, by name: for the tests of the cards and of their renderers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.domain.asking import Detail
from bot.domain.chat import Chat
from bot.domain.events import (
    Cancelled,
    Ended,
    Erased,
    FilingDelayed,
    FilingFailed,
    FilingHeld,
    FilingReleased,
    FilingStopped,
    FilingUndone,
    HandedBack,
    InvitationExpired,
    InvitationSent,
    Invited,
    MoveProposed,
    OwnTicketsFound,
    PresenceChanged,
    Purged,
    Receipt,
    Revoked,
    Said,
    StatusSet,
    Taken,
    ThreadLost,
    TranscriptFiled,
    Unanswered,
    VisitorJoined,
)
from bot.domain.identity import Identity, Proof
from bot.domain.invitations import Route
from bot.domain.mailing import MailAsked, MailEnded
from bot.domain.matching import Change, Match
from bot.domain.messages import Author, Role
from bot.domain.presence import Presence
from bot.domain.tickets import (
    SHOWN_OWN,
    Listed,
    NewTicket,
    OwnTickets,
    Requestor,
    TicketRef,
)
from bot.relay.ports import CardView, Listening
from tests.people import (
    ADA,
    ADAS,
    ALAN,
    GRACE,
    LATER,
    NOW,
    RECEIPT,
    SIGNED_IN,
    SOON,
    TICKET,
    after,
    asking,
    filed,
    filing,
    held,
    invited,
    proposed,
    talking,
    with_ticket,
)

LINK = "https://help.test/livechat/chat#" + "Ab_-9" * 9
ROUTES = ("mail", "correspond", "copy")
STATUSES = ("resolved", "stalled")
CHARLES = Requestor("cbabbage", "Charles Babbage", "charles@help.test")
NOBODY = Requestor("ghost")
NASTY = (
    "[Press](https://evil.test) **now** ![x](https://evil.test/a.png) <at>all</at> "
    "{{DATE(2026-01-01T00:00:00Z, SHORT)}} ${formula} # _\\_ `code` \u202egnp.exe"
)


def view(chat: Chat, *, link: str = "", listening: Listening = Listening.MENTION) -> CardView:
    return CardView(chat, listening, link, ROUTES, STATUSES, ("Support", "Teaching"), "Triage")


def answered() -> Chat:
    """A chat in which Grace has written."""
    return replace(talking(), unheard=None)


def _mailed(problem: str = "", *, route: Route = Route.MAIL) -> Chat:
    chat = after(proposed(), Invited(NOW, GRACE, ADAS, route, LATER))
    return after(chat, InvitationSent(NOW, 1, problem))


def _nasty(chat: Chat) -> Chat:
    who = Requestor(NASTY, NASTY, NASTY)
    return with_ticket(
        chat,
        subject=NASTY,
        queue=NASTY,
        status=NASTY,
        owner=NASTY,
        requestors=(who, who),
        ccs=(who,),
    )


def _crowded() -> Chat:
    crowd = tuple(
        Requestor(f"user{n}", f"A rather long name, number {n} " + "x" * 300, f"user{n}@help.test")
        for n in range(200)
    )
    chat = with_ticket(answered(), subject="S" * 5000, requestors=crowd, ccs=crowd, queue="Q" * 999)
    many = tuple(Author(Role.OPERATOR, str(n), "Operator " * 20) for n in range(60))
    return replace(chat, operators=many)


def _gone() -> Chat:
    return after(answered(), PresenceChanged(NOW + timedelta(minutes=3), Presence.GONE))


def _missed(chat: Chat) -> Chat:
    """Ada left, and Grace has written since."""
    left = PresenceChanged(NOW + timedelta(minutes=3), Presence.GONE, seen=1)
    return after(chat, left, Said(NOW, GRACE, "missed", "Look at the toner."))


def _mailing() -> Chat:
    return after(_missed(_known(ADAS, Proof.LINK)), MailAsked(NOW, GRACE, Match.AMBER))


def _known(who: Requestor, proof: Proof = Proof.SSO) -> Chat:
    known = Identity(proof, who.login, who.name, who.address)
    return replace(after(invited(), VisitorJoined(NOW, ADA, known)), unheard=None)


def _moving() -> Chat:
    return after(_known(ADAS, Proof.LINK), MoveProposed(NOW, GRACE, OTHERS))


def _hostile() -> Chat:
    chat = asking(Identity(Proof.ANONYMOUS, "", NASTY, NASTY))
    return replace(with_ticket(chat, subject=NASTY), visitor=replace(ADA, name=NASTY))


def _begun() -> Chat:
    return after(asking(SIGNED_IN), Said(NOW, GRACE, "g", "Toner."))


def _owning(count: int, said: str = "") -> Chat:
    subjects = ("Cannot print from the lab in AT 5.05", "VPN drops every hour", "Quota is full")
    found = [
        Listed(
            TicketRef("rt", 12345 + n), said or subjects[n % 3], said or "Support", said or "open"
        )
        for n in range(count)
    ]
    own = OwnTickets(tuple(found[:SHOWN_OWN]), len(found[SHOWN_OWN:]))
    return after(asking(SIGNED_IN), OwnTicketsFound(NOW, own))


def _stopped() -> Chat:
    found = replace(TICKET, ref=TicketRef("rt", 777), queue="Teaching", requestors=(CHARLES,))
    differs = (Change.MERGED, Change.QUEUE, Change.REQUESTORS, Change.MATCH)
    return after(filing(), FilingStopped(NOW, found, differs))


def _new_ticket() -> Chat:
    made = NewTicket("rt", "Support", "Cannot print", ADAS.address)
    return after(talking(), FilingHeld(NOW, GRACE, "Toner.", new_ticket=made, until=SOON))


OTHERS = replace(
    TICKET, ref=TicketRef("rt", 777), asked=TicketRef("rt", 777), requestors=(CHARLES,)
)
MADE = Receipt(70001, 7, "https://rt.test/Ticket/Display.html?id=70001", 4096, "ab" * 32)
BIG = replace(with_ticket(_crowded()), state=proposed().state, visitor=None)

CARDS: dict[str, CardView] = {
    "begun": view(asking()),
    "begun-unanswered": view(after(asking(), Unanswered(NOW))),
    "begun-handed-back": view(after(_begun(), HandedBack(NOW, GRACE))),
    "begun-taken": view(after(asking(), Taken(NOW, GRACE))),
    "begun-details": view(replace(asking(), details=((Detail.ROOM, "AT 5.05 *now*"),))),
    "begun-signed-in": view(_begun()),
    "begun-own-tickets": view(_owning(3)),
    "begun-own-tickets-many": view(_owning(7)),
    "begun-own-tickets-hostile": view(_owning(5, NASTY)),
    "begun-own-tickets-ended": view(after(_owning(2), Ended(NOW, ADA))),
    "begun-own-tickets-none": view(_owning(0)),
    "begun-own-tickets-unknown": view(
        after(asking(SIGNED_IN), OwnTicketsFound(NOW, OwnTickets(asked=False)))
    ),
    "begun-hostile": view(_hostile()),
    "begun-wrong": replace(
        view(asking()), wrong="Not done yet.", typed={"verb": "new", "summary": "Toner."}
    ),
    "begun-moving": view(after(_owning(3), MoveProposed(NOW, GRACE, TICKET))),
    "begun-ended": view(after(asking(), Ended(NOW, ADA))),
    "begun-filing": view(after(asking(), ThreadLost(NOW))),
    "begun-filed": view(after(asking(), ThreadLost(NOW), TranscriptFiled(NOW, MADE))),
    "begun-purged": view(after(asking(), ThreadLost(NOW), TranscriptFiled(NOW, MADE), Purged(NOW))),
    "proposed": view(proposed()),
    "proposed-merged": view(with_ticket(proposed(), asked=TicketRef("rt", 999))),
    "proposed-several": view(with_ticket(proposed(), requestors=(ADAS, CHARLES, NOBODY))),
    "proposed-no-address": view(with_ticket(proposed(), requestors=(NOBODY,))),
    "proposed-no-requestor": view(with_ticket(proposed(), requestors=())),
    "proposed-resolved-with-ccs": view(
        with_ticket(proposed(), status="resolved", ccs=(CHARLES,), owner="ghopper")
    ),
    "proposed-copy-only": CardView(proposed(), Listening.MENTION, "", ("copy",), STATUSES),
    "proposed-revoked": view(after(invited(), Revoked(NOW, GRACE))),
    "proposed-expired": view(after(invited(), InvitationExpired(NOW))),
    "proposed-hostile": view(_nasty(proposed())),
    "proposed-crowded": view(BIG),
    "invited-copy": view(invited(), link=LINK),
    "invited-mailed": view(_mailed(), link=LINK),
    "invited-corresponded": view(_mailed(route=Route.CORRESPOND), link=LINK),
    "invited-problem": view(_mailed("The mail server said no."), link=LINK),
    "open-unheard": view(talking()),
    "open-mention": view(answered()),
    "open-thread": view(answered(), listening=Listening.THREAD),
    "open-gone": view(_gone()),
    "open-missed": view(_missed(_known(ADAS, Proof.LINK))),
    "open-missed-green": view(_missed(with_ticket(_known(ADAS), ccs=(CHARLES,)))),
    "open-missed-red": view(_missed(_known(CHARLES))),
    "open-missed-wrong": replace(
        view(_missed(_known(ADAS, Proof.LINK))),
        wrong="Not done yet.",
        typed={"verb": "mail", "mail_echo": "346"},
    ),
    "open-mailing": view(_mailing()),
    "open-mailed": view(after(_mailing(), MailEnded(NOW, 1, (3,)))),
    "open-not-mailed": view(
        after(_mailing(), MailEnded(NOW, 1, problem="You may not reply there."))
    ),
    "begun-missed": view(_missed(_begun())),
    "ended-missed": view(after(_missed(_known(ADAS, Proof.LINK)), Ended(NOW, GRACE))),
    "open-taken-over": view(after(answered(), Taken(NOW, ALAN))),
    "open-hostile": view(replace(_nasty(talking()), visitor=replace(ADA, name=NASTY))),
    "open-crowded": view(_crowded()),
    "ended-by-visitor": view(after(talking(), Ended(NOW, ADA))),
    "ended-unclear": view(
        after(filing(), FilingFailed(NOW, "The comment is in ticket rt#12345.", unclear=True))
    ),
    "ended-refused": view(after(filing(), FilingFailed(NOW, "You may not comment there."))),
    "open-green": view(_known(ADAS)),
    "open-red": view(_known(CHARLES)),
    "open-wrong": replace(
        view(answered()),
        wrong="Not done yet.",
        typed={"verb": "file", "summary": "Toner.", "status": "resolved", "echo": "346"},
    ),
    "open-moving": view(_moving()),
    "open-moving-wrong": replace(
        view(_moving()),
        wrong="Not done yet.",
        typed={"verb": "rebind", "echo": "777", "reason": "short"},
    ),
    "ended-stopped": view(_stopped()),
    "ended-moving": view(after(_moving(), Ended(NOW, ADA))),
    "ended-undone": view(after(held(), FilingUndone(NOW, ALAN))),
    "held": view(held()),
    "held-with-status": view(held("resolved")),
    "held-new-ticket": view(_new_ticket()),
    "filing": view(filing()),
    "filing-delayed": view(after(filing(), FilingDelayed(NOW, "RT does not answer."))),
    "filed": view(filed()),
    "filed-unproven": view(
        after(filing(), TranscriptFiled(NOW, replace(RECEIPT, transaction=0, proven=False)))
    ),
    "filed-unseen": view(after(filing(), TranscriptFiled(NOW, replace(RECEIPT, proven=False)))),
    "filed-unproven-new": view(
        after(
            _new_ticket(),
            FilingReleased(NOW),
            TranscriptFiled(NOW, Receipt(0, 0, "https://rt.test", proven=False)),
        )
    ),
    "filed-taken": view(
        after(
            filing(),
            TranscriptFiled(NOW, replace(RECEIPT, transaction=0, proven=False, taken=True)),
        )
    ),
    "filed-new-ticket": view(after(_new_ticket(), FilingReleased(NOW), TranscriptFiled(NOW, MADE))),
    "filed-with-status": view(after(filed("resolved"), StatusSet(NOW))),
    "filed-status-refused": view(
        after(filed("resolved"), StatusSet(NOW, "Dependencies are open."))
    ),
    "purged": view(after(filed(), Purged(NOW))),
    "erased": view(after(talking(), Erased(NOW))),
    "erased-mailed": view(after(_mailing(), Erased(NOW))),
    "erased-unclear": view(after(filing(), Erased(NOW))),
    "cancelled": view(after(invited(), Cancelled(NOW, GRACE))),
}
