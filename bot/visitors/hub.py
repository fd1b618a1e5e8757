"""The bell within one process: whoever watches a chat is woken after each commit to it."""

from __future__ import annotations

import asyncio
from typing import Protocol

from bot.relay.ports import Committed
from bot.visitors.wire import Close


class Watcher(Protocol):
    """A socket, as the hub sees it. Both calls return at once and never fail."""

    @property
    def chat_id(self) -> str:
        """The chat it shows."""

    @property
    def seat_id(self) -> str:
        """The seat it was opened with."""

    def wake(self) -> None:
        """Read on, when you can."""

    def dismiss(self, code: Close) -> None:
        """Close, when you can."""


class Hub:
    """``relay.ports.Bell`` for the sockets of this process; use it from the event loop only.

    It keeps no message: a watcher reads the log itself, from where it stands. So a ring that is
    lost, doubled or late does no harm.
    """

    def __init__(self) -> None:
        self._watchers: dict[str, set[Watcher]] = {}
        self._empty = asyncio.Event()
        self._empty.set()
        self.closing = False

    def ring(self, committed: Committed | str) -> None:
        """Wake the watchers of the chats that something was committed to."""
        rung = [committed] if isinstance(committed, str) else [n.chat_id for n in committed.news]
        for chat_id in rung:
            for watcher in self._watchers.get(chat_id, ()):
                watcher.wake()

    def watch(self, watcher: Watcher) -> None:
        """Wake ``watcher`` from now on; unwatch it in the end."""
        self._watchers.setdefault(watcher.chat_id, set()).add(watcher)
        self._empty.clear()
        if self.closing:  # it was let in before we began to close, and is here only now
            watcher.dismiss(Close.RESTART)

    def unwatch(self, watcher: Watcher) -> None:
        """Forget ``watcher``."""
        watchers = self._watchers.get(watcher.chat_id, set())
        watchers.discard(watcher)
        if not watchers:
            self._watchers.pop(watcher.chat_id, None)
        if not self._watchers:
            self._empty.set()

    def count(self) -> int:
        """How many sockets there are."""
        return sum(map(len, self._watchers.values()))

    def of_seat(self, chat_id: str, seat_id: str) -> list[Watcher]:
        """Return the sockets that were opened with a seat: a browser's tabs."""
        return [w for w in self._watchers.get(chat_id, ()) if w.seat_id == seat_id]

    def dismiss(self, chat_id: str, seat_id: str, code: Close) -> None:
        """Close the sockets of a seat that is not valid any more."""
        for watcher in self.of_seat(chat_id, seat_id):
            watcher.dismiss(code)

    async def close(self, within: float = 4.0) -> int:
        """Close every socket, so that widgets come back to our successor; take no new ones.

        Returns how many were still there after ``within`` seconds (stuck peers).
        """
        self.closing = True
        for watchers in list(self._watchers.values()):
            for watcher in list(watchers):
                watcher.dismiss(Close.RESTART)
        try:
            async with asyncio.timeout(within):
                await self._empty.wait()
        except TimeoutError:
            pass
        return self.count()
