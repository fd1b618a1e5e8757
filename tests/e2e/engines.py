"""Three engines with one handle: Playwright drives two of them, Selenium the third.

The stories of test_engines.py need no more of a browser than what a `Tab` can do.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

from playwright.async_api import Browser as PlaywrightBrowser
from playwright.async_api import BrowserContext, ElementHandle, Page, async_playwright
from playwright.async_api import Error as PlaywrightError
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.client_config import ClientConfig
from selenium.webdriver.remote.file_detector import UselessFileDetector
from selenium.webdriver.remote.remote_connection import RemoteConnection
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.webkitgtk.options import Options
from selenium.webdriver.webkitgtk.service import Service as Driver
from urllib3.exceptions import HTTPError
from urllib3.util import Retry

from tests.e2e.display import display
from tests.ports import free_port

Size = tuple[int, int]
PHONE: Size = (390, 700)
DESKTOP: Size = (1200, 800)

MINI_BROWSER = next(
    Path("/usr/lib").glob("*/webkit2gtk-4.1/MiniBrowser"), Path("/usr/bin/MiniBrowser")
)
#: Its own bar would make the window wider than a phone. Pages are not styled by this.
NARROW = "* { min-width: 0; min-height: 0; padding: 0; margin: 0; border: 0; font-size: 1px; }"

ANSWERS = 40
"""Seconds in which WebKit's driver answers, or never: without an end whoever asked would wait for ever."""

FAILS = (PlaywrightError, WebDriverException, HTTPError)
"""What either driver raises, also when the page draws anew between finding and pressing."""


class Tab(Protocol):
    """One page of a browser. Scripts are functions of the widget's shadow root and `args`."""

    async def open(self, url: str) -> None: ...
    async def run(self, script: str, *args: Any) -> Any:
        """Return what the function returns, as JSON can carry it."""

    async def find(self, script: str, *args: Any) -> Any:
        """Return the element that the function returns; None when it found none."""

    async def click(self, element: Any) -> None: ...
    async def write(self, element: Any, text: str) -> None:
        """Type it with the keyboard; a line break is the Enter key."""

    async def attach(self, element: Any, file: Path) -> None: ...


class Person(Protocol):
    """One browser of one person: what is kept in it is shared by its tabs, and by nobody else."""

    async def tab(self) -> Tab: ...
    async def cookies(self) -> list[Any]: ...


Engine = Callable[[Size], AbstractAsyncContextManager[Person]]
_CALL = "({script})(document.querySelector('rt-livechat')?.shadowRoot, ..."


# --- Playwright: Chromium and Firefox -----------------------------------------------------------


class PlaywrightTab:
    def __init__(self, page: Page) -> None:
        page.set_default_timeout(20_000)
        self._page = page

    async def open(self, url: str) -> None:
        await self._page.goto("about:blank")  # else what follows a # loads nothing
        await self._page.goto(url)

    async def run(self, script: str, *args: Any) -> Any:
        return await self._page.evaluate(f"args => {_CALL.format(script=script)}args)", list(args))

    async def find(self, script: str, *args: Any) -> ElementHandle | None:
        call = f"args => {_CALL.format(script=script)}args)"
        return (await self._page.evaluate_handle(call, list(args))).as_element()

    async def click(self, element: ElementHandle) -> None:
        await element.click()

    async def write(self, element: ElementHandle, text: str) -> None:
        for line in text.splitlines(keepends=True):
            await element.type(line.rstrip("\n"))
            if line.endswith("\n"):
                await element.press("Enter")

    async def attach(self, element: ElementHandle, file: Path) -> None:
        await element.set_input_files(file)


class PlaywrightPerson:
    def __init__(self, context: BrowserContext) -> None:
        self._context = context

    async def tab(self) -> PlaywrightTab:
        return PlaywrightTab(await self._context.new_page())

    async def cookies(self) -> list[Any]:
        return list(await self._context.cookies())


def _by_playwright(browser: PlaywrightBrowser) -> Engine:
    @asynccontextmanager
    async def person(size: Size) -> AsyncIterator[Person]:
        async with await browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            has_touch=size == PHONE,
            locale="en-GB",
            ignore_https_errors=True,
        ) as context:
            yield PlaywrightPerson(context)

    return person


@asynccontextmanager
async def chromium(*without: str) -> AsyncIterator[Engine]:
    """`without`: options of Playwright's that are left out."""
    async with async_playwright() as playwright:
        path = shutil.which("chromium")  # Debian's; elsewhere Playwright's own is taken
        browser = await playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox"], ignore_default_args=without
        )
        yield _by_playwright(browser)
        await browser.close()


