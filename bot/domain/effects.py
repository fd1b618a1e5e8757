"""What must follow outside the chat. All but Record become durable rows of the outbox."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.matching import Match
from bot.domain.messages import Author, Message
from bot.domain.rating import Rating
from bot.domain.tickets import TicketRef


@dataclass(frozen=True, slots=True)
class Effect:
    """Something that must follow."""


@dataclass(frozen=True, slots=True)
class Record(Effect):
    """Append ``message`` to the chat's log."""

    message: Message


@dataclass(frozen=True, slots=True)
class RelayToThread(Effect):
    """Post the visitor's message ``seq`` in the chat's thread.

    ``first`` is true for the first one of a chat, which goes before other chats' next ones;
    ``size`` is its text in bytes of UTF-16, by which messages are put together; one with a file
    goes ``alone``.
    """

    seq: int
    first: bool = False
    size: int = 0
    alone: bool = False


@dataclass(frozen=True, slots=True)
class OpenThread(Effect):
    """Open the chat's thread in Teams, before anything else of it is posted."""


@dataclass(frozen=True, slots=True)
class FindOwnTickets(Effect):
    """Ask RT for the open tickets of a visitor who signed in, for the card."""


class Word(StrEnum):
    """What a notice in the thread is about; bot/teams words it."""

    JOINED = "joined"
    ASKED = "asked"
    UNANSWERED = "unanswered"
    HANDED_BACK = "handed_back"
    TAKEN_OVER = "taken_over"
    KNOCKED_AGAIN = "knocked_again"
    TURNED_AWAY = "turned_away"
    ENDED_BY_VISITOR = "ended_by_visitor"
    SILENT = "silent"
    STILL_HERE = "still_here"
    ENDED_BY_SILENCE = "ended_by_silence"
    FILED_UNASKED = "filed_unasked"
    INVITATION_PROBLEM = "invitation_problem"
    INVITATION_EXPIRED = "invitation_expired"
    UNSEEN = "unseen"
    FILING_FAILED = "filing_failed"
    FILING_STOPPED = "filing_stopped"
    FILED_ELSEWHERE = "filed_elsewhere"
    MOVED = "moved"
    MAILED = "mailed"
    NOT_MAILED = "not_mailed"
    STATUS_PROBLEM = "status_problem"
    RATING_PROBLEM = "rating_problem"
    NOT_SHOWN = "not_shown"
    NOT_SURE = "not_sure"
    AWAY = "away"
    ORPHANED = "orphaned"
    ERASED = "erased"


@dataclass(frozen=True, slots=True)
class TellThread(Effect):
    """Post a notice in the thread; ``detail`` is a sentence of ours, never a visitor's words.

    ``calls`` is whom it calls, if not whoever has the chat by then.
    """

    word: Word
    detail: str = ""
    calls: Author | None = None


@dataclass(frozen=True, slots=True)
class TellElsewhere(Effect):
    """Post a notice where the CO will see it although the chat's thread is gone."""

    word: Word


@dataclass(frozen=True, slots=True)
class ShowCard(Effect):
    """Bring the chat's card up to date; ``soon`` false means it may wait (presence)."""

    soon: bool = True


@dataclass(frozen=True, slots=True)
class SendInvitation(Effect):
    """Send invitation ``number`` on its route."""

    number: int


@dataclass(frozen=True, slots=True)
class MailAnswers(Effect):
    """Have RT mail the visitor what the chat's mailing ``number`` is about."""

    number: int


@dataclass(frozen=True, slots=True)
class ReleaseFiling(Effect):
    """Let the chat's ``number``-th filing go at ``until``, if nobody has undone it by then."""

    number: int
    until: datetime


@dataclass(frozen=True, slots=True)
class Audit(Effect):
    """Log that an operator (``by``, his id) confirmed a ticket for a visitor who is not known to be
    on it; ``word`` says for what.
    """

    word: str
    ticket: TicketRef
    match: Match
    by: str


@dataclass(frozen=True, slots=True)
class FileTranscript(Effect):
    """Put summary and transcript into the ticket."""


@dataclass(frozen=True, slots=True)
class SetTicketStatus(Effect):
    """Set the ticket's status, in a call of its own, after the comment is in."""

    status: str


@dataclass(frozen=True, slots=True)
class SetRating(Effect):
    """Put the visitor's answer into a field of ``ticket``, which has the record, in a call of its own.

    All that is needed stands here: by then the chat may be forgotten.
    """

    ticket: TicketRef
    rating: Rating


@dataclass(frozen=True, slots=True)
class Purge(Effect):
    """Delete the chat's text here."""
