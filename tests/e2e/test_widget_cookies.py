"""A browser that keeps no cookies of the site: its visitor is told, and his link is not used up."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page, async_playwright, expect

from bot.sandbox.helpsite import HelpSite
from bot.sandbox.teams.signing import Authority
from tests.chromium import CHROMIUM, first
from tests.e2e.ada import Ada
from tests.e2e.conftest import NOWHERE, before
from tests.e2e.engines import DESKTOP, webkit
from tests.e2e.guest import Guest
from tests.e2e.mock_service import MockService, Talk
from tests.e2e.test_widget_firefox import FIREFOX

pytestmark = pytest.mark.asyncio(loop_scope="session")


@asynccontextmanager
async def chromium_that_keeps(cookies: bool, profile: Path) -> AsyncIterator[Page]:
    """Chromium, set so by its own preference."""
    (profile / "Default").mkdir(parents=True, exist_ok=True)
    setting = {"default_content_setting_values": {"cookies": 1 if cookies else 2}}
    (profile / "Default" / "Preferences").write_text(json.dumps({"profile": setting}))
    async with async_playwright() as playwright:
        context = await playwright.chromium.launch_persistent_context(
            profile,
            executable_path=first(CHROMIUM),
            args=["--no-sandbox"],
            locale="en-GB",
        )
        yield context.pages[0]
        await context.close()


@asynccontextmanager
async def firefox_that_keeps(cookies: bool, profile: Path) -> AsyncIterator[Page]:
    """Firefox, likewise."""
    async with async_playwright() as playwright:
        context = await playwright.firefox.launch_persistent_context(
            profile,
            channel="moz-firefox",
            executable_path=FIREFOX,
            firefox_user_prefs={"network.cookie.cookieBehavior": 0 if cookies else 2},
            locale="en-GB",
        )
        yield context.pages[0]
        await context.close()


async def follow(page: Page, site: HelpSite, talk: Talk) -> None:
    """Open the link of an invitation, from nowhere."""
    await page.goto("about:blank")
    await page.goto(f"{site.url}/printing#livechat={talk.token}")


@pytest.mark.parametrize("browser", [chromium_that_keeps, firefox_that_keeps])
async def test_where_no_cookies_are_kept_join_is_not_offered_and_the_link_opens_the_chat_later(
    browser: Callable[[bool, Path], AbstractAsyncContextManager[Page]],
    site: HelpSite,
    service: MockService,
    tmp_path: Path,
) -> None:
    talk = service.invite()
    async with browser(False, tmp_path) as page:
        await follow(page, site, talk)
        panel = page.get_by_role("dialog", name="Computing support")
        await expect(panel).to_contain_text("You are invited to a live chat")
        await expect(panel).to_contain_text("keeps no cookies of this site")
        await expect(panel).to_contain_text("Your link is not used up")
        await expect(panel.get_by_role("button", name="Join the chat")).to_have_count(0)
        assert talk.log == []
    async with browser(True, tmp_path) as page:
        await follow(page, site, talk)
        await page.get_by_role("button", name="Join the chat").click()
        await expect(page.get_by_role("textbox", name="Your message")).to_be_visible()
        await page.reload()
        await expect(page.get_by_role("textbox", name="Your message")).to_be_visible()


async def test_nor_is_it_offered_where_the_second_part_of_the_script_does_not_come_either(
    ada: Ada, service: MockService
) -> None:
    no_cookies = "{ get: () => '', set: () => {} }"
    await ada.page.add_init_script(
        f"Object.defineProperty(Document.prototype, 'cookie', {no_cookies})"
    )
    await ada.page.route(re.compile(r"/more\.\w+\.js"), lambda route: route.abort())
    talk = service.invite()
    await ada.follow(talk.token)
    await expect(ada.panel).to_contain_text("You are invited to a live chat")
    await expect(ada.panel).to_contain_text("There is no answer; trying again.")
    await expect(ada.button("Join the chat")).to_have_count(0)


@pytest_asyncio.fixture(loop_scope="session")
async def secure_site(service: MockService) -> AsyncIterator[HelpSite]:
    """The help site over HTTPS: WebKit keeps a secure cookie of no other."""
    authority = Authority()
    async with before(service, HelpSite(NOWHERE, tls=authority.server_context)) as site:
        yield site
    authority.close()


async def test_in_webkit_join_is_not_offered_either_and_the_link_opens_the_chat_later(
    secure_site: HelpSite, service: MockService, tmp_path: Path
) -> None:
    talk = service.invite()
    async with webkit(tmp_path, "--cookies-policy=never") as engine, engine(DESKTOP) as person:
        ada = Guest(await person.tab(), secure_site.url)
        await ada.visit(talk.token)
        await ada.sees("keeps no cookies of this site")
        await ada.sees("Your link is not used up")
        assert not await ada.offers("Join the chat")
        assert talk.log == []
    (tmp_path / "again").mkdir()
    async with webkit(tmp_path / "again") as engine, engine(DESKTOP) as person:
        ada = Guest(await person.tab(), secure_site.url)
        await ada.join(talk.token)
        await ada.visit()
        await ada.find("#box")
