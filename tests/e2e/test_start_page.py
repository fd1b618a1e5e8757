"""The page on which a CO starts a chat from a ticket, in Chromium: what axe sees, keys, narrow screens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from bot.app import Service
from bot.config import Settings
from bot.sandbox.stage import PREFIX, Stage
from bot.visitors import start_routes
from infra.dev import start_states
from tests.e2e.axe import SCHEMES, violations
from tests.migrated import lay_out
from tests.processes import free_port

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """The service with the page, on stand-ins; Grace has written to the bot."""
    url = f"sqlite:///{tmp_path / 'livechat.db'}"
    async with Stage(free_port()) as stage:
        await asyncio.to_thread(lay_out, url)
        service = Service(Settings(**stage.settings(url) | start_states.settings(stage)))
        await service.start()
        await stage.teams.people["grace"].mention("Live chat", "help")
        yield stage
        await service.stop()


async def look(page: Page) -> list[str]:
    """What axe finds, and what does not fit, in both schemes and on two screens."""
    found = []
    for width in (390, 1200):
        await page.set_viewport_size({"width": width, "height": 844})
        for scheme in SCHEMES:
            await page.emulate_media(color_scheme=scheme)
            found += [f"{width} {scheme} {one}" for one in await violations(page)]
            if await page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                found.append(f"{width} {scheme} too wide")
    return found


async def test_axe_finds_nothing_in_any_state_and_nothing_is_too_wide(
    chromium: Browser, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    grace = await start_states.desk(chromium, "grace")
    mallory = await start_states.desk(chromium, "mallory")
    complaints: list[str] = []
    grace.on("console", lambda said: complaints.append(said.text))
    seen = {}
    async for name, page in start_states.states(grace, mallory, stage):
        if name == "start-asking":  # the press that follows finds no thread, however long it waits
            monkeypatch.setattr(start_routes, "_PATIENCE", 1.0)
        seen[name] = await look(page)
        if name == "start-waiting":
            monkeypatch.undo()
    assert len(seen) == 7
    assert seen == {name: [] for name in seen}
    # what a status of 400 makes Chromium say is no complaint about the page
    assert [line for line in complaints if "400" not in line] == []
    await grace.context.close()
    await mallory.context.close()


async def test_all_of_it_goes_by_keys(chromium: Browser, stage: Stage) -> None:
    grace = await start_states.desk(chromium, "grace")
    await grace.goto(f"{stage.site.url}{PREFIX}/start?ticket={start_states.PLAIN}")
    walk = []
    for _ in range(2):
        await grace.keyboard.press("Tab")
        walk.append(await grace.evaluate("document.activeElement.textContent"))
    assert walk == ["Start the chat", "Back to the ticket"]
    await grace.keyboard.press("Shift+Tab")
    async with grace.expect_request("https://teams.microsoft.com/l/message/**"):
        await grace.keyboard.press("Enter")
    await grace.context.close()
