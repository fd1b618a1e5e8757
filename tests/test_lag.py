"""The watch on the event loop finds what holds it up, and lets a busy machine be."""

from __future__ import annotations

import asyncio
import gc
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests import lag
from tests.lag import LIMIT, ROOT, Watch

LONG = LIMIT * 1.5


def sleep() -> None:
    time.sleep(LONG)


def compute() -> None:
    until = time.thread_time() + LONG
    while time.thread_time() < until:
        pass


def read_from_somebody_slow() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        timer = threading.Timer(LONG, lambda: theirs.send(b"x"))
        timer.start()
        ours.recv(1)
        timer.join()


def wait_for_a_program() -> None:
    subprocess.run(["sleep", str(LONG)], check=True)


async def do(blocking: Callable[[], None]) -> None:
    await asyncio.sleep(0)
    blocking()


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> dict[int, float]:
    """Seconds that each thread stood in line for a processor: what the kernel would say of them.

    Under 0 what the host gave to other machines. When a thread gets its first turn is the scheduler's business, and no two kernels do it alike.
    """
    late: dict[int, float] = {}
    monkeypatch.setattr(lag, "_open", lambda tid: tid)
    monkeypatch.setattr(lag, "_delay", lambda tid: late.get(tid, 0.0))
    monkeypatch.setattr(lag, "_close", lambda tid: None)
    monkeypatch.setattr(lag, "_stolen", lambda: late.get(0, 0.0))
    return late


@pytest.mark.usefixtures("account")  # or a busy machine would take from what is to be found
@pytest.mark.parametrize("blocking", [sleep, compute, read_from_somebody_slow, wait_for_a_program])
async def test_a_call_that_holds_up_the_loop_is_found_and_named(
    blocking: Callable[[], None],
) -> None:
    with Watch() as watch:
        await asyncio.create_task(do(blocking), name="the culprit")
    (held,) = watch.held
    assert held.what == "the culprit (do)"
    assert any(f"in {blocking.__name__}" in place for place in held.places)
    assert (held.cpu > LIMIT) == (blocking is compute)
    assert held.blocked > LIMIT or blocking is compute


def written_in(file: str) -> Callable[[], None]:
    """A function that blocks, as if it stood in that file of ours."""
    made: dict[str, Callable[[], None]] = {}
    code = f"import time\ndef blocks():\n    time.sleep({LONG})"
    exec(compile(code, str(ROOT / file), "exec"), made)
    return made["blocks"]


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize(
    ("file", "fault"),
    [
        ("bot/store/made_up.py", True),
        ("bot/teams/made_up.py", True),
        ("bot/sandbox/teams/made_up.py", False),
        ("tests/made_up.py", False),
    ],
)
async def test_only_what_the_service_does_is_its_fault(file: str, fault: bool) -> None:
    with Watch() as watch:
        await do(written_in(file))
        await asyncio.sleep(0)
    assert len(watch.held) == 1
    assert bool(watch.faults) == fault
    assert f"{file}:3 in blocks" in str(watch.held[0])


async def test_a_loop_that_is_being_closed_may_wait_for_its_threads() -> None:
    loop = asyncio.get_running_loop()
    with Watch() as watch:
        loop.run_in_executor(None, time.sleep, LONG)
        await loop.shutdown_default_executor()
    assert watch.faults == []


@pytest.mark.usefixtures("account")
async def test_what_a_test_sets_up_is_no_fault_of_a_service_that_only_begins() -> None:
    begins = written_in("bot/made_up.py")

    async def _wrap_asyncgen_fixture() -> None:
        begins()

    with Watch() as watch:
        await asyncio.create_task(_wrap_asyncgen_fixture())
    assert len(watch.held) == 1
    assert watch.faults == []


@pytest.mark.usefixtures("account")
async def test_a_plain_callback_is_watched_too() -> None:
    with Watch() as watch:
        asyncio.get_running_loop().call_soon(sleep)
        asyncio.get_running_loop().call_later(0, compute)
        await asyncio.sleep(0.01)
    assert [held.what for held in watch.held] == ["sleep", "compute"]


async def test_waiting_as_a_coroutine_should_is_no_fault() -> None:
    with Watch() as watch:
        await asyncio.sleep(LONG)
        await asyncio.to_thread(time.sleep, LONG)
        await asyncio.to_thread(compute)
    assert watch.held == []


@pytest.fixture
def slow_collections() -> Iterator[None]:
    """The collector has much to look through: what a whole test run keeps, say."""

    def look(phase: str, _info: dict[str, int]) -> None:
        if phase == "stop":
            time.sleep(LONG)

    gc.callbacks.insert(0, look)  # before the watch's own, which is last to be told
    yield
    gc.callbacks.remove(look)


@pytest.mark.usefixtures("slow_collections")
async def test_what_waits_for_the_collector_in_another_thread_is_no_fault_of_ours() -> None:
    def begin() -> None:
        thread = threading.Thread(target=gc.collect)
        thread.start()
        thread.join()

    with Watch() as watch:
        await asyncio.create_task(do(begin))
    assert watch.longest_wall > LONG
    assert watch.held == []


