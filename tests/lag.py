"""A watch on the event loop that names what held it up.

A loop that stands still keeps everybody waiting, whether it computes or waits for a disk. But a
machine that is busy with something else must not fail a test. So each callback's time is taken
apart: what it computed (the thread's CPU time), what it waited for a processor (the scheduler's own
account), and the rest, for which it was blocked.
"""

from __future__ import annotations

import asyncio
import gc
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self

import pytest

LIMIT = 0.1
"""Seconds that one callback may compute, or be blocked."""

ROOT = Path(__file__).parents[1]
_HERE = {str(Path(__file__)), threading.__file__}
_SERVICE = str(ROOT / "bot") + os.sep
_PLAYERS = (str(ROOT / "bot" / "sandbox") + os.sep, str(ROOT / "tests") + os.sep)
_NOT_SERVING = {
    "Service.__init__",
    "Service.start",
    "BaseEventLoop.shutdown_default_executor",
    "_wrap_asyncgen_fixture",  # what a test sets up, and takes down
}
_LOOKER = "loop-watch"
_Run = Any  # asyncio.Handle._run, which the types leave out


@dataclass(frozen=True)
class Held:
    """A callback that took long. Seconds; ``places`` is where it was seen, innermost first."""

    what: str
    wall: float
    cpu: float
    queued: float
    places: tuple[str, ...]
    ours: bool

    @property
    def blocked(self) -> float:
        """How long it neither computed nor waited for a processor."""
        return max(self.wall - self.cpu - self.queued, 0.0)

    def __str__(self) -> str:
        where = ", ".join(self.places) or "a place nobody saw"
        return (
            f"{self.what} held the loop for {self.wall * 1000:.0f} ms ({self.cpu * 1000:.0f} ms"
            f" computing, {self.blocked * 1000:.0f} ms blocked) at {where}"
        )


class Watch:
    """Use as ``with Watch() as watch``, in the thread that runs the loop; then look at ``held``."""

    def __init__(self, limit: float = LIMIT) -> None:
        self.limit = limit
        self.held: list[Held] = []
        self.longest_wall = 0.0
        self._thread = threading.get_ident()
        self._still = _Standstill(limit / 5)
        self._delay = _Delays(self._still)
        self._begun = 0.0
        self._frames: dict[str, bool] = {}
        self._collecting = _Collecting()
        self._collecting_elsewhere = _Collecting()
        self._end = threading.Event()
        self._looker = threading.Thread(target=self._look, name=_LOOKER, daemon=True)

    @property
    def faults(self) -> list[Held]:
        """What the service did; what people, stand-ins and browsers do in a test may take long."""
        return [held for held in self.held if held.ours]

    def __enter__(self) -> Self:
        handle: Any = asyncio.Handle
        self._run = run = handle._run
        handle._run = lambda callback: self._timed(run, callback)
        gc.callbacks.append(self._collected)
        self._looker.start()
        _hurry(self._looker.native_id or 0)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        handle: Any = asyncio.Handle
        handle._run = self._run
        gc.callbacks.remove(self._collected)
        self._end.set()
        self._looker.join()
        self._still.close()
        self._delay.close()

    def _timed(self, run: _Run, handle: asyncio.Handle) -> None:
        if threading.get_ident() != self._thread:
            run(handle)
            return
        self._frames = {}
        self._collecting.spent = self._collecting_elsewhere.spent = 0.0
        before, cpu = self._delay.before(), time.thread_time()
        self._begun = began = time.perf_counter()
        try:
            run(handle)
        finally:
            self._begun = 0.0
            wall = time.perf_counter() - began
            self.longest_wall = max(self.longest_wall, wall)
            if wall > self.limit:
                spent = time.thread_time() - cpu
                self._judge(handle, wall, spent, self._delay.since(before))

    def _judge(self, handle: asyncio.Handle, wall: float, cpu: float, queued: float) -> None:
        # The collector walks the whole process, which in a test is mostly not the service.
        # It does so in whatever thread happens to be its turn, and holds the interpreter's lock.
        wall -= self._collecting.spent + self._collecting_elsewhere.spent
        cpu -= self._collecting.spent
        frames = dict(self._frames)
        name = _name(handle)
        ours = any(frames.values()) if frames else True
        ours = ours and not any(place in name for place in _NOT_SERVING)
        held = Held(name, wall, cpu, queued, tuple(frames), ours)
        if held.blocked > self.limit or held.cpu > self.limit:
            self.held.append(held)

    def _collected(self, phase: str, info: dict[str, int]) -> None:
        if threading.get_ident() == self._thread:
            self._collecting.turn(phase, time.thread_time())
        else:
            self._collecting_elsewhere.turn(phase, time.perf_counter())

    def _look(self) -> None:
        """Note now and then where a callback is that takes long."""
        while not self._still.over(self._end.wait):
            begun = self._begun
            if begun and time.perf_counter() - begun > self.limit / 4:
                frame = sys._current_frames().get(self._thread)
                if frame is not None and self._begun == begun:
                    place, ours = _place(frame)
                    self._frames.setdefault(place, ours)


class _Collecting:
    """Seconds that the collector took; no two collections run at once."""

    def __init__(self) -> None:
        self.spent = 0.0
        self._began = 0.0

    def turn(self, phase: str, now: float) -> None:
        if phase == "start":
            self._began = now
        else:
            self.spent += now - self._began


