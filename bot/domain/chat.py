"""A chat: its states, the table of its transitions, and what it remembers."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from operator import attrgetter
from typing import Any

from bot.domain import events as e
from bot.domain.asking import Detail
from bot.domain.identity import BEARER, Identity, Proof
from bot.domain.invitations import Invitation
from bot.domain.mailing import MailAsked, MailEnded, Mailing
from bot.domain.matching import Change, Match
from bot.domain.messages import Author
from bot.domain.presence import Presence
from bot.domain.rating import Rating
from bot.domain.tickets import NewTicket, OwnTickets, Ticket, TicketRef


class State(StrEnum):
    """Where a chat stands."""

    PROPOSED = "proposed"  # the ticket is shown to the CO; nobody else knows
    INVITED = "invited"  # a link is out
    OPEN = "open"  # the visitor joined: they talk
    ENDED = "ended"  # the talk is over, the record is not in RT
    HELD = "held"  # a CO sent it to RT, and may still undo that
    FILING = "filing"  # the record is on its way to RT
    FILED = "filed"  # RT's receipt is in
    PURGED = "purged"  # and the text is gone from here
    CANCELLED = "cancelled"  # dropped before anybody joined
    ERASED = "erased"  # gone from here on a person's request, before its record was in RT


#: States in which a thread is taken: at most one such chat per thread, so that an operator's
#: words in it can mean only one visitor.
LIVE = frozenset({State.INVITED, State.OPEN})
#: States that wait for nothing any more.
OVER = frozenset({State.PURGED, State.CANCELLED, State.ERASED})

_S = State
TRANSITIONS: dict[tuple[State, type[e.Event]], State] = {
    (_S.PROPOSED, e.Invited): _S.INVITED,
    (_S.PROPOSED, e.Cancelled): _S.CANCELLED,
    (_S.PROPOSED, e.ThreadLost): _S.CANCELLED,
    (_S.PROPOSED, e.Asked): _S.OPEN,  # in the transaction that makes the chat
    (_S.INVITED, e.InvitationSent): _S.INVITED,
    (_S.INVITED, e.Revoked): _S.PROPOSED,
    (_S.INVITED, e.InvitationExpired): _S.PROPOSED,
    (_S.INVITED, e.Cancelled): _S.CANCELLED,
    (_S.INVITED, e.VisitorJoined): _S.OPEN,
    (_S.INVITED, e.TurnedAway): _S.INVITED,
    (_S.INVITED, e.ThreadLost): _S.CANCELLED,
    (_S.OPEN, e.InvitationSent): _S.OPEN,  # the visitor was quicker than RT's answer
    (_S.OPEN, e.KnockedAgain): _S.OPEN,
    (_S.OPEN, e.OwnTicketsFound): _S.OPEN,
    (_S.OPEN, e.Unanswered): _S.OPEN,
    (_S.OPEN, e.HandedBack): _S.OPEN,
    (_S.OPEN, e.Taken): _S.OPEN,
    (_S.OPEN, e.Said): _S.OPEN,
    (_S.OPEN, e.Edited): _S.OPEN,
    (_S.OPEN, e.Removed): _S.OPEN,
    (_S.OPEN, e.PresenceChanged): _S.OPEN,
    (_S.OPEN, e.SilenceWarned): _S.OPEN,
    (_S.OPEN, e.StillHere): _S.OPEN,
    (_S.OPEN, e.Ended): _S.ENDED,
    (_S.OPEN, e.FilingHeld): _S.HELD,  # ends the talk as well
    (_S.OPEN, e.FilingRequested): _S.FILING,
    (_S.OPEN, e.MoveProposed): _S.OPEN,
    (_S.OPEN, e.MoveDropped): _S.OPEN,
    (_S.OPEN, e.Moved): _S.OPEN,
    (_S.OPEN, MailAsked): _S.OPEN,
    (_S.OPEN, MailEnded): _S.OPEN,
    (_S.OPEN, e.ThreadLost): _S.FILING,  # nobody is left who could press the button
    (_S.OPEN, e.NotShown): _S.OPEN,
    (_S.OPEN, e.Interrupted): _S.OPEN,
    (_S.OPEN, e.FileCame): _S.OPEN,
    (_S.OPEN, e.Blocked): _S.ENDED,
    (_S.ENDED, e.OwnTicketsFound): _S.ENDED,
    (_S.ENDED, e.KnockedAgain): _S.ENDED,
    (_S.ENDED, e.PresenceChanged): _S.ENDED,
    (_S.ENDED, e.Ended): _S.ENDED,  # both sides pressed
    (_S.ENDED, e.FilingHeld): _S.HELD,
    (_S.ENDED, e.FilingRequested): _S.FILING,
    (_S.ENDED, e.FiledUnasked): _S.FILING,
    (_S.ENDED, e.MoveProposed): _S.ENDED,
    (_S.ENDED, e.MoveDropped): _S.ENDED,
    (_S.ENDED, e.Moved): _S.ENDED,
    (_S.ENDED, MailAsked): _S.ENDED,
    (_S.ENDED, MailEnded): _S.ENDED,
    (_S.ENDED, e.ThreadLost): _S.FILING,
    (_S.ENDED, e.NotShown): _S.ENDED,
    (_S.ENDED, e.FileCame): _S.ENDED,
    (_S.ENDED, e.Rated): _S.ENDED,
    (_S.ENDED, e.Blocked): _S.ENDED,
    (_S.ENDED, e.Unblocked): _S.ENDED,
    (_S.HELD, e.FilingHeld): _S.HELD,  # the second of five presses
    (_S.HELD, e.FilingRequested): _S.HELD,
    (_S.HELD, e.FilingReleased): _S.FILING,  # the one way to RT that leads through HELD
    (_S.HELD, e.FilingUndone): _S.ENDED,
    (_S.HELD, e.OwnTicketsFound): _S.HELD,  # that may be undone
    (_S.HELD, e.PresenceChanged): _S.HELD,
    (_S.HELD, e.KnockedAgain): _S.HELD,
    (_S.HELD, e.Ended): _S.HELD,
    (_S.HELD, e.NotShown): _S.HELD,
    (_S.HELD, MailEnded): _S.HELD,
    (_S.HELD, e.FileCame): _S.HELD,
    (_S.HELD, e.Rated): _S.HELD,
    (_S.HELD, e.Blocked): _S.HELD,
    (_S.HELD, e.Unblocked): _S.HELD,
    (_S.FILING, e.FilingHeld): _S.FILING,
    (_S.FILING, e.FilingRequested): _S.FILING,
    (_S.FILING, e.FilingStopped): _S.ENDED,
    (_S.FILING, e.FilingDelayed): _S.FILING,
    (_S.FILING, e.FilingFailed): _S.ENDED,
    (_S.FILING, e.TranscriptFiled): _S.FILED,
    (_S.FILING, e.PresenceChanged): _S.FILING,
    (_S.FILING, e.Ended): _S.FILING,
    (_S.FILING, e.NotShown): _S.FILING,
    (_S.FILING, MailEnded): _S.FILING,  # the record waits for that, too
    (_S.FILING, e.FileCame): _S.FILING,  # the record waits for what is coming
    (_S.FILING, e.Blocked): _S.FILING,
    (_S.FILING, e.Unblocked): _S.FILING,
    (_S.FILED, e.FilingHeld): _S.FILED,
    (_S.FILED, e.FilingRequested): _S.FILED,
    (_S.FILED, e.StatusSet): _S.FILED,
    (_S.FILED, e.RatingNotSet): _S.FILED,
    (_S.FILED, e.Ended): _S.FILED,
    (_S.FILED, e.NotShown): _S.FILED,
    (_S.FILED, MailEnded): _S.FILED,  # an earlier version filed it, which knows no such mail
    (_S.FILED, e.Blocked): _S.FILED,
    (_S.FILED, e.Unblocked): _S.FILED,
    (_S.FILED, e.Purged): _S.PURGED,
    (_S.PURGED, e.FilingHeld): _S.PURGED,
    (_S.PURGED, e.FilingRequested): _S.PURGED,
    (_S.PURGED, e.StatusSet): _S.PURGED,
    (_S.PURGED, MailEnded): _S.PURGED,
    (_S.PURGED, e.Erased): _S.PURGED,  # who sent it is forgotten, too
    (_S.PURGED, e.RatingNotSet): _S.PURGED,
    (_S.OPEN, e.Erased): _S.ERASED,
    (_S.ENDED, e.Erased): _S.ERASED,
    (_S.HELD, e.Erased): _S.ERASED,
    (_S.FILING, e.Erased): _S.ERASED,
}


class NotNow(Exception):
    """The event cannot happen in the chat's state; nothing was changed."""

    def __init__(self, state: State, event: type[e.Event]) -> None:
        super().__init__(f"no {event.__name__} in state {state}")
        self.state = state
        self.event = event


