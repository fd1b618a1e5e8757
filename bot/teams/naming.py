"""What the bot calls a chat's visitor, its ticket and a time, and where it says a chat stands (pure)."""

from __future__ import annotations

from datetime import datetime, tzinfo

from bot.domain.chat import Chat, State
from bot.teams import doubt

#: Where a chat stands, in a sentence.
_STATES: dict[State, str] = {
    State.PROPOSED: "Nobody is invited yet.",
    State.INVITED: "Invited; nobody has joined yet.",
    State.OPEN: "The chat is open.",
    State.ENDED: "The chat has ended; the record is not in RT yet.",
    State.HELD: "The record goes to {destination} in a moment; until then it can be undone.",
    State.FILING: "The record is on its way to {destination}.",
    State.FILED: "The record is on {destination}.",
    State.PURGED: "The record is on {destination}.",
    State.CANCELLED: "Cancelled before anybody joined.",
    State.ERASED: "The chat was erased.",
}


def visitor(chat: Chat | None) -> str:
    """Name the visitor, as far as we know the name."""
    if chat is None:
        return "The visitor"
    if chat.visitor is not None and chat.visitor.name.strip():
        return chat.visitor.name
    return (chat.invitation.name if chat.invitation else "") or "The visitor"


def state_of(chat: Chat) -> str:
    """Say where a chat stands, and where its record goes."""
    there = destination(chat)
    if chat.state is State.ENDED and chat.filing is not None and chat.filing.unclear:
        return f"The chat has ended; the record may be on {there} already."
    if chat.waits:
        return "The visitor waits for an answer."
    if doubt.is_unproven(chat.filing):
        return f"The record was mailed to {there}; RT did not confirm it."
    return _STATES[chat.state].format(destination=there)


def destination(chat: Chat) -> str:
    """Say where the record goes, or is."""
    filing = chat.filing
    made = filing.new_ticket if filing else None
    if filing is not None and filing.receipt is not None and filing.receipt.ticket:
        return f"{'the new ticket' if made else 'ticket'} {chat.filed_in}"
    if made is not None:
        return f"a new ticket in “{made.queue}”"
    return f"ticket {chat.ticket.ref}" if chat.ticket.ref.number else "a new ticket"


def ticket(chat: Chat | None) -> str:
    """Name the chat's ticket."""
    if chat is None:
        return "in RT"
    return str(chat.ticket.ref if chat.ticket.ref.number else chat.filed_in)


def when(at: datetime, zone: tzinfo) -> str:
    """Word a time: ``21 Nov, 10:42``."""
    local = at.astimezone(zone)
    return f"{local.day} {local:%b, %H:%M}"
