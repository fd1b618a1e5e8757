"""The log of a service that runs can be made to tell more, and less again."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.sandbox.stage import PREFIX, Stage
from tests.hatchery import Hatchery
from tests.migrated import sqlite_at
from tests.processes import ServiceProcess, free_port


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with Stage(free_port()) as a_stage:
        yield a_stage


class Reader:
    """Sends signals, and reads what they led to."""

    def __init__(self, service: ServiceProcess) -> None:
        self._service = service

    def lines(self) -> list[dict[str, Any]]:
        """Everything that was logged."""
        return [json.loads(line) for line in self._service.log.read_text().splitlines()]

    async def told(self, number: signal.Signals, *levels: str) -> None:
        """Send it, and wait until these are all the changes that were logged so far."""
        self._service.signal(number)
        async with asyncio.timeout(30):
            while self._levels() != [*levels]:  # noqa: ASYNC110 - nothing tells of it
                await asyncio.sleep(0.05)

    def _levels(self) -> list[str]:
        return [line["now"] for line in self.lines() if line["event"] == "log_level"]

    async def until(self, *events: str) -> None:
        """Wait until these were logged."""
        async with asyncio.timeout(30):
            while not {*events} <= {line["event"] for line in self.lines()}:  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.05)

    async def asks(self) -> int:
        """Let a request be answered; return how often one was logged by then."""
        url = f"{self._service.url}/healthz"
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            assert answer.ok
        return sum(line["event"] == "answered" for line in self.lines())


async def test_a_signal_makes_it_tell_everything_and_another_as_much_as_before(
    tmp_path: Path, stage: Stage, hatchery: Hatchery
) -> None:
    config = stage.write(
        tmp_path, sqlite_at(tmp_path / "livechat.db"), log={"level": "error", "format": "json"}
    )
    base = f"http://127.0.0.1:{stage.service_port}{PREFIX}"
    async with ServiceProcess(config, base, hatchery=hatchery) as service:
        reader = Reader(service)
        assert await reader.asks() == 0
        await reader.told(signal.SIGUSR1, "debug")
        assert await reader.asks() == 1
        await stage.teams.people["grace"].post("Live chat", "help", mention=True)
        await reader.until("activity", "teams_answered")
        await reader.told(signal.SIGUSR1, "debug", "debug")  # twice is no less
        assert await reader.asks() == 2
        await reader.told(signal.SIGUSR2, "debug", "debug", "error")
        assert await reader.asks() == 2
