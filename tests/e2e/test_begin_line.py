"""Three visitors wait for one CO: each is told how many others have been waiting longer than he has."""

from __future__ import annotations

import re
from functools import partial

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from bot import parts
from bot.sandbox.teams.world import Post
from bot.visitors.pace import Pace
from tests.e2e.scene import Scene

pytestmark = pytest.mark.asyncio(loop_scope="session")

NOBODY = "Nobody else has been waiting longer than you."
ONE, TWO = (
    "1 other has been waiting longer than you.",
    "2 others have been waiting longer than you.",
)
#: Keeps what the live region was given to speak.
HEARS = """(host) => {
    window.heard = [];
    const region = host.querySelector("[aria-live]");
    new MutationObserver(() => {
        if (region.textContent) window.heard.push(region.textContent);
    }).observe(region, { childList: true });
}"""


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """The service looks more often how those stand who wait, so that each change is there sooner."""
    monkeypatch.setattr(parts, "Pace", partial(Pace, line=0.2))


def longer(page: Page) -> Locator:
    return page.locator("#panel .record").get_by_text("waiting longer than you")


async def heard(page: Page) -> list[str]:
    found: list[str] = await page.evaluate("window.heard")
    return found


async def asks(page: Page, scene: Scene, name: str) -> None:
    """Somebody comes and begins a chat."""
    visitor = Scene(scene.stage, scene.grace, page)
    await visitor.comes()
    await visitor.fills(f"{name} asks", name)
    await page.locator("rt-livechat").evaluate(HEARS)
    await visitor.starts()
    await expect(visitor.waits).to_be_visible()


def thread(scene: Scene, name: str) -> Post:
    """Where what he asked stands."""
    posts = scene.stage.teams.posts("Live chat")
    return next(p for p in posts if p.root_id == p.id and f"{name} asks" in str(p.cards))


async def ends(page: Page) -> None:
    for _ in range(2):  # and says that he is sure
        await page.get_by_role("button", name="End chat").click()
    await expect(page.get_by_text("The chat has ended").first).to_be_visible()


async def test_each_who_waits_is_told_how_many_have_been_waiting_longer(
    anyone: Scene, chromium: Browser
) -> None:
    ada, grace = anyone.ada, anyone.stage.teams.people["grace"]
    contexts = [await chromium.new_context(locale="en-GB") for _ in range(2)]
    bob, cleo = [await context.new_page() for context in contexts]
    await anyone.opens()
    for page, name, told in ((ada, "Ada", NOBODY), (bob, "Bob", ONE), (cleo, "Cleo", TWO)):
        await asks(page, anyone, name)
        await expect(longer(page)).to_have_text(told)
        await expect(anyone.grace.get_by_text(f"A visitor asks: {name} asks")).to_be_visible()
        await expect(page.locator("[aria-live] > p")).to_have_text(
            re.compile(f"^You are waiting .* {told}$")
        )
    await ada.reload()
    await expect(longer(ada)).to_have_text(NOBODY)

    await grace.reply(thread(anyone, "Ada"), "The toner?", mention=True)
    await expect(longer(ada)).to_have_count(0)
    await expect(longer(bob)).to_have_text(NOBODY)
    await expect(longer(cleo)).to_have_text(ONE)
    await expect(cleo.locator("[aria-live] > p")).to_have_text(ONE)
    await grace.reply(thread(anyone, "Ada"), "back to queue", mention=True)
    await expect(longer(ada)).to_have_text(TWO)
    await ends(bob)
    await expect(longer(ada)).to_have_text(ONE)
    await expect(longer(cleo)).to_have_text(NOBODY)
    await expect(cleo.locator("[aria-live] > p")).to_have_text(NOBODY)
    # What changed was spoken, once and by itself; and nothing of anybody else.
    first, *rest = await heard(cleo)
    assert first.endswith(TWO)
    assert rest == [ONE, NOBODY]
    assert "Ada" not in await cleo.locator("#panel").inner_text()
    assert await anyone.axe() == []
    await contexts[0].close()

    await grace.reply(thread(anyone, "Cleo"), "Paper?", mention=True)
    await expect(longer(ada)).to_have_text(NOBODY)
    await contexts[1].close()
