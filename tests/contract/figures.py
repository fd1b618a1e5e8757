"""Whoever scrapes a service's figures, all the time."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

import aiohttp


class Scraper:
    """Reads ``/metrics`` of a service again and again, and keeps every line that it was told."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/metrics"
        self.told: set[str] = set()
        self._task: asyncio.Task[None]

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._scrape())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._task.cancel()
        await asyncio.wait([self._task])

    async def _scrape(self) -> None:
        async with aiohttp.ClientSession() as session:
            while True:
                try:
                    async with session.get(self.url) as answer:
                        self.told |= set((await answer.text()).splitlines())
                except aiohttp.ClientError:
                    pass  # it is not up yet, or has just been killed
                await asyncio.sleep(0.05)

    async def until(self, line: str) -> None:
        """Wait until that line was told."""
        async with asyncio.timeout(60):
            while line not in self.told:  # noqa: ASYNC110 - nothing tells of it
                await asyncio.sleep(0.05)

    def names(self, *words: str) -> list[str]:
        """What was told in which one of the words stands."""
        return sorted(line for line in self.told if any(word in line for word in words))
