"""What can happen to a chat. Every event carries the time (aware, UTC) at which we learned of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.domain.identity import BEARER, Identity
from bot.domain.invitations import Route
from bot.domain.messages import Author, Quote
from bot.domain.presence import Presence
from bot.domain.tickets import NewTicket, Requestor


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to one chat."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Invited(Event):
    """A CO pressed Invite: ``requestor`` shall get the link by ``route``."""

    by: Author
    requestor: Requestor
    route: Route
    expires: datetime


@dataclass(frozen=True, slots=True)
class InvitationSent(Event):
    """The mail or the correspondence went out, or could not: then ``problem`` says why."""

    number: int
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Revoked(Event):
    """A CO took the link back."""

    by: Author


@dataclass(frozen=True, slots=True)
class InvitationExpired(Event):
    """Nobody used the link in time."""


@dataclass(frozen=True, slots=True)
class Cancelled(Event):
    """A CO dropped the chat before anybody joined, or the proposal grew too old."""

    by: Author


@dataclass(frozen=True, slots=True)
class VisitorJoined(Event):
    """Somebody exchanged the invitation for a seat in the chat, and this is all we know of him."""

    visitor: Author
    identity: Identity = BEARER


@dataclass(frozen=True, slots=True)
class KnockedAgain(Event):
    """A link that was used already was opened by another browser."""


@dataclass(frozen=True, slots=True)
class Said(Event):
    """``author`` said ``text`` (tidied); ``key`` recognises a repeat."""

    author: Author
    key: str
    text: str
    quote: Quote | None = None


@dataclass(frozen=True, slots=True)
class Edited(Event):
    """``author`` changed what he said as message ``target`` (a seq)."""

    author: Author
    key: str
    target: int
    text: str


@dataclass(frozen=True, slots=True)
class Removed(Event):
    """``author`` took message ``target`` (a seq) back."""

    author: Author
    key: str
    target: int


@dataclass(frozen=True, slots=True)
class PresenceChanged(Event):
    """The visitor's window came, went behind another, or left."""

    presence: Presence


@dataclass(frozen=True, slots=True)
class Ended(Event):
    """``by`` ended the talk."""

    by: Author


@dataclass(frozen=True, slots=True)
class ThreadLost(Event):
    """Teams does not let us post in the chat's thread any more: no operator can read it."""


@dataclass(frozen=True, slots=True)
class NotShown(Event):
    """The visitor's messages ``seqs`` did not reach the thread, or (``sure`` false) perhaps not."""

    seqs: tuple[int, ...]
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Interrupted(Event):
    """Nobody could take in what Teams brought between two moments; ``span`` words them."""

    span: str


@dataclass(frozen=True, slots=True)
class FilingRequested(Event):
    """A CO pressed Send to RT; ``set_status`` is RT's word for the new status, or empty.

    With ``new_ticket`` the record goes into a ticket that is made for it.
    """

    by: Author
    summary: str
    set_status: str = ""
    new_ticket: NewTicket | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What RT said of our comment when we read it back."""

    ticket: int
    transaction: int
    url: str


@dataclass(frozen=True, slots=True)
class TranscriptFiled(Event):
    """RT has the record."""

    receipt: Receipt


@dataclass(frozen=True, slots=True)
class FilingDelayed(Event):
    """RT did not take the record for now; we go on trying. ``problem`` is for the CO."""

    problem: str


@dataclass(frozen=True, slots=True)
class FilingFailed(Event):
    """RT refused the record; a CO must decide. ``problem`` says what to do."""

    problem: str


@dataclass(frozen=True, slots=True)
class StatusSet(Event):
    """The ticket's status was set, or could not be: then ``problem`` says why."""

    problem: str = ""


@dataclass(frozen=True, slots=True)
class Purged(Event):
    """The chat's text is gone from here."""
