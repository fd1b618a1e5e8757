"""The element in what happens around it: a network that goes, a page that takes it away."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import Route, expect

from bot.domain.messages import Role
from tests.e2e.ada import Ada
from tests.e2e.mock_service import MockService

pytestmark = pytest.mark.asyncio(loop_scope="session")


GONE = """() => {
    let left = 0;
    const { close } = WebSocket.prototype;
    WebSocket.prototype.close = function () { left += 1; close.call(this); };
    dispatchEvent(new Event('offline'));
    return left;
}"""
"""The browser tells that its network is gone; how many sockets are given up because of that."""


async def test_a_socket_that_seems_to_live_is_left_when_the_network_goes(
    ada: Ada, service: MockService
) -> None:
    talk = service.invite()
    await ada.join(talk)
    await ada.say("before")
    await expect(ada.message("before")).to_contain_text("Sent")
    await expect(ada.button("Add files")).to_be_visible()  # the rest of the widget is there
    assert await ada.page.evaluate(GONE) == 1
    await ada.say("after")  # the browser was mistaken
    await expect(ada.message("after")).to_contain_text("Sent")
    assert talk.said(Role.VISITOR) == ["before", "after"]


async def test_an_element_that_is_taken_away_before_the_answer_holds_no_connection(
    ada: Ada, service: MockService
) -> None:
    await ada.join(service.invite())
    await ada.say("before")
    await expect(ada.message("before")).to_contain_text("Sent")
    taken = asyncio.Event()

    async def later(route: Route) -> None:
        await taken.wait()
        await route.continue_()

    await ada.page.route("**/api/session", later)
    sockets = ada.sockets
    async with ada.page.expect_request("**/api/session"):
        await ada.visit()
    await ada.page.evaluate("document.querySelector('rt-livechat').remove()")
    async with ada.page.expect_response("**/api/session"):
        taken.set()
    # Whoever comes later is answered later: by then the first one would have connected.
    await ada.page.evaluate("document.body.append(document.createElement('rt-livechat'))")
    await ada.say("after")
    await expect(ada.message("after")).to_contain_text("Sent")
    assert ada.sockets == sockets + 1
