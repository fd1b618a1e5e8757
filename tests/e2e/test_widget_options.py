"""What a visitor may choose: how to send, to be called by a sound or a notification, a paper copy."""

from __future__ import annotations

import pytest
from playwright.async_api import Locator, expect

from bot.domain.messages import Role
from tests.e2e.ada import Ada
from tests.e2e.mock_service import MockService
from tests.e2e.test_widget_access import axe

pytestmark = pytest.mark.asyncio(loop_scope="session")

# Notes what would be heard and seen; the browser without a screen has neither.
NOTED = """
window.noted = [];
Notification = class { constructor(title, {body}) { noted.push([title, body]); } };
Notification.requestPermission = async () => { noted.push('asked'); return 'granted'; };
OscillatorNode.prototype.start = () => noted.push('tone');
"""


async def option(ada: Ada, name: str) -> Locator:
    """Open the options, if need be; return one."""
    found = ada.panel.get_by_role("checkbox", name=name)
    if not await found.is_visible():
        await ada.page.locator("rt-livechat summary").click()
    return found


async def test_who_writes_long_messages_may_send_with_control_and_enter(
    ada: Ada, service: MockService
) -> None:
    talk = service.invite()
    await ada.join(talk)
    await (await option(ada, "Enter sends the message")).uncheck()
    await ada.page.keyboard.press("Escape")
    await expect(ada.panel.get_by_role("checkbox")).to_have_count(0)
    await expect(ada.panel).to_be_visible()
    await ada.page.reload()
    await ada.box.press_sequentially("one")
    await ada.box.press("Enter")
    await ada.box.press_sequentially("two")
    await expect(ada.box).to_have_value("one\ntwo")
    await ada.box.press("Control+Enter")
    await expect(ada.message("two")).to_contain_text("Sent")
    assert talk.said(Role.VISITOR) == ["one\ntwo"]


async def test_what_was_chosen_in_another_window_stays_chosen(
    ada: Ada, service: MockService
) -> None:
    await ada.join(service.invite())
    await expect(await option(ada, "Play a sound")).not_to_be_checked()
    first, ada.page = ada.page, await ada.tab()
    await ada.visit()
    await ada.launcher.click()
    await (await option(ada, "Play a sound")).check()
    ada.page = first
    await (await option(ada, "Enter sends the message")).uncheck()
    await ada.page.reload()
    await expect(await option(ada, "Play a sound")).to_be_checked()
    await expect(await option(ada, "Enter sends the message")).not_to_be_checked()


async def test_nothing_rings_unasked_and_what_was_asked_for_never_says_what_was_said(
    ada: Ada, service: MockService
) -> None:
    await ada.page.add_init_script(NOTED)
    talk = service.invite()
    await ada.join(talk)
    await expect(ada.panel).to_contain_text("You joined")
    talk.grace("first")
    await expect(ada.message("first")).to_be_visible()
    assert await ada.page.evaluate("noted") == []
    await (await option(ada, "Play a sound")).check()
    await (await option(ada, "Show notifications")).check()
    assert await axe(ada) == []
    assert await ada.page.evaluate("noted.splice(0)") == ["tone", "asked"]
    await ada.page.evaluate("Object.defineProperty(document, 'hidden', {get: () => true})")
    talk.grace("a secret")
    await expect(ada.message("a secret")).to_be_attached()
    assert await ada.page.evaluate("noted") == [["Computing support", "1 new message"], "tone"]


async def test_notifications_that_the_browser_does_not_allow_are_not_chosen(
    ada: Ada, service: MockService
) -> None:
    await ada.page.add_init_script("Notification.requestPermission = async () => 'denied';")
    await ada.join(service.invite())
    await (await option(ada, "Show notifications")).click()
    await expect(await option(ada, "Show notifications")).not_to_be_checked()
    await ada.page.reload()
    await expect(await option(ada, "Show notifications")).not_to_be_checked()


async def test_one_s_own_words_and_the_history_do_not_ring(ada: Ada, service: MockService) -> None:
    await ada.page.add_init_script(NOTED)
    talk = service.invite()
    await ada.join(talk)
    await (await option(ada, "Play a sound")).check()
    talk.grace("old")
    await expect(ada.message("old")).to_be_visible()
    await ada.page.reload()
    await expect(ada.message("old")).to_be_visible()
    await ada.say("mine")
    await expect(ada.message("mine")).to_contain_text("Sent")
    assert await ada.page.evaluate("noted") == []


async def test_the_conversation_can_be_printed_without_the_page_around_it(
    ada: Ada, service: MockService
) -> None:
    talk = service.invite()
    await ada.join(talk)
    talk.grace("It was <the> toner.")
    await expect(ada.message("toner")).to_be_visible()
    talk.end()
    await ada.page.evaluate(
        "() => { const append = document.body.append; document.body.append = function (frame) {"
        " append.call(this, frame); frame.contentWindow.print = () => {"
        " const { body } = frame.contentDocument; window.printed = body.textContent;"
        " window.each = frame.contentWindow.getComputedStyle(body).unicodeBidi } } }"
    )
    await ada.button("Print").click()
    printed = await ada.page.evaluate("printed")
    assert "Computing support, #12345" in printed
    assert "Grace Hopper:\nIt was <the> toner." in printed
    assert "Printing" not in printed
    # Each line reads in the direction of its own words, whichever language the pop-up speaks.
    assert await ada.page.evaluate("each") == "plaintext"


async def test_the_page_may_keep_the_panel_open(ada: Ada, service: MockService) -> None:
    await ada.join(service.invite())
    await ada.page.evaluate(
        "document.addEventListener('livechat-close', (event) => event.preventDefault(), {once: true})"
    )
    await ada.page.keyboard.press("Escape")
    await expect(ada.panel).to_be_visible()
    await ada.page.keyboard.press("Escape")
    await expect(ada.panel).to_be_hidden()


async def test_the_page_dresses_parts_of_it(ada: Ada) -> None:
    await ada.page.add_init_script(
        "addEventListener('DOMContentLoaded', () => {"
        " const sheet = new CSSStyleSheet(); sheet.replaceSync("
        " 'rt-livechat { --livechat-radius: 3px } rt-livechat::part(launcher) { opacity: .5 }');"
        " document.adoptedStyleSheets = [sheet] })"
    )
    await ada.visit()
    await expect(ada.launcher).to_have_css("opacity", "0.5")
    await ada.launcher.click()
    await expect(ada.panel).to_have_css("border-radius", "3px")
