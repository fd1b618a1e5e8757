"""Grace's browser on the real RT: Chromium with her Kerberos ticket."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, async_playwright

from bot.domain.events import Receipt
from tests.chromium import CHROMIUM, HEADLESS, first
from tests.rigs.rt.rig import Rig


@asynccontextmanager
async def browser_of(rig: Rig, folder: Path, who: str = "grace") -> AsyncIterator[Page]:
    """Chromium with somebody's Kerberos ticket, signed in to RT; it uses none in private windows."""
    with rig.acting_as(who) as environment:
        # Kept tickets may be for a key that the web server had before another test gave it a new one.
        Path(f"{rig.ca}.{who}").unlink(missing_ok=True)
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch_persistent_context(
                folder,
                executable_path=first(HEADLESS, CHROMIUM),
                args=["--no-sandbox", "--auth-server-allowlist=localhost"],
                env=environment,
                ignore_https_errors=True,
            )
            page = await browser.new_page()
            await log_in(page, rig.url)
            yield page
            await browser.close()


@pytest.fixture
async def graces_browser(real_rt: Rig, tmp_path: Path) -> AsyncIterator[Page]:
    """Grace's browser on the RT 5 that most tests use."""
    async with browser_of(real_rt, tmp_path) as page:
        yield page


async def log_in(page: Page, url: str) -> None:
    """Open RT's front page; Chromium does not yet know Kerberos at its very first request."""
    async with asyncio.timeout(60):
        while True:
            answer = await page.goto(url)
            if answer and answer.ok:
                return


async def shown(page: Page, receipt: Receipt) -> Locator:
    """Open the ticket where the receipt says."""
    await page.goto(receipt.url)
    transaction = page.locator(f"[data-transaction-id='{receipt.transaction}']")
    await transaction.wait_for()
    return transaction
