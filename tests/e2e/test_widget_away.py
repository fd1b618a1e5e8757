"""A page that is loaded while the service is away gets into the chat by itself, later."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from bot.domain.messages import Role
from tests.e2e.ada import Ada
from tests.e2e.mock_service import MockService

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_page_loaded_while_the_service_is_away_says_so_and_goes_on_by_itself(
    ada: Ada, service: MockService
) -> None:
    talk = service.invite()
    await ada.join(talk)
    await service.stop()
    await ada.say("into the gap")
    await expect(ada.message("into the gap")).to_contain_text("Sending")
    await ada.page.reload()
    await expect(ada.panel).to_contain_text("trying again")
    await expect(ada.panel).to_contain_text("What you wrote is kept and sent later")
    await service.start()
    await expect(ada.message("into the gap")).to_contain_text("Sent", timeout=20_000)
    assert talk.said(Role.VISITOR) == ["into the gap"]
    assert await ada.said() == ["into the gap"]


async def test_a_page_loaded_while_the_service_is_away_tries_at_once_when_there_is_a_network(
    ada: Ada, service: MockService
) -> None:
    await ada.page.clock.install(time=0)
    await ada.join(service.invite())
    await ada.box.fill("half a sentence")
    await service.stop()
    await ada.page.clock.pause_at(3_600_000)  # no wait ends by itself
    await ada.page.reload()
    await ada.page.clock.run_for(100)  # the start in steps
    await expect(ada.panel).to_contain_text("trying again")
    await service.start()
    await ada.page.evaluate("void dispatchEvent(new Event('online'))")
    await expect(ada.box).to_have_value("half a sentence")


async def test_a_link_opened_while_the_service_is_away_is_tried_again_by_itself(
    ada: Ada, service: MockService
) -> None:
    talk = service.invite()
    await ada.visit()
    await service.stop()
    await ada.page.evaluate("token => { location.hash = `livechat=${token}` }", talk.token)
    await expect(ada.panel).to_contain_text("trying again")
    await expect(ada.panel).not_to_contain_text("kept on this device")
    await expect(ada.panel.get_by_role("link", name="Open a ticket")).to_be_visible()
    await service.start()
    await expect(ada.button("Join the chat")).to_be_visible(timeout=20_000)