class Misplaced(Exception):
    """The event would lead the record into a ticket into which it must not go."""


class ChatFull(Exception):
    """The chat holds as much text as a chat may (MAX_CHAT_BYTES)."""


@dataclass(frozen=True, slots=True)
class Filing:
    """Putting summary and transcript into RT: what was asked for and how far it is.

    With ``new_ticket`` the record goes into a ticket that is made for it instead of the chat's own;
    ``receipt.ticket`` is then its number. ``match`` is the worst that was confirmed of visitor and
    ticket, with ``reason``. Until ``until`` it may be undone. If the filing was stopped, ``found``
    is the ticket as it is now, and ``changes`` in what it differs from what was confirmed; once a
    CO has confirmed that one, ``before`` is what the chat's ticket was, in case he undoes it.
    ``unasked`` when no CO sent it on its way (this time); ``by`` is SYSTEM if none ever did.
    ``refused`` is when it last did not go into RT, stopped by us or refused by RT; ``unclear`` if it
    is in RT all the same or may be, so that a person has to look before it goes anywhere else.
    ``requested`` is when it was sent on its way the last time. ``left``: the chat was taken to
    another ticket since.
    """

    by: Author
    requested: datetime
    summary: str
    set_status: str = ""
    problem: str = ""
    receipt: e.Receipt | None = None
    status_done: bool = False
    status_problem: str = ""
    new_ticket: NewTicket | None = None
    match: Match = Match.AMBER
    reason: str = ""
    until: datetime | None = None
    undone_by: Author | None = None
    found: Ticket | None = None
    changes: tuple[Change, ...] = ()
    before: Ticket | None = None
    unasked: bool = False
    refused: datetime | None = None
    unclear: bool = False
    left: bool = False

    def goes_to(self, made: NewTicket | None) -> bool:
        """Tell whether it goes to the same place as one into ``made``, or the chat's own ticket."""
        mine = self.new_ticket
        if mine is None or made is None:
            return mine is made
        return mine.queue.casefold() == made.queue.casefold()


