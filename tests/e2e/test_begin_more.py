"""What comes with a chat that a visitor begins besides his words: files, room and browser."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, FilePayload, Locator, expect

from bot.sandbox.rt.world import Attachment
from tests.e2e.scene import Scene, played
from tests.e2e.test_widget_files import png, size_of

pytestmark = pytest.mark.asyncio(loop_scope="session")

DETAILS = {"who": "anyone", "closes_at": "23:59", "details": ["room", "browser"]}
SCREENSHOT: FilePayload = {"name": "error.png", "mimeType": "image/png", "buffer": png()}


async def asks(scene: Scene) -> Locator:
    """Ada sends the form; Grace's card."""
    await scene.fills("Why does it beep?")
    await scene.starts()
    await expect(scene.waits).to_be_visible()
    card = scene.grace.locator(".card").first
    await expect(card).to_contain_text("Why does it beep?")
    return card


async def filed(scene: Scene, card: Locator) -> list[Attachment]:
    """Grace sends it to RT; the parts of the record, which is the only one there."""
    world = scene.stage.rt.world
    before = set(world.tickets)
    await card.get_by_role("button", name="Send to RT").first.click()
    await card.get_by_role("textbox", name="Summary").fill("Toner was empty.")
    await card.get_by_role("button", name="Make a ticket and send").click()
    await expect(card).to_contain_text("On a new ticket", timeout=15_000)
    (made,) = set(world.tickets) - before
    records = [one for one in world.transactions if one.kind in {"Create", "Comment"}]
    (record,) = [one for one in records if one.ticket == made]
    assert not [one for one in records if one.kind == "Comment" and one is not record]
    return record.attachments


async def test_screenshots_go_both_ways_and_into_the_ticket_that_is_made(anyone: Scene) -> None:
    ada, grace = anyone.ada, anyone.grace
    await anyone.opens()
    await anyone.comes()
    card = await asks(anyone)
    await ada.get_by_label("Add files").set_input_files(SCREENSHOT)  # while she waits
    await ada.get_by_role("textbox", name=re.compile("What does it show")).fill("Its display")
    await ada.get_by_role("button", name="Send these files").click()
    posted = grace.locator(".post").filter(has_text="Its display")
    await expect(posted.get_by_role("img").first).to_be_visible()
    await expect(ada.get_by_role("img", name="Its display")).to_be_visible()
    root = next(p for p in anyone.stage.teams.posts("Live chat") if p.root_id == p.id and p.cards)
    await anyone.stage.teams.people["grace"].reply(
        root, "Like this?", mention=True, images=[png(80, 50)]
    )
    theirs = ada.get_by_role("img", name="picture", exact=True)
    await expect(theirs).to_be_visible()
    assert await theirs.evaluate("async i => { await i.decode(); return i.naturalWidth; }") == 80
    parts = await filed(anyone, card)
    pictures = {one.name: size_of(one.content) for one in parts if one.kind == "image/png"}
    assert sorted(pictures.values()) == [(60, 40), (80, 50)]
    assert any(name.endswith("error.png") for name in pictures)
    assert all(name in parts[0].content.decode() for name in pictures)


async def test_room_and_browser_are_on_the_card_and_in_the_record(
    chromium: Browser, tmp_path: Path
) -> None:
    async with played(chromium, tmp_path, visitor_start=DETAILS) as scene:
        ada = scene.ada
        await scene.opens()
        await scene.comes()
        browser = ada.get_by_label("Browser and system (optional)")
        await expect(browser).to_have_value(re.compile(r"^Chrome \d+, Linux$"))
        await expect(browser).to_have_accessible_description(re.compile("says this of itself"))
        await browser.fill("Firefox 140, Linux")
        await ada.get_by_label("Room or machine (optional)").fill("AT 5.05")
        assert await scene.axe() == []
        card = await asks(scene)
        for told in ("Room or machine", "AT 5.05", "Browser and system", "Firefox 140, Linux"):
            await expect(card).to_contain_text(told)
        record = (await filed(scene, card))[0].content.decode()
        assert "Room or machine, as the visitor says: AT 5.05" in record
        assert "Browser and system, as the visitor says: Firefox 140, Linux" in record


