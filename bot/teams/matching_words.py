"""How visitor and ticket fit, in words: never by a colour alone (pure)."""

from __future__ import annotations

from bot.domain.chat import Chat
from bot.domain.identity import Identity, Proof
from bot.domain.matching import Change, Match, is_requestor, match
from bot.domain.tickets import Requestor, Ticket
from bot.domain.transcript import known_by
from bot.teams import elements as el
from bot.teams.elements import Json
from bot.teams.markup import in_card

MOST = 10  # people shown by name

_CHANGED = {
    Change.MERGED: "it was merged into {found}",
    Change.QUEUE: "it was moved from the queue “{before}” to “{after}”",
    Change.REQUESTORS: "its requestors were {were} and are {are} now",
    Change.MATCH: "the visitor is nobody on it",
}
_CONFIRMING = {
    Match.GREEN: "",
    Match.AMBER: " DIGITS",
    Match.RED: " SURNAME because WHY",
}


def send_command(identity: Identity, ticket: Ticket) -> str:
    """Word the command that sends a record to a ticket, with what it has to confirm."""
    return f"send to rt{_CONFIRMING[match(identity, ticket)]}: SUMMARY"


def fits(identity: Identity, ticket: Ticket) -> str:
    """Say how a visitor fits a ticket."""
    found, known = match(identity, ticket), _known(identity)
    if found is Match.GREEN:
        role = "a requestor" if is_requestor(identity, ticket) else "a Cc"
        return f"**Matches:** {known} is {role} of this ticket"
    if found is Match.RED:
        return f"⚠ **Does not match:** {known} is neither requestor nor Cc of this ticket"
    if not (ticket.requestors or ticket.ccs):
        return "**Cannot be told:** this ticket has no requestor to compare with"
    return "**Not verified:** anybody who had the link could have joined"


def visitor(chat: Chat, name: str) -> str:
    """Name the visitor, with what he is known by."""
    return f"{in_card(name)} – {in_card(known_by(chat.identity))}"


def _known(identity: Identity) -> str:
    who = in_card(identity.login or identity.address, 120)
    match identity.proof:
        case Proof.LINK:
            return f"the link was for {in_card(identity.name, 80) or who}, who"
        case Proof.ANONYMOUS:
            return f"the visitor gave the name {who}, who"
        case _:
            return f"the visitor signed in as {who}, who"


def people(persons: tuple[Requestor, ...], nobody: str = "nobody") -> str:
    """Name people, the first ones of a crowd."""
    named = ", ".join(in_card(one.called, 80) for one in persons[:MOST])
    more = len(persons) - MOST
    return (f"{named} and {more} more" if more > 0 else named) or nobody


def ticket_facts(ticket: Ticket, identity: Identity | None = None) -> Json:
    """Show what a CO looks at before he confirms a ticket."""
    pairs = [
        ("Ticket", in_card(str(ticket.ref))),
        ("Subject", in_card(ticket.subject) or "none"),
        ("Requestor", people(ticket.requestors)),
    ]
    if ticket.merged:
        pairs[0] = (
            "Ticket",
            f"{in_card(str(ticket.ref))}, asked for as {in_card(str(ticket.asked))}",
        )
    if ticket.ccs:
        pairs.append(("Cc", people(ticket.ccs)))
    pairs.append(("Queue", f"{in_card(ticket.queue) or 'unknown'}, {in_card(ticket.status)}"))
    if identity is not None:
        pairs.append(("Match", fits(identity, ticket)))
    return el.facts(pairs)


def changed(before: Ticket, found: Ticket, changes: tuple[Change, ...]) -> str:
    """Say in what a ticket is not any more what was confirmed."""
    values = {
        "found": in_card(str(found.ref)),
        "before": in_card(before.queue, 80),
        "after": in_card(found.queue, 80) or "one that we cannot see",
        "were": people(before.requestors),
        "are": people(found.requestors),
    }
    return "; ".join(_CHANGED[change].format(**values) for change in changes)
