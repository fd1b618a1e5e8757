"""A visitor's windows, added up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.domain.chat import NotNow, State
from bot.domain.events import PresenceChanged
from bot.domain.presence import Presence
from bot.visitors import attendance
from bot.visitors.attendance import Attendance

OPEN, HIDDEN, GONE = Presence.OPEN, Presence.HIDDEN, Presence.GONE


class Card:
    """Takes the reports down, as the chat's card would."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Presence]] = []
        self.seen: list[int] = []
        self.trouble: list[Exception] = []
        self.news = asyncio.Event()

    async def report(self, chat_id: str, presence: Presence, seen: int) -> None:
        if self.trouble:
            raise self.trouble.pop()
        self.told.append((chat_id, presence))
        self.seen.append(seen)
        self.news.set()

    async def wait(self) -> list[Presence]:
        """Wait for the next report; return all so far."""
        async with asyncio.timeout(20):
            await self.news.wait()
        self.news.clear()
        return [presence for _, presence in self.told]


async def quiet(seconds: float = 0.06) -> None:
    """Let time pass in which nothing should happen."""
    await asyncio.sleep(seconds)


@pytest.fixture
def card() -> Card:
    return Card()


@pytest.fixture
async def windows(card: Card) -> AsyncIterator[Attendance]:
    windows = Attendance(card.report, grace=0.04, settle=0.005)
    yield windows
    await windows.close()


async def test_a_window_that_comes_changes_and_goes_is_told_once_each(
    card: Card, windows: Attendance
) -> None:
    windows.note("chat", 1, OPEN)
    assert await card.wait() == [OPEN]
    windows.note("chat", 1, HIDDEN)
    assert await card.wait() == [OPEN, HIDDEN]
    windows.left("chat", 1)
    assert await card.wait() == [OPEN, HIDDEN, GONE]
    await quiet()
    assert card.told == [("chat", OPEN), ("chat", HIDDEN), ("chat", GONE)]


async def test_what_an_open_window_confirmed_is_told_when_the_visitor_looks_away(
    card: Card, windows: Attendance
) -> None:
    windows.note("chat", 1, OPEN)
    windows.has("chat", 1, 3)
    assert await card.wait() == [OPEN]
    windows.has("chat", 1, 5)
    await quiet()
    assert card.seen == [3]  # nothing is told while he looks
    windows.note("chat", 1, HIDDEN)
    await card.wait()
    windows.has("chat", 1, 8)
    windows.left("chat", 1)
    await card.wait()
    assert card.seen == [3, 5, 5]


async def test_what_a_hidden_window_has_is_seen_when_he_comes_back_to_it(
    card: Card, windows: Attendance
) -> None:
    windows.note("chat", 1, HIDDEN)
    windows.has("chat", 1, 3)
    await card.wait()
    windows.note("chat", 1, OPEN)
    await card.wait()
    assert card.seen == [0, 3]


async def test_what_a_window_has_that_is_gone_is_nobodys(card: Card, windows: Attendance) -> None:
    windows.note("chat", 1, HIDDEN)
    windows.left("chat", 1)
    windows.has("chat", 1, 3)
    windows.has("another", 1, 3)
    windows.note("chat", 1, OPEN)
    await card.wait()
    assert card.seen == [0]


async def test_hello_and_first_presence_are_one_report(card: Card, windows: Attendance) -> None:
    windows.note("chat", 1, HIDDEN)
    windows.note("chat", 1, OPEN)
    assert await card.wait() == [OPEN]


async def test_a_reload_makes_nobody_leave(card: Card, windows: Attendance) -> None:
    windows.note("chat", 1, OPEN)
    await card.wait()
    windows.left("chat", 1)
    await quiet(0.02)
    windows.note("chat", 2, OPEN)
    await quiet()
    assert card.told == [("chat", OPEN)]


