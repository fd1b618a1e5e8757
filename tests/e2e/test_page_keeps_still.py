"""Nothing that is to be seen moves while the page and the widget arrive, in whatever order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from aiohttp import web
from playwright.async_api import Browser, Page, Route, expect

from bot.sandbox.helpsite import HelpSite
from bot.sandbox.helpsite.search import PAGES
from bot.sandbox.helpsite.site import POLICY
from tests.e2e.ada import Ada
from tests.e2e.conftest import NOWHERE, before
from tests.e2e.mock_service import MockService

pytestmark = pytest.mark.asyncio(loop_scope="session")

MOVED = """
window.moved = [];
new PerformanceObserver(list => list.getEntries().forEach(entry => {
    for (const { node, previousRect, currentRect } of entry.sources)
        moved.push([node?.nodeName, node?.textContent, JSON.stringify([previousRect, currentRect])]);
})).observe({ type: "layout-shift", buffered: true });
window.drawn = () => new Promise(done => requestAnimationFrame(() => setTimeout(done)));
"""
"""What moved (each: what, its text, where it was and is), and when what is there has been drawn."""

READ = """async before => {
    const length = () => document.documentElement.outerHTML.length;
    while (length() === before) await drawn();
    await drawn();
    return length();
}"""


class SlowSite(HelpSite):
    """The sample site over a line that lets through one line of a page at a time."""

    def __init__(self, service_url: str) -> None:
        super().__init__(service_url)
        self.through = asyncio.Semaphore(0)

    async def _page(self, request: web.Request) -> web.StreamResponse:
        headers = {"Content-Security-Policy": POLICY, "Content-Type": "text/html"}
        response = web.StreamResponse(headers=headers)
        await response.prepare(request)
        for line in lines(request.match_info["page"]):
            await self.through.acquire()
            await response.write(line)
        return response


def lines(page: str) -> list[bytes]:
    """What is seen of a page, line by line; all that stands before that is the first."""
    head, body = (PAGES / f"{page or 'index'}.html").read_bytes().split(b"<body>", 1)
    return [head + b"<body>", *body.splitlines(keepends=True)]


@pytest_asyncio.fixture(loop_scope="session")
async def site(service: MockService) -> AsyncIterator[SlowSite]:
    async with before(service, SlowSite(NOWHERE)) as site:
        yield site


async def begins(page: Page, site: SlowSite, path: str) -> None:
    """The page's head is there."""
    site.through.release()
    await page.goto(f"{site.url}/{path}", wait_until="commit")


async def arrives(page: Page, site: SlowSite, path: str) -> None:
    """The rest of it comes, and the browser draws it after every line."""
    length = 0
    for _line in lines(path)[1:]:
        length = await page.evaluate(READ, length)
        site.through.release()
    await page.evaluate(READ, length)


@pytest.mark.parametrize(
    ("path", "width", "first"),
    [
        ("", 1280, "the page"),
        ("", 390, "the widget"),
        ("printing", 700, "the page"),
        ("remote", 1280, "the widget"),
        ("ticket", 1024, "the page"),
    ],
)
async def test_nothing_moves_whichever_comes_first(
    chromium: Browser, site: SlowSite, service: MockService, path: str, width: int, first: str
) -> None:
    async with Ada(chromium, site, service, viewport={"width": width, "height": 720}) as ada:
        come = asyncio.Event()

        async def widget(route: Route) -> None:
            await come.wait()
            await route.continue_()

        await ada.page.route("**/livechat/widget.js", widget)
        await ada.page.add_init_script(MOVED)
        await begins(ada.page, site, path)
        if first == "the widget":
            come.set()
            await ada.page.evaluate("customElements.whenDefined('rt-livechat').then(() => 0)")
        await arrives(ada.page, site, path)
        come.set()
        await expect(ada.launcher).to_be_visible()
        await ada.page.evaluate("drawn().then(drawn)")
        assert await ada.page.evaluate("moved") == []
