"""The bell within one process: whoever watches a chat hears of each commit to it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Protocol

from bot.relay.delivery import Committed, News
from bot.visitors.wire import Close


class Watcher(Protocol):
    """A socket, as the hub sees it. Every call returns at once and never fails."""

    @property
    def chat_id(self) -> str:
        """The chat it shows."""

    @property
    def seat_id(self) -> str:
        """The seat it was opened with."""

    def hear(self, news: News) -> None:
        """Show what a commit brought."""

    def wake(self, *, doubt: bool = False) -> None:
        """Read on, when you can; with ``doubt``, look first whether the seat is still good."""

    def tend(self, now: float) -> None:
        """See to what is overdue; ``now`` is monotonic."""

    def dismiss(self, code: Close) -> None:
        """Close, when you can."""


class Hub:
    """``relay.delivery.Bell`` for the sockets of this process; use it from the event loop only.

    It keeps no message: what a watcher cannot make out of the news, it reads from the log itself,
    from where it stands. So a ring that is lost, doubled or late does no harm.
    """

    def __init__(self) -> None:
        self._watchers: dict[str, list[Watcher]] = {}
        #: Of each chat that is watched, the commits whose news its watchers heard; see lookout.py.
        self.heard: dict[str, int] = {}
        self._count = 0
        self._empty = asyncio.Event()
        self._empty.set()
        self.lost = asyncio.Event()  # rings may have been lost: see lookout.py
        self.closing = False

    def ring(self, committed: Committed) -> None:
        """Tell the watchers of the chats that something was committed to."""
        for news in committed.news:
            if news.chat is None and news.relayed is None and not news.lines:
                self.wake(news.chat_id, doubt=True)
                continue
            if watchers := self._watchers.get(news.chat_id):
                self.heard[news.chat_id] = self.heard.get(news.chat_id, 0) + 1
                for watcher in watchers:
                    watcher.hear(news)
        if committed.lost:
            self.lost.set()

    def wake(self, chat_id: str, *, doubt: bool = False) -> None:
        """Let the chat's watchers read on."""
        for watcher in self._watchers.get(chat_id, ()):
            watcher.wake(doubt=doubt)

    def watch(self, watcher: Watcher) -> None:
        """Tell ``watcher`` from now on; unwatch it in the end."""
        self._watchers.setdefault(watcher.chat_id, []).append(watcher)
        self._count += 1
        self._empty.clear()
        if self.closing:  # it was let in before we began to close, and is here only now
            watcher.dismiss(Close.RESTART)

    def unwatch(self, watcher: Watcher) -> None:
        """Forget ``watcher``."""
        watchers = self._watchers.get(watcher.chat_id, [])
        if watcher in watchers:
            watchers.remove(watcher)
            self._count -= 1
        if not watchers:
            self._watchers.pop(watcher.chat_id, None)
            self.heard.pop(watcher.chat_id, None)
        if not self._watchers:
            self._empty.set()

    def count(self) -> int:
        """How many sockets there are."""
        return self._count

    def count_of(self, chat_id: str) -> int:
        """How many of them show that chat."""
        return len(self._watchers.get(chat_id, ()))

    def chats(self) -> list[str]:
        """Return the chats that somebody watches."""
        return list(self._watchers)

    def everybody(self) -> Iterator[Watcher]:
        """Go through all sockets; they may come and go meanwhile."""
        for watchers in list(self._watchers.values()):
            yield from watchers[:]

    def dismiss(self, chat_id: str, seat_id: str, code: Close) -> None:
        """Close the sockets of a seat that is not valid any more: a browser's tabs."""
        for watcher in self._watchers.get(chat_id, [])[:]:  # one that goes at once is forgotten
            if watcher.seat_id == seat_id:
                watcher.dismiss(code)

    async def close(self, within: float = 4.0) -> int:
        """Close every socket, so that widgets come back to our successor; take no new ones.

        Returns how many were still there after ``within`` seconds (stuck peers).
        """
        self.closing = True
        for watcher in self.everybody():
            watcher.dismiss(Close.RESTART)
        try:
            async with asyncio.timeout(within):
                await self._empty.wait()
        except TimeoutError:
            pass
        return self.count()
