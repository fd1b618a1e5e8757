"""What somebody typed at the door who was signed in, where somebody else may come who is not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, Route, expect

from tests.e2e.ada import Ada
from tests.e2e.mock_service import MockService
from tests.e2e.scene import SIGNED_IN, played, signs_in

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_it_is_shown_to_nobody_else_and_is_there_when_she_signs_in_again(
    chromium: Browser, tmp_path: Path
) -> None:
    door = {"visitor_start": {"who": "anyone", "closes_at": "23:59"}}
    async with played(chromium, tmp_path, **door, **SIGNED_IN) as scene:
        ada = scene.ada
        question = ada.get_by_label("Your question")
        kept = ada.get_by_text("What you typed is kept in this window")
        await signs_in(ada)
        await scene.opens()
        await ada.goto(f"{scene.stage.site.url}/livechat/sign-in?/livechat/chat")
        await question.fill("I was dismissed. Why?")
        await ada.context.clear_cookies()  # she has left, and minutes have passed
        await ada.reload()
        await expect(question).to_have_value("")
        await expect(kept).to_be_visible()
        await ada.get_by_role("link", name="Sign in to ask").click()
        await expect(ada.get_by_text("You are signed in as ada")).to_be_visible()
        await expect(question).to_have_value("I was dismissed. Why?")
        await expect(kept).to_have_count(0)
        await ada.context.clear_cookies()
        await ada.reload()
        await question.fill("Where is the toner?")
        await expect(kept).to_have_count(0)
        await ada.reload()
        await expect(question).to_have_value("Where is the toner?")


async def test_nor_on_a_page_that_the_browser_kept_whole(chromium: Browser, tmp_path: Path) -> None:
    door = {"visitor_start": {"who": "anyone", "closes_at": "23:59"}}
    async with played(chromium, tmp_path, **door, **SIGNED_IN) as scene:
        ada = scene.ada
        question = ada.get_by_label("Your question")
        passes = "(name) => dispatchEvent(new PageTransitionEvent(name, {persisted: true}))"
        await signs_in(ada)
        await scene.opens()
        await ada.goto(f"{scene.stage.site.url}/livechat/sign-in?/livechat/chat")
        await question.fill("I was dismissed. Why?")
        await ada.evaluate(passes, "pagehide")
        await expect(question).to_have_count(0)
        await ada.evaluate(passes, "pageshow")
        await expect(question).to_have_value("I was dismissed. Why?")
        await ada.evaluate(passes, "pagehide")
        await ada.context.clear_cookies()  # she has left, and minutes have passed
        await ada.evaluate(passes, "pageshow")
        await expect(question).to_have_value("")
        await expect(ada.get_by_text("What you typed is kept in this window")).to_be_visible()


async def test_nor_is_the_chat_that_it_has_begun_while_the_answer_was_lost(
    chromium: Browser, tmp_path: Path
) -> None:
    door = {"visitor_start": {"who": "anyone", "closes_at": "23:59"}}
    async with played(chromium, tmp_path, **door, **SIGNED_IN) as scene:
        ada, page, lost = scene.ada, f"{scene.stage.site.url}/livechat/chat", True

        async def lose(route: Route) -> None:
            if route.request.method == "POST" and lost:
                await route.fetch()  # it arrives there, and the answer does not come back
                await route.abort()
            else:
                await route.continue_()

        await signs_in(ada)
        await ada.route(re.compile("/api/begin$"), lose)
        await scene.opens()
        await ada.goto(f"{scene.stage.site.url}/livechat/sign-in?/livechat/chat")
        await ada.get_by_label("Your question").fill("I was dismissed. Why?")
        await scene.starts()
        await expect(ada.get_by_text("trying again")).to_be_visible()
        await ada.goto("about:blank")
        await ada.context.clear_cookies()  # she has left, and minutes have passed
        lost = False
        await ada.goto(page)
        await expect(ada.get_by_label("Your question")).to_have_value("")
        await expect(ada.get_by_text("What you typed is kept in this window")).to_be_visible()
        await scene.says("close")
        await expect(scene.grace.get_by_text("visitors can begin no more chats")).to_be_visible()
        await ada.reload()
        await expect(ada.get_by_role("heading", name="The live chat is closed")).to_be_visible()
        await expect(ada.get_by_text("What you typed is kept in this window")).to_be_visible()
        await ada.goto(f"{scene.stage.site.url}/livechat/sign-in?/livechat/chat")
        log = ada.get_by_role("region", name="Conversation")
        await expect(log.get_by_text("I was dismissed. Why?")).to_be_visible()
        begun = [p for p in scene.stage.teams.posts("Live chat") if "dismissed" in p.text]
        assert len(begun) == 1


async def test_nor_does_another_of_the_same_name_find_it_who_has_signed_in_since(
    ada: Ada, service: MockService
) -> None:
    one, other = "a" * 32, "b" * 32
    step = {"state": "open", "until": "2026-11-29T17:00:00Z", "anyone": False, "sign_in": ""}
    step |= {"who": "Ada Lovelace", "person": one}

    async def look(route: Route) -> None:
        await route.fulfill(json=step)

    await ada.page.route(re.compile("/api/begin$"), look)
    await ada.visit("/livechat/chat")
    question = ada.page.get_by_label("Your question")
    await question.fill("I was dismissed. Why?")
    await ada.page.reload()
    await expect(question).to_have_value("I was dismissed. Why?")
    step["person"] = other
    await ada.page.reload()
    await expect(ada.page.get_by_text("You are signed in as Ada Lovelace")).to_be_visible()
    await expect(question).to_have_value("")
