"""Real browsers before the real Apache, with the service on its Unix socket: who gets in, who sees."""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect
from yarl import URL

from bot.domain.messages import Role
from bot.visitors.hub import Hub
from bot.visitors.room import VisitorsRoom
from tests.chromium import CHROMIUM
from tests.contract.apache import Apache, available
from tests.e2e.mock_service import Talk, Visiting
from tests.visitors.browser import put_into

pytestmark = pytest.mark.asyncio(loop_scope="module")

CHAT, EVIL, WIKI = "chat.help.test", "evil.help.test", "wiki.help.test"
WAYS = (
    "/metrics",
    "/livechat/metrics",
    "/livechat/../metrics",
    "/livechat/%2e%2e/metrics",
    "/livechat/..%2fmetrics",
    "/livechat/..%2Fmetrics",
    "/livechat//../metrics",
    "/livechat/api/poll/../../../metrics",
    "/api/messages/../../metrics",
    "/api/messages/%2e%2e/%2e%2e/metrics",
    "//metrics",
)
NAMES = ("X-Remote-User", "X-REMOTE-USER", "X_Remote_User", "X-Remote_User", "x_livechat_proxy")


@dataclass
class Door:
    """The help site's address, and what is behind it. ``heard`` are headers that came through."""

    apache: Apache
    pages: Path
    visiting: Visiting
    context: BrowserContext
    again: Callable[[], Awaitable[BrowserContext]]
    heard: list[tuple[str, dict[str, str]]]

    def url(self, path: str = "", host: str = CHAT) -> str:
        return f"https://{host}:{self.apache.port}/{path}"

    def page(self, name: str, body: str, host: str) -> str:
        """Put a page on the web server; return its address on one of its hosts."""
        file = self.pages / f"{name}.html"
        file.write_text(f"<!doctype html>{body}", encoding="utf-8")
        return self.url(file.name, host)

    def invite(self, number: int = 12345) -> Talk:
        return Talk(self.visiting, f"chat-{number}", self.visiting.invite(number))

    async def follow(self, talk: Talk, context: BrowserContext | None = None) -> Page:
        page = await (context or self.context).new_page()
        await page.goto(self.url(f"livechat/chat#livechat={talk.token}"))
        return page

    async def join(self, talk: Talk) -> Page:
        page = await self.follow(talk)
        await page.get_by_role("button", name="Join the chat").click()
        await expect(page.get_by_role("textbox", name="Your message")).to_be_visible()
        return page


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def chromium() -> AsyncIterator[Browser]:
    """One browser for all; each test gets a context of its own."""
    if not (available() and CHROMIUM.exists()):
        reason = "Apache or Chromium missing: run make contract as root once"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--host-resolver-rules=MAP *.test 127.0.0.1"],
        )
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="module")
async def door(tmp_path: Path, chromium: Browser) -> AsyncIterator[Door]:
    hub = Hub()
    heard: list[tuple[str, dict[str, str]]] = []

    @web.middleware
    async def listen(request: web.Request, handler: Any) -> web.StreamResponse:
        heard.append((request.path, dict(request.headers)))
        answer: web.StreamResponse = await handler(request)
        return answer

    visiting = Visiting(hub.ring)
    # Apache's own user must reach the socket.
    with tempfile.TemporaryDirectory(prefix="livechat-") as folder:
        Path(folder).chmod(0o755)
        apache = Apache(tmp_path, socket=Path(folder) / "http.sock")
        room = VisitorsRoom(
            visiting,
            visiting,
            hub,
            origins=[f"https://{CHAT}:{apache.port}"],
            frame_ancestors=[f"https://{WIKI}:{apache.port}"],
            support_url="mailto:support@example.org",
            now=lambda: visiting.now,
        )
        app = web.Application(middlewares=[listen])
        put_into(app, room)
        # The service gives its figures out at a port of its own: here even if it did not.
        app.router.add_get("/metrics", _figures)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        await web.UnixSite(runner, f"{folder}/http.sock").start()
        (Path(folder) / "http.sock").chmod(0o666)
        async with apache, AsyncExitStack() as contexts:

            async def context() -> BrowserContext:
                made = await chromium.new_context(ignore_https_errors=True, locale="en-GB")
                return await contexts.enter_async_context(made)

            yield Door(apache, Path(folder), visiting, await context(), context, heard)
        await runner.cleanup()


async def test_a_chat_goes_through_the_sample_by_websocket(door: Door) -> None:
    talk = door.invite()
    page = await door.join(talk)
    await page.get_by_role("textbox", name="Your message").fill("through Apache")
    await page.keyboard.press("Enter")
    await expect(page.locator("rt-livechat li.said")).to_contain_text("Sent")
    talk.grace("and back")
    await expect(page.get_by_text("and back")).to_be_visible()
    paths = [path for path, _ in door.heard]
    assert "/livechat/ws" in paths
    assert "/livechat/api/poll" not in paths


async def _figures(_request: web.Request) -> web.Response:
    return web.Response(text="livechat_chats 1")


