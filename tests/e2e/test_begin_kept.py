"""What somebody typed at the door who was signed in, where somebody else may come who is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

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
