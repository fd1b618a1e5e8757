"""The visitor's side of the story, from the link to the ticket."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import Route, expect

from bot.domain.messages import Role
from tests.e2e.ada import Ada
from tests.e2e.mock_service import MockService

pytestmark = pytest.mark.asyncio(loop_scope="session")

EMPTY = "() => sessionStorage.length + localStorage.length === 0"
"""A function: a bare expression would have to be evaluated, which the page's policy forbids."""

HIGHER = """low => {
    const box = document.querySelector('rt-livechat').shadowRoot.querySelector('#box');
    return box.clientHeight > low;
}"""


async def test_a_page_that_nobody_clicks_on_costs_one_request_and_no_socket(ada: Ada) -> None:
    await ada.visit()
    await expect(ada.launcher).to_be_visible()
    ours = [url for url in ada.requests if "/livechat/" in url]
    assert ours == [ada.site.url + "/livechat/widget.js"]
    assert all(url.startswith(ada.site.url) for url in ada.requests)
    assert ada.sockets == 0


async def test_without_a_chat_the_panel_says_how_to_reach_support(ada: Ada) -> None:
    await ada.visit()
    await ada.launcher.click()
    await expect(ada.panel).to_contain_text("No chat is open")
    await ada.panel.get_by_role("link", name="Open a ticket").click()
    await expect(ada.page).to_have_url(ada.site.url + "/ticket")
    assert ada.sockets == 0


async def test_the_link_s_token_leaves_the_address_before_anything_else(
    ada: Ada, service: MockService
) -> None:
    talk = service.invite()
    await ada.follow(talk.token)
    await expect(ada.button("Join the chat")).to_be_visible()
    assert ada.page.url == ada.site.url + "/printing"
    assert not [url for url in ada.requests if talk.token in url.partition("#")[0]]


async def test_before_joining_one_is_told_who_asks_about_what_and_what_is_recorded_where(
    ada: Ada, service: MockService
) -> None:
    await ada.follow(service.invite(4711).token)
    for words in (
        "Grace Hopper would like to talk with you about ticket #4711.",
        "What you and computing support write is copied to ticket #4711 when the chat ends",
        "and then deleted here.",
        "Please do not write passwords.",
    ):
        await expect(ada.panel).to_contain_text(words)
    assert ada.sockets == 0


async def test_looking_at_the_link_does_not_use_it_up(ada: Ada, service: MockService) -> None:
    talk = service.invite()
    await ada.follow(talk.token)
    await expect(ada.button("Join the chat")).to_be_visible()
    await ada.join(talk)
    assert service.visiting.knocks == []


async def test_a_talk_both_ways_with_states_that_are_true(ada: Ada, service: MockService) -> None:
    talk = service.invite()
    await ada.join(talk)
    assert await ada.focused() == "box"
    await expect(ada.panel).to_contain_text("Chat with Grace Hopper")
    await expect(ada.panel).not_to_contain_text("is here")  # she asked days ago, and may be asleep
    talk.grace("Hello Ada")
    await expect(ada.message("Hello Ada")).to_be_visible()
    await ada.say("Hello Grace")
    await expect(ada.message("Hello Grace")).to_contain_text("Sent")
    assert talk.said(Role.VISITOR) == ["Hello Grace"]
    talk.relay()
    await expect(ada.message("Hello Grace")).to_contain_text("Delivered")
    await expect(ada.box).to_have_value("")


async def test_enter_sends_and_shift_enter_breaks_the_line(ada: Ada, service: MockService) -> None:
    talk = service.invite()
    await ada.join(talk)
    low = await ada.box.evaluate("box => box.clientHeight")
    await ada.box.press_sequentially("one")
    await ada.box.press("Shift+Enter")
    await ada.box.press_sequentially("two")
    await expect(ada.box).to_have_value("one\ntwo")
    await ada.page.wait_for_function(HIGHER, arg=low)
    await ada.box.press("Enter")
    await expect(ada.message("one\ntwo")).to_contain_text("Sent")
    assert talk.said(Role.VISITOR) == ["one\ntwo"]


