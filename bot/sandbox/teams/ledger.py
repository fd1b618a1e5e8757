"""The books: every request that came and every activity that went, for tests that count."""

from __future__ import annotations

import itertools
import time
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Any, TypeVar

Json = dict[str, Any]


@dataclass
class Entry:
    """A request of the bot. ``status`` 0: the connection was dropped; ``accepted``: it was carried out.

    ``at`` is Unix time in seconds, ``took`` seconds, ``posts`` the ids of the posts that it made or changed.
    """

    number: int
    at: float
    operation: str
    conversation: str
    activity: Json | None
    status: int = 0
    accepted: bool = False
    took: float = 0.0
    posts: list[str] = field(default_factory=list)


@dataclass
class Attempt:
    """One attempt at bringing an activity to the bot. ``status`` None: no answer; ``why`` says what happened."""

    number: int
    at: float
    activity: Json
    status: int | None = None
    body: Any = None
    why: str = ""
    took: float = 0.0


T = TypeVar("T", Entry, Attempt)


def _behind(kept: list[T], number: int) -> list[T]:
    return kept[bisect_right(kept, number, key=lambda one: one.number) :]


class Ledger:
    """Numbered from 1 in one sequence, so that a reader can ask for what came after."""

    def __init__(self) -> None:
        self.requests: list[Entry] = []
        self.attempts: list[Attempt] = []
        self._numbers = itertools.count(1)

    def request(self, operation: str, conversation: str, activity: Json | None) -> Entry:
        entry = Entry(next(self._numbers), time.time(), operation, conversation, activity)
        self.requests.append(entry)
        return entry

    def attempt(self, activity: Json) -> Attempt:
        attempt = Attempt(next(self._numbers), time.time(), activity)
        self.attempts.append(attempt)
        return attempt

    def sent(self, operation: str = "", *, accepted: bool | None = None) -> list[Entry]:
        """Requests of one operation ("send" includes replies), all or only those that were (not) carried out."""
        names = ("send", "reply") if operation == "send" else (operation,)
        return [
            e
            for e in self.requests
            if (not operation or e.operation in names)
            and (accepted is None or e.accepted == accepted)
        ]

    def clear(self) -> None:
        self.requests.clear()
        self.attempts.clear()

    def to_json(self, after: int = 0) -> Json:
        return {
            "requests": [vars(e) for e in _behind(self.requests, after)],
            "deliveries": [vars(a) for a in _behind(self.attempts, after)],
        }
