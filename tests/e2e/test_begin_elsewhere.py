"""Whoever is in a chat already comes with another device: he is led into that chat, and begins no other."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, expect

from tests.e2e.axe import violations_everywhere
from tests.e2e.scene import SIGNED_IN, Scene, played, signs_in

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def scene(chromium: Browser, tmp_path: Path) -> AsyncIterator[Scene]:
    """Ada, who signed in, has asked at her desk."""
    door = {"visitor_start": {"who": "signed_in", "closes_at": "23:59"}}
    async with played(chromium, tmp_path, **door, **SIGNED_IN) as it:
        await it.opens()
        await comes(it, it.ada)
        await it.ada.get_by_label("Your question").fill("Why does it beep?")
        await it.starts()
        await expect(it.waits).to_be_visible()
        yield it


@pytest_asyncio.fixture(loop_scope="session")
async def phone(chromium: Browser, scene: Scene) -> AsyncIterator[Page]:
    """Another browser, which knows nothing of the first."""
    size = {"width": 390, "height": 844}
    context = await chromium.new_context(locale="en-GB", viewport=size)  # type: ignore[arg-type]
    page = await context.new_page()
    page.set_default_timeout(20_000)
    yield page
    await context.close()


async def comes(scene: Scene, page: Page, login: str = "ada", link: str = "Sign in to ask") -> None:
    """Somebody opens the chat's page there, and signs in."""
    await signs_in(page, lambda: login)
    await page.goto(f"{scene.stage.site.url}/livechat/chat")
    await page.get_by_role("link", name=link).click()
    await expect(page.get_by_text(f"You are signed in as {login}")).to_be_visible()


async def answers(scene: Scene, text: str) -> None:
    reply = scene.grace.get_by_role("textbox", name="Reply").last
    await reply.fill(f"@Live Chat {text}")
    await reply.press("Enter")
    await expect(log(scene.ada).get_by_text(text)).to_be_visible()


def log(page: Page) -> Locator:
    return page.get_by_role("region", name="Conversation")


async def test_she_reads_with_whom_she_talks_and_goes_on_on_both_devices(
    scene: Scene, phone: Page
) -> None:
    ada = scene.ada
    await answers(scene, "The toner?")
    await phone.goto(f"{scene.stage.site.url}/livechat/chat")
    await expect(phone.get_by_text("Please sign in first")).to_be_visible()
    assert "Grace" not in await phone.locator("#panel").inner_text()  # nor anything else of it
    await comes(scene, phone)
    await expect(phone.get_by_text("You are in a chat already, with Grace Hopper.")).to_be_visible()
    await expect(phone.get_by_label("Your question")).to_have_count(0)
    await expect(phone.get_by_text("The toner?")).to_have_count(0)
    assert await violations_everywhere(phone) == []
    await phone.get_by_role("button", name="Go on there").click()
    for said in ("Why does it beep?", "Grace Hopper joined", "The toner?"):
        await expect(log(phone).get_by_text(said)).to_be_visible()
    devices = (phone, ada)
    for n, device in enumerate(devices):
        box = device.get_by_role("textbox", name="Your message")
        await box.fill(f"Said at device {n}.")
        await box.press("Enter")
        for one in devices:
            await expect(log(one).get_by_text(f"Said at device {n}.")).to_have_count(1)
    await answers(scene, "I am coming.")
    await expect(log(phone).get_by_text("I am coming.")).to_be_visible()
    asked = scene.grace.get_by_text("A visitor asks: Why does it beep?")
    await expect(asked).to_have_count(1)
    await phone.reload()  # and it finds its chat again
    await expect(log(phone).get_by_text("I am coming.")).to_be_visible()


