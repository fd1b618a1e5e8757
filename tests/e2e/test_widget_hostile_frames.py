"""Whatever stands where the service should be: the pop-up runs nothing of it, and goes on after it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from playwright.async_api import Browser, expect

from bot.sandbox.helpsite import HelpSite
from bot.visitors.wire import Close
from tests.e2e.ada import Ada
from tests.e2e.hostile_service import HostileService
from tests.e2e.mock_service import MockService
from tests.e2e.trap import Trap

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def play(
    chromium: Browser,
    site: HelpSite,
    service: MockService,
    monkeypatch: pytest.MonkeyPatch,
    seed: int,
    frames: int,
) -> HostileService:
    """Let Ada's pop-up be told so many hostile frames in the middle of a chat."""
    talk, trap = service.invite(), Trap(f"{site.url}/", f"ws{site.url[4:]}/")
    async with Ada(chromium, site, service) as ada:
        await trap.set(ada.context)
        await ada.page.close()
        ada.page = await ada.tab()
        await ada.join(talk)
        talk.grace("Which one?")
        await ada.say("The one on the left.")
        await expect(ada.message("The one on the left.")).to_contain_text("Sent")
        await ada.box.fill("half a sentence")
        hostile = HostileService(seed, monkeypatch, talk.id)
        hostile.on = True
        service.dismiss(talk, Close.TRY_LATER)
        async with asyncio.timeout(frames / 10 + 60):
            while hostile.sent < frames:  # noqa: ASYNC110 - it comes back by itself
                await asyncio.sleep(0.05)
        hostile.on = False
        talk.grace("Here I am again.")
        await expect(ada.message("Here I am again.")).to_be_visible(timeout=40_000)
        await expect(ada.box).to_have_value("half a sentence")
        await ada.say("Good.")
        await expect(ada.message("Good.")).to_contain_text("Sent")
        assert await ada.said() == [m.text for m in talk.log if m.kind == "said"]
        assert await trap.look(ada.page) == []
        assert ada.complaints == []
        return hostile


async def test_a_few_hundred_hostile_frames_break_nothing(
    chromium: Browser, site: HelpSite, service: MockService, monkeypatch: pytest.MonkeyPatch
) -> None:
    await play(chromium, site, service, monkeypatch, 1, 300)


@pytest.mark.soak
async def test_thousands_of_hostile_frames_break_nothing(
    chromium: Browser,
    site: HelpSite,
    service: MockService,
    monkeypatch: pytest.MonkeyPatch,
    figures: Callable[[str], None],
) -> None:
    hostile = await play(chromium, site, service, monkeypatch, 2, 5_000)
    figures(f"{hostile.sent} frames on {hostile.sockets} sockets")
