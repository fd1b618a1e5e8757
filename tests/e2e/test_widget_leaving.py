"""Closing a chat: this one and no other, for good, and in every window of the browser."""

from __future__ import annotations

from dataclasses import replace

import pytest
from playwright.async_api import Page, expect

from bot.domain import events as e
from bot.domain.mailing import MailAsked, MailEnded
from bot.domain.matching import Match
from tests.e2e.ada import Ada
from tests.e2e.mock_service import MockService, Talk
from tests.e2e.test_widget_files import PICTURE, choose, joined
from tests.people import TICKET
from tests.visitors import fakes
from tests.visitors.browser import COOKIE

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def over(ada: Ada, service: MockService) -> Talk:
    """A chat whose record is on its ticket: nothing more will be heard of it."""
    talk = service.invite()
    await ada.join(talk)
    talk.grace("Off and on again.")
    talk.end()
    talk.file()
    await expect(ada.foot).to_contain_text("This conversation is on ticket")
    await expect(ada.button("Save a copy")).to_be_visible()  # the rest of the widget is there
    return talk


async def test_who_comes_back_is_told_what_was_mailed_to_her_and_what_was_moved(
    ada: Ada, service: MockService
) -> None:
    talk = service.invite()
    await ada.join(talk)
    talk.grace("Look at the toner.")
    visiting = talk.visiting
    visiting.happen(talk.id, MailAsked(fakes.NOW, fakes.GRACE, Match.AMBER))
    visiting.happen(talk.id, MailEnded(fakes.NOW, 1, (2,)))
    visiting.happen(talk.id, e.MoveProposed(fakes.NOW, fakes.GRACE, TICKET))
    visiting.happen(talk.id, e.Moved(fakes.NOW, fakes.GRACE, 1))
    await ada.page.reload()
    log = ada.panel
    await expect(log).to_contain_text("Look at the toner.")
    told = "Grace Hopper also sent you by e-mail what you had not seen here"
    await expect(log).to_contain_text(told)
    await expect(log).to_contain_text("Grace Hopper took this conversation to another ticket")


async def test_closing_what_is_over_closes_no_chat_that_was_opened_since(
    ada: Ada, service: MockService
) -> None:
    await over(ada, service)
    first, ada.page = ada.page, await ada.tab()
    second = service.invite(54321)
    await ada.join(second)
    await first.get_by_role("button", name="Close this chat").click()
    await expect(first.get_by_role("textbox", name="Your message")).to_be_attached()
    await ada.say("Are you there?")
    await expect(ada.message("Are you there?")).to_contain_text("Sent")
    await ada.page.reload()
    await expect(ada.box).to_be_visible()


async def test_where_nothing_can_be_kept_closing_closes_all_the_same(
    ada: Ada, service: MockService
) -> None:
    await ada.page.add_init_script(
        "for (const name of ['localStorage', 'sessionStorage'])"
        " Object.defineProperty(window, name, {get() { throw new DOMException('no') }})"
    )
    await over(ada, service)
    async with ada.page.expect_response("**/api/leave"):
        await ada.button("Close this chat").click()
    await expect(ada.panel).to_be_hidden()
    await expect(ada.launcher).to_be_visible()
    await ada.launcher.click()
    await expect(ada.panel).to_contain_text("No chat is open")
    assert not [one for one in await ada.context.cookies() if one["name"] == COOKIE]


async def test_a_chat_that_was_closed_is_seen_in_no_other_window_any_more(
    ada: Ada, service: MockService
) -> None:
    await over(ada, service)
    first, ada.page = ada.page, await ada.tab()
    await ada.visit("/remote")
    await ada.launcher.click()
    await expect(ada.foot).to_contain_text("This conversation is on ticket")
    await expect(ada.foot).to_contain_text("On a shared computer")  # all is there, and stands still
    await ada.button("Close this chat").click()
    await expect(first.get_by_text("Off and on again.")).to_have_count(0)


async def _closed_in_another_tab(ada: Ada, service: MockService) -> Page:
    """A chat that has ended, and is closed in the tab that Ada now sees; returns the one before."""
    talk = service.invite()
    await ada.join(talk)
    talk.grace("Off and on again.")
    await expect(ada.message("Off and on again.")).to_be_visible()
    talk.end()
    await expect(ada.foot).to_contain_text("This conversation will be on ticket")
    await expect(ada.button("Save a copy")).to_be_visible()  # the rest of the widget is there
    first, ada.page = ada.page, await ada.tab()
    await ada.visit("/remote")
    await ada.launcher.click()
    await expect(ada.foot).to_contain_text("On a shared computer")  # all is there, and stands still
    async with ada.page.expect_response("**/api/leave"):
        await ada.button("Close this chat").click()
    return first


async def test_the_other_window_is_told_that_the_chat_was_closed_in_this_one(
    ada: Ada, service: MockService
) -> None:
    first = await _closed_in_another_tab(ada, service)
    foot = first.locator("rt-livechat .foot")
    await expect(foot).to_contain_text("This chat was closed in another window of this browser.")
    await expect(foot).to_contain_text("The chat has ended")
    await expect(foot).to_contain_text("on ticket #12345")
    await expect(foot).not_to_contain_text("signed in")
    await expect(foot.get_by_role("button")).to_have_count(0)
    await expect(first.get_by_text("Off and on again.")).to_have_count(0)
    await first.get_by_role("button", name="Minimise the chat").click()
    await first.locator("rt-livechat .launcher").click()
    await expect(first.locator("rt-livechat #panel")).to_contain_text("No chat is open")


