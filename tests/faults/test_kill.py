"""SIGKILL between any two steps of the story, and a restart: it goes on, and nothing is doubled."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.sandbox.stage import PREFIX, Stage
from tests.hatchery import Hatchery
from tests.migrated import lay_out
from tests.processes import ServiceProcess, free_port
from tests.story import STEPS, Story


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'livechat.db'}"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with Stage(free_port()) as a_stage:
        yield a_stage


async def play(
    stage: Stage, folder: Path, hatchery: Hatchery, database_url: str, die_after: set[str]
) -> Story:
    retention = {"quarantine_seconds": 2, "purge_grace_seconds": 1}
    relay = {"lease_seconds": 4, "dead_after_seconds": 3}
    config = stage.write(folder, database_url, retention=retention, relay=relay)
    await asyncio.to_thread(lay_out, database_url)
    url = f"http://127.0.0.1:{stage.service_port}{PREFIX}"
    async with ServiceProcess(config, url, hatchery=hatchery) as service:
        story = Story(stage, service, die_after)
        try:
            await story.tell()
        finally:
            await story.ada.close()
        story.check()
        story.check_stand_in()
    return story


@pytest.mark.parametrize("step", STEPS)
async def test_a_kill_after_any_step_loses_and_doubles_nothing(
    stage: Stage, tmp_path: Path, hatchery: Hatchery, step: str
) -> None:
    await play(stage, tmp_path, hatchery, f"sqlite:///{tmp_path / 'livechat.db'}", {step})


async def test_a_kill_after_every_step_loses_and_doubles_nothing(
    stage: Stage, tmp_path: Path, hatchery: Hatchery, database_url: str
) -> None:
    await play(stage, tmp_path, hatchery, database_url, set(STEPS))


async def test_sigterm_ends_within_five_seconds_and_sends_the_widgets_back(
    stage: Stage, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'livechat.db'}"
    config = stage.write(tmp_path, url)
    await asyncio.to_thread(lay_out, url)
    base = f"http://127.0.0.1:{stage.service_port}{PREFIX}"
    async with ServiceProcess(config, base) as service:
        story = Story(stage, service)
        await story.open()
        await story.ada.connect()
        await story.ada.until(lambda: story.ada.lines)
        took, code = await asyncio.gather(service.terminate(), story.ada.until_closed())
        assert code == 1012
        assert took < 5
        await story.ada.close()
