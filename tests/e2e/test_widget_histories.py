"""Whatever the network does: nothing lost, nothing doubled, in order, drafts intact."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable
from typing import cast

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from bot.sandbox.helpsite import HelpSite
from bot.visitors.allowance import Rate
from bot.visitors.routes import Allowances
from tests.e2e.ada import Ada
from tests.e2e.histories import History
from tests.e2e.mock_service import MockService
from tests.e2e.upgrades import Upgrades
from tests.faults.faultproxy import FaultProxy

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture(scope="module")
def chromium(whole_chromium: Browser) -> Browser:
    """A browser as people have it, with all that happens to theirs."""
    return whole_chromium


MUCH = Rate(per_minute=60_000, burst=10_000)


class Front:
    """The help site as it is seen through the network."""

    def __init__(self, network: FaultProxy) -> None:
        self.url = f"http://localhost:{network.port}"


@pytest_asyncio.fixture(loop_scope="session")
async def network(site: HelpSite, service: MockService) -> AsyncIterator[FaultProxy]:
    """What lies between Ada and the help site."""
    async with FaultProxy(site.port) as network:
        service.origins.append(Front(network).url)
        # What takes an hour elsewhere takes a minute here, and nobody is to be told to slow down.
        service.allowances = Allowances(by_address=MUCH, says=MUCH)
        await service.stop()
        await service.start()
        yield network


async def play(
    seed: int,
    messages: int,
    chromium: Browser,
    service: MockService,
    network: FaultProxy,
    upgrades: Upgrades,
) -> Counter[str]:
    async with Ada(chromium, cast(HelpSite, Front(network)), service) as ada:
        history = History(seed, ada, service, service.invite(), network, upgrades)
        await history.play(messages)
        await history.check()
        return history.met


@pytest.mark.parametrize("seed", range(2))
async def test_a_short_history(
    seed: int,
    chromium: Browser,
    service: MockService,
    network: FaultProxy,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert await play(seed, 20, chromium, service, network, Upgrades(monkeypatch))


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(100, 130))
async def test_a_long_history(
    seed: int,
    chromium: Browser,
    service: MockService,
    network: FaultProxy,
    monkeypatch: pytest.MonkeyPatch,
    record_property: Callable[[str, object], None],
) -> None:
    met = await play(seed, 100, chromium, service, network, Upgrades(monkeypatch))
    assert met.total() > 20
    record_property("met", dict(met))
