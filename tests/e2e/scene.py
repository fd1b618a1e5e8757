"""The whole service between its stand-ins: Ada at the door of the help site, Grace in Teams."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Locator, Page, Route, expect

from bot.app import Service
from bot.config import Settings
from bot.sandbox.stage import Stage
from tests.e2e.axe import violations_everywhere
from tests.midday import midday
from tests.migrated import lay_out
from tests.ports import free_port

SECRET = "s" * 40
SIGNED_IN = {
    "proxy": {"header": "X-Remote-User", "secret": SECRET},
    "sign_in": {"by_proxy": True},
}


@asynccontextmanager
async def played(browser: Browser, folder: Path, **sections: Any) -> AsyncIterator[Scene]:
    """The stand-ins and the service with these settings, Grace in Teams, Ada on the help site."""
    async with AsyncExitStack() as stack:
        stage = await stack.enter_async_context(Stage(free_port(), enforce_limits=False))
        url = f"sqlite:///{folder / 'livechat.db'}"
        await asyncio.to_thread(lay_out, url)
        zone = midday()
        # No card waits for Teams' budget: what is told here is the same without that.
        chosen = stage.settings(url) | {"timezone": zone, "relay": {"pacing": False}} | sections
        service = Service(Settings(**chosen))
        await service.start()
        stack.push_async_callback(service.stop)
        grace = await (await stack.enter_async_context(await browser.new_context())).new_page()
        await grace.goto(f"{stage.teams.url}#person=grace&in=")
        await grace.wait_for_selector("#ready", state="attached")
        context = await browser.new_context(locale="en-GB", timezone_id=zone)
        ada = await (await stack.enter_async_context(context)).new_page()
        ada.set_default_timeout(20_000)
        scene = Scene(stage, grace, ada)
        yield scene
        assert scene.complaints == []


class Scene:
    """Who is there."""

    def __init__(self, stage: Stage, grace: Page, ada: Page) -> None:
        self.stage, self.grace, self.ada = stage, grace, ada
        self.complaints: list[str] = []
        self.asked: list[str] = []
        ada.on("console", lambda message: self._complaint(message.text))
        ada.on("pageerror", lambda error: self.complaints.append(str(error)))
        ada.on("request", lambda request: self.asked.append(request.url))

    @property
    def waits(self) -> Locator:
        """What is shown to a visitor who waits; it is spoken, too."""
        return self.ada.locator("#panel .record").filter(has_text="You are waiting for an answer")

    def _complaint(self, text: str) -> None:
        if not text.startswith("Failed to load resource"):
            self.complaints.append(text)

    async def says(self, text: str) -> None:
        """Grace writes to the bot in the channel."""
        await self.grace.locator("#new-post").get_by_role("textbox").fill(f"@Live Chat {text}")
        await self.grace.get_by_role("button", name="Post").click()

    async def opens(self) -> None:
        """Grace lets visitors in."""
        await self.says("open")
        await expect(self.grace.get_by_text("visitors can begin chats").first).to_be_visible()

    async def comes(self) -> None:
        """Ada opens the help page, and the panel."""
        await self.ada.goto(f"{self.stage.site.url}/")
        await self.ada.get_by_role("button", name="Live chat").click()

    async def fills(self, question: str, name: str = "Ada Lovelace") -> None:
        """She fills the form in."""
        await self.ada.get_by_label("Your question").fill(question)
        await self.ada.get_by_label("Your name").fill(name)
        await self.ada.get_by_label("Your e-mail address").fill("ada@elsewhere.test")

    async def starts(self) -> None:
        """And sends it."""
        await self.ada.get_by_role("button", name="Start the chat").click()

    async def axe(self) -> list[str]:
        """What the accessibility checker finds wrong, on phone and desk, light and dark."""
        return await violations_everywhere(self.ada)


async def signs_in(page: Page, login: Callable[[], str] = lambda: "ada") -> None:
    """At the site's sign-in the web server tells the service who is there."""

    async def sign_in(route: Route) -> None:
        shown = {"X-Remote-User": login(), "X-Livechat-Proxy": SECRET}
        await route.continue_(headers={**route.request.headers, **shown})

    await page.route(re.compile(r"/livechat/sign-in\?"), sign_in)
