"""Where no WebSocket gets through, Ada does not notice."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from bot.domain.messages import Role
from bot.visitors.wire import Close
from tests.e2e.ada import Ada
from tests.e2e.mock_service import MockService
from tests.e2e.upgrades import Upgrades

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture
def upgrades(monkeypatch: pytest.MonkeyPatch) -> Upgrades:
    return Upgrades(monkeypatch)


def polled(ada: Ada) -> int:
    """How many requests of Ada's carried frames."""
    return sum(url.endswith("/api/poll") for url in ada.requests)


async def test_behind_a_proxy_that_refuses_upgrades_the_whole_story_goes_on(
    ada: Ada, service: MockService, upgrades: Upgrades
) -> None:
    upgrades.how = "refused"
    talk = service.invite()
    await ada.join(talk)
    await ada.say("My printer is on fire")
    await expect(ada.message("My printer")).to_contain_text("Sent")
    talk.relay()
    await expect(ada.message("My printer")).to_contain_text("Delivered")
    talk.grace("Which one?")
    await expect(ada.message("Which one?")).to_be_visible()
    await ada.say("All of them")
    await expect(ada.message("All of them")).to_contain_text("Sent")
    talk.end()
    await expect(ada.panel).to_contain_text("The chat has ended")
    assert await ada.said() == ["My printer is on fire", "Which one?", "All of them"]
    assert talk.said(Role.VISITOR) == ["My printer is on fire", "All of them"]
    assert polled(ada)


async def test_a_proxy_that_begins_to_refuse_upgrades_in_the_middle_of_a_chat(
    ada: Ada, service: MockService, upgrades: Upgrades
) -> None:
    talk = service.invite()
    await ada.join(talk)
    await ada.say("one")
    await expect(ada.message("one")).to_contain_text("Sent")
    assert not polled(ada)
    assert not any("poll.js" in url for url in ada.requests)
    upgrades.how = "refused"
    service.dismiss(talk, Close.RESTART)
    await ada.say("two")
    talk.grace("three")
    await expect(ada.message("two")).to_contain_text("Sent", timeout=15_000)
    await expect(ada.message("three")).to_be_visible()
    assert talk.said(Role.VISITOR) == ["one", "two"]
    assert polled(ada)


async def test_a_proxy_that_swallows_what_comes_after_the_handshake(
    ada: Ada, service: MockService, upgrades: Upgrades
) -> None:
    upgrades.how = "swallowed"
    await ada.page.clock.install()
    talk = service.invite()
    await ada.join(talk)
    await ada.say("into the void")
    for _ in range(30):
        await ada.page.clock.run_for(1_000)
    await expect(ada.message("into the void")).to_contain_text("Sent")
    assert talk.said(Role.VISITOR) == ["into the void"]


async def test_another_network_is_tried_with_a_websocket(
    ada: Ada, service: MockService, upgrades: Upgrades
) -> None:
    upgrades.how = "refused"
    talk = service.invite()
    await ada.join(talk)
    await ada.say("one")
    await expect(ada.message("one")).to_contain_text("Sent")
    await ada.context.set_offline(True)
    await ada.say("two")
    await expect(ada.state).to_contain_text("You are offline")
    upgrades.how = "through"
    before = upgrades.asked
    await ada.context.set_offline(False)
    await expect(ada.message("two")).to_contain_text("Sent")
    assert upgrades.asked > before
    asked = polled(ada)
    await ada.say("three")
    await expect(ada.message("three")).to_contain_text("Sent")
    assert polled(ada) == asked


async def test_a_restart_while_polling_loses_and_doubles_nothing(
    ada: Ada, service: MockService, upgrades: Upgrades
) -> None:
    upgrades.how = "refused"
    talk = service.invite()
    await ada.join(talk)
    await ada.say("before")
    await expect(ada.message("before")).to_contain_text("Sent")
    await service.stop()
    await ada.say("into the gap")
    talk.grace("meanwhile")
    await service.start()
    await expect(ada.message("into the gap")).to_contain_text("Sent")
    await expect(ada.message("meanwhile")).to_be_visible()
    assert talk.said(Role.VISITOR) == ["before", "into the gap"]


async def test_a_session_that_ended_elsewhere_ends_it_in_words(
    ada: Ada, service: MockService, upgrades: Upgrades
) -> None:
    upgrades.how = "refused"
    talk = service.invite()
    await ada.join(talk)
    await ada.say("one")
    await expect(ada.message("one")).to_contain_text("Sent")
    service.dismiss(talk, Close.NO_SESSION)
    await expect(ada.foot).to_contain_text("no longer signed in")
