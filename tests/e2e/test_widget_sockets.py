"""A socket for as long as a chat, and none before (decision 27)."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, WebSocket, expect

from bot.domain.presence import Presence
from tests.e2e.ada import Ada
from tests.e2e.mock_service import MockService
from tests.visitors.browser import until

pytestmark = pytest.mark.asyncio(loop_scope="session")

HIDE = """hidden => {
    Object.defineProperty(document, 'hidden', {get: () => hidden, configurable: true});
    document.dispatchEvent(new Event('visibilitychange', {bubbles: true}));
}"""
"""What a browser does when somebody goes to another tab, or comes back."""


class Sockets:
    """Those of one page."""

    def __init__(self, page: Page) -> None:
        self.all: list[WebSocket] = []
        page.on("websocket", lambda socket: self.all.append(socket))  # noqa: PLW0108  it wants a function

    @property
    def open(self) -> int:
        return sum(not socket.is_closed() for socket in self.all)

    async def are(self, number: int) -> None:
        await until(lambda: self.open == number)


async def test_there_is_none_before_she_joins(ada: Ada, service: MockService) -> None:
    sockets = Sockets(ada.page)
    await ada.visit()
    await ada.launcher.click()
    await expect(ada.panel).to_contain_text("No chat is open")
    await ada.follow(service.invite().token)
    await expect(ada.button("Join the chat")).to_be_visible()
    await ada.button("Minimise the chat").click()
    await ada.launcher.click()
    await expect(ada.button("Join the chat")).to_be_visible()
    assert sockets.all == []
    await ada.button("Join the chat").click()
    await expect(ada.box).to_be_visible()
    await sockets.are(1)


async def test_a_minimised_chat_keeps_its_one_so_that_an_answer_is_heard_and_she_is_not_gone(
    ada: Ada, service: MockService
) -> None:
    sockets = Sockets(ada.page)
    talk = service.invite()
    await ada.join(talk)
    await until(lambda: (talk.id, Presence.OPEN) in service.visiting.reports)
    await ada.button("Minimise the chat").click()
    await until(lambda: (talk.id, Presence.HIDDEN) in service.visiting.reports)
    talk.grace("It is ready.")
    await expect(ada.launcher).to_have_accessible_name("Live chat 1 new message")
    sockets.all.clear()  # a page that is left says nothing of its sockets any more
    await ada.visit("/remote")  # the next page of the site, the panel still minimised
    await expect(ada.panel).to_be_hidden()
    talk.grace("In room 4.12")
    await expect(ada.launcher).to_have_accessible_name("Live chat 2 new messages")
    await sockets.are(1)
    assert (talk.id, Presence.GONE) not in service.visiting.reports


async def test_what_was_read_in_one_tab_is_not_new_in_the_other(
    ada: Ada, service: MockService
) -> None:
    talk = service.invite()
    await ada.join(talk)
    await expect(ada.panel.locator("summary")).to_be_visible()  # the rest of the widget is there
    await ada.button("Minimise the chat").click()
    first, ada.page = ada.launcher, await ada.tab()
    await ada.visit("/remote")
    talk.grace("It is ready.")
    for launcher in (first, ada.launcher):
        await expect(launcher).to_have_accessible_name("Live chat 1 new message")
    await ada.launcher.click()
    await expect(ada.message("It is ready.")).to_be_visible()
    await expect(first).to_have_accessible_name("Live chat")
    await first.click()
    await expect(first.page.get_by_text("New since you left")).to_have_count(0)
    await ada.button("Minimise the chat").click()
    await first.page.get_by_role("button", name="Minimise the chat").click()
    talk.grace("In room 4.12")
    for launcher in (first, ada.launcher):
        await expect(launcher).to_have_accessible_name("Live chat 1 new message")


async def test_a_tab_that_nobody_has_looked_at_has_none_and_one_that_somebody_left_keeps_its_own(
    ada: Ada, service: MockService
) -> None:
    talk = service.invite()
    await ada.join(talk)
    behind = await ada.tab()
    sockets = Sockets(behind)
    await behind.add_init_script(f"({HIDE})(true)")
    await behind.goto(f"{ada.site.url}/remote")
    await expect(behind.locator("rt-livechat #box")).to_be_attached()  # it knows the chat
    assert sockets.all == []
    await behind.evaluate(HIDE, False)
    await sockets.are(1)
    for page in (behind, ada.page):  # what is read in one is not new in the other
        await page.evaluate(HIDE, True)
    talk.grace("Still there?")
    await expect(behind).to_have_title("(1) Working remotely · Computing Help · School of Examples")
    await sockets.are(1)
    assert len(sockets.all) == 1


async def test_none_is_left_when_the_record_is_on_the_ticket(
    ada: Ada, service: MockService
) -> None:
    sockets = Sockets(ada.page)
    talk = service.invite()
    await ada.join(talk)
    await ada.button("Minimise the chat").click()
    talk.end()
    talk.file()
    await sockets.are(0)
    await ada.launcher.click()
    await expect(ada.foot).to_contain_text("is on ticket #12345")
    assert len(sockets.all) == 1


async def test_none_is_left_when_she_closes_an_ended_chat(ada: Ada, service: MockService) -> None:
    sockets = Sockets(ada.page)
    talk = service.invite()
    await ada.join(talk)
    talk.end()
    await ada.button("Close this chat").click()
    await sockets.are(0)
    await ada.visit("/remote")
    await ada.launcher.click()
    await expect(ada.panel).to_contain_text("No chat is open")
    assert len(sockets.all) == 1


async def test_none_is_left_when_the_element_is_taken_out_of_the_page(
    ada: Ada, service: MockService
) -> None:
    sockets = Sockets(ada.page)
    await ada.join(service.invite())
    await sockets.are(1)
    await ada.page.evaluate("document.querySelector('rt-livechat').remove()")
    await sockets.are(0)