@pytest.mark.parametrize(
    ("fate", "words"),
    [
        ("used", "This link was used already. If by you"),
        ("expired", "too old"),
        ("revoked", "Computing support took it back"),
        ("unknown", "We do not know it"),
    ],
)
async def test_a_link_that_opens_nothing_says_why_and_what_to_do(
    ada: Ada, service: MockService, fate: str, words: str
) -> None:
    talk = service.invite()
    if fate == "used":
        async with Ada(ada._browser, ada.site, service) as other:
            await other.join(talk)
    elif fate == "expired":
        service.visiting.now += timedelta(days=30)
    elif fate == "revoked":
        service.visiting.revoke(talk.id)
    await ada.follow(talk.token if fate != "unknown" else "x" * 43)
    await expect(ada.panel).to_contain_text("This link does not open a chat")
    await expect(ada.panel).to_contain_text(words)
    await expect(ada.panel).to_contain_text("reply to the e-mail about your ticket")
    assert ada.sockets == 0


async def test_one_s_own_link_opened_again_leads_back_into_the_chat(
    ada: Ada, service: MockService
) -> None:
    talk = service.invite()
    await ada.join(talk)
    await ada.say("first")
    await expect(ada.message("first")).to_contain_text("Sent")
    await ada.follow(talk.token)
    await expect(ada.message("first")).to_be_visible()
    assert service.visiting.knocks == []


@pytest.mark.parametrize("reload", [False, True])
async def test_a_lost_answer_to_join_locks_nobody_out(
    ada: Ada, service: MockService, reload: bool
) -> None:
    async def lose(route: Route) -> None:
        await route.fetch()  # the service has answered; Ada never hears of it
        await route.abort()

    talk = service.invite()
    await ada.follow(talk.token)
    await ada.page.route("**/api/join", lose, times=1)
    await ada.button("Join the chat").click()
    if reload:
        await expect(ada.panel).to_contain_text("There was no answer")
        await ada.page.reload()
    else:
        await expect(ada.panel).to_contain_text("There was no answer")
        await ada.button("Join the chat").click()
    await expect(ada.box).to_be_visible()
    assert service.visiting.knocks == []


@pytest.mark.parametrize("answered", [True, False])
async def test_who_minimises_while_joining_is_not_disturbed_on_the_next_page(
    ada: Ada, service: MockService, answered: bool
) -> None:
    pressed, go_on = asyncio.Event(), asyncio.Event()

    async def wait(route: Route) -> None:
        pressed.set()
        await go_on.wait()
        await (route.continue_() if answered else route.abort())

    talk = service.invite()
    await ada.follow(talk.token)
    await ada.page.route("**/api/join", wait, times=1)
    await ada.button("Join the chat").click()
    await pressed.wait()
    await ada.button("Minimise the chat").click()
    panel = ada.page.locator("rt-livechat #panel")
    await expect(panel).to_be_hidden()
    if answered:
        go_on.set()
        await expect(panel.locator("#box")).to_be_attached()
    await ada.visit("/remote")
    go_on.set()
    await expect(panel.locator("#box")).to_be_attached()
    await expect(panel).to_be_hidden()
    await ada.launcher.click()
    await expect(ada.box).to_be_visible()


async def test_ending_asks_once_more_and_can_be_called_off(ada: Ada, service: MockService) -> None:
    talk = service.invite()
    await ada.join(talk)
    await ada.button("End chat").click()
    await expect(ada.panel).to_contain_text("End this chat?")
    assert await ada.focused() == "no"
    await ada.page.keyboard.press("Escape")
    await expect(ada.box).to_be_focused()
    await ada.button("End chat").click()
    await ada.foot.get_by_role("button", name="End chat").click()
    await expect(ada.foot).to_contain_text("will be on ticket #12345")
    await expect(ada.box).to_have_count(0)
    assert await ada.focused() == "h3"
    assert service.visiting.chats[talk.id].state.value == "ended"


