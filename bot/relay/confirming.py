"""What a CO has to type before a record goes into a ticket, or a chat to another one (pure)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.domain.chat import Chat, State
from bot.domain.matching import (
    SHORTEST_REASON,
    Match,
    confirms,
    digits,
    fingerprint,
    match,
    names,
)
from bot.domain.messages import EmptyText, TextTooLong, tidy
from bot.domain.tickets import Ticket, TicketRef

#: A reason's longest form, in characters; it stands in the record.
MAX_REASON = 300

_AMBER = (
    "Not done yet: ticket {ticket} has to be confirmed, because {why}. Type its last digits, "
    "{digits}, or the requestor's surname; where another ticket of this chat ends alike, its number."
)
_RED = (
    "Not done yet: the visitor seems to be somebody else than the people on ticket {ticket}. To "
    "go on all the same, type the requestor's surname and a reason of at least {shortest} characters."
)
_ANOTHER = (
    "Not done: the card you pressed was about another ticket, or about this one as it was. The "
    "ticket would be {ticket} as it is shown now. Look at it, and press again."
)


_IN_RT = (
    "Not done: the record may be in RT already, {where}, and would then be there twice. Look there. "
    "If you send it to the same place again, it is looked for first, where RT can be asked, and not "
    "added twice. Only if it is not there, say so: “send to triage, not in RT: SUMMARY” or “new "
    "ticket in QUEUE, not in RT: SUMMARY”, or type “not in RT” into the box of that name."
)
#: What somebody says who has looked.
NOT_IN_RT = "not in rt"


class WrongInput(Exception):
    """What was typed into the card cannot be used; the text says what to do."""


class Unconfirmed(WrongInput):
    """The ticket was not confirmed as it has to be."""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """That a CO confirmed a ticket: how well the visitor fits it, and the reason, if one was due."""

    match: Match
    reason: str = ""


def target(chat: Chat) -> Ticket:
    """Return the ticket that a filing of this chat goes to: as it is now, if that was found out."""
    filing = chat.filing
    if chat.state is State.ENDED and filing is not None and filing.found is not None:
        return filing.found
    return chat.ticket


def is_changed(chat: Chat) -> bool:
    """Tell whether the chat's ticket is not any more what a CO confirmed."""
    return target(chat) is not chat.ticket


def confirm(chat: Chat, ticket: Ticket, values: Mapping[str, str], *, known: bool) -> Confirmation:
    """Check what was typed: ``echo``, ``reason``, and the button's ``ticket`` (a fingerprint).

    ``known`` tells that a CO has confirmed this very ticket for the chat before; else a command,
    which carries no fingerprint, must name it. Raises Unconfirmed, with what to type.
    """
    drawn = values.get("ticket")
    if drawn is not None and drawn != fingerprint(ticket):
        raise Unconfirmed(_ANOTHER.format(ticket=ticket.ref))
    found, echo = match(chat.identity, ticket), values.get("echo", "")
    needless = found is Match.GREEN and (known or drawn is not None)
    if needless and not echo.strip():
        return Confirmation(found)
    if found is Match.RED:
        return Confirmation(found, _reason(ticket, values))
    # A button says which ticket it was drawn for; somebody who types may not have seen a move.
    others = _others(chat) if drawn is None else ()
    if not confirms(echo, ticket, others):
        why = "nobody vouches for the visitor" if found is Match.AMBER else "it is another one"
        raise Unconfirmed(_AMBER.format(ticket=ticket.ref, digits=digits(ticket), why=why))
    return Confirmation(found)


def _others(chat: Chat) -> Iterator[TicketRef]:
    """Name every ticket that this chat is, was, or may be taken to."""
    yield chat.ticket.ref
    if chat.move is not None:
        yield chat.move.ticket.ref
    for moved in chat.rebindings:
        yield moved.before


def _reason(ticket: Ticket, values: Mapping[str, str]) -> str:
    try:
        reason = " ".join(tidy(values.get("reason", "")).split())[:MAX_REASON]
    except (EmptyText, TextTooLong):
        reason = ""
    # A ticket with nobody but Ccs has nobody to name; its number has to do.
    surname = values.get("echo", "")
    is_named = names(surname, ticket) if ticket.requestors else confirms(surname, ticket)
    if not is_named or len(reason) < SHORTEST_REASON:
        raise Unconfirmed(_RED.format(ticket=ticket.ref, shortest=SHORTEST_REASON))
    return reason


def check_not_in_rt(chat: Chat, *, looked: str = "") -> None:
    """Let a record that may be in RT go elsewhere only if a CO ``looked``. Raises WrongInput."""
    filing = chat.filing
    if filing is None or not filing.unclear or " ".join(looked.split()).casefold() == NOT_IN_RT:
        return
    made = filing.new_ticket
    where = f"in a new ticket in “{made.queue}”" if made else f"on ticket {chat.ticket.ref}"
    raise WrongInput(_IN_RT.format(where=where))
