"""A connection survives what cannot be written down (bot/store/libpq.py)."""

import asyncio
from contextlib import suppress

import psycopg
import pytest

from bot.relay.storage import Unit
from bot.store import SqlStore


@pytest.mark.parametrize("bad", ["c\ud83d", "a\0b"])
async def test_a_value_that_no_text_may_hold_fails_alone(store: SqlStore, bad: str) -> None:
    async def hopeless(unit: Unit) -> None:
        await unit.first_time("c", "a1")
        await unit.early("c", "k", "t")  # put off on PostgreSQL, rides with the next
        await unit.first_time(bad, "a2")

    async def innocent(unit: Unit) -> bool:
        return await unit.first_time("c", "fine")

    async with asyncio.timeout(20):
        for _ in range(9):  # more often than there are connections
            with suppress(UnicodeEncodeError, psycopg.DataError):  # SQLite keeps a NUL
                await store.write(hopeless)
        assert await store.write(innocent)