async def test_what_she_typed_meanwhile_waits_in_the_box_of_that_chat(
    chromium: Browser, tmp_path: Path
) -> None:
    door = {"visitor_start": {"who": "signed_in", "closes_at": "23:59"}}
    async with played(chromium, tmp_path, **door, **SIGNED_IN) as scene:
        await scene.opens()
        phone = await (await chromium.new_context(locale="en-GB")).new_page()
        devices = {scene.ada: "Why does it beep?", phone: "It beeps on."}
        for device, question in devices.items():  # both have the form before either sends it
            await comes(scene, device)
            await device.get_by_label("Your question").fill(question)
        for device in devices:
            await device.get_by_role("button", name="Start the chat").click()
            told = "You are waiting" if device is scene.ada else "You have asked already"
            await expect(device.locator("#panel").get_by_text(told)).to_be_visible()
        await expect(phone.get_by_text("What you typed is kept in this window")).to_be_visible()
        await phone.reload()
        await phone.get_by_role("button", name="Go on there").click()
        await expect(log(phone).get_by_text("Why does it beep?")).to_be_visible()
        box = phone.get_by_role("textbox", name="Your message")
        await expect(box).to_have_value("It beeps on.")
        await box.press("Enter")
        await expect(log(scene.ada).get_by_text("It beeps on.")).to_be_visible()
        posts = scene.stage.teams.posts("Live chat")
        assert len([p for p in posts if "It beeps on." in p.text]) == 1
        assert len([p for p in posts if "A visitor asks" in str(p.cards)]) == 1
        await phone.context.close()


async def test_when_it_is_closed_she_is_offered_to_sign_in_and_led_there(
    scene: Scene, phone: Page
) -> None:
    await scene.says("close")
    await expect(scene.grace.get_by_text("visitors can begin no more chats")).to_be_visible()
    await comes(scene, phone, link="Are you in a chat already?")
    await phone.get_by_role("button", name="Go on there").click()
    await expect(log(phone).get_by_text("Why does it beep?")).to_be_visible()


async def test_of_a_chat_that_ended_a_moment_ago_she_is_told_so_and_begins_another(
    scene: Scene, phone: Page
) -> None:
    await comes(scene, phone)
    await expect(phone.get_by_text("You have asked already")).to_be_visible()
    for _ in range(2):  # and she says that she is sure
        await scene.ada.get_by_role("button", name="End chat").click()
    await expect(scene.ada.get_by_text("The chat has ended").first).to_be_visible()
    await phone.get_by_role("button", name="Go on there").click()
    await expect(phone.get_by_text("The chat has ended")).to_be_visible()
    await phone.get_by_label("Your question").fill("It beeps on.")
    await phone.get_by_role("button", name="Start the chat").click()
    await expect(phone.locator("#panel").get_by_text("You are waiting")).to_be_visible()
    await expect(log(phone).get_by_text("Why does it beep?")).to_have_count(0)


async def test_somebody_else_at_that_device_begins_a_chat_of_his_own(
    scene: Scene, phone: Page
) -> None:
    await comes(scene, phone, "eve")
    await phone.get_by_label("Your question").fill("Where is the toner?")
    await phone.get_by_role("button", name="Start the chat").click()
    await expect(phone.locator("#panel").get_by_text("You are waiting")).to_be_visible()
    await expect(log(phone).get_by_text("Why does it beep?")).to_have_count(0)


async def test_what_she_typed_goes_into_the_chat_of_nobody_else_who_has_begun_one_there(
    chromium: Browser, tmp_path: Path
) -> None:
    """She went away from a window of hers, and in another one of that browser the next one signs in."""
    door = {"visitor_start": {"who": "anyone", "closes_at": "23:59"}}
    async with played(chromium, tmp_path, **door, **SIGNED_IN) as scene:
        left, sign = scene.ada, f"{scene.stage.site.url}/livechat/sign-in?/livechat/chat"
        await scene.opens()
        await comes(scene, left)
        await left.get_by_label("Your question").fill("I was dismissed. Why?")
        other = await left.context.new_page()
        await signs_in(other, lambda: "eve")
        await other.goto(sign)
        await other.get_by_label("Your question").fill("Where is the toner?")
        await other.get_by_role("button", name="Start the chat").click()
        await expect(other.locator("#panel").get_by_text("You are waiting")).to_be_visible()
        await scene.starts()
        await left.get_by_label("Your name").fill("Eve")
        await left.get_by_label("Your e-mail address").fill("eve@elsewhere.test")
        await scene.starts()
        await expect(log(left).get_by_text("Where is the toner?")).to_be_visible()
        await expect(left.get_by_role("textbox", name="Your message")).to_have_value("")
        assert "dismissed" not in str(await left.evaluate("Object.values(sessionStorage)"))
