"""A record cut to the size that RT shows: its beginning and its end, if not all of it. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.domain.transcript import Line

LIMIT = 24_000  # bytes of UTF-8; RT's MaxInlineBody is 25 * 1024
EVERYTHING = 100_000_000
MAX_SUMMARY = 6_000  # bytes, once the record does not fit; what is cut is attached
MAX_TEXT = 1_500  # the same for each message


class Shape(Protocol):
    """How a record is written; ``most`` is how many bytes a text may take."""

    def row(self, line: Line, most: int) -> str: ...
    def page(self, first: Sequence[str], left_out: int, last: Sequence[str], most: int) -> str: ...


@dataclass(frozen=True, slots=True)
class Body:
    """A body of at most LIMIT bytes and whether it holds the whole record."""

    text: str
    whole: bool


def fit(lines: Sequence[Line], shape: Shape) -> Body:
    """Write all of the record if it fits, else its first and last lines."""
    if sum(len(line.text) for line in lines) < LIMIT:
        text = shape.page([shape.row(line, EVERYTHING) for line in lines], 0, [], EVERYTHING)
        if size(text) <= LIMIT:
            return Body(text, whole=True)
    room = LIMIT - size(shape.page([], len(lines), [], MAX_SUMMARY))
    first: list[str] = []
    last: deque[str] = deque()
    ahead = deque(lines)
    while ahead:
        from_front = len(first) <= len(last)
        row = shape.row(ahead[0] if from_front else ahead[-1], MAX_TEXT)
        room -= size(row)
        if room < 0:
            break
        if from_front:
            first.append(row)
            ahead.popleft()
        else:
            last.appendleft(row)
            ahead.pop()
    return Body(shape.page(first, len(ahead), list(last), MAX_SUMMARY), whole=False)


def size(text: str) -> int:
    """Return the bytes that RT counts."""
    return len(text.encode())


def cut(text: str, most: int, cost: Callable[[str], int]) -> tuple[str, bool]:
    """Cut ``text`` where its characters have cost ``most``; tell whether it was longer."""
    if most >= EVERYTHING:
        return text, False
    spent = 0
    for index, character in enumerate(text):
        spent += cost(character)
        if spent > most:
            return text[:index].rstrip(), True
    return text, False
