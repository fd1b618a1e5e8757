"""What is counted of all that there is."""

from __future__ import annotations

from datetime import UTC, datetime
from unittest import mock

from bot.store import SqlStore
from bot.store.sqlite import SqliteReader


async def test_on_sqlite_nothing_is_counted_in_the_event_loop(sqlite_url: str) -> None:
    """It goes through all chats and messages, and everybody would wait for it."""
    store = SqlStore.at(sqlite_url)
    with mock.patch.object(SqliteReader, "rows", side_effect=AssertionError("in the loop")):
        assert (await store.counts(datetime.now(UTC)))["late"] == 0
    await store.close()