class _Standstill:
    """Seconds for which nothing went on in this process: whoever was to wake up did not.

    A host that stops a machine does not always say so. What the process computes meanwhile (it may
    have kept the interpreter's lock), and what the sleeper stood in line for a processor, is no part of it.
    """

    def __init__(self, pause: float) -> None:
        self._pause = pause
        self._past = 0.0
        self._asleep: float | None = None
        self._own: int | None = None

    def over(self, wait: Callable[[float], bool]) -> bool:
        """Sleep for a pause, as ``wait`` does, and return what that says."""
        self._own = self._own or _open(threading.get_native_id())
        self._asleep = self._accounted()
        over = wait(self._pause)
        self._past, self._asleep = self.so_far(), None
        return over

    def so_far(self) -> float:
        """Return their sum, a sleep that should be over by now included."""
        past, began = self._past, self._asleep
        return past + max(self._accounted() - began - self._pause, 0.0) if began else past

    def close(self) -> None:
        _close(self._own)

    def _accounted(self) -> float:
        return time.perf_counter() - time.process_time() - _delay(self._own)


class _Delays:
    """How long threads of this process stood in line for a processor, as the kernel counts it."""

    def __init__(self, still: _Standstill) -> None:
        self._still = still
        self._own = _open(threading.get_native_id())
        self._others: dict[int, float] = {}
        self._stolen = self._stood = 0.0
        self._read = 0.0

    def before(self) -> float:
        """Return this thread's own delay; now and then note the others'."""
        now = time.perf_counter()
        if now - self._read > LIMIT / 2:
            self._others, self._stolen, self._read = self._all(), _stolen(), now
        self._stood = self._still.so_far()
        return _delay(self._own)

    def since(self, before: float) -> float:
        """Return what this thread waited, itself or for one that has to let it go on (the GIL).

        A processor that the host gave to another machine counts as well, or all of them.
        """
        own = _delay(self._own) - before
        # A thread that was not there before was begun by us, and who begins one waits until it runs.
        others = [late - self._others.get(tid, 0.0) for tid, late in self._all().items()]
        # They may have stood in line one after the other: the one that begins waits for the lock
        # of the interpreter, which another holds that has no processor.
        gone = max(_stolen() - self._stolen, self._still.so_far() - self._stood)
        return own + sum(others) + gone

    def _all(self) -> dict[int, float]:
        found = {}
        mine = threading.get_native_id()
        for thread in threading.enumerate():
            tid = thread.native_id
            # The one that looks holds nobody up.
            if tid is not None and tid != mine and thread.name != _LOOKER:
                file = _open(tid)
                found[tid] = _delay(file)
                _close(file)
        return found

    def close(self) -> None:
        _close(self._own)


def _hurry(tid: int) -> None:
    """Let a thread wait for no processor: the loop waits for who is to get the interpreter's lock next."""
    with suppress(OSError):  # not everybody may ask for that
        os.sched_setscheduler(tid, os.SCHED_FIFO, os.sched_param(1))


def _open(tid: int) -> int | None:
    try:
        return os.open(f"/proc/self/task/{tid}/schedstat", os.O_RDONLY)
    except OSError:  # it has ended, or this is no Linux: then a busy machine shows as blocked
        return None


def _close(file: int | None) -> None:
    if file is not None:
        os.close(file)


def _delay(file: int | None) -> float:
    """Read the second number: nanoseconds in the run queue."""
    try:
        return 0.0 if file is None else int(os.pread(file, 64, 0).split()[1]) / 1e9
    except (OSError, IndexError):
        return 0.0


def _stolen(stat: Path = Path("/proc/stat")) -> float:
    """Read how many seconds all processors together were given to other machines."""
    try:
        with stat.open(encoding="ascii") as file:
            return int(file.readline().split()[8]) / os.sysconf("SC_CLK_TCK")
    except (OSError, IndexError):  # no Linux
        return 0.0


def _name(handle: asyncio.Handle) -> str:
    callback: Any = handle._callback  # type: ignore[attr-defined]
    owner = getattr(callback, "__self__", None)
    if isinstance(owner, asyncio.Task):
        return f"{owner.get_name()} ({getattr(owner.get_coro(), '__qualname__', '?')})"
    return str(getattr(callback, "__qualname__", None) or repr(callback))


def _place(frame: FrameType | None) -> tuple[str, bool]:
    """Name the innermost place; tell whether it is the service's and it was serving then."""
    inner, decided, idle = "", None, False
    while frame is not None:
        code, name = frame.f_code, frame.f_code.co_filename
        inner = inner or f"{_short(name)}:{frame.f_lineno} in {code.co_qualname}"
        if decided is None and name == threading.__file__ and code.co_qualname == "Thread.start":
            decided = False  # until it has a processor: that is the machine's business
        if decided is None and name not in _HERE:
            decided = _whose(name)
            if decided is not None:
                seen = f"{_short(name)}:{frame.f_lineno} in {code.co_qualname}"
                inner = seen if seen == inner else f"{seen} ({inner})"
        idle = idle or (name.startswith(_SERVICE) and code.co_qualname in _NOT_SERVING)
        frame = frame.f_back
    return inner, decided is not False and not idle


def _whose(file: str) -> bool | None:
    """Tell whether code is the service's; None for libraries, which work for either."""
    if file.startswith(_PLAYERS) or "playwright" in file:
        return False
    return True if file.startswith(_SERVICE) else None


def _short(file: str) -> str:
    path = Path(file)
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else "/".join(path.parts[-2:])


@pytest.fixture
def no_blocking() -> Iterator[Watch]:
    """Fail the test in which the service held up its event loop, naming the place."""
    with Watch() as watch:
        yield watch
    if watch.faults:
        pytest.fail("\n".join(map(str, watch.faults)), pytrace=False)
