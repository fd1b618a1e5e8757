"""The stand-in, and a bot's Teams side that it speaks to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from itertools import cycle

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import settings

from bot.sandbox.teams import TeamsStandIn
from tests.teams.stage import Stage, served

# How long an example takes is the machine's business.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


@pytest.fixture(scope="session", autouse=True)
def few_keys() -> Iterator[None]:
    """RSA keys in turn from a handful: making new ones would take most of the time here."""
    ready = cycle([rsa.generate_private_key(65537, 2048) for _ in range(8)])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rsa, "generate_private_key", lambda **_: next(ready))
        yield


@pytest.fixture
async def teams() -> AsyncIterator[TeamsStandIn]:
    async with TeamsStandIn(enforce_limits=False) as stand_in:
        yield stand_in


@pytest.fixture
async def stage(teams: TeamsStandIn) -> AsyncIterator[Stage]:
    async with served(teams) as ready:
        yield ready
