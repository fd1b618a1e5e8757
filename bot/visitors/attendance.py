"""Where the visitor's windows are, all of a chat's together, told on only when it changes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable

import structlog

from bot.domain.chat import NotNow
from bot.domain.presence import Presence, together
from bot.relay.faults import describe

log = structlog.get_logger(__name__)

Report = Callable[[str, Presence, int], Awaitable[None]]

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0  # seconds between tries


class _Windows:
    """The windows of one chat, and what was told of them.

    ``has`` is the last line that each window confirmed, ``seen`` the last that one confirmed while it
    was open: what a hidden window has, its reader sees when he comes back to it.
    """

    __slots__ = ("changed", "has", "pause", "seen", "told", "windows")

    def __init__(self) -> None:
        self.windows: dict[Hashable, Presence] = {}
        self.has: dict[Hashable, int] = {}
        self.seen = 0
        self.told: Presence | None = None
        self.changed: asyncio.Event | None = None  # there while something is to be told
        self.pause = FIRST_PAUSE

    @property
    def now(self) -> Presence:
        return together(list(self.windows.values()))

    def look(self, window: Hashable) -> None:
        """Count what an open window has as seen."""
        if self.windows.get(window) is Presence.OPEN:
            self.seen = max(self.seen, self.has.get(window, 0))

    async def changes_within(self, seconds: float) -> bool:
        self.changed = asyncio.Event()
        try:
            async with asyncio.timeout(seconds):
                await self.changed.wait()
        except TimeoutError:
            return False
        return True


class Attendance:
    """Adds up a chat's windows (tabs, devices) and reports the sum when it changes, and with it what
    was seen in them: while one is open, that would be a commit for each message.

    ``report`` is ``Visiting.presence``. A visitor is gone only when no window was there for
    ``grace`` seconds: a reload, a dead network and a second tab make nobody leave. ``settle``
    swallows flicker such as a hello and the first presence frame. A chat has a task only while
    something of it is to be told.
    """

    def __init__(self, report: Report, *, grace: float = 30.0, settle: float = 0.2) -> None:
        self._report = report
        self._grace = grace
        self._settle = settle
        self._chats: dict[str, _Windows] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._closed = False

    def note(self, chat_id: str, window: Hashable, presence: Presence) -> None:
        """A window came, or changed."""
        chat = self._chat(chat_id)
        chat.windows[window] = presence
        chat.look(window)
        self._see_to(chat_id, chat)

    def has(self, chat_id: str, window: Hashable, seq: int) -> None:
        """A window has confirmed that it has the chat's lines up to ``seq``."""
        chat = self._chats.get(chat_id)
        if chat and window in chat.windows:
            chat.has[window] = seq
            chat.look(window)

    def left(self, chat_id: str, window: Hashable) -> None:
        """A window is not there any more; harmless if it never was."""
        chat = self._chats.get(chat_id)
        if chat and chat.windows.pop(window, None):
            chat.has.pop(window, None)
            self._see_to(chat_id, chat)

    def expect(self, chat_id: str) -> None:
        """A chat is taken to have windows (at a process that has ended, or it has just been joined): if
        none is there, its visitor is gone.
        """
        chat = self._chat(chat_id)
        chat.told = None  # what is so here may be less than what was so there
        self._see_to(chat_id, chat)

    def retell(self) -> None:
        """Report every chat again: what was told is not known any more."""
        for chat_id, chat in self._chats.items():
            chat.told = None
            self._see_to(chat_id, chat)

    async def close(self) -> None:
        """Stop reporting. Nobody is gone because we restart: see ``expect``."""
        self._closed = True
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _chat(self, chat_id: str) -> _Windows:
        chat = self._chats.get(chat_id)
        if chat is None:
            chat = self._chats[chat_id] = _Windows()
        return chat

    def _see_to(self, chat_id: str, chat: _Windows) -> None:
        if chat.changed is not None:
            chat.changed.set()
        if chat_id not in self._tasks and not self._closed:
            task = asyncio.create_task(self._keep(chat_id, chat), name=f"attendance {chat_id}")
            self._tasks[chat_id] = task

    async def _keep(self, chat_id: str, chat: _Windows) -> None:
        """Report until what is so is told; forget the chat when its visitor is gone."""
        try:
            while chat.now is not chat.told:
                pause = self._grace if chat.now is Presence.GONE else self._settle
                if not await chat.changes_within(pause):
                    await self._tell(chat_id, chat)
        finally:
            chat.changed = None
            del self._tasks[chat_id]
            if not chat.windows:
                del self._chats[chat_id]

    async def _tell(self, chat_id: str, chat: _Windows) -> None:
        """Report what is so now; if that fails, pause, and let the caller see what is so then."""
        now = chat.now
        try:
            await self._report(chat_id, now, chat.seen)
        except NotNow:
            pass  # the chat is past caring
        except Exception as error:  # noqa: BLE001 - whatever it was, we try again
            log.warning("presence_not_told", chat=chat_id, error=describe(error))
            await asyncio.sleep(chat.pause)
            chat.pause = min(2 * chat.pause, LONGEST_PAUSE)
            return
        chat.told, chat.pause = now, FIRST_PAUSE
