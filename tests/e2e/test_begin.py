"""A visitor begins a chat himself: the door, the form, the wait, the answer, the new ticket."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, Route, expect

from tests.e2e.scene import SIGNED_IN, Scene, played, signs_in

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_stranger_asks_waits_is_answered_and_his_record_is_a_new_ticket(
    anyone: Scene,
) -> None:
    await _fill_in(anyone)
    await _wait(anyone)
    await _be_answered(anyone)
    await _be_put_back(anyone)
    await _be_filed(anyone)


async def _fill_in(scene: Scene) -> None:
    ada, grace = scene.ada, scene.grace
    await scene.says("open")
    await expect(grace.get_by_text("visitors can begin chats until 23:59")).to_be_visible()
    await ada.goto(f"{scene.stage.site.url}/")
    await expect(ada.get_by_role("button", name="Live chat")).to_be_visible()
    assert not any("/api/" in url or "more." in url for url in scene.asked)

    await ada.get_by_role("button", name="Live chat").click()
    await expect(ada.get_by_text("answers here until 23:59")).to_be_visible()
    assert await scene.axe() == []
    await scene.starts()  # with nothing in it
    await expect(ada.get_by_text("please look at the marked fields")).to_be_visible()
    await expect(ada.get_by_label("Your question")).to_be_focused()
    await scene.fills("Why does it beep?\nIt is the <big> one.")
    email = ada.get_by_label("Your e-mail address")
    await email.fill("ada@nowhere")
    await scene.starts()
    await expect(email).to_be_focused()
    await expect(email).to_have_accessible_description(re.compile("not a complete e-mail"))
    assert await scene.axe() == []
    await email.fill("ada@elsewhere.test")
    await scene.starts()


async def _wait(scene: Scene) -> None:
    ada, grace = scene.ada, scene.grace
    await expect(scene.waits).to_be_visible()
    log = ada.get_by_role("region", name="Conversation")
    await expect(log.get_by_text("It is the <big> one.")).to_be_visible()
    assert await scene.axe() == []
    card = grace.locator(".card").first
    await expect(card).to_contain_text("A visitor asks: Why does it beep?")
    await expect(card).to_contain_text("Not verified.")
    await expect(card).to_contain_text("ada@elsewhere.test")
    await expect(grace.locator(".post").filter(has_text="It is the <big> one.")).to_be_visible()
    await expect(grace.get_by_text("waits for an answer").first).to_be_visible()
    await ada.reload()  # the browser finds its chat again
    await ada.get_by_role("textbox", name="Your message").fill("In AT 5.05.")
    await ada.keyboard.press("Enter")
    await expect(grace.locator(".post").filter(has_text="In AT 5.05.")).to_be_visible()


async def _be_answered(scene: Scene) -> None:
    ada = scene.ada
    reply = scene.grace.get_by_role("textbox", name="Reply").last
    await reply.fill("@Live Chat The toner?")
    await reply.press("Enter")
    log = ada.get_by_role("region", name="Conversation")
    await expect(log.get_by_text("Grace Hopper joined")).to_be_visible()
    await expect(log.get_by_text("The toner?")).to_be_visible()
    await expect(scene.waits).to_have_count(0)


async def _be_put_back(scene: Scene) -> None:
    ada, grace = scene.ada, scene.grace
    card = grace.locator(".card").first
    await card.get_by_role("button", name="Back to the queue").click()
    log = ada.get_by_role("region", name="Conversation")
    await expect(log.get_by_text("Grace Hopper left; somebody else will answer")).to_be_visible()
    await expect(scene.waits).to_be_visible()
    await expect(ada.locator("[aria-live] > p")).to_contain_text("You are waiting for an answer")
    await expect(grace.get_by_text("waits for somebody else")).to_be_visible()
    await card.get_by_role("button", name="Take", exact=True).click()
    await expect(card).to_contain_text("Grace Hopper has it, and has not written yet")
    await expect(scene.waits).to_have_count(0)
    reply = grace.get_by_role("textbox", name="Reply").last
    await reply.fill("@Live Chat Now I have it here.")
    await reply.press("Enter")
    await expect(log.get_by_text("Now I have it here.")).to_be_visible()


async def _be_filed(scene: Scene) -> None:
    card, world = scene.grace.locator(".card").first, scene.stage.rt.world
    before = set(world.tickets)
    await expect(card).to_contain_text("You are talking")
    await card.get_by_role("button", name="Send to RT").first.click()
    await card.get_by_role("textbox", name="Summary").fill("Toner was empty.")
    await card.get_by_role("button", name="Make a ticket and send").click()
    await expect(card).to_contain_text("On a new ticket", timeout=15_000)
    (made,) = set(world.tickets) - before
    assert world.tickets[made].subject.startswith("Live chat: Why does it beep?")
    await expect(scene.ada.get_by_text(f"on ticket #{made}").first).to_be_visible()
    assert {t.ticket for t in world.transactions if t.kind == "Comment"} <= {made}


async def test_closed_is_said_with_the_way_to_a_ticket_and_looked_at_again(anyone: Scene) -> None:
    ada = anyone.ada
    await anyone.comes()
    await expect(ada.get_by_role("heading", name="The live chat is closed")).to_be_visible()
    await expect(ada.locator("#panel").get_by_role("link")).to_have_attribute(
        "href", re.compile("/ticket$")
    )
    await expect(ada.get_by_label("Your question")).to_have_count(0)
    assert await anyone.axe() == []
    await anyone.opens()
    await ada.get_by_role("button", name="Look again").click()
    await expect(ada.get_by_label("Your question")).to_be_visible()
    await anyone.fills("Is anybody there?")
    await anyone.says("close")
    await expect(anyone.grace.get_by_text("visitors can begin no more chats")).to_be_visible()
    await anyone.starts()
    await expect(ada.get_by_role("heading", name="The live chat is closed")).to_be_visible()
    await expect(ada.get_by_text("What you typed is kept")).to_be_visible()
    await anyone.says("open")
    await expect(anyone.grace.get_by_text("visitors can begin chats")).to_have_count(2)
    await ada.get_by_role("button", name="Look again").click()
    await expect(ada.get_by_label("Your question")).to_have_value("Is anybody there?")


async def test_who_is_told_to_wait_is_not_told_that_there_is_no_answer(anyone: Scene) -> None:
    ada = anyone.ada

    async def refuse(route: Route) -> None:
        if route.request.method != "POST":
            await route.continue_()
        else:
            await route.fulfill(status=429, json={"error": "slow_down"})

    await anyone.opens()
    await ada.route(re.compile("/api/begin$"), refuse)
    await anyone.comes()
    await anyone.fills("Why does it beep?")
    await anyone.starts()
    await expect(ada.get_by_text("Not sent: that was too quick.")).to_be_visible()
    await expect(ada.get_by_text("There is no answer")).to_have_count(0)
    await ada.unroute(re.compile("/api/begin$"))
    await ada.get_by_role("button", name="Try now").click()
    await expect(anyone.waits).to_be_visible()


async def test_an_answer_that_is_lost_begins_no_second_chat(anyone: Scene) -> None:
    ada, lost = anyone.ada, 0

    async def lose(route: Route) -> None:
        nonlocal lost
        if route.request.method == "POST" and lost < 2:
            lost += 1
            await route.fetch()  # it arrives there, and the answer does not come back
            await route.abort()
            return
        await route.continue_()

    await anyone.opens()
    await ada.route(re.compile("/api/begin$"), lose)
    await anyone.comes()
    await anyone.fills("Why does it beep?")
    await anyone.starts()
    await expect(ada.get_by_text("trying again")).to_be_visible()
    await ada.context.clear_cookies()  # which came with the answer
    await ada.reload()  # and the key outlives the page
    await ada.get_by_role("button", name="Live chat").click()
    await expect(anyone.waits).to_be_visible(timeout=20_000)
    assert lost == 2
    await expect(anyone.grace.get_by_text("waits for an answer").first).to_be_visible()
    await expect(anyone.grace.get_by_text("A visitor asks: Why does it beep?")).to_have_count(1)
    said = [p for p in anyone.stage.teams.posts("Live chat") if "Why does it beep?" in p.text]
    assert len(said) == 1


async def test_where_one_must_sign_in_it_says_so_and_leads_there_and_back(
    chromium: Browser, tmp_path: Path
) -> None:
    door = {"visitor_start": {"who": "signed_in", "closes_at": "23:59"}}
    async with played(chromium, tmp_path, **door, **SIGNED_IN) as scene:
        ada = scene.ada

        await signs_in(ada)
        await scene.opens()
        await scene.comes()
        await expect(ada.get_by_text("Please sign in first")).to_be_visible()
        await expect(ada.get_by_label("Your question")).to_have_count(0)
        await ada.get_by_role("link", name="Sign in to ask").click()
        await ada.wait_for_url(f"{scene.stage.site.url}/")
        launcher = ada.get_by_role("button", name="Live chat", exact=True)
        if await launcher.get_attribute("aria-expanded") == "false":
            await launcher.click()
        await expect(ada.get_by_text("You are signed in as ada")).to_be_visible()
        await expect(ada.get_by_label("Your name")).to_have_count(0)
        await ada.get_by_label("Your question").fill("Why does it beep?")
        await scene.starts()
        await expect(scene.waits).to_be_visible()
        card = scene.grace.locator(".card").first
        await expect(card).to_contain_text("signed in")
        await expect(card).not_to_contain_text("Not verified")


# Whoever typed something before he signs in goes on with it: that one is not among these.
@pytest.mark.parametrize(("first", "sent"), [("ada", False), ("ada", True), ("", True)])
async def test_the_next_one_who_signs_in_sees_nothing_of_a_form_that_was_left(
    chromium: Browser, tmp_path: Path, first: str, sent: bool
) -> None:
    door = {"visitor_start": {"who": "anyone", "closes_at": "23:59"}}
    async with played(chromium, tmp_path, **door, **SIGNED_IN) as scene:
        page, login = scene.ada, first

        async def lose(route: Route) -> None:
            if route.request.method == "POST":
                await route.fetch()
                await route.abort()
            else:
                await route.continue_()

        await signs_in(page, lambda: login)
        await page.route(re.compile("/api/begin$"), lose)
        await scene.opens()
        sign = f"{scene.stage.site.url}/livechat/sign-in?/printing"
        if first:
            await page.goto(sign)
        await scene.comes()
        if first:
            await page.get_by_label("Your question").fill("ADAS WORDS")
        else:
            await scene.fills("ADAS WORDS")
        if sent:
            await scene.starts()
            await expect(page.get_by_text("trying again")).to_be_visible()
        await page.unroute(re.compile("/api/begin$"))
        await page.context.clear_cookies()  # the answers that were lost brought one
        login = "eve"
        await page.goto(sign)
        launcher = page.get_by_role("button", name="Live chat", exact=True)
        if await launcher.get_attribute("aria-expanded") == "false":
            await launcher.click()
        await expect(page.get_by_text("You are signed in as eve")).to_be_visible()
        await expect(page.get_by_label("Your question")).to_have_value("")
        assert "ADAS WORDS" not in str(await page.evaluate("Object.values(sessionStorage)"))


async def test_where_it_is_off_nothing_changes(chromium: Browser, tmp_path: Path) -> None:
    async with played(chromium, tmp_path) as scene:
        await scene.says("open")
        await expect(scene.grace.get_by_text("cannot begin chats at this site")).to_be_visible()
        await scene.comes()
        await expect(scene.ada.get_by_role("heading", name="No chat is open")).to_be_visible()
        await expect(scene.ada.get_by_label("Your question")).to_have_count(0)
