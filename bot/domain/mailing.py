"""A mail to a visitor who has left, with what he was not shown; what becomes of it is in answers.py."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.domain.events import Event
from bot.domain.matching import Match
from bot.domain.messages import Author
from bot.domain.tickets import Ticket


@dataclass(frozen=True, slots=True)
class Mailing:
    """That ``by`` asked to have the visitor mailed what he was not shown, as correspondence of RT's.

    It is about what was said and edited in the lines behind ``since`` up to ``upto``, and about the
    ticket with that fingerprint. When it is over, ``seqs`` are the messages that went, or ``problem``
    says why none did; ``unclear`` if they may have gone all the same.
    """

    number: int
    by: Author
    at: datetime
    since: int
    upto: int
    ticket: str
    over: datetime | None = None
    seqs: tuple[int, ...] = ()
    problem: str = ""
    unclear: bool = False

    @property
    def counts(self) -> bool:
        """What it is about was mailed, may have been, or is about to be: it is not mailed again."""
        return not self.problem or self.unclear


@dataclass(frozen=True, slots=True)
class MailAsked(Event):
    """A CO asked that RT mail the visitor what he was not shown; ``match`` as in FilingRequested."""

    by: Author
    match: Match


@dataclass(frozen=True, slots=True)
class MailEnded(Event):
    """Mailing ``number`` is over: messages ``seqs`` went, or, with a ``problem`` for the CO, none.

    ``unclear`` if they may have gone all the same; ``found`` is the ticket, if that had changed.
    """

    number: int
    seqs: tuple[int, ...] = ()
    problem: str = ""
    unclear: bool = False
    found: Ticket | None = None
