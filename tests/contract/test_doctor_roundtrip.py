"""``livechat doctor --roundtrip``: all the way among stand-ins, and where it says that it stopped."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from click.testing import CliRunner

from bot import roundtrip
from bot.app import Service
from bot.cli import main
from bot.config import Settings
from bot.doctor import Finding, Level
from bot.roundtrip import NoLink, travel
from bot.sandbox.stage import Stage
from bot.sandbox.teams.faults import Fault
from tests.migrated import sqlite_at
from tests.processes import free_port
from tests.story import Story

ALL = ["link", "poll", "websocket", "message", "teams", "answer"]


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    url = await asyncio.to_thread(sqlite_at, tmp_path / "livechat.db")
    async with Stage(free_port()) as a_stage:
        a_stage.write(tmp_path, url)
        service = Service(Settings(**a_stage.settings(url)))
        await service.start()
        yield a_stage
        await service.stop()


@pytest.fixture
async def story(stage: Stage) -> AsyncIterator[Story]:
    a_story = Story(stage)
    yield a_story
    await a_story.ada.close()


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has to answer has no time."""
    legs = roundtrip._legs
    monkeypatch.setattr(
        roundtrip,
        "_legs",
        lambda visitor: [
            replace(leg, seconds=0.5) if leg.what == "answer" else leg for leg in legs(visitor)
        ],
    )


def link(stage: Stage, token: str) -> str:
    return f"{stage.site.url}/#livechat={token}"


async def went(stage: Stage, token: str) -> list[Finding]:
    """What is told of a trip that stops somewhere."""
    found: list[Finding] = []
    settings = Settings(**stage.settings("sqlite:////nowhere/livechat.db"))
    assert not await travel(settings, link(stage, token), found.append)
    assert [one.level for one in found[:-1]] == [Level.OK] * (len(found) - 1)
    assert found[-1].level is Level.FAIL
    return found


async def test_it_goes_all_the_way_tells_each_leg_and_ends_its_chat(
    story: Story, stage: Stage, tmp_path: Path
) -> None:
    token = await story.invite()
    command = ["--config", str(tmp_path / "livechat.toml"), "doctor", "--roundtrip"]
    given = f"{link(stage, token)}\n"
    trip = asyncio.create_task(asyncio.to_thread(CliRunner().invoke, main, command, given))
    await story.in_thread("self-test")
    await story.grace.reply(story.root, "I am here.", mention=True)
    result = await trip
    assert result.exit_code == 0, result.output
    told = [line for line in result.output.splitlines() if line.startswith("ok ")]
    assert [line.split()[1].rstrip(":") for line in told] == ALL
    assert all(line.endswith(" s)") for line in told)
    await story.card(lambda text: "Send to RT" in text and "ended" in text.lower())


@pytest.mark.usefixtures("hurried")
async def test_where_nobody_answers_it_is_told_that_teams_does_not_reach_us_perhaps(
    story: Story, stage: Stage
) -> None:
    found = await went(stage, await story.invite())
    assert [one.what for one in found] == ALL
    assert "/api/messages" in found[-1].todo
    await story.card(lambda text: "Send to RT" in text and "ended" in text.lower())


async def test_what_teams_does_not_take_is_told_as_such(story: Story, stage: Stage) -> None:
    token = await story.invite()
    stage.teams.faults.add(Fault(on="send reply", times=None, status=400))
    found = await went(stage, token)
    assert [one.what for one in found] == ALL[:-1]
    assert "Teams did not take it" in found[-1].said
    assert "token_refused" in found[-1].todo


async def test_where_no_websocket_comes_through_it_goes_on_by_polling(
    story: Story, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(roundtrip, "PROTOCOL", "another")
    there, found = link(stage, await story.invite()), list[Finding]()
    settings = Settings(**stage.settings("sqlite:////nowhere/livechat.db"))
    trip = asyncio.create_task(travel(settings, there, found.append))
    await story.in_thread("self-test")
    await story.grace.reply(story.root, "I am here.", mention=True)
    assert await trip
    assert [one.what for one in found] == ALL
    assert [one.what for one in found if one.level is Level.WARN] == ["websocket"]
    assert found[2].said.endswith("/livechat/ws answers 403")


async def test_a_link_that_is_used_up_is_told_with_how_to_get_another(
    story: Story, stage: Stage
) -> None:
    token = await story.invite()
    await story.ada.join(token)
    (found,) = await went(stage, token)
    assert "answers 410 used" in found.said
    assert "press Invite" in found.todo


async def test_where_nothing_listens_it_is_told_at_once() -> None:
    async with Stage(free_port()) as stage:
        (found,) = await went(stage, "t" * 43)
    assert (found.what, "answers 503" in found.said) == ("link", True)
    assert "journalctl" in found.todo


async def test_an_answer_that_something_else_has_made_is_told_as_broken(stage: Stage) -> None:
    async def page(_request: web.Request) -> web.Response:
        return web.json_response({"chat": "but no cookie: something took it out"})

    app = web.Application()
    app.router.add_post("/livechat/api/join", page)
    async with TestServer(app) as server:
        site = str(server.make_url("")).rstrip("/")
        there = {"public_url": f"{site}/livechat", "help_page": f"{site}/"}
        settings = Settings(**{**stage.settings("sqlite:////x.db"), **there})
        found: list[Finding] = []
        assert not await travel(settings, link(stage, "t" * 43), found.append)
    assert [(one.what, one.said) for one in found] == [("link", "it broke (KeyError)")]


async def test_what_is_no_link_is_refused(stage: Stage, tmp_path: Path) -> None:
    with pytest.raises(NoLink):
        await travel(Settings(**stage.settings("sqlite:////x.db")), "https://help.test/", print)
    command = ["--config", str(tmp_path / "livechat.toml"), "doctor", "--roundtrip"]
    result = await asyncio.to_thread(CliRunner().invoke, main, command, "https://help.test/\n")
    assert result.exit_code == 2
    assert "#livechat=" in result.output
