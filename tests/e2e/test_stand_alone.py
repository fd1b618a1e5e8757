"""The stand-alone page: without a script, in frames of other sites, and with a line below it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from aiohttp import web
from playwright.async_api import Browser, Frame, Page, expect

from bot.sandbox.helpsite import HelpSite
from tests.e2e.ada import Ada
from tests.e2e.mock_service import MockService
from tests.e2e.test_widget_access import axe
from tests.test_embedding import snippet

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture(scope="module")
def chromium(whole_chromium: Browser) -> Browser:
    """Frames of other sites are kept apart as they are for people."""
    return whole_chromium


CHAT = "/livechat/chat"
FRAME = snippet("frame")
"""What docs/embedding.md tells other sites to write."""


# --- without a script --------------------------------------------------------------------------------


async def shows_how_to_reach_support(page: Page) -> None:
    plain = page.locator("rt-livechat .plain")
    await expect(plain).to_be_visible()
    await expect(plain).to_contain_text("answer the e-mail of your ticket")
    await expect(plain).to_contain_text("quote the number of your ticket")
    await expect(plain).to_contain_text("is not used up")
    link = plain.get_by_role("link", name="computing support")
    await expect(link).to_have_attribute("href", "https://help.example.org/contact")


async def test_without_javascript_she_learns_how_to_reach_support_and_her_link_stays_good(
    chromium: Browser, site: HelpSite, service: MockService, ada: Ada
) -> None:
    talk = service.invite()
    async with Ada(chromium, site, service, java_script_enabled=False) as old:
        await old.page.goto(f"{site.url}{CHAT}#livechat={talk.token}")
        await shows_how_to_reach_support(old.page)
        await expect(old.page.locator("#elsewhere")).to_be_hidden()
        # at once, not after the wait for a script
        plain = old.page.locator("rt-livechat .plain")
        await expect(plain).to_have_css("animation-name", "none")
        # whoever opens it, a mail scanner too, is told nothing of the ticket
        assert "12345" not in await old.page.content()
        assert old.requests
        assert [url for url in old.requests if talk.token in url] == []
    await ada.join(talk, path=CHAT)


async def test_who_gets_no_script_is_told_the_same(ada: Ada, service: MockService) -> None:
    await ada.page.route("**/widget.js*", lambda route: route.abort())
    await ada.page.goto(f"{ada.site.url}{CHAT}#livechat={service.invite().token}")
    await shows_how_to_reach_support(ada.page)
    assert await axe(ada) == []


async def test_with_the_script_nothing_of_it_is_seen_or_spoken(
    ada: Ada, service: MockService
) -> None:
    await ada.join(service.invite(), path=CHAT)
    await expect(ada.page.locator(".plain").first).to_be_hidden()
    await expect(ada.page.get_by_text("needs JavaScript")).to_be_hidden()


async def test_a_page_of_the_help_site_says_without_javascript_how_to_reach_support(
    chromium: Browser, site: HelpSite, service: MockService
) -> None:
    async with Ada(chromium, site, service, java_script_enabled=False) as old:
        await old.page.goto(f"{site.url}/printing#livechat={service.invite().token}")
        words = old.page.locator("noscript p")
        await expect(words).to_be_visible()
        await expect(words).to_contain_text("The live chat needs JavaScript.")
        await expect(words.get_by_role("link")).to_have_attribute("href", "/ticket")


# --- in a frame --------------------------------------------------------------------------------------


class Elsewhere:
    """Another site. Its pages, which show ours in a frame, are reached under two names."""

    def __init__(self, port: int) -> None:
        self.sibling = f"http://localhost:{port}"
        """The help site's own domain, in another origin: `wiki.` beside `chat.`"""
        self.foreign = f"http://127.0.0.1:{port}"
        """Another domain."""
        self.body = ""


@pytest_asyncio.fixture(loop_scope="session")
async def elsewhere() -> AsyncIterator[Elsewhere]:
    async def page(_request: web.Request) -> web.Response:
        html = f'<!doctype html><html lang="en"><title>W</title><main><h1>W</h1>{site.body}'
        return web.Response(text=html, content_type="text/html")

    app = web.Application()
    app.router.add_get("/", page)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    site = Elsewhere(runner.addresses[0][1])
    yield site
    await runner.cleanup()


