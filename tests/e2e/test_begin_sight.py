"""The door for whom begins a chat, in every state, seen by the accessibility checker.

What axe sees hangs on a language by its direction, by how long its words are, and by what is not
translated. So all states are looked at in English, in the longest and in the one from right to left;
in the others those that have most words and most kinds of things: an empty form, one with every
mistake, and a chat that one is in.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import Browser, Route, expect

from bot.sandbox.helpsite import HelpSite
from tests.e2e.ada import Ada
from tests.e2e.axe import violations, violations_everywhere
from tests.e2e.mock_service import MockService
from tests.e2e.scene import Scene
from tests.e2e.test_widget_languages import LANGUAGES, SPEAK, words_of

pytestmark = pytest.mark.asyncio(loop_scope="session")

THROUGHOUT = ("en", "ar", "de")
Look = Callable[[str], Awaitable[None]]
OPEN = {
    "state": "open",
    "until": "2026-11-29T17:00:00Z",
    "anyone": True,
    "who": "",
    "sign_in": "/livechat/sign-in",
    "details": ["room", "browser"],
}
INSIDE = {"who": "ada", "inside": {"chat": "ID", "operators": ["Grace Hopper", "Alan Turing"]}}
NOBODY_YET = {"chat": "ID", "operators": []}
BLOCKED = {"error": "blocked", "until": "2026-11-30T17:00:00Z"}
FIELDS = dict.fromkeys(("name", "room"), "too_long") | {"question": "empty", "email": "bad"}
WRONG = (422, {"error": "fields", "fields": FIELDS})
UNSEEN = "Object.defineProperty(Document.prototype, 'cookie', { get: () => '', set: () => {} })"


class Door:
    """A service that says of its door what the test wants; words of one language."""

    def __init__(self, ada: Ada, words: dict[str, str]) -> None:
        self.ada, self.words = ada, words
        self.step: dict[str, Any] | None = OPEN
        self.answer: tuple[int, dict[str, Any]] = (422, {})

    async def answers(self, route: Route) -> None:
        """Tell how it stands, or what becomes of a form."""
        if route.request.method == "POST":
            await route.fulfill(status=self.answer[0], json=self.answer[1])
        elif self.step is None:
            await route.abort()
        else:
            await route.fulfill(status=200, json=self.step)

    async def comes(self, step: dict[str, Any] | None, word: str) -> None:
        """Ada opens the panel and finds the door so."""
        self.step = step
        await self.ada.page.evaluate("sessionStorage.clear()")
        await self.ada.page.reload()
        await self.ada.launcher.click()
        await self.sees(word)

    async def sees(self, word: str) -> None:
        """So much of the sentence as has nothing filled in is there."""
        text = max(re.split(r"\{\w+\}", self.words[word]), key=len).strip()
        await expect(self.ada.page.locator("rt-livechat #panel")).to_contain_text(text)

    async def sends(
        self, answer: tuple[int, dict[str, Any]], word: str, question: str = "Why?"
    ) -> None:
        """The form is filled in and sent, and this is the answer."""
        self.answer = answer
        for box in await self.ada.page.locator("rt-livechat .door :is(input, textarea)").all():
            kind = await box.get_attribute("type")
            await box.fill("ada@elsewhere.test" if kind == "email" else question)
        await self.ada.page.locator("rt-livechat .door .main").click()
        await self.sees(word)

    async def goes_on(self, answer: tuple[int, dict[str, Any]], word: str) -> None:
        """Ada presses the way into the chat that she is in, and this is the answer."""
        self.answer = answer
        await self.ada.page.locator("rt-livechat .main").click()
        await self.sees(word)


async def fullest_states(door: Door, look: Look) -> None:
    """Lead Ada to where most is to be seen."""
    await door.comes(OPEN | INSIDE, "door_in")
    await look("in a chat")
    await door.comes(OPEN, "door_may")
    await look("open")
    await door.sends(WRONG, "door_bad")
    await look("wrong")


async def every_state(door: Door, look: Look) -> None:
    """Lead Ada through all that the door can say."""
    for name, step, word in (
        ("closed", {"state": "closed"}, "door_closed"),
        ("full", OPEN | {"state": "full", "sign_in": ""}, "door_full"),
        ("lost", None, "trouble_text"),
        ("must sign in", OPEN | {"anyone": False}, "door_must"),
        ("signed in", OPEN | {"who": "ada"}, "door_record"),
        ("in a chat", OPEN | INSIDE, "door_in"),
        ("waiting in one", {"state": "closed"} | INSIDE | {"inside": NOBODY_YET}, "door_asked"),
        ("perhaps in one", OPEN | {"state": "full"}, "door_there"),
        ("open", OPEN, "door_may"),
    ):
        await door.comes(step, word)
        await look(name)
    await door.sends(WRONG, "door_bad")
    await look("wrong")
    await door.sends((403, BLOCKED), "kept_out")
    await look("blocked")
    await door.sends((503, {}), "trying")
    await look("no answer")
    await door.comes(OPEN, "door_record")
    await door.sends((429, {}), "secret", "password: Xy12ab")
    await look("a password")
    await door.comes(OPEN, "door_record")
    await door.sends((429, {"error": "slow_down"}), "refused_slow_down")
    await look("too quick")
    await door.comes({"state": "closed"} | INSIDE, "door_in")
    await door.goes_on((503, {"error": "busy"}), "trouble_text")
    await door.sees("door_in")
    await look("not led in")
    door.step = {"state": "closed", "who": "ada", "inside": None}
    await door.goes_on((403, BLOCKED), "kept_out")
    await look("kept out of it")
    await door.ada.page.add_init_script(UNSEEN)
    await door.comes(OPEN, "door_cookies")
    await look("no cookies")


@pytest.mark.parametrize("language", ["en", *LANGUAGES])
async def test_axe_finds_nothing_at_the_door(
    chromium: Browser, site: HelpSite, service: MockService, language: str
) -> None:
    scheme = "dark" if language in {"fr", "zh"} else "light"
    size = {"width": 390 if language in {"de", "zh"} else 1200, "height": 844}
    async with Ada(chromium, site, service, color_scheme=scheme, viewport=size) as ada:
        door = Door(ada, words_of(language))
        seen: dict[str, list[str]] = {}

        async def look(name: str) -> None:
            both = violations_everywhere if language in {"en", "ar"} else violations
            seen[name] = await both(ada.page)

        await ada.page.route(re.compile("/api/(begin|go-on)$"), door.answers)
        await ada.page.add_init_script(SPEAK.format(language))
        await ada.visit()
        await (every_state if language in THROUGHOUT else fullest_states)(door, look)
        assert {name: found for name, found in seen.items() if found} == {}
        assert len(seen) == (17 if language in THROUGHOUT else 3)
        assert ada.complaints == []


async def test_axe_finds_nothing_while_one_waits_in_arabic(anyone: Scene) -> None:
    ada, words = anyone.ada, LANGUAGES["ar"]
    await anyone.opens()
    await ada.add_init_script(SPEAK.format("ar"))
    await ada.goto(f"{anyone.stage.site.url}/")
    await ada.get_by_role("button", name=words["launcher"]).click()
    await ada.get_by_label(words["door_question"]).fill("لماذا يصفر؟")
    await ada.get_by_label(words["door_name"]).fill("آدا")
    await ada.get_by_label(words["door_email"]).fill("ada@elsewhere.test")
    await ada.get_by_role("button", name=words["door_start"]).click()
    await expect(ada.locator("#panel .record")).to_contain_text(words["door_waiting"])
    await expect(ada.locator("#panel")).to_have_attribute("dir", "rtl")
    assert await anyone.axe() == []
