"""The widget by keyboard, by screen reader, on small screens, and in what axe can see."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Browser, expect

from bot.sandbox.helpsite import HelpSite
from tests.e2e.ada import Ada
from tests.e2e.axe import SCHEMES, violations
from tests.e2e.mock_service import ALAN, MockService, Talk

pytestmark = pytest.mark.asyncio(loop_scope="session")

SCROLL_UP_AS_IT_IS_DRAWN = """node => {
    node.scrollTo(0, 0);
    node.getRootNode().getElementById('box').dispatchEvent(new Event('input'));
}"""
"""Browsers tell of scrolling a frame later: what is drawn before that must not pull her down."""


async def axe(ada: Ada) -> list[str]:
    """What axe finds wrong with the whole page, the shadow tree included."""
    return await violations(ada.page)


@pytest.mark.parametrize("width", [1200, 390])
async def test_axe_finds_nothing_in_any_state(
    chromium: Browser, site: HelpSite, service: MockService, width: int
) -> None:
    size = {"width": width, "height": 844}
    async with Ada(chromium, site, service, viewport=size) as ada:
        seen: dict[tuple[str, str], list[str]] = {}

        async def look(name: str) -> None:
            for scheme in SCHEMES:
                await ada.page.emulate_media(color_scheme=scheme)
                seen[name, scheme] = await axe(ada)

        await _every_state(ada, service, look)
        assert {name: found for name, found in seen.items() if found} == {}
        assert len(seen) == 26
        assert ada.complaints == []


async def _every_state(
    ada: Ada, service: MockService, look: Callable[[str], Awaitable[None]]
) -> None:
    await ada.visit()
    await look("launcher")
    await ada.launcher.click()
    await look("no chat")
    await ada.follow("x" * 43)
    await expect(ada.panel).to_contain_text("does not open")
    await look("refused")
    talk = service.invite()
    await ada.follow(talk.token)
    await expect(ada.button("Join the chat")).to_be_visible()
    await look("invited")
    await ada.join(talk)
    await look("joined")
    await _fill(ada, talk)
    await look("talking")
    await ada.say("my password is Xy12ab")
    await expect(ada.button("Change it")).to_be_focused()
    await look("a password?")
    await ada.box.fill("x" * 31_000)
    await look("too long")
    await ada.box.fill("")
    await ada.button("Minimise the chat").click()
    talk.grace("Are you still there?")
    await expect(ada.launcher).to_have_accessible_name("Live chat 1 new message")
    await look("unread")
    await ada.launcher.click()
    await ada.button("End chat").click()
    await look("ending?")
    await ada.button("Keep chatting").click()
    await service.stop()
    await ada.say("Yes")
    await expect(ada.state).to_contain_text("Connection lost")
    await look("lost")
    talk.end()
    await service.start()
    await ada.page.evaluate("dispatchEvent(new Event('online'))")  # waits no longer
    await expect(ada.message("Yes")).to_contain_text("Not sent")
    await look("ended")
    talk.file()
    await expect(ada.foot).to_contain_text("is on ticket")
    await look("filed")


async def _fill(ada: Ada, talk: Talk) -> None:
    """A conversation with everything in it that a message may have."""
    talk.grace("Try this, from https://help.example.org/printing:\n```\nlpq -P everywhere\n```")
    await expect(ada.message("Try this")).to_be_visible()
    await ada.say("> lpq -P everywhere\nIt says `no entries`.")
    await expect(ada.message("no entries")).to_contain_text("Sent")
    talk.relay()
    talk.grace("Thank you.", by=ALAN)
    await expect(ada.message("Thank you.")).to_be_visible()


async def test_the_whole_story_by_keyboard(ada: Ada, service: MockService) -> None:
    talk = service.invite()
    keyboard = ada.page.keyboard
    await ada.follow(talk.token)
    await expect(ada.button("Join the chat")).to_be_visible()
    assert await ada.focused() == "h3"
    await keyboard.press("Tab")
    await expect(ada.button("Join the chat")).to_be_focused()
    await keyboard.press("Enter")
    await expect(ada.box).to_be_focused()
    talk.grace("A link: https://help.example.org/")
    await expect(ada.message("A link")).to_be_visible()
    await keyboard.type("Thank you")
    await keyboard.press("Enter")
    await expect(ada.message("Thank you")).to_contain_text("Sent")
    await expect(ada.box).to_be_focused()
    await expect(ada.panel.locator("summary")).to_be_visible()  # the rest of the widget is there
    walk = []
    for _ in range(5):
        await keyboard.press("Shift+Tab")
        walk.append(await ada.focused())
    assert walk == ["a", "log", "minimise", "button", "end"]
    await keyboard.press("Shift+Tab")
    await expect(ada.launcher).to_be_focused()
    await keyboard.press("Enter")
    await expect(ada.panel).to_be_hidden()
    await expect(ada.launcher).to_be_focused()
    await expect(ada.launcher).to_have_attribute("aria-expanded", "false")
    await keyboard.press("Enter")
    await expect(ada.box).to_be_focused()
    await keyboard.press("Escape")
    await expect(ada.panel).to_be_hidden()
    await expect(ada.launcher).to_be_focused()


async def test_the_focus_can_leave_the_panel(ada: Ada, service: MockService) -> None:
    await ada.join(service.invite())
    await ada.box.fill("x")
    await expect(ada.panel.get_by_label("Add files")).to_be_attached()
    await ada.page.keyboard.press("Tab")
    assert await ada.focused() == "chooser"
    await ada.page.keyboard.press("Tab")
    assert await ada.focused() == "send"
    await ada.page.keyboard.press("Tab")
    assert await ada.focused() == "body"  # the end of the page: the browser's own bar is next


async def test_new_messages_never_move_the_focus(ada: Ada, service: MockService) -> None:
    talk = service.invite()
    await ada.join(talk)
    talk.grace("See https://help.example.org/ please")
    link = ada.panel.get_by_role("link", name="https://help.example.org/")
    await link.focus()
    for text in ("one", "two"):
        talk.grace(text)
        await expect(ada.message(text)).to_be_visible()
    await expect(link).to_be_focused()


async def test_each_of_the_operators_messages_is_spoken_once_and_nothing_else(
    ada: Ada, service: MockService
) -> None:
    talk = service.invite()
    await ada.join(talk)
    await ada.say("Mine")  # once this is sent, the socket is there: what comes now is no history
    await expect(ada.message("Mine")).to_contain_text("Sent")
    talk.grace("First")
    await expect(ada.spoken).to_have_text(["Grace Hopper: First"])
    talk.grace("Second", by=ALAN)
    await expect(ada.spoken).to_have_text(["Alan Turing: Second"])
    for text in ("Third", "Fourth"):  # of two nodes Chromium may tell the second one first
        talk.grace(text)
    await expect(ada.spoken).to_have_text(["Grace Hopper: Third; Grace Hopper: Fourth"])
    nodes = await ada.spoken.evaluate_all("all => all.map(one => one.childNodes.length)")
    assert nodes == [1]


async def test_history_is_never_spoken_and_a_burst_is_counted(
    ada: Ada, service: MockService
) -> None:
    talk = service.invite()
    await ada.join(talk)
    talk.grace("Old")
    await expect(ada.message("Old")).to_be_visible()
    await ada.page.reload()
    await expect(ada.message("Old")).to_be_visible()
    for n in range(4):
        talk.grace(f"burst {n}")
    await expect(ada.spoken).to_have_text(["4 new messages"])


async def test_the_list_itself_is_no_live_region(ada: Ada, service: MockService) -> None:
    await ada.join(service.invite())
    region = ada.panel.get_by_role("region", name="Conversation")
    await expect(region).to_be_visible()
    live = await region.evaluate("node => !!node.closest('[aria-live], [role=log], [role=status]')")
    assert not live


async def test_what_came_while_minimised_is_counted_and_marked(
    ada: Ada, service: MockService
) -> None:
    talk = service.invite()
    await ada.join(talk)
    talk.grace("seen")
    await expect(ada.message("seen")).to_be_visible()
    await ada.button("Minimise the chat").click()
    talk.grace("one")
    talk.grace("two")
    await expect(ada.launcher).to_have_accessible_name("Live chat 2 new messages")
    title = "Printing · Computing Help · School of Examples"
    await expect(ada.page).to_have_title(f"(2) {title}")
    await ada.launcher.click()
    await expect(ada.launcher).to_have_accessible_name("Live chat")
    await expect(ada.page).to_have_title(title)
    rows = await ada.page.locator("rt-livechat ol > li").all_inner_texts()
    assert rows.index("New since you left") == len(rows) - 3
    await ada.say("Thank you")
    await expect(ada.panel.get_by_text("New since you left")).to_have_count(0)


async def test_at_320_pixels_everything_fits_and_what_lies_behind_cannot_be_reached(
    chromium: Browser, site: HelpSite, service: MockService
) -> None:
    async with Ada(chromium, site, service, viewport={"width": 320, "height": 480}) as ada:
        talk = service.invite()
        await ada.join(talk)
        await _fill(ada, talk)
        wide = await ada.page.evaluate(
            """() => [...document.querySelector('rt-livechat').shadowRoot.querySelectorAll('*')]
                .filter(node => !node.closest('pre') && node.getBoundingClientRect().right > 320.5)
                .map(node => node.className || node.tagName)"""
        )
        assert wide == []
        assert await ada.page.evaluate("document.documentElement.scrollWidth") <= 320
        behind = ada.page.locator("[inert] a", has_text="Working remotely")
        await expect(behind).to_have_count(1)
        await ada.page.keyboard.press("Escape")
        await expect(behind).to_have_count(0)
        await expect(ada.launcher).to_be_focused()


async def test_everything_to_press_is_at_least_44_pixels(ada: Ada, service: MockService) -> None:
    await ada.join(service.invite())
    await ada.box.fill("x")
    for state in ("chat", "ending"):
        sizes = await ada.panel.get_by_role("button").evaluate_all(
            "all => all.map(one => [one.textContent, one.offsetWidth, one.offsetHeight])"
        )
        assert [one for one in sizes if min(one[1:]) < 44] == []
        if state == "chat":
            await ada.button("End chat").click()


async def test_a_reader_further_up_is_not_pulled_down_and_finds_the_way_back(
    ada: Ada, service: MockService
) -> None:
    talk = service.invite()
    await ada.join(talk)
    for n in range(30):
        talk.grace(f"line {n}")
    await expect(ada.message("line 29")).to_be_in_viewport()
    log = ada.panel.get_by_role("region", name="Conversation")
    await log.evaluate(SCROLL_UP_AS_IT_IS_DRAWN)
    await expect(ada.button("Latest messages")).to_be_visible()
    talk.grace("far below")
    await expect(ada.message("far below")).to_be_attached()
    await expect(ada.message("line 1").first).to_be_in_viewport()
    title = "Printing · Computing Help · School of Examples"
    await expect(ada.page).to_have_title(f"(1) {title}")
    await ada.button("1 new message").click()
    await expect(ada.message("far below")).to_be_in_viewport()
    assert await ada.focused() == "log"
    await expect(ada.page).to_have_title(title)
    await expect(ada.panel.get_by_role("button", name="new message")).to_have_count(0)
