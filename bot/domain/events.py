"""What can happen to a chat. Every event carries the time (aware, UTC) at which we learned of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.files import File
from bot.domain.identity import BEARER, Identity
from bot.domain.invitations import Route
from bot.domain.matching import Change, Match
from bot.domain.messages import Author, Quote
from bot.domain.presence import Presence
from bot.domain.rating import Rating
from bot.domain.tickets import NewTicket, OwnTickets, Requestor, Ticket


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
    """Somebody exchanged the invitation for a seat in the chat, and this is all we know of him.

    ``rates``: at the end he is asked whether it helped.
    """

    visitor: Author
    identity: Identity = BEARER
    rates: bool = False


@dataclass(frozen=True, slots=True)
class Asked(Event):
    """A visitor began the chat with a question, ``text`` (tidied); ``key`` as in Said."""

    visitor: Author
    identity: Identity
    key: str
    text: str


@dataclass(frozen=True, slots=True)
class OwnTicketsFound(Event):
    """RT has told which open tickets a visitor who began the chat has, or could not be asked."""

    own: OwnTickets


@dataclass(frozen=True, slots=True)
class Unanswered(Event):
    """Nobody has answered a visitor who began the chat, for as long as the site thinks right."""


@dataclass(frozen=True, slots=True)
class HandedBack(Event):
    """A CO who talks with a visitor who began the chat cannot go on: others are to answer."""

    by: Author


@dataclass(frozen=True, slots=True)
class Taken(Event):
    """A CO says that he has the chat, who may not have written yet: he is called from now on."""

    by: Author


@dataclass(frozen=True, slots=True)
class KnockedAgain(Event):
    """A link that was used already was opened by another browser."""


@dataclass(frozen=True, slots=True)
class TurnedAway(Event):
    """Somebody whom the link was not for signed in as ``login`` and was not let in."""

    login: str


@dataclass(frozen=True, slots=True)
class Said(Event):
    """``author`` said ``text`` (tidied); ``key`` recognises a repeat.

    With a ``file``, ``text`` is its description, or its name.
    """

    author: Author
    key: str
    text: str
    quote: Quote | None = None
    file: File | None = None


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
    """The visitor's window came, went behind another, or left; ``seen`` as in Chat."""

    presence: Presence
    seen: int = 0


@dataclass(frozen=True, slots=True)
class SilenceWarned(Event):
    """Nobody was heard for long, or could be: the talk ends at ``closes`` unless somebody is."""

    closes: datetime


@dataclass(frozen=True, slots=True)
class StillHere(Event):
    """``by`` types, or says that the talk is to go on."""

    by: Author


@dataclass(frozen=True, slots=True)
class Ended(Event):
    """``by`` ended the talk; SYSTEM did because it was silent."""

    by: Author


@dataclass(frozen=True, slots=True)
class Rated(Event):
    """The visitor said whether the chat helped."""

    rating: Rating


@dataclass(frozen=True, slots=True)
class Blocked(Event):
    """``by`` keeps the visitor out ``until`` then, which ends the talk."""

    by: Author
    until: datetime


@dataclass(frozen=True, slots=True)
class Unblocked(Event):
    """He may come again."""


@dataclass(frozen=True, slots=True)
class ThreadLost(Event):
    """Teams does not let us post in the chat's thread any more: no operator can read it."""


@dataclass(frozen=True, slots=True)
class NotShown(Event):
    """The visitor's messages ``seqs`` did not reach the thread, or (``sure`` false) perhaps not."""

    seqs: tuple[int, ...]
    sure: bool = True


@dataclass(frozen=True, slots=True)
class FileCame(Event):
    """The file of message ``seq``, which was coming, ``came`` (``size`` bytes), or will not."""

    seq: int
    came: bool
    size: int = 0


@dataclass(frozen=True, slots=True)
class Interrupted(Event):
    """Nobody could take in what Teams brought between two moments; ``span`` words them."""

    span: str


@dataclass(frozen=True, slots=True)
class FilingRequested(Event):
    """A CO pressed Send to RT; ``set_status`` is RT's word for the new status, or empty.

    With ``new_ticket`` the record goes into a ticket that is made for it; with ``ticket`` into
    that one, which the CO was shown after the chat's own had changed. ``match`` is the worst that
    was confirmed of visitor and ticket, ``reason`` what the CO gave for it. ``unseen`` are the
    numbers of messages that had not reached the thread by then. The record is on its way at once;
    see FilingHeld.
    """

    by: Author
    summary: str
    set_status: str = ""
    new_ticket: NewTicket | None = None
    match: Match = Match.AMBER
    reason: str = ""
    ticket: Ticket | None = None
    unseen: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class FilingHeld(FilingRequested):
    """The same, to be undone by anybody of the team ``until`` then."""

    until: datetime = field(kw_only=True)


@dataclass(frozen=True, slots=True)
class FilingReleased(Event):
    """The time for undoing is over: from now on the record may be in RT."""


@dataclass(frozen=True, slots=True)
class FilingUndone(Event):
    """A CO took a filing back while it was held: nothing of it has left us, and nothing will."""

    by: Author


@dataclass(frozen=True, slots=True)
class FilingStopped(Event):
    """The ticket is not any more what was confirmed, but ``found``; nothing was written this time.

    ``unclear`` as in FilingFailed.
    """

    found: Ticket
    changes: tuple[Change, ...]
    unclear: bool = False


@dataclass(frozen=True, slots=True)
class MoveProposed(Event):
    """A CO asked to take the chat to ``ticket``, as RT shows it now."""

    by: Author
    ticket: Ticket


@dataclass(frozen=True, slots=True)
class MoveDropped(Event):
    """A CO looked at both tickets and left the chat where it is."""

    by: Author


@dataclass(frozen=True, slots=True)
class Moved(Event):
    """A CO confirmed the ``number``-th move that was proposed; see FilingRequested for the rest."""

    by: Author
    number: int
    match: Match = Match.AMBER
    reason: str = ""


@dataclass(frozen=True, slots=True)
class FiledUnasked(Event):
    """Nobody sent the record to RT in time; ``why`` stands where a summary would.

    ``match`` is how visitor and ticket fit as far as we know; see FilingRequested for the rest.
    """

    why: str
    match: Match = Match.AMBER
    new_ticket: NewTicket | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What RT said of our comment when we read it back.

    ``size`` (bytes) and ``sha256`` (64 hexadecimal digits) are of the JSON transcript as RT gave it
    back; 0 and empty where RT did not give it back.
    ``proven`` is false when it could not be read back: RT does not let us see comments, or it was
    handed to the mail server, and this RT cannot be asked. Then ``transaction`` is 0, and of a new
    ticket ``ticket`` too. ``taken``: RT itself said that it took it, and shows not even a transaction.
    """

    ticket: int
    transaction: int
    url: str
    size: int = 0
    sha256: str = ""
    proven: bool = True
    taken: bool = False


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
    """RT refused the record; a CO must decide. ``problem`` says what to do.

    ``unclear`` if it is in RT all the same, or may be.
    """

    problem: str
    unclear: bool = False


@dataclass(frozen=True, slots=True)
class StatusSet(Event):
    """The ticket's status was set, or could not be: then ``problem`` says why."""

    problem: str = ""


@dataclass(frozen=True, slots=True)
class RatingNotSet(Event):
    """The ticket's field for the visitor's answer could not be set; ``problem`` says why."""

    problem: str


@dataclass(frozen=True, slots=True)
class Purged(Event):
    """The chat's text is gone from here."""


@dataclass(frozen=True, slots=True)
class Erased(Event):
    """Somebody asked for his data to be erased, and all of the chat that was here is."""
