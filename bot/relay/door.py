"""The settings of chats that visitors begin."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time, timedelta

from bot.domain.asking import Detail
from bot.domain.reception import Admits
from bot.domain.tickets import DEFAULT_INSTANCE


@dataclass(frozen=True, slots=True)
class Door:
    """Who may come in, and how many.

    ``closes_at`` is the site's closing hour, in the relay's zone. Of those whom no operator has
    answered yet at most ``most_waiting`` wait at once; each is told after ``answer_within``.
    Tickets for their records are made in ``queue`` of ``instance``. ``details`` are asked besides the
    question; nobody has to answer that. ``search`` is the path of the help site's search, with
    ``{words}`` in it; empty: there is none. ``own_tickets``: the card lists those that RT has of who
    signed in.
    """

    admits: Admits = Admits.NOBODY
    closes_at: time = time(18)
    most_waiting: int = 10
    answer_within: timedelta = timedelta(minutes=10)
    instance: str = DEFAULT_INSTANCE
    queue: str = ""
    details: tuple[Detail, ...] = ()
    search: str = ""
    own_tickets: bool = True
