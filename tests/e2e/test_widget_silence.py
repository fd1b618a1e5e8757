"""The chat that is about to end by itself, as its visitor sees it."""

from __future__ import annotations

from asyncio import wait_for
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import expect

from bot.domain import events as e
from bot.domain.messages import SYSTEM
from tests.e2e.ada import Ada
from tests.e2e.mock_service import MockService, Talk
from tests.e2e.test_widget_access import axe

pytestmark = pytest.mark.asyncio(loop_scope="session")

CLOSES = datetime(2026, 11, 21, 14, 5, tzinfo=UTC)


def warn(talk: Talk) -> None:
    """Nobody was heard for long."""
    visiting = talk.visiting
    visiting.happen(talk.id, e.SilenceWarned(CLOSES - timedelta(minutes=15), CLOSES))


async def asked(ada: Ada, service: MockService) -> Talk:
    """Somebody who has said something is asked whether she is still there."""
    talk = service.invite()
    await ada.join(talk)
    await ada.say("Mine")
    await expect(ada.message("Mine")).to_contain_text("Sent")
    warn(talk)
    await expect(ada.button("I am still here")).to_be_visible()
    return talk


async def test_the_visitor_is_warned_in_words_and_keeps_the_chat_with_one_press(
    ada: Ada, service: MockService
) -> None:
    talk = service.invite()
    await ada.join(talk)
    await ada.say("Mine")
    await expect(ada.message("Mine")).to_contain_text("Sent")
    await ada.box.fill("half a sen")
    await wait_for(service.visiting.heard.wait(), 10)  # who is heard after the question answers it
    warn(talk)
    group = ada.panel.get_by_role("group", name="This chat ends by itself")
    await expect(group).to_contain_text("14:05")
    await expect(group).to_contain_text("ticket #12345")
    await expect(ada.spoken).to_contain_text(["Are you still there?"])
    assert await ada.focused() == "box"  # nobody who types is interrupted
    assert await axe(ada) == []
    await ada.button("I am still here").press("Enter")
    await expect(group).not_to_be_visible()
    assert talk.visiting.chats[talk.id].closing is None
    await expect(ada.box).to_have_value("half a sen")


async def test_who_is_asked_that_and_ends_the_chat_is_at_the_harmless_answer(
    ada: Ada, service: MockService
) -> None:
    await asked(ada, service)
    await ada.button("End chat").press("Enter")
    await expect(ada.button("Keep chatting")).to_be_focused()


async def test_the_question_is_heard_although_a_burst_is_only_counted(
    ada: Ada, service: MockService
) -> None:
    talk = service.invite()
    await ada.join(talk)
    await ada.say("Mine")  # once this is sent, the socket is there: what comes now is no history
    await expect(ada.message("Mine")).to_contain_text("Sent")
    for n in range(3):
        talk.grace(f"burst {n}")
    warn(talk)
    await expect(ada.spoken).to_have_text(["3 new messages; Are you still there?"])


async def test_typing_is_an_answer_too(ada: Ada, service: MockService) -> None:
    talk = service.invite()
    await ada.join(talk)
    warn(talk)
    await expect(ada.button("I am still here")).to_be_visible()
    await ada.box.press_sequentially("wa")
    await expect(ada.button("I am still here")).not_to_be_visible()


async def test_an_answer_without_a_connection_is_given_when_there_is_one(
    ada: Ada, service: MockService
) -> None:
    talk = await asked(ada, service)
    await service.stop()
    await expect(ada.state).to_contain_text("Connection lost")
    await ada.button("I am still here").click()
    await service.start()
    await ada.page.evaluate("dispatchEvent(new Event('online'))")  # waits no longer
    await expect(ada.button("I am still here")).not_to_be_visible()
    assert talk.visiting.chats[talk.id].closing is None


async def test_a_minimised_chat_asks_at_its_launcher(ada: Ada, service: MockService) -> None:
    talk = service.invite()
    await ada.join(talk)
    await ada.launcher.click()
    warn(talk)
    await expect(ada.launcher).to_contain_text("Are you still there?")
    await ada.launcher.click()
    await expect(ada.button("I am still here")).to_be_visible()


async def test_a_chat_that_ended_by_itself_says_so_and_keeps_what_was_not_sent(
    ada: Ada, service: MockService
) -> None:
    talk = service.invite()
    await ada.join(talk)
    await ada.box.fill("half a sentence")
    warn(talk)
    talk.visiting.happen(talk.id, e.Ended(CLOSES, SYSTEM))
    await expect(ada.panel).to_contain_text("because nobody had written for long")
    await expect(ada.foot).to_contain_text("will be on ticket #12345")
    await expect(ada.foot).to_contain_text("half a sentence")
    await expect(ada.button("I am still here")).not_to_be_visible()


async def test_once_the_record_is_on_the_ticket_nothing_of_it_stays_in_the_browser(
    ada: Ada, service: MockService
) -> None:
    talk = service.invite()
    await ada.join(talk)
    await ada.say("CANARY said")
    await expect(ada.message("CANARY said")).to_contain_text("Sent")
    talk.grace("CANARY answered")
    await expect(ada.messages).to_have_count(2)
    await ada.box.fill("CANARY draft")
    talk.end()
    talk.file()
    await expect(ada.foot).to_contain_text("This conversation is on ticket #12345")
    await expect(ada.foot).to_contain_text("CANARY draft")
    kept = "() => JSON.stringify([{...sessionStorage}, {...localStorage}])"
    assert "CANARY" not in await ada.page.evaluate(kept)
    await ada.page.reload()
    await expect(ada.foot).to_contain_text("This conversation is on ticket #12345")


async def test_the_question_is_asked_also_where_no_more_scripts_come(
    ada: Ada, service: MockService
) -> None:
    await ada.context.route("**/more.*.js*", lambda route: route.abort())
    talk = service.invite()
    await ada.join(talk)
    warn(talk)
    await expect(ada.foot).to_contain_text("Are you still there?")
    await ada.say("Yes")
    await expect(ada.foot).to_have_count(0)
    assert talk.visiting.chats[talk.id].closing is None
