"""Where the visitor's windows are, all of a chat's together, told on only when it changes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable

import structlog

from bot.domain.chat import NotNow
from bot.domain.presence import Presence, together
from bot.visitors.trouble import describe

log = structlog.get_logger(__name__)

Report = Callable[[str, Presence], Awaitable[None]]

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0  # seconds between tries


class _Windows:
    """The windows of one chat, and what was told of them."""

    def __init__(self) -> None:
        self.windows: dict[Hashable, Presence] = {}
        self.told: Presence | None = None
        self.changed = asyncio.Event()
        self.pause = FIRST_PAUSE

    @property
    def now(self) -> Presence:
        return together(list(self.windows.values()))

    async def changes_within(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await self.changed.wait()
        except TimeoutError:
            return False
        return True


class Attendance:
    """Adds up a chat's windows (tabs, devices) and reports the sum when it changes.

    ``report`` is ``Visiting.presence``. A visitor is gone only when no window was there for
    ``grace`` seconds: a reload, a dead network and a second tab make nobody leave. ``settle``
    swallows flicker such as a hello and the first presence frame. One task per chat in which
    something is happening, none per report.
    """

    def __init__(self, report: Report, *, grace: float = 30.0, settle: float = 0.2) -> None:
        self._report = report
        self._grace = grace
        self._settle = settle
        self._chats: dict[str, _Windows] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def note(self, chat_id: str, window: Hashable, presence: Presence) -> None:
        """A window came, or changed."""
        chat = self._chat(chat_id)
        chat.windows[window] = presence
        chat.changed.set()

    def left(self, chat_id: str, window: Hashable) -> None:
        """A window is not there any more; harmless if it never was."""
        chat = self._chats.get(chat_id)
        if chat and chat.windows.pop(window, None):
            chat.changed.set()

    def expect(self, chat_id: str) -> None:
        """A chat had windows before this process began: if none comes back, its visitor is gone."""
        self._chat(chat_id)

    async def close(self) -> None:
        """Stop reporting. Nobody is gone because we restart: see ``expect``."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _chat(self, chat_id: str) -> _Windows:
        chat = self._chats.get(chat_id)
        if chat is None:
            chat = self._chats[chat_id] = _Windows()
            task = asyncio.create_task(self._keep(chat_id, chat), name=f"attendance {chat_id}")
            self._tasks[chat_id] = task
        return chat

    async def _keep(self, chat_id: str, chat: _Windows) -> None:
        """Report until the visitor is gone and that is told."""
        try:
            while not (chat.told is Presence.GONE and chat.now is Presence.GONE):
                if chat.now is chat.told:
                    await chat.changed.wait()
                chat.changed.clear()
                pause = self._grace if chat.now is Presence.GONE else self._settle
                if chat.now is not chat.told and not await chat.changes_within(pause):
                    await self._tell(chat_id, chat)
        finally:
            del self._chats[chat_id], self._tasks[chat_id]

    async def _tell(self, chat_id: str, chat: _Windows) -> None:
        """Report what is so now; if that fails, pause, and let the caller see what is so then."""
        now = chat.now
        try:
            await self._report(chat_id, now)
        except NotNow:
            pass  # the chat is past caring
        except Exception as error:  # noqa: BLE001 - whatever it was, we try again
            log.warning("presence_not_told", chat=chat_id, error=describe(error))
            await asyncio.sleep(chat.pause)
            chat.pause = min(2 * chat.pause, LONGEST_PAUSE)
            return
        chat.told, chat.pause = now, FIRST_PAUSE
