"""Rows of the outbox, and what a commit leaves to be done (docs/deliveries.md)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from bot.domain.chat import Chat
from bot.domain.messages import Message, Role

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


class DeliveryKind(StrEnum):
    """What is to be done, as it stands in databases: none may be renamed. Each has its handler."""

    RELAY = "relay"  # a visitor's message, which may go out together with those behind it
    SINGLE = "single"  # one that goes out by itself
    TELL = "tell"  # a notice
    LIST = "list"  # which chats there are, for the CO who asked
    AWAY = "away"  # that nobody was here for a while, to every open chat's thread
    CARD = "card"  # the chat's card, as the chat is by then
    RETIRE = "retire"  # an earlier card, which is to say that there is a later one
    OPEN = "open"  # the thread of a chat that a CO asked for elsewhere
    BEGIN = "begin"  # the thread of a chat that a visitor began
    LOST = "lost"  # a notice for the CO whose chat's thread is gone
    LOOKUP = "lookup"  # the ticket that a chat is to be about
    MOVE = "move"  # the ticket that a chat is to be taken to
    OWN = "own"  # the open tickets of a visitor who began a chat
    INVITE = "invite"  # an invitation, on its route
    ANSWERS = "answers"  # what the visitor was not shown, mailed by RT
    RELEASE = "release"  # the end of the time in which a filing may be undone
    AUDIT = "audit"  # a line of the log about what a CO has confirmed or blocked
    FILE = "file"  # the record, into RT
    STATUS = "status"  # the ticket's status, after that
    RATING = "rating"  # the visitor's answer, in a field of the ticket
    PURGE = "purge"  # the chat's text here
    FETCH = "fetch"  # a picture that a CO pasted
    ERASE = "erase"  # a post of ours that is to be taken back


class Stream(StrEnum):
    """What the names of streams begin with, as they stand in databases."""

    CHAT = "chat"  # a chat's messages and notices, and the purge behind them
    UNSEEN = "unseen"  # the notice that messages wait there
    AGAIN = "again"  # the notice that a chat's thread may have been opened twice
    CARD = "card"
    RETIRE = "retire"
    LOST = "lost"
    OPEN = "open"  # by ticket: of two COs who ask at once the second finds the chat of the first
    THREAD = "thread"  # by thread: answers that belong to no chat
    LOOKUP = "lookup"  # by thread
    OWN = "own"  # by RT: one search at a time, so that nothing else has to wait for RT
    INVITE = "invite"
    FETCH = "fetch"  # by chat and file
    HOLD = (
        "hold"  # by chat and filing: one that was undone may be due late, if the clock was set back
    )
    FILE = "file"
    RATING = "rating"
    AUDIT = "audit"
    ERASE = "erase"
    LATE = "late"  # what goes on beside the stream in which it could not be done, or comes after it
    ASIDE = "aside"  # by row: what only a later version can do
    AWAY = "away"  # one for all

    def of(self, *ids: object) -> str:
        """Return a stream's name: ``chat:ID``."""
        return ":".join((self, *map(str, ids)))


#: Whose turn it is when Teams takes less than there is (docs/deliveries.md).
URGENT, ORDINARY, LATER = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Delivery:
    """A durable row of the outbox.

    Rows of one ``stream`` go out one after another, in the order of ``id``, none before its
    ``not_before`` (None: at once); ``rank`` says whose turn it is. ``attempt`` counts
    the claims that may have done something, the present one included: above 1, an earlier try
    may have left us. ``first_claimed`` is when the first one began. ``kind`` is a DeliveryKind, or a
    later version's. ``payload`` is what bot/relay/rows.py makes for that kind, as JSON.
    ``thread`` is our id of the thread it goes to, 0 outside TEAMS; ``size`` is its text in bytes
    of UTF-16. ``problem`` is why the last try was given back. ``news`` is what the commit brought
    that made it, if we have only just made it.
    """

    lane: Lane
    stream: str
    kind: str
    payload: Mapping[str, Any]
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
class Span:
    """How many ``seconds`` something took that has ended, in a chat which a visitor or an operator
    ``began`` (bot/relay/spans.py).
    """

    what: str
    began: Role
    seconds: float


@dataclass(frozen=True, slots=True)
class Committed:
    """What a commit leaves to be done.

    ``lanes`` have rows that anybody may claim; ``born`` are claimed for this process already.
    ``lost`` tells that rings from other processes may have been lost: everybody looks.
    ``forgot`` tells that somebody's name was deleted who is in no chat because of it. ``spans`` are
    told to the process that committed and to no other, so each is counted once.
    """

    news: tuple[News, ...] = ()
    lanes: frozenset[Lane] = frozenset()
    born: tuple[Delivery, ...] = ()
    lost: bool = False
    forgot: bool = False
    spans: tuple[Span, ...] = ()


class Bell(Protocol):
    """The wake-up after a commit."""

    def ring(self, committed: Committed) -> None:
        """Take note, on the event loop; return at once. A ring lost costs latency only."""
