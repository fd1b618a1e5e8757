"""What a blind visitor hears: Orca speaks each message of others once, and nothing else of the chat."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright, expect

from bot.sandbox.helpsite import HelpSite
from tests.e2e.ada import Ada
from tests.e2e.mock_service import MockService, Talk
from tests.e2e.screen_reader import ScreenReader, screen_reader

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def reader() -> AsyncIterator[ScreenReader]:
    with tempfile.TemporaryDirectory(prefix="orca-") as folder:
        async with screen_reader(Path(folder)) as reader:
            yield reader


@pytest_asyncio.fixture(scope="module", loop_scope="session", params=["chromium", "firefox"])
async def browser(reader: ScreenReader, request: pytest.FixtureRequest) -> AsyncIterator[Browser]:
    """With windows, which is how a screen reader gets to hear of them."""
    async with async_playwright() as playwright:
        if request.param == "chromium":
            path = shutil.which("chromium")
            browser = await playwright.chromium.launch(
                executable_path=path,
                args=["--no-sandbox"],
                headless=False,
                env={**reader.environment},
            )
        else:
            browser = await playwright.firefox.launch(
                channel="moz-firefox",
                executable_path="/usr/bin/firefox-esr",
                headless=False,
                env={**reader.environment},
            )
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def ada(
    browser: Browser, reader: ScreenReader, site: HelpSite, service: MockService
) -> AsyncIterator[Ada]:
    reader.listen()
    async with Ada(browser, site, service) as ada:
        yield ada


async def test_each_of_ten_messages_is_spoken_once_and_neither_one_s_own_nor_what_was_before(
    ada: Ada, service: MockService, reader: ScreenReader
) -> None:
    talk = service.invite()
    await ada.join(talk)
    await _is_in_the_box(ada, reader)
    reader.listen()
    await ada.say("These words are my own")
    await expect(ada.message("These words are my own")).to_contain_text("Sent")
    for number in range(10):
        talk.grace(f"This is message {number} of ten")
        await reader.says(f"This is message {number} of ten")
    await _comes_together(talk, reader)
    assert reader.cut_off() == 0
    await ada.page.reload()
    await expect(ada.message("message 9 of ten")).to_be_visible()
    talk.grace("This comes after the reload")
    await reader.says("This comes after the reload")
    assert [text for text in reader.said() if "Grace" in text or "message" in text] == [
        *(f"Grace Hopper: This is message {number} of ten" for number in range(10)),
        "Grace Hopper: One half; Grace Hopper: The other half",
        "5 new messages",
        "Grace Hopper: This comes after the reload",
    ]
    assert reader.count("my own") == 0


async def _is_in_the_box(ada: Ada, reader: ScreenReader) -> None:
    """Orca may miss a focus that moves while it still reads a page: she goes out and in again then."""
    for _ in range(6):
        try:
            await reader.says("Your message", 10)
        except AssertionError:
            await ada.page.keyboard.press("Shift+Tab")
            await ada.page.keyboard.press("Tab")
        else:
            return
    await reader.says("Your message")


async def _comes_together(talk: Talk, reader: ScreenReader) -> None:
    """Two at once are spoken in their order, and a burst is counted."""
    for text in ("One half", "The other half"):
        talk.grace(text)
    await reader.says("The other half")
    for number in range(5):
        talk.grace(f"Part {number} of a burst")
    await reader.says("5 new messages")
