"""What the demo invites newcomers to try can be tried."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from zoneinfo import ZoneInfo

import aiohttp
import pytest

from bot import demo
from bot.app import Service
from bot.sandbox.stage import PREFIX, Stage
from tests.midday import midday
from tests.migrated import lay_out
from tests.processes import free_port
from tests.story import Story


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    url = f"sqlite:///{tmp_path / 'livechat.db'}"
    await asyncio.to_thread(lay_out, url)
    async with Stage(free_port()) as a_stage:
        # Whatever the time is where the test runs, it is open until the end of the day.
        settings = demo.settings(a_stage, url)
        service = Service(settings.model_copy(update={"timezone": ZoneInfo(midday())}))
        await service.start()
        yield a_stage
        await service.stop()


async def test_a_record_can_be_undone(stage: Stage) -> None:
    story = Story(stage)
    await story.open()
    await story.press_file()
    held = await story.card(lambda text: "Undo" in text)
    await story.grace.press(held, "undo")
    await story.card(lambda text: "Send to RT" in text)
    assert not [t for t in stage.rt.world.transactions if t.kind == "Comment"]
    await story.ada.close()


async def test_visitors_can_begin_once_a_co_says_open(stage: Stage) -> None:
    url = f"http://127.0.0.1:{stage.service_port}{PREFIX}/api/begin"
    headers = {"Origin": stage.site.url, "X-Livechat": "1"}

    async def state() -> str:
        async with aiohttp.ClientSession() as http, http.get(url, headers=headers) as answer:
            return str((await answer.json())["state"])

    assert await state() == "closed"
    await stage.teams.people["grace"].post("Live chat", "open", mention=True)
    async with asyncio.timeout(20):
        while await state() != "open":  # noqa: ASYNC110 - a page has no event for it either
            await asyncio.sleep(0.05)
