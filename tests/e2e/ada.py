"""Ada, who visits the help site: what she can do, and what she sees."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Protocol, Self

from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    Request,
    expect,
)

from bot.sandbox.helpsite import HelpSite
from tests.e2e.mock_service import MockService

NETWORK = (
    "WebSocket connection to",
    "Failed to load resource",
    "Firefox can’t establish a connection to the server at",
    "The connection to",
)
"""What browsers say of a service that is away: no complaint about the page."""


class Invited(Protocol):
    """What Ada is invited to."""

    @property
    def token(self) -> str: ...


class Ada:
    """A browser context of one person. `options` are Playwright's for a new context."""

    def __init__(
        self, browser: Browser, site: HelpSite, service: MockService | None = None, **options: Any
    ) -> None:
        self._browser = browser
        self._options = {"locale": "en-GB", "viewport": {"width": 1200, "height": 800}, **options}
        self.site = site
        self.service = service
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.sockets = 0

    async def __aenter__(self) -> Self:
        self.context: BrowserContext = await self._browser.new_context(**self._options)
        self.page = await self.tab()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.context.close()

    async def tab(self) -> Page:
        """Open another tab of this browser."""
        page = await self.context.new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: self._complaint(str(error)))
        page.on("console", self._console)
        page.on("request", self._request)
        page.on("websocket", lambda _socket: self._count())
        return page

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self._complaint(message.text)

    def _complaint(self, text: str) -> None:
        if not text.startswith(NETWORK):
            self.complaints.append(text)

    def _request(self, request: Request) -> None:
        self.requests.append(request.url)

    def _count(self) -> None:
        self.sockets += 1

    # --- what she does ----------------------------------------------------------------------------

    async def visit(self, path: str = "/printing") -> None:
        """Open a page of the help site."""
        await self.page.goto(self.site.url + path)
        await self.page.wait_for_function("() => !!customElements.get('rt-livechat')")

    async def follow(self, token: str, path: str = "/printing") -> None:
        """Open the link of an invitation."""
        await self.page.goto("about:blank")
        await self.visit(f"{path}#livechat={token}")

    async def join(self, talk: Invited, path: str = "/printing") -> None:
        """Follow the link and press the button."""
        await self.follow(talk.token, path)
        await self.button("Join the chat").click()
        await expect(self.box).to_be_visible()

    async def say(self, text: str) -> None:
        """Write and press Enter."""
        await self.box.fill(text)
        await self.box.press("Enter")

    # --- what she sees ----------------------------------------------------------------------------

    @property
    def launcher(self) -> Locator:
        return self.page.locator("rt-livechat .launcher")

    @property
    def panel(self) -> Locator:
        return self.page.get_by_role("dialog", name="Computing support")

    @property
    def box(self) -> Locator:
        return self.page.get_by_role("textbox", name="Your message")

    @property
    def state(self) -> Locator:
        return self.page.locator("rt-livechat .state")

    @property
    def foot(self) -> Locator:
        return self.page.locator("rt-livechat .foot")

    @property
    def messages(self) -> Locator:
        return self.page.locator("rt-livechat li.said")

    @property
    def spoken(self) -> Locator:
        """What a screen reader was given to speak."""
        return self.page.locator("rt-livechat [aria-live] > p")

    def button(self, name: str) -> Locator:
        return self.panel.get_by_role("button", name=name, exact=True)

    def message(self, text: str) -> Locator:
        return self.messages.filter(has_text=text)

    async def said(self) -> list[str]:
        """The texts of the conversation, in order."""
        return await self.page.locator("rt-livechat li.said .body").all_inner_texts()

    async def focused(self) -> str:
        """What has the focus: its id, class or tag."""
        name: str = await self.page.evaluate(
            """() => {
                let node = document.activeElement;
                while (node?.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
                return node.id || node.className || node.tagName.toLowerCase();
            }"""
        )
        return name
