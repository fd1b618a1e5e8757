"""What Ada has typed and not sent, and the keys with which she sends it."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from bot.domain.chat import State
from tests.e2e.ada import Ada
from tests.e2e.mock_service import MockService
from tests.e2e.scene import Scene
from tests.e2e.test_widget_files import PICTURE, choose, joined
from tests.e2e.test_widget_options import option

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_who_does_not_end_the_chat_after_all_finds_her_draft_again(
    ada: Ada, service: MockService
) -> None:
    await ada.join(service.invite())
    await ada.box.fill("half a sentence")
    await ada.button("End chat").click()
    await ada.button("Keep chatting").click()
    await expect(ada.box).to_have_value("half a sentence")


async def test_shift_and_enter_breaks_the_line_also_once_enter_was_chosen_anew(
    ada: Ada, service: MockService
) -> None:
    await ada.join(service.invite())
    choice = await option(ada, "Enter sends the message")
    await choice.uncheck()
    await choice.check()
    await ada.page.keyboard.press("Escape")
    await ada.box.press_sequentially("one")
    await ada.box.press("Shift+Enter")
    await ada.box.press_sequentially("two")
    await expect(ada.box).to_have_value("one\ntwo")


async def test_going_back_finds_the_draft_as_it_was_left_on_the_page_after(
    ada: Ada, service: MockService
) -> None:
    """The browser may bring a page back as it was: what its tab keeps is newer."""
    await ada.join(service.invite())
    await expect(ada.button("Add files")).to_be_visible()  # the rest of the widget is there
    await ada.box.fill("one and two")
    after = await ada.page.evaluate("({...sessionStorage})")
    await ada.box.fill("one")
    await ada.page.evaluate(
        """(after) => {
            const passing = (name) => dispatchEvent(new PageTransitionEvent(name, {persisted: true}));
            passing('pagehide');
            Object.assign(sessionStorage, after);
            passing('pageshow');
        }""",
        after,
    )
    await expect(ada.box).to_have_value("one and two")
    await ada.box.press("Enter")
    await expect(ada.message("one and two")).to_contain_text("Sent")


async def test_beside_a_long_name_the_size_stays_on_one_line(
    ada: Ada, service: MockService
) -> None:
    await ada.page.set_viewport_size({"width": 390, "height": 844})
    await joined(ada, service)
    name = f"a screenshot with a very long name {'of what it shows ' * 4}.png"
    await choose(ada, {**PICTURE, "name": name})
    await expect(ada.panel.locator(".tray .name")).to_contain_text("kB")
    lines = await ada.panel.locator(".tray .name").evaluate(
        """node => {
            const size = document.createRange();
            size.selectNode(node.lastChild);
            return size.getClientRects().length;
        }"""
    )
    assert lines == 1


async def test_who_is_led_back_to_a_field_sees_what_it_is(anyone: Scene) -> None:
    """The button is below the end of a small screen: to get there she has scrolled the form away."""
    await anyone.ada.set_viewport_size({"width": 390, "height": 610})
    await anyone.opens()
    await anyone.comes()
    await anyone.starts()
    await expect(anyone.ada.get_by_label("Your question")).to_be_focused()
    for words in ("Your question", "Please fill this in."):
        shown = anyone.ada.locator("rt-livechat .door").get_by_text(words).first
        await expect(shown).to_be_in_viewport(ratio=1)


async def test_what_is_half_written_is_there_again_should_the_chat_go_on_after_all(
    ada: Ada, service: MockService
) -> None:
    talk = service.invite()
    await ada.join(talk)
    await ada.box.fill("half a sentence")
    talk.visiting.state(talk.id, State.ENDED)
    await expect(ada.box).to_be_hidden()
    talk.visiting.state(talk.id, State.OPEN)
    await expect(ada.box).to_have_value("half a sentence")
