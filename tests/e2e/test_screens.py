"""What `make screens` takes its pictures of."""

import pytest
from playwright.async_api import Locator, Page

from infra.dev import screens
from tests.e2e.ada import Ada
from tests.e2e.mock_service import MockService

pytestmark = pytest.mark.asyncio(loop_scope="session")

#: A machine that is busy: what the pop-up does a moment after the window's size changed comes late.
BUSY = """() => {
    const { setTimeout } = window;
    window.setTimeout = (what, after, ...more) => setTimeout(what, after + 300, ...more);
}"""


async def test_a_picture_is_taken_when_the_conversation_has_followed_the_windows_size(
    ada: Ada, service: MockService, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bool] = []

    async def take(shown: Page | Locator, _name: str) -> None:
        assert isinstance(shown, Page)
        seen.append(await shown.evaluate(screens.AT_END))

    monkeypatch.setattr(screens, "take", take)
    monkeypatch.setattr(screens, "ONLY", ())
    talk = service.invite()
    await ada.join(talk)
    for n in range(30):
        talk.grace(f"Have you tried printer {n}?")
    await ada.message("printer 29").wait_for()
    await ada.page.evaluate(BUSY)
    await screens.states(ada.page, "widget-talking")
    assert seen == [True] * 6
