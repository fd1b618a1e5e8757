"""Nothing that Ada writes is lost or doubled, whatever the network, the service or her browser do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest
from playwright.async_api import Route, expect

from bot.domain.messages import Role
from bot.visitors.allowance import Rate
from bot.visitors.wire import Close
from tests.e2e.ada import Ada
from tests.e2e.mock_service import MockService
from tests.faults.faultproxy import FaultProxy

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_reload_keeps_the_draft_and_the_panel(ada: Ada, service: MockService) -> None:
    await ada.join(service.invite())
    await ada.box.fill("half a sentence\nand more")
    await ada.page.reload()
    await expect(ada.box).to_have_value("half a sentence\nand more")


async def test_what_was_written_while_the_service_was_away_is_sent_once_after_a_reload(
    ada: Ada, service: MockService
) -> None:
    talk = service.invite()
    await ada.join(talk)
    await service.stop()
    await ada.say("one")
    await ada.say("two")
    await expect(ada.message("two")).to_contain_text("Sending")
    await service.start()
    await ada.page.reload()
    await expect(ada.message("two")).to_contain_text("Sent")
    assert talk.said(Role.VISITOR) == ["one", "two"]
    assert await ada.said() == ["one", "two"]


async def test_a_restart_of_the_service_is_survived_without_loss_or_doubles(
    ada: Ada, service: MockService
) -> None:
    talk = service.invite()
    await ada.join(talk)
    talk.grace("before")
    await expect(ada.message("before")).to_be_visible()
    await service.stop()
    await ada.say("into the gap")
    await expect(ada.state).to_contain_text("Connection lost")
    talk.grace("meanwhile")
    await service.start()
    await expect(ada.message("into the gap")).to_contain_text("Sent")
    await expect(ada.message("meanwhile")).to_be_visible()
    await expect(ada.state).to_have_text("Connected again.")
    assert sorted(await ada.said()) == ["before", "into the gap", "meanwhile"]
    assert talk.said(Role.VISITOR) == ["into the gap"]


async def test_a_lost_acknowledgement_doubles_nothing(ada: Ada, service: MockService) -> None:
    talk = service.invite()
    await ada.join(talk)
    service.visiting.lose_next_answer = True
    await ada.say("only once")
    await expect(ada.message("only once")).to_contain_text("Sent")
    assert talk.said(Role.VISITOR) == ["only once"]
    assert await ada.said() == ["only once"]


async def test_offline_is_said_and_what_is_written_goes_out_later(
    ada: Ada, service: MockService
) -> None:
    talk = service.invite()
    await ada.join(talk)
    talk.grace("Good day")
    await expect(ada.message("Good day")).to_be_visible()  # there is a connection to lose
    await expect(ada.panel).to_contain_text("Chat with Grace Hopper")
    await ada.context.set_offline(True)
    await service.stop()  # Chromium leaves open sockets open
    await ada.say("from the tunnel")
    await expect(ada.state).to_contain_text("You are offline")
    await expect(ada.panel).not_to_contain_text("Chat with")
    await service.start()
    await ada.context.set_offline(False)
    await expect(ada.message("from the tunnel")).to_contain_text("Sent")
    await expect(ada.panel).to_contain_text("Chat with Grace Hopper")
    assert talk.said(Role.VISITOR) == ["from the tunnel"]


@pytest.mark.parametrize("code", [Close.RESTART, Close.TRY_LATER, Close.SILENT])
async def test_a_service_that_closes_for_a_while_is_come_back_to(
    ada: Ada, service: MockService, code: Close
) -> None:
    talk = service.invite()
    await ada.join(talk)
    await ada.say("one")
    await expect(ada.message("one")).to_contain_text("Sent")
    service.dismiss(talk, code)
    await ada.say("two")
    await expect(ada.message("two")).to_contain_text("Sent")
    assert talk.said(Role.VISITOR) == ["one", "two"]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (Close.NO_SESSION, "This browser is no longer signed in"),
        (Close.OTHER_CHAT, "Another chat was opened in this browser"),
        (Close.GONE, "The chat was erased"),
    ],
)
async def test_a_service_that_wants_no_more_of_us_is_obeyed_in_words(
    ada: Ada, service: MockService, code: Close, words: str
) -> None:
    talk = service.invite()
    await ada.join(talk)
    await ada.box.fill("not yet sent")
    await expect(ada.panel).to_contain_text("You joined")
    service.dismiss(talk, code)
    await expect(ada.foot).to_contain_text(words)
    await expect(ada.foot).to_contain_text("reply to the e-mail about your ticket")
    await expect(ada.foot).to_contain_text("not yet sent")
    await expect(ada.box).to_have_count(0)
    sockets = ada.sockets
    await ada.page.wait_for_timeout(1200)
    assert ada.sockets == sockets


async def test_a_cookie_that_went_away_ends_the_attempts_with_words(
    ada: Ada, service: MockService
) -> None:
    talk = service.invite()
    await ada.join(talk)
    await expect(ada.panel).to_contain_text("You joined")
    await ada.context.clear_cookies()
    service.dismiss(talk, Close.RESTART)
    await expect(ada.foot).to_contain_text("This browser is no longer signed in")


async def test_a_browser_that_blocks_storage_can_talk_all_the_same(
    ada: Ada, service: MockService
) -> None:
    await ada.page.add_init_script(
        "for (const name of ['localStorage', 'sessionStorage'])"
        " Object.defineProperty(window, name, {get() { throw new DOMException('no') }})"
    )
    talk = service.invite()
    await ada.join(talk)
    await service.stop()
    await ada.say("kept in memory")
    await service.start()
    await expect(ada.message("kept in memory")).to_contain_text("Sent")
    assert talk.said(Role.VISITOR) == ["kept in memory"]


async def test_two_tabs_show_the_same_and_each_message_once(ada: Ada, service: MockService) -> None:
    talk = service.invite()
    await ada.join(talk)
    other = await ada.tab()
    await other.goto(ada.site.url + "/remote")
    await other.locator("rt-livechat .launcher").click()
    await ada.say("from the first")
    await expect(ada.message("from the first")).to_contain_text("Sent")
    talk.grace("to both")
    for page in (ada.page, other):
        bodies = page.locator("rt-livechat li.said .body")
        await expect(bodies).to_have_text(["from the first", "to both"])


async def test_what_a_tab_could_not_send_before_it_crashed_goes_out_with_the_next_one(
    ada: Ada, service: MockService
) -> None:
    talk = service.invite()
    await ada.join(talk)
    await service.stop()
    await ada.say("into the crash")
    await expect(ada.message("into the crash")).to_contain_text("Sending")
    await ada.page.close()
    await service.start()
    ada.page = await ada.tab()  # with none of what the other tab kept for itself
    await ada.visit()
    await ada.launcher.click()
    await expect(ada.message("into the crash")).to_contain_text("Sent")
    assert talk.said(Role.VISITOR) == ["into the crash"]
    await ada.page.reload()
    assert talk.said(Role.VISITOR) == ["into the crash"]


async def test_what_was_written_for_one_chat_is_never_seen_in_another(
    ada: Ada, service: MockService
) -> None:
    first, second = service.invite(), service.invite(54321)
    await ada.join(first)
    # This tab is in a tunnel, the other one is not.
    await ada.page.evaluate("void (WebSocket = class { readyState = 0; close() {} })")
    await service.stop()
    await ada.say("for the first only")
    await ada.box.fill("half a sentence for it")
    await service.start()
    other = await ada.tab()
    here, ada.page = ada.page, other
    await ada.join(second)
    ada.page = here
    await ada.page.reload()
    await expect(ada.foot).to_contain_text("Another chat was opened in this browser")
    await expect(ada.message("for the first only")).to_contain_text("Not sent")
    await ada.button("Close this chat").click()
    await ada.button("Close this chat").click()
    await expect(ada.box).to_have_value("")
    await expect(ada.panel).not_to_contain_text("for the first only")
    assert first.said(Role.VISITOR) == second.said(Role.VISITOR) == []


async def test_a_network_that_swallows_everything_is_noticed_within_fifteen_seconds(
    ada: Ada, service: MockService
) -> None:
    await ada.page.clock.install()
    talk = service.invite()
    async with FaultProxy(service.port) as network:
        ada.site.service_url = f"http://127.0.0.1:{network.port}"
        await ada.join(talk)
        await expect(ada.panel).to_contain_text("You joined")
        network.part()
        await ada.say("into the void")
        talk.grace("the other way")
        await ada.page.clock.run_for(15_000)
        await expect(ada.state).to_contain_text("Connection lost")
        network.mend()
        await ada.page.clock.run_for(8_000)
        await expect(ada.message("into the void")).to_contain_text("Sent")
        await expect(ada.message("the other way")).to_be_visible()
        assert talk.said(Role.VISITOR) == ["into the void"]


async def test_a_message_that_nobody_may_have_seen_says_so(ada: Ada, service: MockService) -> None:
    talk = service.invite()
    await ada.join(talk)
    await ada.say("too much for Teams")
    await expect(ada.message("too much for Teams")).to_contain_text("Sent")
    talk.lose(sure=False)
    words = "Computing support may not have seen this. It will be on the ticket."
    await expect(ada.message("too much for Teams")).to_contain_text(words)
    await expect(ada.spoken).to_contain_text(f"{words} too much for Teams")
    talk.relay()
    await ada.say("and this")
    await expect(ada.message("and this")).to_contain_text("Sent")
    await ada.page.reload()
    await expect(ada.message("too much for Teams")).to_contain_text(words)


async def test_a_refused_message_keeps_its_text_and_can_be_tried_again(
    ada: Ada, service: MockService
) -> None:
    await service.stop()
    service.allowances = replace(service.allowances, says=Rate(12, 1))
    await service.start()
    talk = service.invite()
    await ada.join(talk)
    refused = ada.messages.filter(has_text="that was too quick").first
    for n in range(4):
        await ada.say(f"number {n}.")
    await expect(refused).to_be_visible()
    text = await refused.locator(".body").inner_text()
    await ada.page.wait_for_timeout(5100)
    again = ada.message(text)
    await again.get_by_role("button", name="Try again").click()
    await expect(again).to_contain_text("Sent")
    assert talk.said(Role.VISITOR).count(text) == 1


async def test_a_message_that_cannot_be_stored_any_more_can_be_copied_or_removed(
    ada: Ada, service: MockService
) -> None:
    talk = service.invite()
    await ada.join(talk)
    await service.stop()
    await ada.say("too late")
    talk.end()
    await service.start()
    await expect(ada.message("too late")).to_contain_text("Not sent: the chat had ended.")
    await ada.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await ada.message("too late").get_by_role("button", name="Copy text").click()
    assert await ada.page.evaluate("navigator.clipboard.readText()") == "too late"
    await ada.message("too late").get_by_role("button", name="Remove").click()
    await expect(ada.message("too late")).to_have_count(0)


async def test_a_message_over_the_limit_is_stopped_before_it_is_sent(
    ada: Ada, service: MockService
) -> None:
    talk = service.invite()
    await ada.join(talk)
    await ada.box.fill("é" * 15_000)
    await expect(ada.panel).to_contain_text("About 800 characters left.")
    await ada.box.fill("é" * 15_400)
    await expect(ada.panel).to_contain_text("About 100 characters too long")
    await ada.box.press("Enter")
    assert talk.said(Role.VISITOR) == []
    await ada.box.fill("é" * 15_360)
    await ada.box.press("Enter")
    await expect(ada.messages).to_contain_text("Sent")


async def test_the_help_site_s_trouble_at_the_door_is_told_and_the_link_stays_good(
    ada: Ada, service: MockService
) -> None:
    async def fail(route: Route) -> None:
        await route.fulfill(status=502, body="<h1>Bad gateway</h1>")

    talk = service.invite()
    await ada.page.clock.install(time=0)
    await ada.page.clock.pause_at(1_000)  # it does not try again by itself before she does
    await ada.page.route("**/api/peek", fail, times=1)
    await ada.follow(talk.token)
    await expect(ada.panel).to_contain_text("The chat cannot be reached")
    await ada.button("Try now").click()
    await ada.button("Join the chat").click()
    await expect(ada.box).to_be_focused()


async def test_a_page_that_comes_back_from_the_browser_s_cache_goes_on(
    ada: Ada, service: MockService
) -> None:
    talk = service.invite()
    await ada.join(talk)
    await expect(ada.panel).to_contain_text("You joined")
    await ada.page.goto(ada.site.url + "/remote")
    talk.grace("while you read on")
    await expect(ada.message("while you read on")).to_be_visible()
    await ada.page.go_back()
    await expect(ada.message("while you read on")).to_be_visible()
    await ada.say("back again")
    await expect(ada.message("back again")).to_contain_text("Sent")
    assert await ada.said() == ["while you read on", "back again"]


async def test_what_was_written_offline_while_the_chat_was_filed_is_resolved_and_not_closed_away(
    ada: Ada, service: MockService
) -> None:
    talk = service.invite()
    await ada.join(talk)
    await service.stop()
    await ada.say("from the tunnel")
    talk.end()
    talk.file()
    await service.start()
    await ada.page.reload()
    lost = ada.message("from the tunnel")
    await expect(lost).to_contain_text("Not sent")
    await expect(ada.foot).to_contain_text("This conversation is on ticket")
    await expect(lost.get_by_role("button", name="Copy text")).to_be_visible()
    await ada.page.reload()
    await expect(lost).to_contain_text("Not sent")
    await ada.button("Close this chat").click()
    await expect(ada.foot).to_contain_text("What was not sent is then lost.")
    await ada.button("Keep it").click()
    await expect(lost).to_be_visible()
    await ada.button("Close this chat").click()
    await ada.button("Close this chat").click()
    await expect(ada.panel).to_be_hidden()


async def test_what_was_not_sent_outlives_the_session_for_whoever_is_back_in_that_chat(
    ada: Ada, service: MockService
) -> None:
    await ada.join(service.invite())
    await service.stop()
    await ada.say("kept for you")
    session = cast(Any, await ada.context.cookies())
    await ada.context.clear_cookies()
    await service.start()
    await ada.page.reload()
    await expect(ada.panel).to_contain_text("was not sent. Whoever wrote it sees it again")
    await expect(ada.messages).to_have_count(0)
    await ada.context.add_cookies(session)
    await ada.page.reload()
    await expect(ada.message("kept for you")).to_contain_text("Sent")


async def test_a_second_chat_says_what_becomes_of_the_first_and_the_first_link_what_to_do(
    ada: Ada, service: MockService
) -> None:
    first, second = service.invite(), service.invite(54321)
    await ada.follow(first.token)
    await expect(ada.button("Join the chat")).to_be_visible()
    await expect(ada.panel).not_to_contain_text("leaves its other chat")
    await ada.join(first)
    await ada.follow(second.token)
    await expect(ada.panel).to_contain_text("This browser then leaves its other chat.")
    await ada.button("Join the chat").click()
    await expect(ada.box).to_be_visible()
    await ada.follow(first.token)
    await expect(ada.panel).to_contain_text("This link was used already.")
    await expect(ada.panel).to_contain_text("reply to the e-mail about your ticket")
    await expect(ada.panel).not_to_contain_text("another browser")
    await ada.button("Go to your chat").click()
    await expect(ada.box).to_be_visible()
