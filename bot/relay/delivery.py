"""Rows of the outbox, and what a commit leaves to be done (docs/deliveries.md)."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from bot.domain.chat import Chat
from bot.domain.messages import Message

#: Whether what is being delivered may still begin: once the claim on it is over, others may be at
#: it. Who writes where a repeat does harm asks last of all, from whatever thread.
STILL: ContextVar[Callable[[], bool]] = ContextVar("still", default=lambda: True)


class Lane(StrEnum):
    """Which outside party a delivery goes to; lanes do not wait for each other."""

    TEAMS = "teams"
    LOOKUP = "lookup"  # reading from RT, which is always safe to repeat
    RT = "rt"  # writing to RT, which is not
    MAIL = "mail"
    HERE = "here"  # work of our own that must survive a crash
    FILES = "files"  # pictures that are fetched from Teams


#: Whose turn it is when Teams takes less than there is (docs/deliveries.md).
URGENT, ORDINARY, LATER = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Delivery:
    """A durable row of the outbox.

    Rows of one ``stream`` go out one after another, in the order of ``id``. ``attempt`` counts
    the claims that may have done something, the present one included: above 1, an earlier try
    may have left us. ``first_claimed`` is when the first one began. ``payload`` is JSON.
    ``thread`` is our id of the thread it goes to, 0 outside TEAMS; ``size`` is its text in bytes
    of UTF-16. ``problem`` is why the last try was given back. ``news`` is what the commit brought
    that made it, if we have only just made it.
    """

    lane: Lane
    stream: str
    kind: str
    payload: dict[str, Any]
    chat_id: str | None = None
    not_before: datetime | None = None
    id: int = 0
    attempt: int = 0
    first_claimed: datetime | None = None
    created: datetime | None = None
    thread: int = 0
    rank: int = ORDINARY
    size: int = 0
    problem: str = ""
    news: News | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Head:
    """The first row of a stream: what a worker may choose from.

    ``wait`` is how many seconds it may not be claimed yet (put off, or somebody else has it),
    ``age`` how many have passed since it was made.
    """

    lane: Lane
    stream: str
    kind: str
    id: int
    wait: float
    age: float
    thread: int = 0
    rank: int = ORDINARY


@dataclass(frozen=True, slots=True)
class News:
    """What one commit brought to a chat.

    ``chat`` and ``relayed`` are None if the commit did not change them; with nothing at all,
    readers read for themselves.
    """

    chat_id: str
    chat: Chat | None = None
    relayed: int | None = None
    lines: tuple[Message, ...] = ()


@dataclass(frozen=True, slots=True)
class Committed:
    """What a commit leaves to be done.

    ``lanes`` have rows that anybody may claim; ``born`` are claimed for this process already.
    ``lost`` tells that rings from other processes may have been lost: everybody looks.
    ``forgot`` tells that somebody's name was deleted who is in no chat because of it.
    """

    news: tuple[News, ...] = ()
    lanes: frozenset[Lane] = frozenset()
    born: tuple[Delivery, ...] = ()
    lost: bool = False
    forgot: bool = False


class Bell(Protocol):
    """The wake-up after a commit."""

    def ring(self, committed: Committed) -> None:
        """Take note, on the event loop; return at once. A ring lost costs latency only."""