@contextmanager
def crowded() -> Iterator[None]:
    """One processor for this thread and many others that never rest."""
    one = min(os.sched_getaffinity(0))
    loop = f"import os; os.sched_setaffinity(0, {{{one}}})\nwhile True: pass"
    hogs = [subprocess.Popen([sys.executable, "-Sc", loop]) for _ in range(10)]
    os.sched_setaffinity(0, {one})
    try:
        yield
    finally:
        for hog in hogs:
            hog.kill()
            hog.wait()


def starving(play: Callable[[], Coroutine[None, None, None]]) -> Watch:
    """Watch it in a crowd, in a thread of its own: only that one stays on its processor."""

    async def played(watch: Watch) -> None:
        async with asyncio.timeout(60):
            while watch.longest_wall <= LONG:
                await asyncio.create_task(play())

    def watched() -> Watch:
        with crowded(), Watch() as watch:
            asyncio.run(played(watch))
        return watch

    with ThreadPoolExecutor(1) as own:
        return own.submit(watched).result()


def test_a_machine_that_is_busy_with_others_is_no_fault_of_ours() -> None:
    def a_bit() -> None:  # not too little: it has to last until its turn is over, and many times
        until = time.thread_time() + LIMIT / 2
        while time.thread_time() < until:
            pass

    assert starving(lambda: do(a_bit)).held == []


def test_on_a_busy_machine_a_blocking_call_is_found_all_the_same() -> None:
    # much longer than anybody can have waited for a processor meanwhile
    assert len(starving(lambda: do(lambda: time.sleep(10 * LONG))).held) == 1


@pytest.mark.parametrize("begun", [True, False])
async def test_who_begins_a_thread_waits_until_that_has_a_processor(
    account: dict[int, float], begun: bool
) -> None:
    def begin() -> None:
        if begun:
            thread.start()
        account[thread.native_id or 0] = LONG
        time.sleep(LONG)

    end = threading.Event()
    thread = threading.Thread(target=end.wait, daemon=True)
    if not begun:  # it has waited, but that was before
        thread.start()
        account[thread.native_id or 0] = LONG
    with Watch() as watch:
        await asyncio.create_task(do(begin))
    end.set()
    assert len(watch.held) == (0 if begun else 1)


@pytest.mark.usefixtures("account")
async def test_how_long_a_thread_takes_to_begin_is_the_machines_business(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Slow(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            time.sleep(LONG)
            return super().wait(timeout)

    def begin() -> None:
        thread = threading.Thread(target=int)
        monkeypatch.setattr(thread, "_started", Slow())
        thread.start()

    with Watch() as watch:
        await asyncio.create_task(do(begin))
    assert len(watch.held) == 1
    assert watch.faults == []


async def test_what_the_host_gave_to_another_machine_is_no_fault_of_ours(
    account: dict[int, float],
) -> None:
    def stolen() -> None:
        account[0] = LONG
        time.sleep(LONG)

    with Watch() as watch:
        await asyncio.create_task(do(stolen))
    assert watch.longest_wall > LONG
    assert watch.held == []


@pytest.mark.usefixtures("account")
async def test_a_machine_that_stands_still_and_does_not_say_so_is_no_fault_of_ours() -> None:
    """All of it does, also the thread that was to look by now."""

    class Late(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            del timeout
            return super().wait()

    watch = Watch()
    watch._end = Late()
    with watch:
        await asyncio.create_task(do(sleep))
    assert watch.longest_wall > LONG
    assert watch.held == []


def test_what_the_host_gave_away_is_read_of_all_processors(tmp_path: Path) -> None:
    stat = tmp_path / "stat"
    ticks = os.sysconf("SC_CLK_TCK")
    stat.write_text(f"cpu  1 2 3 4 5 6 7 {3 * ticks} 9 10\ncpu0 1 2 3 4 5 6 7 8 9 10\n")
    assert lag._stolen(stat) == 3
    assert lag._stolen(tmp_path / "nowhere") == 0


@pytest.mark.parametrize("may", [True, False])
async def test_the_one_that_looks_waits_for_no_processor_where_that_may_be_asked_for(
    monkeypatch: pytest.MonkeyPatch, may: bool
) -> None:
    asked: list[tuple[int, int]] = []

    def hurry(tid: int, policy: int, _param: os.sched_param) -> None:
        asked.append((tid, policy))
        if not may:
            raise PermissionError

    monkeypatch.setattr(os, "sched_setscheduler", hurry)
    with Watch() as watch:
        assert asked == [(watch._looker.native_id, os.SCHED_FIFO)]
    assert watch.held == []


async def test_after_the_watch_nothing_is_left_of_it() -> None:
    before = asyncio.Handle.__dict__["_run"]
    with Watch():
        assert asyncio.Handle.__dict__["_run"] is not before
    assert asyncio.Handle.__dict__["_run"] is before
