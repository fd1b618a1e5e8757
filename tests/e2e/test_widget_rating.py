"""The one question at the end of a chat."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from bot.domain.chat import State
from bot.domain.rating import Rating
from tests.e2e.ada import Ada
from tests.e2e.mock_service import MockService, Talk
from tests.e2e.test_widget_access import axe

pytestmark = pytest.mark.asyncio(loop_scope="session")

QUESTION = "Has this chat helped you?"


async def ended(ada: Ada, service: MockService) -> Talk:
    """Ada's chat is over."""
    service.visiting.rates = True
    talk = service.invite()
    await ada.join(talk)
    await ada.say("Hello")
    talk.end()
    await expect(ada.foot).to_contain_text("The chat has ended")
    return talk


async def test_one_press_answers_and_the_answer_is_known_in_the_other_window_too(
    ada: Ada, service: MockService
) -> None:
    talk = await ended(ada, service)
    other = await ada.tab()
    await other.goto(ada.page.url)
    await other.locator("rt-livechat .launcher").click()
    await expect(other.get_by_role("group", name=QUESTION)).to_be_visible()
    question = ada.panel.get_by_role("group", name=QUESTION)
    await expect(question).to_have_accessible_description(
        "You need not answer. Your answer is put on the ticket."
    )
    assert await axe(ada) == []
    await question.get_by_role("button", name="Partly", exact=True).focus()
    await ada.page.keyboard.press("Enter")
    await expect(ada.foot).to_contain_text("Thank you. Your answer is put on the ticket.")
    await expect(ada.spoken.filter(has_text="Thank you.")).to_have_count(1)
    await expect(question).to_have_count(0)
    assert await ada.focused() == "h3"
    await expect(other.locator("rt-livechat .foot")).to_contain_text("Thank you.")
    assert service.visiting.chats[talk.id].rating is Rating.PARTLY


async def test_nobody_is_asked_where_the_site_does_not_ask_or_it_would_not_be_kept(
    ada: Ada, service: MockService
) -> None:
    talk = await ended(ada, service)
    await expect(ada.panel.get_by_role("group", name=QUESTION)).to_be_visible()
    service.visiting.state(talk.id, State.FILING)
    await expect(ada.panel.get_by_role("group", name=QUESTION)).to_have_count(0)
    await expect(ada.button("Save a copy")).to_be_visible()
    service.visiting.rates = False
    other = service.invite(777)
    await ada.join(other)
    other.end()
    await expect(ada.foot).to_contain_text("The chat has ended")
    await expect(ada.panel.get_by_role("group", name=QUESTION)).to_have_count(0)


async def test_an_answer_that_does_not_arrive_is_asked_for_again(
    ada: Ada, service: MockService
) -> None:
    talk = await ended(ada, service)
    await ada.page.route("**/api/rate", lambda route: route.abort(), times=1)
    await ada.button("Yes").click()
    await expect(ada.foot).to_contain_text("Your answer did not arrive. Please try again.")
    await ada.button("Yes").click()
    await expect(ada.foot).to_contain_text("Thank you.")
    assert service.visiting.chats[talk.id].rating is Rating.YES


async def test_an_answer_that_comes_too_late_is_not_said_to_be_kept(
    ada: Ada, service: MockService
) -> None:
    talk = await ended(ada, service)

    async def late(route: object) -> None:
        service.visiting.state(talk.id, State.FILING)
        await route.continue_()  # type: ignore[attr-defined]

    await ada.page.route("**/api/rate", late)
    await ada.button("No").click()
    await expect(ada.foot).to_contain_text("came too late and was not kept")
    assert service.visiting.chats[talk.id].rating is Rating.AWAITED


@pytest.mark.parametrize(
    ("status", "error"), [(409, "other_chat"), (401, "no_session"), (401, "signed_out")]
)
async def test_what_the_service_does_not_take_is_not_said_to_be_kept(
    ada: Ada, service: MockService, status: int, error: str
) -> None:
    """Another chat was opened in this browser, or the session ended, while she made up her mind."""
    await ended(ada, service)
    body = {"error": error}
    await ada.page.route("**/api/rate", lambda route: route.fulfill(status=status, json=body))
    await ada.button("Yes").click()
    await expect(ada.foot).to_contain_text("Your answer came too late and was not kept.")
    await expect(ada.foot).not_to_contain_text("is put on the ticket")