@asynccontextmanager
async def firefox() -> AsyncIterator[Engine]:
    async with async_playwright() as playwright:
        browser = await playwright.firefox.launch(
            channel="moz-firefox", executable_path="/usr/bin/firefox-esr"
        )
        yield _by_playwright(browser)
        await browser.close()


# --- Selenium: WebKitGTK ------------------------------------------------------------------------


class SeleniumTab:
    """A window of its own: of a tab behind another one, WebKit says that nobody sees it."""

    def __init__(self, driver: WebDriver, handle: str) -> None:
        self._driver, self._handle = driver, handle

    async def _do(self, act: Callable[..., Any], *args: Any) -> Any:
        def here() -> Any:
            if self._driver.current_window_handle != self._handle:
                self._driver.switch_to.window(self._handle)
            return act(*args)

        return await asyncio.to_thread(here)

    async def open(self, url: str) -> None:
        await self._do(self._driver.get, "about:blank")
        await self._do(self._driver.get, url)

    async def run(self, script: str, *args: Any) -> Any:
        call = f"return {_CALL.format(script=script)}arguments)"
        return await self._do(self._driver.execute_script, call, *args)

    async def find(self, script: str, *args: Any) -> WebElement | None:
        found: WebElement | None = await self.run(script, *args)
        return found

    async def click(self, element: WebElement) -> None:
        await self._do(element.click)

    async def write(self, element: WebElement, text: str) -> None:
        await self._do(element.send_keys, text.replace("\n", Keys.ENTER))

    async def attach(self, element: WebElement, file: Path) -> None:
        await self._do(element.send_keys, str(file))


class SeleniumPerson:
    def __init__(self, driver: WebDriver, size: Size) -> None:
        self._driver, self._size = driver, size
        self._first = True

    async def tab(self) -> SeleniumTab:
        return await asyncio.to_thread(self._tab)

    def _tab(self) -> SeleniumTab:
        if not self._first:
            self._driver.switch_to.new_window("window")
        self._first = False
        self._driver.set_window_size(*self._size)
        return SeleniumTab(self._driver, self._driver.current_window_handle)

    async def cookies(self) -> list[Any]:
        return list(await asyncio.to_thread(self._driver.get_cookies))


@asynccontextmanager
async def webkit(folder: Path, *options: str) -> AsyncIterator[Engine]:
    """`folder` is for its settings, `options` are MiniBrowser's.

    Each person gets a browser, and a driver of it: there is no other fresh start.
    """
    (folder / "gtk-3.0").mkdir()
    (folder / "gtk-3.0/gtk.css").write_text(NARROW)
    with display() as screen:
        environment = {**os.environ, "DISPLAY": screen, "XDG_CONFIG_HOME": str(folder)}

        @asynccontextmanager
        async def person(size: Size) -> AsyncIterator[Person]:
            service, driver = await asyncio.to_thread(_browser, environment, options)
            try:
                yield SeleniumPerson(driver, size)
            finally:
                await asyncio.to_thread(_quit, service, driver)

        yield person


def _browser(environment: dict[str, str], options: Sequence[str]) -> tuple[Driver, WebDriver]:
    """Start a driver with its browser; again if WebKit does not come up, which is not our matter."""
    for tries_left in (2, 1, 0):
        service = Driver("/usr/bin/WebKitWebDriver", port=free_port(), env=environment)
        service.start()
        try:
            return service, _start(service.service_url, options)
        except (WebDriverException, HTTPError):
            service.process.kill()
            if not tries_left:
                raise
    raise AssertionError


def _quit(service: Driver, driver: WebDriver) -> None:
    """End the browser and its driver, whether they still answer or not."""
    with suppress(WebDriverException, HTTPError):
        driver.quit()
    service.process.kill()
    service.process.wait()


def _start(service_url: str, arguments: Sequence[str]) -> WebDriver:
    options = Options()
    options.binary_location = str(MINI_BROWSER)
    for argument in ("--automation", *arguments):
        options.add_argument(argument)
    options.accept_insecure_certs = True
    once = {"init_args_for_pool_manager": {"retries": Retry(read=0)}}
    config = ClientConfig(service_url, timeout=ANSWERS, init_args_for_pool_manager=once)
    return WebDriver(
        RemoteConnection(client_config=config),
        options=options,
        file_detector=UselessFileDetector(),  # the browser sees our files
    )
