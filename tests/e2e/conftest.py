"""Chromium, the sample help site, and Ada in front of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from bot.sandbox.helpsite import HelpSite
from tests.chromium import CHROMIUM, HEADLESS, first
from tests.e2e.ada import Ada
from tests.e2e.mock_service import MockService
from tests.e2e.scene import Scene, played
from tests.lag import Watch, no_blocking

__all__ = ["no_blocking"]

NOWHERE = "http://127.0.0.1:9"
S = TypeVar("S", bound=HelpSite)


@pytest.fixture(autouse=True)
def watched(no_blocking: Watch) -> None:
    """Whatever is played here, the service never holds up its event loop."""


@asynccontextmanager
async def launched(*programs: Path) -> AsyncIterator[Browser]:
    """The first of them that is there."""
    async with async_playwright() as playwright:
        path = first(*programs)
        browser = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        await browser.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """One browser for all; each visitor gets a context of her own."""
    async with launched(HEADLESS, CHROMIUM) as browser:
        yield browser


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def whole_chromium() -> AsyncIterator[Browser]:
    """The browser as people have it, for what depends on more than how it draws pages."""
    async with launched(CHROMIUM) as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="session")
async def service() -> AsyncIterator[MockService]:
    """The service, to be behind the help site."""
    async with MockService() as service:
        service.visiting.now = datetime.now(UTC)
        yield service


@asynccontextmanager
async def before(service: MockService, site: S) -> AsyncIterator[S]:
    """A help site that was made with NOWHERE, with the service behind it."""
    async with site:
        service.origins = [site.url]
        await service.start()
        site.service_url = service.url
        yield site


@pytest_asyncio.fixture(loop_scope="session")
async def site(service: MockService) -> AsyncIterator[HelpSite]:
    """The sample help site with the service behind it."""
    async with before(service, HelpSite(NOWHERE)) as site:
        yield site


@pytest_asyncio.fixture(loop_scope="session")
async def ada(chromium: Browser, site: HelpSite, service: MockService) -> AsyncIterator[Ada]:
    """Ada's browser. At the end nothing may have broken the page's policy or thrown."""
    async with Ada(chromium, site, service) as ada:
        yield ada
        assert ada.complaints == []


@pytest_asyncio.fixture(loop_scope="session")
async def anyone(chromium: Browser, tmp_path: Path) -> AsyncIterator[Scene]:
    """A site to which anybody may come."""
    door = {"who": "anyone", "closes_at": "23:59"}
    async with played(chromium, tmp_path, visitor_start=door) as scene:
        yield scene
