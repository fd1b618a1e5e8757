"""The main job from end to end: a CO on Teams' page, a visitor on the help site, RT at the end."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, FilePayload, Locator, Page, async_playwright, expect

from bot.app import Service
from bot.config import Settings
from bot.sandbox.stage import Stage
from tests.e2e.test_widget_files import png
from tests.migrated import lay_out
from tests.ports import free_port

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        path = shutil.which("chromium")
        chromium = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield chromium
        await chromium.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'livechat.db'}"
    return str(request.getfixturevalue("postgres_url"))


@pytest_asyncio.fixture(loop_scope="module")
async def stage(database_url: str) -> AsyncIterator[Stage]:
    """The stand-ins, and a service among them."""
    async with Stage(free_port(), enforce_limits=False) as a_stage:
        await asyncio.to_thread(lay_out, database_url)
        # No card waits for Teams' budget: what is told here is the same without that.
        quick = {"relay": {"pacing": False}}
        service = Service(Settings(**a_stage.settings(database_url) | quick))
        await service.start()
        yield a_stage
        await service.stop()


@pytest_asyncio.fixture(loop_scope="module")
async def grace(browser: Browser, stage: Stage) -> AsyncIterator[Page]:
    """Grace, a CO, in the channel "Live chat" of Teams."""
    async with await browser.new_context() as context:
        page = await context.new_page()
        await page.goto(f"{stage.teams.url}#person=grace&in=")
        await page.wait_for_selector("#ready", state="attached")
        yield page


@pytest_asyncio.fixture(loop_scope="module")
async def ada(browser: Browser) -> AsyncIterator[Page]:
    """Ada's browser; anything that its console has to complain of fails the test."""
    async with await browser.new_context() as context:
        page = await context.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        yield page
        assert complaints == []


async def test_the_whole_story(stage: Stage, grace: Page, ada: Page) -> None:
    card = grace.locator(".card").first
    await _open(grace, ada, card)
    await _talk(grace, ada)
    await _share(stage, grace, ada)
    await _file(card)
    await _look(stage, ada)


async def _open(grace: Page, ada: Page, card: Locator) -> None:
    # 1 and 2: the ticket is shown, and nobody else hears of it
    await grace.locator("#new-post").get_by_role("textbox").fill("@Live Chat 12345")
    await grace.get_by_role("button", name="Post").click()
    await expect(card).to_contain_text("Cannot print from the lab")
    await expect(card).to_contain_text("ada@help.test")

    # 3: the link is on the card
    await card.get_by_role("button", name=re.compile("^Invite")).click()
    link = card.get_by_role("textbox", name=re.compile("^Link"))
    await expect(link).to_have_value(re.compile("#livechat="))
    href = await link.input_value()

    # 4: Ada joins
    await ada.goto(href)
    await expect(ada.get_by_text("12345").first).to_be_visible()
    assert "livechat=" not in ada.url
    await ada.get_by_role("button", name="Join the chat").click()
    await expect(grace.get_by_text("joined").first).to_be_visible()


async def _talk(grace: Page, ada: Page) -> None:
    # 5: they talk
    box = ada.get_by_role("textbox", name=re.compile("message", re.IGNORECASE))
    await expect(box).to_be_visible()
    await box.fill("It <b>beeps</b> & says:\n`lpr: error 7` @everyone")
    await box.press("Enter")
    posted = grace.locator(".post").filter(has_text="It <b>beeps</b>")
    await expect(posted).to_contain_text("lpr: error 7")
    await expect(posted).to_contain_text("Ada Lovelace")
    reply = grace.get_by_role("textbox", name="Reply").first
    await reply.fill("Which printer?\nThe <big> one?")
    await reply.press("Enter")
    log = ada.get_by_role("region", name="Conversation")  # what is spoken says it a second time
    await expect(log.get_by_text("The <big> one?")).to_be_visible()
    await reply.fill("// probably the toner again")
    await reply.press("Enter")
    await expect(grace.get_by_text("// probably the toner again")).to_be_visible()


async def _share(stage: Stage, grace: Page, ada: Page) -> None:
    # 5a: Ada's screenshot is in the thread, Grace's in the pop-up
    screenshot: FilePayload = {"name": "error.png", "mimeType": "image/png", "buffer": png()}
    await ada.get_by_label("Add files").set_input_files(screenshot)
    about = ada.get_by_role("textbox", name=re.compile("What does it show"))
    await about.fill("The message on its display")
    await ada.get_by_role("button", name="Send these files").click()
    posted = grace.locator(".post").filter(has_text="The message on its display")
    await expect(posted.get_by_role("img").first).to_be_visible()
    shown = ada.get_by_role("img", name="The message on its display")
    await expect(shown).to_be_visible()
    root = next(p for p in stage.teams.posts("Live chat") if p.root_id == p.id)
    await stage.teams.people["grace"].reply(root, "Like this?", images=[png(80, 50)])
    theirs = ada.get_by_role("img", name="picture", exact=True)
    await expect(theirs).to_be_visible()
    assert await theirs.evaluate("async i => { await i.decode(); return i.naturalWidth; }") == 80


async def _file(card: Locator) -> None:
    # 6: Send to RT, pressed as often as it can be
    await card.get_by_role("button", name="Send to RT").first.click()
    await card.get_by_role("textbox", name="Summary").fill("Toner was empty; replaced it.")
    await card.get_by_role("button", name=re.compile("^Send to ticket")).click()
    await expect(card).to_contain_text("Type its last digits, 345")  # nothing was sent
    await expect(card.get_by_role("textbox", name="Summary")).to_have_value(re.compile("Toner was"))
    await card.get_by_role("textbox", name=re.compile("^To confirm")).fill("345")
    await card.get_by_role("button", name=re.compile("^Send to ticket")).click()
    await expect(card).to_contain_text(re.compile("transaction", re.IGNORECASE), timeout=15_000)


async def _look(stage: Stage, ada: Page) -> None:
    # 7: the record is in RT, once; Ada knows; nothing is left here
    await expect(ada.get_by_text(re.compile("on (your )?ticket #?12345")).first).to_be_visible()
    world = stage.rt.world
    (comment,) = [t for t in world.transactions if (t.ticket, t.kind) == (12345, "Comment")]
    record = comment.attachments[0].content.decode()
    assert "Toner was empty; replaced it." in record
    assert "It &lt;b&gt;beeps&lt;/b&gt;" in record
    assert "probably the toner again" not in record
    assert await ada.get_by_text("probably the toner again").count() == 0
