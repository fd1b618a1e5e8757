"""A store on each database."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.store import SqlStore, upgrade
from tests.store.making import add_chat


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy: migrating takes longer than most tests."""
    file = tmp_path_factory.mktemp("migrated") / "chats.db"
    upgrade(f"sqlite:///{file}")
    return file


@pytest.fixture
def sqlite_url(tmp_path: Path, migrated: Path) -> str:
    """A migrated SQLite database."""
    return f"sqlite:///{shutil.copy(migrated, tmp_path / 'chats.db')}"


@pytest.fixture
def pg_url(postgres_url: str) -> str:
    """A migrated PostgreSQL database."""
    upgrade(postgres_url)
    return postgres_url


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
