"""The whole service while its database is away: 503, a labelled way back, and honest notices."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from bot.app import Service
from bot.config import Settings
from bot.relay.outcomes import NotDone
from bot.sandbox.stage import Stage
from tests.migrated import lay_out
from tests.processes import free_port
from tests.story import Story


class Database:
    """The service's way to its database, which a test can cut."""

    def __init__(self, service: Service) -> None:
        self.away = False
        self._write: Callable[..., Awaitable[Any]] = service.store.write
        service.store.write = self.write  # type: ignore[method-assign]

    async def write(self, work: Any, **more: Any) -> Any:
        if self.away:
            raise NotDone("The database does not answer.")
        return await self._write(work, **more)


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with Stage(free_port()) as a_stage:
        yield a_stage


@pytest.fixture
async def service(stage: Stage, tmp_path: Path) -> AsyncIterator[Service]:
    """A service that is quick about telling what did not come again."""
    url = f"sqlite:///{tmp_path / 'livechat.db'}"
    await asyncio.to_thread(lay_out, url)
    service = Service(Settings(**stage.settings(url)))
    misses = service.teams.handler._misses
    misses._look, misses._wait = 0.05, 1.5
    await service.start()
    yield service
    await service.stop()


async def test_what_teams_gave_up_bringing_is_told_in_the_thread_and_what_it_brought_is_not(
    stage: Stage, service: Service
) -> None:
    stage.teams.courier.patience.again = 0
    story, database = Story(stage), Database(service)
    await story.open()
    await story.in_thread("joined")
    database.away = True
    await story.grace.reply(story.root, "your password is on its way")
    lost = story.grace.attempt
    await story.grace.reply(story.root, "and a cup of tea")
    brought = story.grace.attempt
    database.away = False
    assert lost
    assert brought
    assert (lost.status, brought.status) == (503, 503)
    await story.grace.again()
    await story.ada.until(lambda: story.ada.texts() == ["and a cup of tea"])
    await story.in_thread("did not reach the visitor")
    notices = [post.text for post in story.posts() if "did not reach" in post.text]
    assert len(notices) == 1
    assert "A message of Grace Hopper (" in notices[0]
    await story.ada.close()
