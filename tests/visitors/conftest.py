"""A service with an in-memory relay behind it, and browsers to visit it with."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass

import pytest

from bot.visitors.hub import Hub
from bot.visitors.pace import Pace
from bot.visitors.room import VisitorsRoom
from bot.visitors.routes import Allowances
from tests.visitors.browser import ORIGIN, Browser, Server
from tests.visitors.fakes import FakeVisiting


@dataclass
class Site:
    """A running service, and what is behind it."""

    visiting: FakeVisiting
    hub: Hub
    room: VisitorsRoom
    server: Server
    browser: Callable[[], Awaitable[Browser]]


StartSite = Callable[..., Awaitable[Site]]


@pytest.fixture
async def start_site() -> AsyncIterator[StartSite]:
    """Start services with other times and sizes."""
    async with AsyncExitStack() as stack:

        async def start(
            pace: Pace | None = None,
            allowances: Allowances | None = None,
            health: Callable[[], Mapping[str, object]] = dict,
        ) -> Site:
            hub = Hub()
            visiting = FakeVisiting(hub.ring)
            room = VisitorsRoom(
                visiting,
                visiting,
                hub,
                origins=[ORIGIN],
                support_url="https://help.example.org/contact?a=1&b=2",
                pace=pace,
                allowances=allowances,
                now=lambda: visiting.now,
                health=health,
            )
            server = await stack.enter_async_context(Server(room))

            async def browser() -> Browser:
                return await stack.enter_async_context(Browser(server))

            return Site(visiting, hub, room, server, browser)

        yield start


@pytest.fixture
async def site(start_site: StartSite) -> Site:
    """A service as it comes."""
    return await start_site()


@pytest.fixture
async def ada(site: Site) -> Browser:
    """Ada's browser."""
    return await site.browser()


@pytest.fixture
async def joined(site: Site, ada: Browser) -> Browser:
    """Ada's browser, with a seat in the chat."""
    await ada.join(site.visiting.invite())
    return ada
