"""Ada in any of the engines: what she does, and what she waits to see."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from tests.e2e.engines import FAILS, Tab

PATIENCE = 30.0
"""Seconds. Nothing takes as long; but the machine may be busy."""

_BUTTON = """(root, name, within) => [...root?.querySelectorAll(`${within} button`) ?? []].find(
    (node) => node.checkVisibility() && !node.disabled
        && (node.getAttribute("aria-label") ?? node.innerText.trim()) === name)"""
_SHOWS = "(root, text, where) => !!root?.querySelector(where)?.innerText.includes(text)"
_STATE = """(root, text, state) => [...root.querySelectorAll("li.said")].some(
    (node) => node.innerText.includes(text) && node.innerText.includes(state))"""
_SAID = (
    """(root) => [...root.querySelectorAll("li.said .body")].map((node) => node.innerText.trim())"""
)
_PICTURE = """(root, name) => [...root.querySelectorAll("img")].find(
    (image) => image.alt === name && image.complete)?.naturalWidth"""
_ASKED = """(_root, path) => performance.getEntriesByType("resource").some(
    (entry) => new URL(entry.name).pathname.endsWith(path))"""
_TURNS = """(root) => {
    window.returned = null;
    addEventListener("pageshow", () => (window.returned = [root.querySelectorAll("li.said").length]));
}"""
_KEPT = "() => [...Object.keys(sessionStorage), ...Object.keys(localStorage)]"


class Guest:
    """Ada in one tab."""

    def __init__(self, tab: Tab, site: str) -> None:
        self.tab, self._site = tab, site

    async def visit(self, token: str = "", path: str = "/printing") -> None:
        """Open a page of the help site, by an invitation's link if there is one."""
        await self.tab.open(f"{self._site}{path}" + (f"#livechat={token}" if token else ""))

    async def join(self, token: str) -> None:
        await self.visit(token)
        await self.press("Join the chat")
        await self.find("#box")

    async def goes_on(self, path: str) -> None:
        """Follow a link to another page, as `tab.open` does not: Back leads here."""
        await self.tab.run(_TURNS)
        await self.tab.run("(_root, path) => void setTimeout(() => (location = path))", path)
        done = "(_root, path) => location.pathname === path && document.readyState === 'complete'"
        await self.until(lambda: self.tab.run(done, path), path)

    async def goes_back(self, path: str) -> int:
        """Press Back; how many messages a page shows that the browser kept whole, 0 if it did not."""
        await self.tab.run("() => void setTimeout(() => history.back())")
        shown = """(_root, path) => location.pathname === path && window.returned !== null
            && (window.returned ?? [0])"""
        return int((await self.until(lambda: self.tab.run(shown, path), path))[0])

    async def press(self, name: str, within: str = "") -> None:
        """Press the button of this name, once it is there."""

        async def press() -> bool:
            button = await self.tab.find(_BUTTON, name, within)
            if button:
                await self.tab.click(button)
            return bool(button)

        await self.until(press, f"the button {name!r}")

    async def offers(self, name: str) -> bool:
        """Whether there is a button of this name now."""
        return bool(await self.tab.find(_BUTTON, name, ""))

    async def say(self, text: str) -> None:
        """Type it and press Enter."""
        await self.tab.write(await self.find("#box"), f"{text}\n")

    async def find(self, css: str) -> Any:
        return await self.until(
            lambda: self.tab.find("(root, css) => root?.querySelector(css)", css), css
        )

    async def attach(self, file: Path, about: str) -> None:
        """Choose a file, say what it shows, send it."""
        await self.tab.attach(await self.find("input[type=file]"), file)
        await self.tab.write(await self.find(".tray li input"), about)
        await self.press("Send these files")

    async def sees(self, text: str, where: str = "#panel") -> None:
        await self.until(lambda: self.tab.run(_SHOWS, text, where), f"{text!r} in {where}")

    async def sees_state(self, text: str, state: str) -> None:
        """Wait until a message of this text is marked so."""
        await self.until(lambda: self.tab.run(_STATE, text, state), f"{text!r} as {state}")

    async def sees_picture(self, name: str, width: int) -> None:
        """Wait until it is there and can be looked at."""

        async def look() -> bool:
            return bool(await self.tab.run(_PICTURE, name) == width)

        await self.until(look, f"the picture {name!r}")

    async def asked_for(self, path: str) -> bool:
        """Whether the page has asked the service for this."""
        return bool(await self.tab.run(_ASKED, path))

    async def said(self) -> list[str]:
        """The texts of the conversation, in order."""
        return list(await self.tab.run(_SAID))

    async def kept(self) -> list[str]:
        """What the widget keeps in this browser."""
        return list(await self.tab.run(_KEPT))

    async def until(self, look: Callable[[], Awaitable[Any]], what: str) -> Any:
        """Look until there is something; fail with what stands there instead."""
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    if found := await _try(look):
                        return found
                    await asyncio.sleep(0.05)
        except TimeoutError:
            shown = await self.tab.run("(root) => root?.querySelector('#panel')?.innerText")
            raise AssertionError(f"never came: {what}; instead {json.dumps(shown)}") from None


async def _try(look: Callable[[], Awaitable[Any]]) -> Any:
    try:
        return await look()
    except FAILS:
        return None  # it was drawn anew in between
