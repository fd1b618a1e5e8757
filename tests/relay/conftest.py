"""A house per test."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.migrated import sqlite_at
from tests.relay.doorway import CHANNEL, DOOR
from tests.relay.house import RULES, House, opened


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """A relay on a SQLite file of its own."""
    async with opened(sqlite_at(tmp_path / "chats.db")) as a_house:
        yield a_house


@pytest.fixture
async def door(house: House) -> House:
    """A house that Grace has opened to visitors."""
    house.relay.rules = replace(RULES, door=DOOR)
    await house.writes("open", thread=CHANNEL)
    await house.deliver()
    house.threads.told.clear()
    return house