async def test_nobody_is_gone_while_another_tab_lives(card: Card, windows: Attendance) -> None:
    windows.note("chat", 1, OPEN)
    windows.note("chat", 2, HIDDEN)
    assert await card.wait() == [OPEN]
    windows.left("chat", 1)
    assert await card.wait() == [OPEN, HIDDEN]
    await quiet()
    assert card.told[-1] == ("chat", HIDDEN)


async def test_a_visitor_who_comes_back_after_the_grace_is_told_again(
    card: Card, windows: Attendance
) -> None:
    windows.note("chat", 1, OPEN)
    await card.wait()
    windows.left("chat", 1)
    await card.wait()
    windows.note("chat", 2, OPEN)
    assert await card.wait() == [OPEN, GONE, OPEN]


async def test_one_chats_windows_are_not_anothers(card: Card, windows: Attendance) -> None:
    windows.note("ada", 1, OPEN)
    await card.wait()
    windows.note("grace", 1, HIDDEN)
    await card.wait()
    windows.left("grace", 1)
    await card.wait()
    assert card.told == [("ada", OPEN), ("grace", HIDDEN), ("grace", GONE)]


async def test_a_report_that_fails_is_repeated_with_what_is_so_then(
    card: Card, windows: Attendance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attendance, "FIRST_PAUSE", 0.01)
    card.trouble = [OSError("database away"), OSError("database away")]
    windows.note("chat", 1, OPEN)
    assert await card.wait() == [OPEN]
    assert card.trouble == []


async def test_a_chat_that_is_past_caring_is_not_asked_again(
    card: Card, windows: Attendance
) -> None:
    card.trouble = [NotNow(State.PURGED, PresenceChanged)]
    windows.note("chat", 1, OPEN)
    await quiet()
    assert (card.told, card.trouble) == ([], [])
    windows.left("chat", 1)
    assert await card.wait() == [GONE]


async def test_after_a_restart_those_who_do_not_come_back_are_gone(
    card: Card, windows: Attendance
) -> None:
    windows.expect("ada")
    windows.expect("brook")
    windows.note("ada", 1, OPEN)
    await card.wait()
    await card.wait()
    assert card.told == [("ada", OPEN), ("brook", GONE)]


async def test_nothing_is_kept_of_those_who_are_gone(card: Card, windows: Attendance) -> None:
    windows.note("chat", 1, OPEN)
    await card.wait()
    windows.left("chat", 1)
    await card.wait()
    await quiet(0.01)
    assert (windows._chats, windows._tasks) == ({}, {})


async def test_of_a_window_that_has_closed_nothing_is_kept_while_another_one_is_there(
    card: Card, windows: Attendance
) -> None:
    """A long chat at a bad network has many that come and go, and each of them is a whole socket."""
    for window in ("here", "there"):
        windows.note("chat", window, OPEN)
        windows.has("chat", window, 3)
    await card.wait()
    windows.left("chat", "there")
    windows.has("chat", "there", 4)  # its answer comes late
    chat = windows._chats["chat"]
    assert (chat.windows, chat.has, chat.seen) == ({"here": OPEN}, {"here": 3}, 3)


async def test_closing_reports_nobody_gone(card: Card, windows: Attendance) -> None:
    windows.note("chat", 1, OPEN)
    await card.wait()
    windows.left("chat", 1)
    await windows.close()
    await quiet()
    assert card.told == [("chat", OPEN)]


async def test_what_others_forgot_is_told_again(card: Card, windows: Attendance) -> None:
    windows.note("chat", "tab", HIDDEN)
    assert await card.wait() == [HIDDEN]
    windows.retell()
    assert await card.wait() == [HIDDEN, HIDDEN]


async def test_of_a_chat_whose_other_windows_died_it_is_told_what_is_left_here(
    card: Card, windows: Attendance
) -> None:
    windows.note("chat", "tab", HIDDEN)
    assert await card.wait() == [HIDDEN]
    windows.expect("chat")
    assert await card.wait() == [HIDDEN, HIDDEN]
