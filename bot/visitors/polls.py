"""Windows that ask again and again, where a proxy lets no WebSocket through.

Nothing of a chat is kept for them: each request says where its window stands, so any process may
answer any of them (decision 23). What is here is what must end a wait, and that the window is there
between two requests.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager

from bot.domain.presence import Presence
from bot.relay.delivery import News
from bot.relay.ports import Seat
from bot.visitors.attendance import Attendance
from bot.visitors.hub import Hub
from bot.visitors.wire import Close

Key = tuple[str, str]
"""A window: its seat, and the name it gave itself."""


class Window:
    """One window, as long as it asks; a ``hub.Watcher``."""

    __slots__ = ("_polls", "_seat", "_until", "closed", "doubt", "key", "rung", "turn", "waiting")

    def __init__(self, polls: Polls, seat: Seat, key: Key) -> None:
        self._polls = polls
        self._seat = seat
        self._until = 0.0  # when it is gone unless it asks again
        self.key = key
        self.rung = asyncio.Event()
        # Whether the seat is still good: it may have been given up before we were told of such things.
        self.doubt = True
        self.closed: Close | None = None
        self.turn = 0  # the newest request that waits; older ones need wait no longer
        self.waiting = 0  # requests that are being answered

    @property
    def chat_id(self) -> str:
        """The chat it shows."""
        return self._seat.chat_id

    @property
    def seat_id(self) -> str:
        """The seat of its cookie."""
        return self._seat.id

    def hear(self, news: News) -> None:
        """Let who waits look."""
        self.rung.set()

    def wake(self, *, doubt: bool = False) -> None:
        """Let who waits look, with ``doubt`` also whether the seat is still good."""
        self.doubt |= doubt
        self.rung.set()

    def tend(self, now: float) -> None:
        """Take it for gone when it asked nothing for too long."""
        if not self.waiting and now > self._until:
            self._polls.forget(self)

    def dismiss(self, code: Close) -> None:
        """Answer who waits with ``code``."""
        self.closed = self.closed or code
        self.rung.set()
        if not self.waiting:
            self._polls.forget(self)

    def rest(self) -> None:
        """A request was answered: the next one is awaited."""
        self.waiting -= 1
        self._until = time.monotonic() + self._polls.linger
        if self.closed is not None and not self.waiting:
            self._polls.forget(self)


class Polls:
    """The windows that ask this process. ``linger`` is how many seconds one may ask nothing."""

    def __init__(self, hub: Hub, attendance: Attendance, linger: float) -> None:
        self.linger = linger
        self._hub = hub
        self._attendance = attendance
        self._windows: dict[Key, Window] = {}

    def find(self, seat: Seat, name: str) -> Window | None:
        """Return the window of that name, if it asked here lately."""
        return self._windows.get((seat.id, name))

    @contextmanager
    def asked(self, seat: Seat, name: str) -> Iterator[Window]:
        """A window asks; it is there until ``linger`` after the answer."""
        key = seat.id, name
        window = self._windows.get(key)
        if window is None:
            window = self._windows[key] = Window(self, seat, key)
            self._hub.watch(window)
            self._attendance.note(seat.chat_id, window, Presence.HIDDEN)
        window.waiting += 1
        try:
            yield window
        finally:
            window.rest()

    def forget(self, window: Window) -> None:
        """The window is gone, or goes elsewhere."""
        if self._windows.get(window.key) is window:
            del self._windows[window.key]
        self._attendance.left(window.chat_id, window)
        self._hub.unwatch(window)
