"""Hostile texts, both ways, in a real browser: no script runs, nothing is asked for, all is shown."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from bot.sandbox.rt.world import Person, Ticket
from bot.sandbox.teams.world import Conversation, Post
from tests.e2e.hostile_chats import PARSED, HostileChat, Tally, ground
from tests.e2e.trap import Trap
from tests.hatchery import Hatchery
from tests.hostile_texts import HostileTexts

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture(scope="module")
def chromium(whole_chromium: Browser) -> Browser:
    """What hostile texts may not do to people they may not do to the browser that people have."""
    return whole_chromium


_EACH = 20  # what a visitor may say at once
_MORE = 40  # with pauses; five chats side by side wait together


@pytest.fixture(autouse=True)
def watched() -> None:
    """The service is a process of its own: this event loop is not its."""


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


async def test_hostile_subjects_and_names_are_nothing_but_words_on_the_card(
    chromium: Browser, hatchery: Hatchery, tmp_path: Path
) -> None:
    texts, marks = HostileTexts("card"), list[str]()
    async with ground(tmp_path, hatchery, 1, 1) as all_of_it:
        teams, world = all_of_it.stage.teams, all_of_it.stage.rt.world
        grace, place = teams.people["grace"], all_of_it.accounts[0].root.conversation
        for number in range(50_001, 50_021):
            (mark, subject), (other, name) = texts.next(), texts.next()
            # The mark first: what is long is cut. RT has one line, and nothing that UTF-8 cannot hold.
            subject, name = (
                " ".join(f"{m} {t[:150]}".encode("utf-8", "replace").decode().split())
                for m, t in ((mark, subject), (other, name))
            )
            world.add_person(Person(f"s{number}", name, f"s{number}@help.test"))
            world.add_ticket(Ticket(number, subject, requestors=[f"s{number}"]))
            marks += [mark, other]
            root = await grace.post(place, str(number), mention=True)
            await until_carded(place, root)
        trap = Trap(teams.url)
        async with await chromium.new_context() as context:
            await trap.set(context)
            page = await context.new_page()
            await page.goto(f"{teams.url}#person=grace&in={place.id}")
            for mark in marks:
                await expect(page.locator(".card").get_by_text(mark).first).to_be_attached()
            links = await page.locator(".card a").evaluate_all("(all) => all.map((a) => a.href)")
            assert [link for link in links if "evil" in link or "script" in link] == []
            assert [one for one in await trap.look(page, None) if one not in PARSED] == []


async def until_carded(place: Conversation, root: Post) -> None:
    """The bot has answered with its card."""
    async with asyncio.timeout(60):
        while not any(p.cards and p.root_id == root.root_id for p in place.posts):  # noqa: ASYNC110
            await asyncio.sleep(0.05)


@pytest.mark.soak
async def test_ten_thousand_hostile_texts_are_nothing_but_texts(
    chromium: Browser, hatchery: Hatchery, tmp_path: Path, figures: Callable[[str], None]
) -> None:
    tally = await play(tmp_path, hatchery, chromium, 2, 250, _MORE)
    assert not tally.problems, "\n".join(tally.problems)
    assert tally.said == tally.written == 10_000
    figures(str(tally))
