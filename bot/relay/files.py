"""Files as they are kept until their chat is filed, and what is asked before one is."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from bot.relay.outcomes import NotDone


@dataclass(frozen=True, slots=True)
class FileRules:
    """How much a chat may hold: bytes of one file, files, and bytes of all of them together."""

    bytes: int = 5 * 1024 * 1024
    most: int = 20
    total: int = 15 * 1024 * 1024


class Fetched(StrEnum):
    """How far a stored file is."""

    HERE = "here"
    COMING = "coming"
    MISSING = "missing"  # it did not come, and will not


@dataclass(frozen=True, slots=True)
class Stored:
    """A chat's file as it is kept: that of message ``seq``. Of one that is not HERE there are no bytes."""

    id: str
    seq: int
    name: str
    type: str
    content: bytes = field(repr=False)
    state: Fetched = Fetched.HERE


class Previews(Protocol):
    """Makes pictures smaller."""

    async def previews(self, content: bytes) -> tuple[bytes, ...]:
        """Return JPEGs of a picture for the thread, the best first; none if it cannot be read."""


class TooBigToScan(NotDone):
    """The scanner takes no file of that size, however often it is asked."""


class Scanner(Protocol):
    """Looks for malware."""

    async def is_clean(self, content: bytes) -> bool:
        """Tell whether nothing was found. Raises NotDone when nobody can tell, or TooBigToScan."""