@dataclass(frozen=True, slots=True)
class Move:
    """Another ticket that the chat may be taken to: shown to the CO, not confirmed.

    ``number`` counts the moves that were proposed, from 1.
    """

    number: int
    ticket: Ticket
    by: Author


@dataclass(frozen=True, slots=True)
class Rebinding:
    """That the chat was taken from one ticket to another: by whom, when, and why if he had to say."""

    by: Author
    at: datetime
    before: TicketRef
    after: TicketRef
    match: Match
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Chat:
    """One conversation between a visitor and operators, about one ticket.

    ``head`` is the seq of the last line of the log, ``size`` its text in bytes of UTF-8.
    ``operators`` are those whom the visitor knows to be there; the first has the chat: who started
    it, wrote first or took it. ``takes`` counts how often somebody came to have it.
    ``card`` is the id of the post in the thread that shows this chat, empty until it is posted.
    ``spoken`` counts the visitor's messages, ``filings`` the requests to file that were followed.
    ``ticket`` is the one that was confirmed last, by Invite or by a named confirmation since
    (``rebindings``); ``moves`` counts the other ones that were shown for that, ``move`` is shown now.
    ``identity`` is what we know of the visitor, and by what; ``visitor`` is how he is called here.
    ``heard`` is when somebody last wrote or said that he is there; ``closing`` is when the chat
    ends by itself if nobody does any more, once that was said (bot/domain/silence.py).
    ``files`` counts those that came with messages, ``file_bytes`` is their size.
    ``blocked`` is until when the visitor may neither join nor begin another one.
    ``rating`` is None where the visitor is not to be asked whether the chat helped.
    ``intake``, of a chat that a visitor began, is the ticket that is to be made for its record, as
    long as it has none (then ``ticket`` has the number 0); ``unanswered`` is when both sides were
    told that nobody had answered. ``unheard`` is since when a visitor who was invited, or whose
    question was taken or brought to a ticket, has heard nothing of an operator's yet. ``returns``
    counts how often its visitor was put back to those who wait, ``returned`` is when he last was,
    ``former`` are the operators who were there before that. ``details`` is what he told besides his
    question. ``own`` are his open tickets in RT, once those are known, as long as the chat has none.
    ``seen`` is the last line that a window of his had confirmed while it was in front of him, as far as
    we knew when that changed; ``answered`` is the last line in which an operator said or edited something.
    """

    id: str
    thread: int
    ticket: Ticket
    started_by: Author
    created: datetime
    state: State = State.PROPOSED
    head: int = 0
    size: int = 0
    operators: tuple[Author, ...] = ()
    visitor: Author | None = None
    presence: Presence = Presence.GONE
    presence_since: datetime | None = None
    invitation: Invitation | None = None
    ended_by: Author | None = None
    ended: datetime | None = None
    filing: Filing | None = None
    card: str = ""
    spoken: int = 0
    filings: int = 0
    identity: Identity = BEARER
    move: Move | None = None
    moves: int = 0
    rebindings: tuple[Rebinding, ...] = ()
    heard: datetime | None = None
    closing: datetime | None = None
    files: int = 0
    file_bytes: int = 0
    rating: Rating | None = None
    intake: NewTicket | None = None
    unanswered: datetime | None = None
    unheard: datetime | None = None
    returns: int = 0
    returned: datetime | None = None
    former: tuple[Author, ...] = ()
    takes: int = 0
    blocked: datetime | None = None
    details: tuple[tuple[Detail, str], ...] = ()
    own: OwnTickets | None = None
    seen: int = 0
    answered: int = 0
    mailings: tuple[Mailing, ...] = ()

    @property
    def filed_in(self) -> TicketRef:
        """The ticket that has the record, or is to have it: its own, one made for it, or the one that
        RT really put it into.
        """
        filing, own = self.filing, self.ticket.ref
        if filing is None or not (filing.receipt and filing.receipt.ticket):
            return own
        instance = filing.new_ticket.instance if filing.new_ticket else own.instance
        return TicketRef(instance, filing.receipt.ticket)

    @property
    def may_be_rated(self) -> bool:
        """True while an answer still goes into the record: nothing of that has left, or may have.

        Somebody who was just shown the door is not asked.
        """
        before = bool(self.took_part) and self.state in (State.ENDED, State.HELD)
        asked = self.rating is Rating.AWAITED and self.blocked is None
        return before and asked and not (self.filing and self.filing.unclear)

    @property
    def only_new(self) -> bool:
        """The record may go into a ticket that is made for it, and into no other."""
        return self.intake is not None or self.identity.proof is Proof.ANONYMOUS

    @property
    def waits(self) -> bool:
        """A visitor who began the chat waits for a first answer."""
        return self.intake is not None and self.state is State.OPEN and not self.operators

    @property
    def took_part(self) -> tuple[Author, ...]:
        """The operators who are there, or were before they put the visitor back; not who took a
        question and has written nothing: nobody has answered it.
        """
        here = () if self.is_only_taken else self.operators
        return tuple({one.id: one for one in (*self.former, *here)}.values())

    @property
    def is_only_taken(self) -> bool:
        """Somebody has taken the question of a visitor who began the chat, and not answered it."""
        return self.intake is not None and self.unheard is not None

    @property
    def responsible(self) -> Author:
        """The operator who is called: who answers, and until somebody does whoever started it."""
        return self.operators[0] if self.operators else self.started_by

    @property
    def waits_since(self) -> datetime | None:
        """Since when the visitor waits for a first answer, if he does; also one who was invited, and
        one whose question was taken, since then.
        """
        if self.waits:
            return self.returned or self.created
        return self.unheard if self.state is State.OPEN else None


_FIELDS = tuple(field.name for field in fields(Chat))
_values = attrgetter(*_FIELDS)
_setters = tuple(getattr(Chat, name).__set__ for name in _FIELDS)
_places = {name: place for place, name in enumerate(_FIELDS)}


def changed(chat: Chat, **changes: Any) -> Chat:
    """Return a chat with ``changes``, as dataclasses.replace does in two and a half times as long."""
    values = list(_values(chat))
    for name, value in changes.items():
        values[_places[name]] = value
    new = object.__new__(Chat)
    for setter, value in zip(_setters, values, strict=True):
        setter(new, value)
    return new
