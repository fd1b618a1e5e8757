"""Hostile texts, both ways, in a real browser: no script runs, nothing is asked for, all is shown."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.e2e.hostile_chats import HostileChat, Tally, ground
from tests.hatchery import Hatchery

pytestmark = pytest.mark.asyncio(loop_scope="session")

_EACH = 20  # what a visitor may say at once
_MORE = 40  # with pauses; five chats side by side wait together


@pytest.fixture(autouse=True)
def watched() -> None:
    """The service is a process of its own: this event loop is not its."""


@pytest.fixture(scope="module")
def hatchery() -> Iterator[Hatchery]:
    with Hatchery() as a_hatchery:
        yield a_hatchery


async def play(
    folder: Path, hatchery: Hatchery, chromium: Browser, seed: int, chats: int, each: int
) -> Tally:
    tally, room = Tally(), asyncio.Semaphore(3 if each == _EACH else 5)
    async with ground(folder, hatchery, chats, seed) as all_of_it:

        async def one(number: int) -> None:
            async with room:
                chat = HostileChat(all_of_it, number, tally, chromium, seed)
                await chat.play(each, in_teams=number % 10 == 0)

        await asyncio.gather(*map(one, range(chats)))
        log = all_of_it.service.log.read_text()
        tally.problems += [line for line in log.splitlines() if '"level": "error"' in line]
        assert all_of_it.service.alive
    return tally


async def test_a_few_hundred_hostile_texts_are_nothing_but_texts(
    chromium: Browser, hatchery: Hatchery, tmp_path: Path, figures: Callable[[str], None]
) -> None:
    tally = await play(tmp_path, hatchery, chromium, 1, 6, _EACH)
    assert not tally.problems, "\n".join(tally.problems)
    assert tally.said == tally.written == 6 * _EACH
    figures(str(tally))


@pytest.mark.soak
async def test_ten_thousand_hostile_texts_are_nothing_but_texts(
    chromium: Browser, hatchery: Hatchery, tmp_path: Path, figures: Callable[[str], None]
) -> None:
    tally = await play(tmp_path, hatchery, chromium, 2, 250, _MORE)
    assert not tally.problems, "\n".join(tally.problems)
    assert tally.said == tally.written == 10_000
    figures(str(tally))
