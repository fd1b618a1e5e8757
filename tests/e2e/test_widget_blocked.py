"""What somebody sees who is kept out for a while."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.async_api import expect

from bot.domain import events as e
from tests.e2e.ada import Ada
from tests.e2e.mock_service import MockService
from tests.e2e.test_widget_access import axe
from tests.visitors.fakes import GRACE

pytestmark = pytest.mark.asyncio(loop_scope="session")

WORDS = re.compile(
    r"Computing support has closed the live chat to you until \d{1,2} [A-Z][a-z]{2,3} \d{4}, \d\d:\d\d\."
)


async def test_who_is_blocked_sees_that_it_has_ended_until_when_and_what_to_do(
    ada: Ada, service: MockService
) -> None:
    talk = service.invite()
    await ada.join(talk)
    await ada.say("You are all useless")
    now = service.visiting.now
    service.visiting.happen(talk.id, e.Blocked(now, GRACE, now + timedelta(hours=2)))
    await expect(ada.foot).to_contain_text("The chat has ended")
    await expect(ada.foot).to_contain_text("will be on ticket #12345")
    await expect(ada.foot).to_contain_text(WORDS)
    await expect(ada.foot).to_contain_text("To go on, please reply to the e-mail")
    await expect(ada.button("Save a copy")).to_be_visible()
    assert await axe(ada) == []
    service.visiting.happen(talk.id, e.Unblocked(now))
    await expect(ada.foot).not_to_contain_text("closed the live chat")


async def test_her_next_link_says_so_too(ada: Ada, service: MockService) -> None:
    talk = service.invite()
    service.visiting.blocked = service.visiting.now + timedelta(hours=2)
    await ada.follow(talk.token)
    await expect(ada.panel).to_contain_text(WORDS)
    await expect(ada.panel).to_contain_text("To go on, please reply to the e-mail")
    await expect(ada.button("Join the chat")).to_have_count(0)
    assert await axe(ada) == []


async def test_who_is_blocked_while_the_button_is_there_is_told_when_it_is_pressed(
    ada: Ada, service: MockService
) -> None:
    talk = service.invite()
    await ada.follow(talk.token)
    await expect(ada.button("Join the chat")).to_be_visible()
    service.visiting.blocked = service.visiting.now + timedelta(hours=2)
    await ada.button("Join the chat").click()
    await expect(ada.panel).to_contain_text(WORDS)
