"""What may go wrong with the form that begins a chat."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, Route, expect

from tests.e2e.scene import SIGNED_IN, Scene, played, signs_in

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_form_is_not_sent_as_whoever_signs_in_next_at_this_computer(
    chromium: Browser, tmp_path: Path
) -> None:
    door = {"visitor_start": {"who": "signed_in", "closes_at": "23:59"}}
    async with played(chromium, tmp_path, **door, **SIGNED_IN) as scene:
        ada, login = scene.ada, "ada"

        async def lose(route: Route) -> None:
            await (route.abort() if route.request.method == "POST" else route.continue_())

        await signs_in(ada, lambda: login)
        await ada.route(re.compile("/api/begin$"), lose)
        await scene.opens()
        page = f"{scene.stage.site.url}/livechat/chat"
        await ada.goto(page)
        await ada.get_by_role("link", name="Sign in to ask").click()
        await expect(ada.get_by_text("You are signed in as ada")).to_be_visible()
        await ada.get_by_label("Your question").fill("I was dismissed. Why?")
        await scene.starts()
        await expect(ada.get_by_text("trying again")).to_be_visible()
        login = "bob"
        other = await ada.context.new_page()
        await signs_in(other, lambda: login)
        await other.goto(f"{scene.stage.site.url}/livechat/sign-in?/livechat/chat")
        await expect(other.get_by_text("You are signed in as bob")).to_be_visible()
        await ada.unroute(re.compile("/api/begin$"), lose)
        # the page that goes on trying by itself
        await expect(ada.get_by_text("You are signed in as bob")).to_be_visible(timeout=20_000)
        await expect(ada.get_by_label("Your question")).to_have_value("")
        assert "dismissed" not in str(await ada.evaluate("Object.values(sessionStorage)"))
        await other.reload()
        await expect(other.get_by_text("You are signed in as bob")).to_be_visible()
        assert not [p for p in scene.stage.teams.posts("Live chat") if "dismissed" in p.text]


async def test_what_is_too_long_is_said_and_not_cut(anyone: Scene) -> None:
    ada = anyone.ada
    await anyone.opens()
    await anyone.comes()
    await anyone.fills("x" * 40_000)
    await anyone.starts()
    question = ada.get_by_label("Your question")
    await expect(question).to_be_focused()
    await expect(question).to_have_accessible_description(re.compile("This is too long"))
    await question.press_sequentially("y")
    assert len(await question.input_value()) == 40_001


async def test_a_browser_that_keeps_no_cookies_is_told_so_before_anything_is_typed(
    anyone: Scene,
) -> None:
    ada = anyone.ada
    await anyone.opens()
    await ada.add_init_script(
        "Object.defineProperty(Document.prototype, 'cookie', { get: () => '', set: () => {} })"
    )
    await anyone.comes()
    await expect(ada.get_by_text("keeps no cookies of this site")).to_be_visible()
    await expect(ada.get_by_label("Your question")).to_have_count(0)
    await expect(ada.locator("#panel").get_by_role("link")).to_have_attribute(
        "href", re.compile("/ticket$")
    )


async def test_what_was_asked_in_a_second_window_waits_in_the_box_of_the_chat_of_the_first(
    anyone: Scene,
) -> None:
    ada = anyone.ada
    await anyone.opens()
    other = await ada.context.new_page()
    await other.goto(f"{anyone.stage.site.url}/livechat/chat")
    await expect(other.get_by_label("Your question")).to_be_visible()
    await anyone.comes()
    await anyone.fills("Why does it beep?")
    await anyone.starts()
    await expect(anyone.waits).to_be_visible()
    await other.get_by_label("Your question").fill("And where is the toner?")
    await other.get_by_label("Your name").fill("Ada Lovelace")
    await other.get_by_label("Your e-mail address").fill("ada@elsewhere.test")
    await other.get_by_role("button", name="Start the chat").click()
    box = other.get_by_role("textbox", name="Your message")
    await expect(box).to_have_value("And where is the toner?")
    await box.press("Enter")
    log = ada.get_by_role("region", name="Conversation")
    await expect(log.get_by_text("And where is the toner?")).to_be_visible()


async def test_while_one_waits_what_was_said_is_seen_at_four_times_the_size(anyone: Scene) -> None:
    ada = anyone.ada
    await anyone.opens()
    await ada.set_viewport_size({"width": 320, "height": 256})
    await anyone.comes()
    await anyone.fills("Why does it beep?")
    await anyone.starts()
    await expect(anyone.waits).to_be_visible()
    log = ada.get_by_role("region", name="Conversation")
    await expect(log.get_by_text("Why does it beep?")).to_be_attached()
    height = await log.evaluate("box => box.clientHeight")
    assert height > 50
    await log.press("Home")
    await expect(log.get_by_text("Why does it beep?")).to_be_in_viewport()
    send = ada.get_by_role("button", name="Send", exact=True)
    await expect(send).to_be_in_viewport(ratio=1)


async def test_who_is_not_signed_in_any_more_is_told_that_his_question_is_kept(
    chromium: Browser, tmp_path: Path
) -> None:
    door = {"visitor_start": {"who": "signed_in", "closes_at": "23:59"}}
    async with played(chromium, tmp_path, **door, **SIGNED_IN) as scene:
        ada = scene.ada

        await signs_in(ada)
        await scene.opens()
        await ada.goto(f"{scene.stage.site.url}/livechat/sign-in?/livechat/chat")
        await ada.get_by_label("Your question").fill("Why does it beep?")
        await ada.context.clear_cookies()  # it lasts for minutes only
        await scene.starts()
        await expect(ada.get_by_text("Please sign in first")).to_be_visible()
        await expect(ada.get_by_text("What you typed is kept in this window")).to_be_visible()
        await ada.get_by_role("link", name="Sign in to ask").click()
        await expect(ada.get_by_label("Your question")).to_have_value("Why does it beep?")
