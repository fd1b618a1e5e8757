"""SIGKILL at every step between a visitor's form and the thread of his chat."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import aiohttp
import pytest

from bot.sandbox.stage import PREFIX, Stage
from bot.sandbox.teams import Post
from tests.faults import dying
from tests.hatchery import Hatchery
from tests.midday import midday
from tests.migrated import lay_out
from tests.processes import ServiceProcess, Visitor, free_port

QUESTION = "Why does it beep?"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'livechat.db'}"
    return str(request.getfixturevalue("postgres_url"))


async def sends(ada: Visitor) -> None:
    """She sends the form until there is an answer, as the pop-up does: the same one."""
    async with asyncio.timeout(90):
        while True:
            try:
                return await ada.begin(QUESTION)
            except aiohttp.ClientError:
                await asyncio.sleep(0.2)


async def words(stage: Stage, text: str) -> list[Post]:
    """The bot's posts that say it, once there is one."""
    async with asyncio.timeout(90):
        while True:
            said = [p for p in stage.teams.posts("Live chat") if p.author is None]
            if found := [post for post in said if text in post.text]:
                return found
            await asyncio.sleep(0.05)


def cards(stage: Stage) -> list[Post]:
    """The cards of begun chats, each the first post of its thread."""
    return [p for p in stage.teams.posts("Live chat") if "A visitor asks" in json.dumps(p.cards)]


async def test_dying_between_form_and_thread_loses_nothing_and_doubles_no_words(
    tmp_path: Path, hatchery: Hatchery, database_url: str
) -> None:
    deaths = tmp_path / "deaths"
    async with Stage(free_port()) as stage:
        config = stage.write(
            tmp_path,
            database_url,
            visitor_start={"who": "anyone", "closes_at": "23:59"},
            relay={"lease_seconds": 4, "dead_after_seconds": 3},
        )
        config.write_text(f'timezone = "{midday()}"\n{config.read_text()}')
        await asyncio.to_thread(lay_out, database_url)
        base = f"http://127.0.0.1:{stage.service_port}{PREFIX}"
        order = dying.order(deaths, "asking|begin")
        service = ServiceProcess(config, base, hatchery=hatchery, bug=order)
        async with service, dying.kept_alive(service):
            await stage.teams.people["grace"].post("Live chat", "open", mention=True)
            await words(stage, "visitors can begin chats")
            ada = Visitor(base, stage.site.url)
            deaths.mkdir()
            await sends(ada)
            said = await ada.say("It is the big one.")
            await ada.until(lambda: said in ada.acknowledged)
            (question,) = await words(stage, QUESTION)
            (more,) = await words(stage, "It is the big one.")
            # Everything stands in one thread, the question first, whatever cards there are.
            assert more.root_id == question.root_id
            assert int(more.id) > int(question.id)
            assert question.root_id in {card.root_id for card in cards(stage)}
            told = await words(stage, "waits for an answer")
            assert {post.root_id for post in told} == {question.root_id}
            # Who answers there is heard, and everything stands in the log once.
            grace = stage.teams.people["grace"]
            await grace.reply(question, "The toner?", mention=True)
            await ada.until(lambda: "The toner?" in ada.texts())
            assert ada.texts() == [QUESTION, "It is the big one.", "The toner?"]
            assert dying.steps(deaths) == dying.BEGINNING
            # A thread whose making nobody confirmed may stand there: then the other one says so.
            assert 1 <= len(cards(stage)) <= 2
            again = [p for p in stage.teams.posts("Live chat") if "did not confirm" in p.text]
            assert bool(again) == (len(cards(stage)) == 2)
            await ada.close()
