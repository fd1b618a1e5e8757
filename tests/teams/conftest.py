"""The stand-in, and a bot's Teams side that it speaks to."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from hypothesis import settings

from bot.sandbox.teams import TeamsStandIn
from tests.teams.stage import Stage, served

# How long an example takes is the machine's business.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


@pytest.fixture
async def teams() -> AsyncIterator[TeamsStandIn]:
    async with TeamsStandIn(enforce_limits=False) as stand_in:
        yield stand_in


@pytest.fixture
async def stage(teams: TeamsStandIn) -> AsyncIterator[Stage]:
    async with served(teams) as ready:
        yield ready
