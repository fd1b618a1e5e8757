"""One thread for what may block. Cheaper than an executor, which makes two futures of each call."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeVar

T = TypeVar("T")

_Order = tuple[Callable[..., Any], tuple[Any, ...], asyncio.AbstractEventLoop, asyncio.Future[Any]]


class Aside:
    """Runs one call after another beside the event loop."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._orders: SimpleQueue[_Order | None] = SimpleQueue()
        self._thread: Thread | None = None

    async def run(self, call: Callable[..., T], *args: Any) -> T:
        """Call there. Who is cancelled while he waits does not stop it."""
        if self._thread is None:
            self._thread = Thread(target=self._serve, name=self._name, daemon=True)
            self._thread.start()
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()
        self._orders.put((call, args, loop, done))
        return await done

    async def close(self) -> None:
        """End it after what was ordered; the event loop goes on meanwhile."""
        if self._thread is not None:
            await self.run(_nothing)
            self._orders.put(None)
            self._thread = None

    def _serve(self) -> None:
        while (order := self._orders.get()) is not None:
            call, args, loop, done = order
            result, problem = None, None
            try:
                result = call(*args)
            except BaseException as error:  # noqa: BLE001 - told to whoever ordered it
                problem = error
            if not loop.is_closed():
                loop.call_soon_threadsafe(_answer, done, result, problem)


def _nothing() -> None:
    """What comes last: when it has been done, everything before it has."""


def _answer(done: asyncio.Future[Any], result: Any, problem: BaseException | None) -> None:
    if done.done():
        return
    if problem is None:
        done.set_result(result)
    else:
        done.set_exception(problem)
