"""The browser's Back in three engines, which may keep a page whole: with the real service."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from functools import partial

import pytest
import pytest_asyncio

from tests.e2e.engines import DESKTOP, Engine, Size, chromium, firefox, webkit
from tests.e2e.guest import Guest
from tests.e2e.test_engines import ada, house, person, story, tls
from tests.story import Story

__all__ = ["ada", "house", "person", "story", "tls"]

pytestmark = pytest.mark.asyncio(loop_scope="module")

_SESSION_ENDS = """() => fetch("/livechat/api/leave", {method: "POST", body: "{}",
    headers: {"Content-Type": "application/json", "X-Livechat": "1"}}).then(({ok}) => ok)"""
"""And nothing in the browser tells of it."""


@pytest_asyncio.fixture(
    scope="module", loop_scope="module", params=["chromium", "firefox", "webkit"]
)
async def engine(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Engine]:
    engines: dict[str, Callable[[], AbstractAsyncContextManager[Engine]]] = {
        # As people have it, and not as Playwright starts it.
        "chromium": partial(chromium, "--disable-back-forward-cache"),
        "firefox": firefox,
        "webkit": partial(webkit, tmp_path_factory.mktemp("settings")),
    }
    async with engines[request.param]() as engine:
        yield engine


@pytest.fixture
def size() -> Size:
    return DESKTOP


async def test_back_brings_a_chat_back_to_whom_it_is_and_nothing_of_it_to_the_next_one(
    ada: Guest, story: Story
) -> None:
    """Chromium and WebKit keep the page whole; Firefox none that changed as it was left."""
    await ada.join(await story.invite())
    await ada.say("The payroll printer")
    await ada.sees_state("The payroll printer", "Delivered")
    await ada.find(".field label")  # the rest of the widget is there
    await ada.goes_on("/remote")
    assert await ada.goes_back("/printing") == 0
    await ada.sees("The payroll printer")
    await ada.say("still beeps")
    await ada.sees_state("still beeps", "Delivered")
    assert await ada.said() == ["The payroll printer", "still beeps"]
    await ada.goes_on("/remote")
    await ada.tab.run(_SESSION_ENDS)
    assert await ada.goes_back("/printing") == 0
    await ada.sees("No chat is open")
    assert await ada.said() == []