async def test_after_that_the_other_window_comes_to_the_chat_that_was_opened_since(
    ada: Ada, service: MockService
) -> None:
    first = await _closed_in_another_tab(ada, service)
    await expect(first.locator("rt-livechat .foot")).to_contain_text("in another window")
    await ada.join(service.invite(54321))
    await first.get_by_role("button", name="Minimise the chat").click()
    await expect(first.locator("rt-livechat #panel")).to_be_hidden()
    await first.locator("rt-livechat .launcher").click()
    await expect(first.locator("rt-livechat #box")).to_be_visible()
    await ada.say("Are you there?")
    await expect(ada.message("Are you there?")).to_contain_text("Sent")


async def test_what_was_read_on_the_page_after_is_not_new_in_one_that_comes_back(
    ada: Ada, service: MockService
) -> None:
    talk = service.invite()
    await ada.join(talk)
    await ada.say("Hello")
    await expect(ada.message("Hello")).to_contain_text("Sent")
    await expect(ada.button("Add files")).to_be_visible()  # the rest of the widget is there
    await ada.button("Minimise the chat").click()
    talk.grace("Good day")
    await expect(ada.launcher).to_have_accessible_name("Live chat 1 new message")
    await ada.page.evaluate(
        """(read) => {
            const passing = (name) => dispatchEvent(new PageTransitionEvent(name, {persisted: true}));
            passing('pagehide');
            localStorage.setItem('livechat:read', JSON.stringify(read));
            passing('pageshow');
        }""",
        [talk.id, len(talk.log)],
    )
    await expect(ada.launcher).to_have_accessible_name("Live chat")


async def kept_whole(ada: Ada, event: str) -> None:
    """Her page goes into the browser's cache, or comes out of it."""
    await ada.page.evaluate(
        "(name) => dispatchEvent(new PageTransitionEvent(name, {persisted: true}))", event
    )


async def test_nor_in_a_page_that_comes_back_out_of_the_browsers_cache(
    ada: Ada, service: MockService
) -> None:
    await over(ada, service)
    await expect(ada.message("Off and on again.")).to_be_visible()
    await kept_whole(ada, "pagehide")
    await expect(ada.messages).to_have_count(0)
    await kept_whole(ada, "pageshow")
    await expect(ada.message("Off and on again.")).to_be_visible()
    await expect(ada.button("Save a copy")).to_be_visible()
    await kept_whole(ada, "pagehide")
    await ada.context.clear_cookies()  # her session has run out meanwhile; nothing here tells so
    await kept_whole(ada, "pageshow")
    await expect(ada.panel).to_contain_text("No chat is open")
    await expect(ada.messages).to_have_count(0)


async def test_a_file_that_was_chosen_is_still_there_when_the_page_comes_back(
    ada: Ada, service: MockService
) -> None:
    await joined(ada, service)
    await choose(ada, PICTURE)
    await kept_whole(ada, "pagehide")
    await expect(ada.panel).not_to_contain_text("tray.png")
    await kept_whole(ada, "pageshow")
    await ada.button("Send these files").click()
    await expect(ada.messages).to_have_count(1)


async def test_nor_while_nobody_knows_whether_it_is_still_hers(
    ada: Ada, service: MockService
) -> None:
    await over(ada, service)
    await kept_whole(ada, "pagehide")
    await service.stop()
    await kept_whole(ada, "pageshow")
    await expect(ada.panel).to_contain_text("The chat cannot be reached")
    await expect(ada.messages).to_have_count(0)
    await service.start()  # it asks again by itself
    await expect(ada.message("Off and on again.")).to_be_visible()


@pytest.mark.parametrize("login", ["ada", "ada-too"])
async def test_what_she_could_not_send_before_her_session_ended_is_shown_to_her_and_not_to_the_next(
    ada: Ada, service: MockService, monkeypatch: pytest.MonkeyPatch, login: str
) -> None:
    """Who has a link of her own since may be of the same name."""
    await ada.join(service.invite())
    await service.stop()
    await ada.say("I was dismissed. Why?")
    await expect(ada.message("I was dismissed. Why?")).to_contain_text("Sending")
    service.visiting.seats.clear()
    await service.start()
    monkeypatch.setattr(fakes, "ADA", replace(fakes.ADA, login=login))
    await ada.join(service.invite(54321))
    await ada.visit()
    kept = "JSON.stringify([{...localStorage}, {...sessionStorage}])"
    if login == "ada":
        await expect(ada.message("I was dismissed. Why?")).to_contain_text("Not sent")
        await expect(ada.foot).to_contain_text("Another chat was opened in this browser.")
    else:
        await expect(ada.box).to_be_visible()
        await expect(ada.messages).to_have_count(0)
        assert "dismissed" not in await ada.page.evaluate(kept)
