"""The same histories on the service itself, on SQLite, where a restart is SIGKILL; some in Firefox."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import cast

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from bot.sandbox.helpsite import HelpSite
from tests.e2e.ada import Ada
from tests.e2e.histories import History
from tests.e2e.real_service import RealTalk, real_service
from tests.e2e.test_widget_firefox import FIREFOX
from tests.e2e.test_widget_histories import Front
from tests.e2e.upgrades import Upgrades
from tests.hatchery import Hatchery

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture(scope="module")
def chromium(whole_chromium: Browser) -> Browser:
    """A browser as people have it, with all that happens to theirs."""
    return whole_chromium


@pytest.fixture(autouse=True)
def watched() -> None:
    """The service is a process of its own: this event loop is not its."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def firefox() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.firefox.launch(channel="moz-firefox", executable_path=FIREFOX)
        yield browser
        await browser.close()


async def play(
    seed: int,
    messages: int,
    browser: Browser,
    folder: Path,
    hatchery: Hatchery,
    upgrades: Upgrades,
) -> Counter[str]:
    async with real_service(folder, hatchery) as (service, network):
        talk = RealTalk(service, 12345)
        front = cast(HelpSite, Front(network))
        try:
            async with Ada(browser, front) as ada:
                await talk.invite()
                history = History(seed, ada, service, talk, network, upgrades)
                await history.play(messages)
                await history.check()
                resent = await talk.check_teams()
        finally:
            await talk.close()
        log = service.process.log.read_text()
        assert "Traceback" not in log
        assert "_failed" not in log
        return history.met + Counter(kills=service.kills, resent=resent)


async def test_a_short_history_on_the_service_itself(
    chromium: Browser, tmp_path: Path, hatchery: Hatchery, monkeypatch: pytest.MonkeyPatch
) -> None:
    met = await play(8, 12, chromium, tmp_path, hatchery, Upgrades(monkeypatch))
    assert met["kills"]


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(200, 230))
async def test_a_long_history_on_the_service_itself(
    seed: int,
    chromium: Browser,
    tmp_path: Path,
    hatchery: Hatchery,
    monkeypatch: pytest.MonkeyPatch,
    figures: Callable[[str], None],
) -> None:
    met = await play(seed, 100, chromium, tmp_path, hatchery, Upgrades(monkeypatch))
    figures(f"seed {seed}: {dict(met)}")


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(300, 303))
async def test_a_long_history_in_firefox(
    seed: int,
    firefox: Browser,
    tmp_path: Path,
    hatchery: Hatchery,
    monkeypatch: pytest.MonkeyPatch,
    figures: Callable[[str], None],
) -> None:
    met = await play(seed, 100, firefox, tmp_path, hatchery, Upgrades(monkeypatch))
    figures(f"seed {seed}, Firefox: {dict(met)}")
