"""A store on each database."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.store import SqlStore
from tests.migrated import sqlite_at
from tests.store.making import add_chat


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A migrated SQLite database."""
    return sqlite_at(tmp_path / "chats.db")


@pytest.fixture
def pg_url(postgres_with_tables: str) -> str:
    """A migrated PostgreSQL database."""
    return postgres_with_tables


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """A migrated database of either kind."""
    found: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "pg_url")
    return found


@pytest.fixture
async def store(url: str) -> AsyncIterator[SqlStore]:
    """A store on it."""
    a_store = SqlStore.at(url)
    yield a_store
    await a_store.close()


@pytest.fixture
async def post(pg_url: str) -> AsyncIterator[SqlStore]:
    """A store on PostgreSQL with a chat."""
    store = SqlStore.at(pg_url)
    await add_chat(store)
    yield store
    await store.close()
