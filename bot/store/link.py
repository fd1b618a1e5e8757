"""What a unit of work needs of a database connection, whichever of the two it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from bot.store.sql import Query, Row

#: Told the rows that a postponed statement returned.
Then = Callable[[list[Row]], None]


class Clash(Exception):
    """A row broke a constraint: another like it is there already, or what it belongs to is gone."""


class Link(Protocol):
    """A connection within a transaction.

    Values are what both drivers take as they are: text, whole numbers (moments as microseconds),
    truth values, bytes, None, and lists for ``Among``.
    """

    #: Whether rows must be locked one by one; SQLite's writer has the whole database.
    shared: bool

    async def rows(self, query: Query, **values: Any) -> list[Row]:
        """Run a statement and return what it returns. Raises Clash."""

    def later(self, query: Query, then: Then | None = None, /, **values: Any) -> None:
        """Run a statement before the next answer is asked for, at the latest with the commit.

        SQLite runs it at once; PostgreSQL is spared a round trip.
        """

    async def flush(self) -> None:
        """Run what was put off until now."""

    async def slowly(self, query: Query, **values: Any) -> int:
        """Run a statement that may take long; return how many rows it changed."""
