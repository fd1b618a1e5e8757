"""On SQLite: notices that another process wrote to the file.

One process serves; yet ``livechat purge`` and the like write beside it, and can ring nobody's bell.
SQLite tells each connection cheaply whether another one has committed since it last asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Protocol

import sqlalchemy as sa
import structlog

from bot.relay.delivery import Committed, Lane
from bot.relay.outcomes import OutsideError
from bot.store.sql import Query

log = structlog.get_logger(__name__)

_LOOK_EVERY = 1.0  # seconds
#: To be asked on the connection that writes: commits of others count, its own do not.
VERSION = Query(sa.text("SELECT data_version FROM pragma_data_version"))


class Ears(Protocol):
    """How a store hears of what other processes committed, and tells them of its own commits."""

    async def start(self) -> None:
        """Begin to listen; harmless if it does."""

    async def close(self) -> None:
        """End it."""

    def count(self, alive: int) -> None:
        """Take note of how many processes there are."""

    def pass_on(self, committed: Committed) -> None:
        """Tell the others."""


class Neighbours:
    """Looks every second; what another process committed counts as a ring that was lost."""

    def __init__(
        self, version: Callable[[], Awaitable[int]], ring: Callable[[Committed], object]
    ) -> None:
        """``version`` asks VERSION, and raises OutsideError."""
        self._version = version
        self._ring = ring
        self._known: int | None = None
        self._turn = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to look."""
        if self._task is None:
            self._task = asyncio.create_task(self._serve(), name="store-neighbours")

    async def close(self) -> None:
        """End it."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    def count(self, alive: int) -> None:
        """There are no others."""

    def pass_on(self, committed: Committed) -> None:
        """There is nobody to tell."""

    @asynccontextmanager
    async def unheard(self) -> AsyncIterator[None]:
        """What is written meanwhile, on another connection, is our own doing."""
        async with self._turn:
            await self._look()
            try:
                yield
            finally:
                self._known = None
                with suppress(OutsideError):  # the next look asks again
                    self._known = await self._version()

    async def look(self) -> None:
        """Ring if somebody else has written since the last time."""
        async with self._turn:
            await self._look()

    async def _look(self) -> None:
        version = await self._version()
        known, self._known = self._known, version
        if known not in (None, version):
            self._ring(Committed(lanes=frozenset(Lane), lost=True))

    async def _serve(self) -> None:
        well = True
        while True:
            try:
                await self.look()
                well = True
            except OutsideError:  # others tell of it
                pass
            except Exception as error:  # noqa: BLE001 - the next look may do better
                if well:  # once, not every second
                    log.warning("look_failed", reason=type(error).__name__)
                well = False
            await asyncio.sleep(_LOOK_EVERY)
