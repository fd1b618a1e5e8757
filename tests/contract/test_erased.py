"""A talk under way is erased at a prompt, beside the service: both sides learn of it, and soon.

The service is a process of its own, and so is ``livechat purge``: on SQLite they share a file only.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.sandbox.stage import PREFIX, Stage
from bot.visitors.wire import Close
from tests.contract.test_nothing_kept import CANARY, PEOPLE, in_tables, left, talk
from tests.hatchery import Hatchery
from tests.migrated import lay_out
from tests.processes import ROOT, ServiceProcess, free_port
from tests.story import Story

#: Well below the 60 s after which a process looks for rings that were lost to it.
SOON = 20


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with Stage(free_port(), enforce_limits=False) as a_stage:
        yield a_stage


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite:///{tmp_path / 'livechat.db'}"


async def erase(config: Path, person: str) -> str:
    """What the prompt says."""
    words = ("purge", "--person", person, "--also-unfiled", "--yes")
    asked = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "--config", str(config), *words),
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": "."},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, problems = await asked.communicate()
    assert asked.returncode == 0, problems.decode()
    return said.decode()


async def test_both_sides_learn_that_their_talk_was_erased_and_nothing_of_it_is_left(
    tmp_path: Path, stage: Stage, hatchery: Hatchery, url: str
) -> None:
    await asyncio.to_thread(lay_out, url)
    config = stage.write(tmp_path, url, log={"level": "debug"}, relay={"pacing": False})
    base = f"http://127.0.0.1:{stage.service_port}{PREFIX}"
    async with ServiceProcess(config, base, hatchery=hatchery) as service:
        story = Story(stage, service)
        await talk(story)
        # Somebody reads meanwhile: who answers no ping for as long as a prompt may take is cut.
        closed = asyncio.create_task(story.ada.until_closed())
        assert story.ada.chat in await erase(config, "Ada Lovelace")
        async with asyncio.timeout(SOON):
            assert await closed == Close.GONE
            await story.card(lambda text: "**Erased**" in text, SOON)
            await story.in_thread("was erased, because a person asked for that")
        # Writing the file anew rests for twenty times as long as it took.
        async with asyncio.timeout(120):
            while left(tmp_path, CANARY, *PEOPLE):  # noqa: ASYNC110 - nothing tells of it
                await asyncio.sleep(0.2)
        assert in_tables(url, CANARY, *PEOPLE) == []
        card = await story.card(lambda text: "**Erased**" in text)
        assert "execute" not in json.dumps(card.cards).lower()  # there is nothing to be pressed
        await story.grace.reply(story.root, f"{CANARY} too late", mention=True)
        await story.in_thread("Not sent to the visitor")
        assert in_tables(url, CANARY) == []
        await story.ada.close()
    assert not [t for t in stage.rt.world.transactions if t.kind == "Comment"]
    assert left(tmp_path, CANARY, *PEOPLE) == []
