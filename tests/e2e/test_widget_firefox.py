"""The visitor's stories in Firefox: the same tests, with another browser behind them.

What test_engines.py tells of Firefox and the service itself is not told here again: a restart, two tabs.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from tests.e2e import test_widget_reliability as reliability
from tests.e2e import test_widget_story as story

pytestmark = pytest.mark.asyncio(loop_scope="session")

FIREFOX = Path("/usr/bin/firefox-esr")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """Firefox, where these tests look for their browser."""
    async with async_playwright() as playwright:
        browser = await playwright.firefox.launch(channel="moz-firefox", executable_path=FIREFOX)
        yield browser
        await browser.close()


# Not here: what needs the clipboard's permission or answers that are lost on the way, neither of
# which Playwright can give Firefox.
for module, names in (
    (
        story,
        (
            "a_talk_both_ways_with_states_that_are_true "
            "a_page_that_nobody_clicks_on_costs_one_request_and_no_socket "
            "enter_sends_and_shift_enter_breaks_the_line "
            "one_s_own_link_opened_again_leads_back_into_the_chat "
            "ending_asks_once_more_and_can_be_called_off "
            "closing_an_ended_chat_leaves_nothing_of_it_in_the_browser "
            "a_filed_chat_s_words_stay_in_the_page_although_the_service_forgets_them"
        ),
    ),
    (
        reliability,
        (
            "a_reload_keeps_the_draft_and_the_panel "
            "a_lost_acknowledgement_doubles_nothing "
            "what_a_tab_could_not_send_before_it_crashed_goes_out_with_the_next_one"
        ),
    ),
):
    globals().update({f"test_{name}": getattr(module, f"test_{name}") for name in names.split()})
