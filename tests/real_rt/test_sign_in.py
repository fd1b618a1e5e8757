"""Visitors sign in by Kerberos behind the real Apache, with the sample files, about a real ticket."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.hatchery import Hatchery
from tests.real_rt.browser import browser_of
from tests.real_rt.desk import Desk, desk_of
from tests.rigs.rt.rig import Rig
from tests.story import Story


@pytest.fixture
async def desk(real_rt: Rig, tmp_path: Path, hatchery: Hatchery) -> AsyncIterator[Desk]:
    async with desk_of(real_rt, tmp_path, hatchery) as desk:
        yield desk


async def invited(desk: Desk) -> tuple[Story, str]:
    """Grace invites the requestor of the printer's ticket; returns the link."""
    story = Story(desk.stage, ticket=desk.rig.tickets["printer"])
    await story.ada.close()  # she comes in a browser
    story.root = await story.grace.post(story.where, str(story.ticket), mention=True)
    await story.grace.press(await story.card(lambda text: "Invite" in text), "invite")
    return story, f"{desk.rig.facts['livechat']}/chat#livechat={await story.token()}"


async def follow(page: Page, link: str) -> None:
    await page.goto("about:blank")
    await page.goto(link)
    await page.get_by_role("link", name="Sign in").click()


async def test_the_requestor_signs_in_and_the_co_sees_it_verified(
    desk: Desk, real_rt: Rig, tmp_path: Path
) -> None:
    story, link = await invited(desk)
    async with browser_of(real_rt, tmp_path / "ada", "s1234567") as page:
        await follow(page, link)
        await page.get_by_role("button", name="Join the chat").click()
        await expect(page.get_by_role("textbox", name="Your message")).to_be_visible()
        card = await story.card(lambda text: "Nobody has written" in text)
    shown = json.dumps(card.cards)
    assert "signed in as s1234567" in shown
    assert "is a requestor of this ticket" in shown


async def test_somebody_else_is_turned_away_by_name_and_the_link_stays_good(
    desk: Desk, real_rt: Rig, tmp_path: Path
) -> None:
    story, link = await invited(desk)
    async with browser_of(real_rt, tmp_path / "weak", "weak") as page:
        await follow(page, link)
        await expect(page.get_by_text("It is for somebody else.")).to_be_visible()
        await expect(page.get_by_text(str(story.ticket))).to_have_count(0)
    await story.in_thread("Somebody signed in as weak opened the invitation link")
    async with browser_of(real_rt, tmp_path / "ada", "s1234567") as page:
        await follow(page, link)
        await expect(page.get_by_role("button", name="Join the chat")).to_be_visible()