async def test_who_tells_neither_begins_his_chat_all_the_same(
    chromium: Browser, tmp_path: Path
) -> None:
    async with played(chromium, tmp_path, visitor_start=DETAILS) as scene:
        ada = scene.ada
        await scene.opens()
        await scene.comes()
        await ada.get_by_label("Browser and system").fill("")
        await ada.reload()  # what was deleted is not filled in again
        await ada.get_by_role("button", name="Live chat").click()
        await expect(ada.get_by_label("Browser and system")).to_have_value("")
        await ada.get_by_label("Room or machine").fill("x" * 201)
        await scene.fills("Why does it beep?")
        await scene.starts()
        await expect(ada.get_by_label("Room or machine")).to_be_focused()
        await expect(ada.get_by_text("This is too long")).to_be_visible()
        await ada.get_by_label("Room or machine").fill("")
        card = await asks(scene)
        await expect(card).not_to_contain_text("Room or machine")
        await expect(card).not_to_contain_text("Browser and system")


SEARCH = {"who": "anyone", "closes_at": "23:59", "search": "/search?q={words}"}
#: Letter by letter, and without a pause, however slow the machine is.
TYPES = """(box, text) => {
    box.focus();
    for (const letter of text) {
        box.value += letter;
        box.dispatchEvent(new InputEvent("input", { bubbles: true, composed: true }));
    }
}"""


async def test_pages_that_may_answer_are_shown_while_the_question_is_typed(
    chromium: Browser, tmp_path: Path
) -> None:
    async with played(chromium, tmp_path, visitor_start=SEARCH) as scene:
        ada = scene.ada
        await scene.opens()
        await scene.comes()
        question = ada.get_by_label("Your question")
        await question.evaluate(TYPES, "Can I print from my laptop?")
        panel = ada.get_by_role("dialog", name="Computing support")
        hit = panel.get_by_role("link", name="Print from your own laptop")
        await expect(panel.get_by_role("status").filter(has_text="Perhaps one of")).to_be_visible()
        await expect(panel.locator(".hits li")).to_have_count(1)
        await expect(hit).to_have_attribute("href", f"{scene.stage.site.url}/printing")
        await expect(question).to_be_focused()
        assert await scene.axe() == []
        async with ada.context.expect_page() as opened:
            await hit.click()
        await (await opened.value).close()
        await expect(question).to_have_value("Can I print from my laptop?")
        await question.fill("zzzzzzzz qqqqqqqq")
        await expect(panel.locator(".hits li")).to_have_count(0)
        await asks(scene)
        searched = [url for url in scene.asked if "/search?" in url]
        assert 2 <= len(searched) <= 3  # not for every letter; the last may come when it is sent
        assert all(url.startswith(f"{scene.stage.site.url}/search?q=") for url in searched)


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 500, "body": "no"},
        {"status": 200, "body": "<html>"},
        {"status": 200, "json": ["x", ["a", "b"], [], ["https://evil.test/", "javascript:1"]]},
    ],
    ids=["broken", "no json", "elsewhere"],
)
async def test_a_search_that_fails_or_leads_elsewhere_shows_nothing_and_holds_nothing_up(
    chromium: Browser, tmp_path: Path, answer: dict[str, Any]
) -> None:
    async with played(chromium, tmp_path, visitor_start=SEARCH) as scene:
        ada = scene.ada
        await ada.route(re.compile(r"/search\?"), lambda route: route.fulfill(**answer))
        await scene.opens()
        await scene.comes()
        async with ada.expect_response(re.compile(r"/search\?")):
            await ada.get_by_label("Your question").press_sequentially("Why does it beep?")
        await asks(scene)
        assert not await ada.get_by_text("Perhaps one of these pages helps").count()


async def test_where_neither_is_set_no_browser_is_told_and_nothing_typed_leaves_the_page(
    anyone: Scene,
) -> None:
    ada = anyone.ada
    sent: list[str] = []
    ada.on("request", lambda request: sent.append(request.post_data or ""))
    await anyone.opens()
    await anyone.comes()
    question = ada.get_by_label("Your question")
    await expect(question).to_be_visible()
    await expect(ada.get_by_label("Browser and system")).to_have_count(0)
    before = len(anyone.asked)
    await question.press_sequentially("Can I print from my laptop?")
    await asks(anyone)
    assert not [url for url in anyone.asked[before:] if "search" in url]
    (form,) = [one for one in sent if "Why does it beep?" in one]
    assert "browser" not in form