async def test_after_the_end_one_has_the_ticket_number_and_a_copy_and_what_was_not_sent(
    ada: Ada, service: MockService, tmp_path: Path
) -> None:
    talk = service.invite()
    await ada.join(talk)
    await ada.say("It is the one in Foyer B")
    await expect(ada.message("It is the one in Foyer B")).to_contain_text("Sent")
    talk.grace("Paper was out.\nIt prints again.")
    await expect(ada.message("prints again")).to_be_visible()
    await ada.box.fill("and also")
    talk.end()
    await expect(ada.foot).to_contain_text("The chat has ended")
    await expect(ada.foot).to_contain_text("and also")
    talk.file()
    await expect(ada.foot).to_contain_text("This conversation is on ticket #12345.")
    async with ada.page.expect_download() as download:
        await ada.button("Save a copy").click()
    file = await download.value
    assert file.suggested_filename == "chat-12345.txt"
    await file.save_as(tmp_path / "copy.txt")
    text = (tmp_path / "copy.txt").read_text()
    assert "Ada Lovelace:\nIt is the one in Foyer B\n" in text
    assert "Grace Hopper:\nPaper was out.\nIt prints again.\n" in text


async def test_a_visitor_whose_network_brings_no_more_scripts_still_sees_that_and_where_it_ended(
    ada: Ada, service: MockService
) -> None:
    await ada.page.clock.install()
    await ada.context.route("**/more.*.js*", lambda route: route.abort())
    talk = service.invite()
    await ada.join(talk)
    await ada.say("It is the one in Foyer B")
    talk.end()
    await expect(ada.foot).to_contain_text("The chat has ended")
    await expect(ada.foot).to_contain_text("will be on ticket #12345")
    await expect(ada.button("Close this chat")).to_be_visible()
    await expect(ada.button("Save a copy")).to_have_count(0)
    await ada.context.unroute("**/more.*.js*")
    await ada.page.clock.fast_forward(31_000)
    await expect(ada.button("Save a copy")).to_be_visible()


async def test_closing_an_ended_chat_leaves_nothing_of_it_in_the_browser(
    ada: Ada, service: MockService
) -> None:
    talk = service.invite()
    await ada.join(talk)
    await ada.box.fill("half a sentence")
    talk.end()
    await ada.button("Close this chat").click()
    await expect(ada.foot).to_contain_text("What was not sent is then lost.")
    await ada.button("Close this chat").click()
    await expect(ada.launcher).to_be_focused()
    await ada.page.wait_for_function(EMPTY)
    await expect(ada.page.locator("rt-livechat [aria-live]")).to_be_empty()
    assert await ada.context.cookies() == []


async def test_a_chat_that_was_closed_without_a_network_is_not_found_by_whoever_is_next(
    ada: Ada, service: MockService
) -> None:
    talk = service.invite()
    await ada.join(talk)
    await ada.say("My password is swordfish")
    await expect(ada.message("My password is swordfish")).to_contain_text("Sent")
    talk.end()
    await ada.page.route("**/api/leave", lambda route: route.abort())
    await ada.button("Close this chat").click()
    await expect(ada.launcher).to_be_focused()
    await ada.launcher.click()
    await expect(ada.panel).to_contain_text("The chat cannot be reached")
    await expect(ada.panel).not_to_contain_text("kept on this device")
    await ada.page.close()
    assert await ada.context.cookies() != []
    ada.page = await ada.tab()
    await ada.visit()
    await ada.page.evaluate("document.documentElement.lang = 'de'")
    await ada.launcher.click()
    await expect(ada.page.locator("rt-livechat h3")).to_have_text("Kein Chat ist offen")
    await ada.page.wait_for_function(EMPTY)
    assert await ada.context.cookies() == []


async def test_a_filed_chat_s_words_stay_in_the_page_although_the_service_forgets_them(
    ada: Ada, service: MockService
) -> None:
    talk = service.invite()
    await ada.join(talk)
    talk.grace("Hello")
    await expect(ada.message("Hello")).to_be_visible()
    talk.end()
    talk.file()
    await expect(ada.foot).to_contain_text("This conversation is on ticket")
    service.visiting.drop(talk.id)
    await service.stop()
    await ada.page.wait_for_timeout(300)
    await expect(ada.message("Hello")).to_be_visible()
    await expect(ada.state).to_be_empty()
