"""A few daemon threads for blocking calls."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Threads(Executor):
    """An executor of ``size`` threads that never hold up the end of the process.

    The standard library's pool is joined at exit: a call that hangs for its read time-out would
    keep a stopped service alive as long. What became of such a call is the outbox's to find out.
    All are begun at once, before anything is served: who begins a thread waits until that has a
    processor, and on a busy machine the event loop would wait with it.
    ``at_end`` is called in every thread when it ends.
    """

    def __init__(self, size: int, name: str, at_end: Callable[[], None] = lambda: None) -> None:
        self._size = size
        self._name = name
        self._at_end = at_end
        self._work: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._closed = False
        for number in range(1, size + 1):
            threading.Thread(target=self._serve, name=f"{name}-{number}", daemon=True).start()

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Run ``fn`` in a thread, when one is free."""
        future: Future[T] = Future()

        def run() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                result = fn(*args, **kwargs)
            except BaseException as error:  # noqa: BLE001  # it belongs to whoever awaits
                future.set_exception(error)
            else:
                future.set_result(result)

        with self._lock:
            if self._closed:
                raise RuntimeError(f"the threads of {self._name} were shut down")
            self._work.put(run)
        return future

    def _serve(self) -> None:
        while (work := self._work.get()) is not None:
            work()
        self._at_end()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more work and let the threads end after it; never waits for them."""
        with self._lock:
            self._closed = True
            for _ in range(self._size):
                self._work.put(None)
