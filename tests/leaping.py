"""An event loop whose clock leaps: nobody waits for a timer when nothing else is left to do.

What happens, and in which order, is what would happen if every timer were waited for and whatever
runs beside the loop were quicker than the shortest of them.
"""

from __future__ import annotations

import asyncio
import selectors
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar
from unittest import mock

from bot.store.thread import Aside

T = TypeVar("T")


class _Leaps(selectors.DefaultSelector):
    """Waits for what runs beside the loop, and for nothing else."""

    def __init__(self) -> None:
        super().__init__()
        self.ahead = 0.0
        self.beside = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout <= 0 or self.beside:
            return super().select(timeout)
        if found := super().select(0):
            return found
        self.ahead += timeout
        return []


class LeapingLoop(asyncio.SelectorEventLoop):
    """See the module's text. Only the store's threads may run beside it, and no sockets."""

    def __init__(self) -> None:
        self._leaps = _Leaps()
        super().__init__(self._leaps)

    def time(self) -> float:
        return time.monotonic() + self._leaps.ahead

    @contextmanager
    def beside(self) -> Iterator[None]:
        """Something runs beside the loop meanwhile: the clock does not leap."""
        self._leaps.beside += 1
        try:
            yield
        finally:
            self._leaps.beside -= 1


@contextmanager
def leaping() -> Iterator[asyncio.Runner]:
    """Run on such a loop, with the store's threads known to it."""
    run = Aside.run

    async def counted(self: Aside, call: Callable[..., T], *args: Any) -> T:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, LeapingLoop)
        with loop.beside():
            return await run(self, call, *args)

    with (
        mock.patch.object(Aside, "run", counted),
        asyncio.Runner(loop_factory=LeapingLoop) as runner,
    ):
        yield runner
