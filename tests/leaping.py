"""An event loop whose clock leaps: nobody waits for a timer when nothing else is left to do.

What happens, and in which order, is what would happen if every timer were waited for and whatever
else is done, here and beside the loop, took no time: however slow the machine is, nothing times out.
Only the time that a database server is waited for passes.
"""

from __future__ import annotations

import asyncio
import selectors
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, TypeVar
from unittest import mock
from weakref import WeakSet

from bot.store import thread
from bot.store.libpq import Connection
from bot.store.thread import Aside

T = TypeVar("T")


class _Leaps(selectors.DefaultSelector):
    """Waits for what runs beside the loop, and for nothing else."""

    def __init__(self) -> None:
        super().__init__()
        self.now = time.monotonic()
        self.beside = 0
        self.connections: WeakSet[Connection] = WeakSet()

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout <= 0 or self.beside:
            return super().select(timeout)
        if any(connection.asked for connection in self.connections):
            began = time.monotonic()
            found = super().select(timeout)
            self.now += time.monotonic() - began
            return found
        if found := super().select(0):
            return found
        self.now += timeout
        return []


class LeapingLoop(asyncio.SelectorEventLoop):
    """See the module's text. Only the store's threads and connections may be beside it."""

    def __init__(self) -> None:
        self._leaps = _Leaps()
        super().__init__(self._leaps)

    def time(self) -> float:
        return self._leaps.now

    def begun(self) -> None:
        """Something runs beside the loop from now on: the clock does not leap."""
        self._leaps.beside += 1

    def ended(self) -> None:
        """And no more."""
        self._leaps.beside -= 1

    def made(self, connection: Connection) -> None:
        """The clock does not leap while this one has been asked anything."""
        self._leaps.connections.add(connection)


def _loop() -> LeapingLoop:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, LeapingLoop)
    return loop


async def _counted(waiting: Awaitable[T]) -> T:
    loop = _loop()
    loop.begun()
    try:
        return await waiting
    finally:
        loop.ended()


@contextmanager
def leaping() -> Iterator[asyncio.Runner]:
    """Run on such a loop, with the store's threads and connections known to it."""
    run, answer, connect = Aside.run, thread._answer, Connection.open
    call_in_thread = asyncio.to_thread

    async def ordered(aside: Aside, call: Callable[..., T], *args: Any) -> T:
        _loop().begun()
        return await run(aside, call, *args)

    def answered(done: asyncio.Future[Any], *what: Any) -> None:
        # Also if whoever had ordered it was cancelled: that does not stop it.
        _loop().ended()
        answer(done, *what)

    async def opened(*args: Any) -> Connection:
        connection = await _counted(connect(*args))
        _loop().made(connection)
        return connection

    async def in_thread(call: Callable[..., T], *args: Any) -> T:
        return await _counted(call_in_thread(call, *args))

    with ExitStack() as stack:
        stack.enter_context(mock.patch.object(asyncio, "to_thread", in_thread))
        stack.enter_context(mock.patch.object(Aside, "run", ordered))
        stack.enter_context(mock.patch.object(thread, "_answer", answered))
        stack.enter_context(mock.patch.object(Connection, "open", opened))
        yield stack.enter_context(asyncio.Runner(loop_factory=LeapingLoop))