async def framed(ada: Ada, elsewhere: Elsewhere, origin: str, fragment: str = "") -> Frame | None:
    """Open a page there that shows the chat as docs/embedding.md says."""
    ours = f"{ada.site.url}{CHAT}"
    elsewhere.body = FRAME.replace("https://computing.help.example/livechat/chat", ours + fragment)
    assert ours in elsewhere.body
    await ada.page.goto(f"{origin}/")
    return next((one for one in ada.page.frames if one.url.startswith(ours)), None)


async def allow(service: MockService, *origins: str) -> None:
    service.frame_ancestors = list(origins)
    await service.stop()
    await service.start()


async def test_a_site_of_the_same_domain_shows_the_chat_in_a_frame(
    ada: Ada, service: MockService, elsewhere: Elsewhere
) -> None:
    await allow(service, elsewhere.sibling)
    talk = service.invite()
    await ada.join(talk)
    frame = await framed(ada, elsewhere, elsewhere.sibling)
    assert frame
    box = frame.get_by_role("textbox", name="Your message")
    await box.fill("from the frame")
    await box.press("Enter")
    await expect(frame.locator("rt-livechat li.said")).to_contain_text("Sent")
    await expect(frame.locator("#elsewhere")).to_be_hidden()


async def test_in_a_frame_below_another_domain_she_is_led_to_a_window_and_no_link_is_used_up(
    ada: Ada, service: MockService, elsewhere: Elsewhere
) -> None:
    await allow(service, elsewhere.foreign)
    talk = service.invite()
    frame = await framed(ada, elsewhere, elsewhere.foreign, f"#livechat={talk.token}")
    assert frame
    link = frame.get_by_role("link", name="Open the chat in a new window")
    await expect(link).to_be_visible()
    await expect(frame.locator("rt-livechat")).to_have_count(0)
    assert await axe(ada) == []
    async with ada.context.expect_page() as opening:
        await link.click()
    window = await opening.value
    await window.get_by_role("button", name="Join the chat").click()
    await expect(window.get_by_role("textbox", name="Your message")).to_be_visible()
    assert window.url == ada.site.url + CHAT  # the link's secret has left the address


async def test_a_site_that_is_not_on_the_list_gets_no_frame(
    ada: Ada, service: MockService, elsewhere: Elsewhere
) -> None:
    await allow(service, elsewhere.foreign)  # that name only
    async with ada.page.expect_console_message(lambda said: "frame-ancestors" in said.text):
        await framed(ada, elsewhere, elsewhere.sibling)
    await expect(ada.page.frame_locator("iframe").locator("rt-livechat")).to_have_count(0)
    ada.complaints.clear()


async def test_what_leads_out_of_the_frame_leaves_it(
    ada: Ada, service: MockService, elsewhere: Elsewhere
) -> None:
    await allow(service, elsewhere.sibling)
    frame = await framed(ada, elsewhere, elsewhere.sibling)
    assert frame
    await ada.page.context.route(
        "https://help.example.org/**", lambda route: route.fulfill(body="us")
    )
    await frame.get_by_role("link", name="computing support").click()
    await ada.page.wait_for_url("https://help.example.org/contact")


# --- the line below it -------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(1200, 800), (390, 844), (320, 480)])
async def test_the_accessibility_statement_is_linked_and_covers_nothing(
    ada: Ada, service: MockService, size: tuple[int, int]
) -> None:
    service.accessibility_url = "https://help.example.org/accessibility"
    await allow(service)
    await ada.page.set_viewport_size({"width": size[0], "height": size[1]})
    await ada.join(service.invite(), path=CHAT)
    link = ada.page.get_by_role("link", name="Accessibility statement")
    await expect(link).to_have_attribute("href", service.accessibility_url)
    line, panel = await link.bounding_box(), await ada.panel.bounding_box()
    assert line
    assert panel
    assert panel["y"] + panel["height"] <= line["y"]
    assert line["height"] >= 44
    assert await axe(ada) == []
