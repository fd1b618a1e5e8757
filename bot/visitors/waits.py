"""How many others have been waiting longer than a visitor who waits for an answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import structlog

from bot.domain.chat import Chat
from bot.relay.faults import describe
from bot.visitors.hub import Hub

log = structlog.get_logger(__name__)


class Waits:
    """Tells it of a chat, and wakes its windows when that has changed.

    ``read`` is ``Visiting.waiting_longer``. What changes it happens to the chats of others, at any
    process; so it is read anew every ``pause`` seconds, for all chats at once, and only as long as this
    process has a window of one that waits.
    """

    def __init__(
        self, hub: Hub, read: Callable[[], Awaitable[Mapping[str, int]]], pause: float
    ) -> None:
        self._hub = hub
        self._read = read
        self._pause = pause
        self._told: dict[str, int] = {}
        self._task: asyncio.Task[None] | None = None

    async def longer_than(self, chat: Chat) -> int | None:
        """Return how many others have been waiting longer; None if its visitor does not wait."""
        if not chat.waits:
            return None
        found = await self._read()
        self._compare(found)
        longer = found.get(chat.id)
        if longer is not None:
            self._told[chat.id] = longer
            if self._task is None and not self._hub.closing:
                self._task = asyncio.create_task(self._watch(), name="waits")
        return longer

    async def close(self) -> None:
        """Wake nobody any more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _watch(self) -> None:
        try:
            while self._told:
                await asyncio.sleep(self._pause)
                self._told = {c: n for c, n in self._told.items() if self._hub.count_of(c)}
                if self._told:
                    await self._look()
        finally:
            self._task = None

    async def _look(self) -> None:
        try:
            self._compare(await self._read())
        except Exception as error:  # noqa: BLE001 - the next round may do better
            log.warning("waits_failed", error=describe(error))

    def _compare(self, found: Mapping[str, int]) -> None:
        """Wake the windows of those of whom something else was told; forget who waits no more."""
        for chat_id, told in list(self._told.items()):
            if chat_id not in found:
                del self._told[chat_id]
            elif found[chat_id] != told:
                self._told[chat_id] = found[chat_id]
                self._hub.wake(chat_id)
