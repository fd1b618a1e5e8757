"""What looks like a password is sent only when she says so: in the chat and at the door."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Route, expect

from bot.domain.messages import Role
from tests.e2e.ada import Ada
from tests.e2e.axe import violations_everywhere
from tests.e2e.mock_service import MockService, Talk
from tests.e2e.scene import Scene

pytestmark = pytest.mark.asyncio(loop_scope="session")

SECRET = "my password is Xy12ab"
LOOKS = "This looks like a password"
CHANGE, ANYWAY = "Change it", "Send it all the same"


async def joined(ada: Ada, service: MockService) -> Talk:
    """Ada is in a chat, and the rest of the widget is there."""
    talk = service.invite()
    await ada.join(talk)
    await expect(ada.button("Add files")).to_be_visible()
    return talk


async def test_pressing_enter_again_sends_nothing_and_the_other_button_does_once(
    ada: Ada, service: MockService
) -> None:
    talk = await joined(ada, service)
    await ada.say(SECRET)
    await expect(ada.button(CHANGE)).to_be_focused()
    await expect(ada.foot).to_contain_text(LOOKS)
    await expect(ada.spoken).to_contain_text(LOOKS)
    assert await violations_everywhere(ada.page) == []
    await ada.page.keyboard.press("Enter")
    await expect(ada.box).to_be_focused()
    await ada.page.keyboard.press("Enter")
    await expect(ada.button(CHANGE)).to_be_focused()
    await ada.button("Send").click()
    await expect(ada.box).to_have_value(SECRET)
    assert await ada.said() == []
    await ada.button(ANYWAY).click()
    await expect(ada.message(SECRET)).to_contain_text("Sent")
    await expect(ada.box).to_be_focused()
    await expect(ada.box).to_have_value("")
    await expect(ada.foot).to_have_count(0)
    await ada.say(SECRET)  # a second time it is not asked
    await expect(ada.messages).to_have_count(2)
    await expect(ada.messages.last).to_contain_text("Sent")
    assert talk.said(Role.VISITOR) == [SECRET, SECRET]


async def test_what_was_changed_is_sent_at_once(ada: Ada, service: MockService) -> None:
    talk = await joined(ada, service)
    await ada.say(SECRET)
    await ada.button(CHANGE).click()
    await expect(ada.box).to_be_focused()
    await expect(ada.box).to_have_value(SECRET)
    await ada.say("my password is wrong")
    await expect(ada.message("my password is wrong")).to_contain_text("Sent")
    await expect(ada.foot).to_have_count(0)
    assert talk.said(Role.VISITOR) == ["my password is wrong"]


async def test_what_waits_for_her_word_is_kept_by_a_reload_and_sent_without_a_network_later(
    ada: Ada, service: MockService
) -> None:
    talk = await joined(ada, service)
    await ada.say(SECRET)
    await expect(ada.button(CHANGE)).to_be_focused()
    await ada.button("End chat").click()
    await expect(ada.button(ANYWAY)).to_have_count(0)
    await ada.button("Keep chatting").click()
    await expect(ada.button(ANYWAY)).to_be_visible()
    await ada.page.reload()
    await expect(ada.box).to_have_value(SECRET)
    await expect(ada.button("Add files")).to_be_visible()
    talk.grace("Good day")
    await expect(ada.message("Good day")).to_be_visible()  # there is a connection to lose
    await service.stop()
    await expect(ada.state).to_contain_text("Connection lost")
    await ada.box.press("Enter")
    await ada.button(ANYWAY).click()
    await expect(ada.message(SECRET)).to_contain_text("Sending")
    await service.start()
    await ada.page.evaluate("dispatchEvent(new Event('online'))")  # waits no longer
    await expect(ada.message(SECRET)).to_contain_text("Sent")
    assert talk.said(Role.VISITOR) == [SECRET]


async def test_where_the_rest_of_the_widget_does_not_come_it_is_sent(
    ada: Ada, service: MockService
) -> None:
    async def lose(route: Route) -> None:
        await route.abort()

    await ada.page.route(re.compile(r"/more\.\w+\.js"), lose)
    talk = service.invite()
    await ada.join(talk)
    await ada.say(SECRET)
    await expect(ada.message(SECRET)).to_contain_text("Sent")
    assert talk.said(Role.VISITOR) == [SECRET]


async def test_the_question_with_which_a_chat_begins_waits_too(anyone: Scene) -> None:
    ada = anyone.ada
    await ada.set_viewport_size({"width": 390, "height": 610})
    await anyone.opens()
    await anyone.comes()
    await anyone.fills(SECRET)
    await anyone.starts()
    change, anyway = (ada.get_by_role("button", name=name) for name in (CHANGE, ANYWAY))
    await expect(change).to_be_focused()
    await expect(ada.locator("#panel").get_by_text(LOOKS)).to_be_in_viewport(ratio=1)
    await ada.keyboard.press("Enter")
    question = ada.get_by_label("Your question")
    await expect(question).to_be_focused()
    await expect(question).to_have_value(SECRET)
    await question.press("Control+End")
    await question.press_sequentially("?")
    await expect(anyway).to_have_count(0)
    await question.press("Backspace")
    await ada.get_by_label("Your name").press("Enter")
    await expect(change).to_be_focused()
    await anyway.click()
    await expect(anyone.waits).to_be_visible()
    log = ada.get_by_role("region", name="Conversation")
    await expect(log.get_by_text(SECRET)).to_have_count(1)
    post = anyone.grace.locator(".post").filter(has_text=SECRET)
    await expect(post.last).to_be_visible()