async def test_no_address_of_the_front_leads_to_the_figures(door: Door) -> None:
    socket = aiohttp.UnixConnector(str(door.pages / "http.sock"))
    http = aiohttp.ClientSession(connector=socket)
    async with http, http.get("http://livechat/metrics") as answer:
        assert await answer.text() == "livechat_chats 1"  # there it is
    door.heard.clear()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=False)) as http:
        for path in WAYS:
            async with http.get(URL(f"{door.apache.base}{path}", encoded=True)) as answer:
                assert answer.status in {400, 403, 404}, path
                assert "livechat_chats" not in await answer.text()
    assert "/metrics" not in [path for path, _ in door.heard]


async def test_who_somebody_is_cannot_be_forged_in_any_spelling(door: Door) -> None:
    http = aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=False))
    async with http:
        for name in NAMES:
            for path, upgrade in (("api/session", {}), ("ws", {"Upgrade": "websocket"})):
                headers = {name: "grace", "Origin": door.url().rstrip("/"), **upgrade}
                headers |= {"Connection": "Upgrade"} if upgrade else {}
                url = f"{door.apache.base}/livechat/{path}"
                async with http.get(url, headers=headers) as answer:
                    forged = "_" in name
                    assert (answer.status == 403) is forged or (
                        path == "ws" and answer.status > 400
                    )
    assert len(door.heard) == 2 * len(NAMES)
    told = [name for _, headers in door.heard for name in headers if "remote" in name.lower()]
    assert {name for name in told if "_" not in name} == set()


async def test_a_sibling_hosts_page_gets_no_websocket_although_the_cookie_travels(
    door: Door,
) -> None:
    await door.join(door.invite())
    page = await door.context.new_page()
    await page.goto(door.page("evil", "<title>evil</title>", EVIL))
    door.heard.clear()
    opened = await page.evaluate(
        """url => new Promise(done => {
            const socket = new WebSocket(url, "livechat.v1");
            socket.onopen = () => done(true);
            socket.onclose = () => done(false);
        })""",
        f"wss://{CHAT}:{door.apache.port}/livechat/ws",
    )
    asked = [headers for path, headers in door.heard if path == "/livechat/ws"]
    assert not opened
    assert ["__Host-livechat=" in headers.get("Cookie", "") for headers in asked] == [True]
    assert asked[0]["Origin"] == f"https://{EVIL}:{door.apache.port}"


async def test_a_link_that_a_mail_scanner_opened_still_works(door: Door) -> None:
    talk = door.invite()
    scanner = await door.follow(talk, await door.again())
    await expect(scanner.get_by_role("button", name="Join the chat")).to_be_visible()
    http = aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=False))
    async with http, http.get(f"{door.apache.base}/livechat/chat") as answer:
        assert answer.status == 200
    await door.join(talk)


async def test_links_that_are_no_good_are_refused_with_the_right_words(door: Door) -> None:
    used, late, gone = door.invite(1), door.invite(2), door.invite(3)
    await door.join(used)
    door.visiting.revoke(gone.id)
    lost = Talk(door.visiting, "", "A" * 43)
    for talk, words in (
        (used, "This link was used already"),
        (gone, "Computing support took it back"),
        (lost, "We do not know it"),
    ):
        page = await door.follow(talk, await door.again())
        await expect(page.get_by_text(words)).to_be_visible()
    Talk(door.visiting, "", "").minutes_pass(60 * 24 * 30)
    page = await door.follow(late, await door.again())
    await expect(page.get_by_text("It is too old")).to_be_visible()


async def test_nothing_secret_is_in_a_log_an_address_or_a_referer(door: Door) -> None:
    talk = door.invite()
    page = await door.join(talk)
    (cookie,) = [c for c in await door.context.cookies() if c["name"] == "__Host-livechat"]
    await page.get_by_role("textbox", name="Your message").fill("swordfish")
    await page.keyboard.press("Enter")
    await expect(page.locator("rt-livechat li.said")).to_contain_text("Sent")
    assert talk.said(Role.VISITOR) == ["swordfish"]
    logs = "".join(file.read_text() for file in door.apache.folder.glob("*.log"))
    assert "/livechat/api/join" in logs
    secrets = (talk.token, cookie["value"], "swordfish")
    for place in (logs, page.url, *(h.get("Referer", "") for _, h in door.heard)):
        assert not any(secret in place for secret in secrets)
    assert not any("?" in path for path, _ in door.heard)


async def test_only_sites_on_the_list_show_the_page_in_a_frame_and_there_it_works(
    door: Door,
) -> None:
    talk = door.invite()
    await (await door.join(talk)).close()

    frame = f'<iframe title="chat" src="{door.url("livechat/chat")}"></iframe>'
    page = await door.context.new_page()
    await page.goto(door.page("wiki", frame, WIKI))
    box = page.frame_locator("iframe").get_by_role("textbox", name="Your message")
    await box.fill("from another site")
    await box.press("Enter")
    said = page.frame_locator("iframe").locator("rt-livechat li.said")
    await expect(said).to_contain_text("Sent")
    assert talk.said(Role.VISITOR) == ["from another site"]
    async with page.expect_console_message(lambda said: "frame-ancestors" in said.text):
        await page.goto(door.page("evil", frame, EVIL))
    await expect(page.frame_locator("iframe").locator("rt-livechat")).to_have_count(0)
