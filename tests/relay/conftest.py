"""A house per test."""

import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.store import upgrade
from tests.relay.doorway import CHANNEL, DOOR
from tests.relay.house import RULES, House, opened


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy: migrating takes longer than most tests."""
    file = tmp_path_factory.mktemp("empty") / "chats.db"
    upgrade(f"sqlite:///{file}")
    return file


@pytest.fixture
async def house(tmp_path: Path, empty_database: Path) -> AsyncIterator[House]:
    """A relay on a SQLite file of its own."""
    file = shutil.copy(empty_database, tmp_path / "chats.db")
    async with opened(f"sqlite:///{file}") as a_house:
        yield a_house


@pytest.fixture
async def door(house: House) -> House:
    """A house that Grace has opened to visitors."""
    house.relay.rules = replace(RULES, door=DOOR)
    await house.writes("open", thread=CHANNEL)
    await house.deliver()
    house.threads.told.clear()
    return house
