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

import pytest

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
    assert (held.blocked > LIMIT) == (blocking is not compute)


def written_in(file: str) -> Callable[[], None]:
    """A function that blocks, as if it stood in that file of ours."""
    made: dict[str, Callable[[], None]] = {}
    code = f"import time\ndef blocks():\n    time.sleep({LONG})"
    exec(compile(code, str(ROOT / file), "exec"), made)
    return made["blocks"]


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


async def test_what_a_test_sets_up_is_no_fault_of_a_service_that_only_begins() -> None:
    begins = written_in("bot/made_up.py")

    async def _wrap_asyncgen_fixture() -> None:
        begins()

    with Watch() as watch:
        await asyncio.create_task(_wrap_asyncgen_fixture())
    assert len(watch.held) == 1
    assert watch.faults == []


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
def crowded(politeness: int) -> Iterator[None]:
    """One processor for this thread and many others that never rest; it lets them go first."""
    one = min(os.sched_getaffinity(0))
    loop = f"import os; os.sched_setaffinity(0, {{{one}}})\nwhile True: pass"
    hogs = [subprocess.Popen([sys.executable, "-Sc", loop]) for _ in range(10)]
    os.sched_setaffinity(0, {one})
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), politeness)
    try:
        yield
    finally:
        for hog in hogs:
            hog.kill()
            hog.wait()


def starving(play: Callable[[], Coroutine[None, None, None]], politeness: int = 0) -> Watch:
    """Watch it in a crowd. Its thread is its own: what has let others pass may not take that back."""

    async def played(watch: Watch) -> None:
        async with asyncio.timeout(60):
            while watch.longest_wall <= LONG:
                await asyncio.create_task(play())

    def watched() -> Watch:
        with crowded(politeness), Watch() as watch:
            asyncio.run(played(watch))
        return watch

    with ThreadPoolExecutor(1) as own:
        return own.submit(watched).result()


def test_a_machine_that_is_busy_with_others_is_no_fault_of_ours() -> None:
    def a_bit() -> None:
        until = time.thread_time() + LIMIT / 5
        while time.thread_time() < until:
            pass

    assert starving(lambda: do(a_bit)).held == []


def test_on_a_busy_machine_a_thread_that_is_begun_late_is_no_fault_of_ours() -> None:
    def begin() -> None:
        thread = threading.Thread(target=time.sleep, args=(LONG,), daemon=True)
        thread.start()  # which waits until it runs
        threads.append(thread)

    threads: list[threading.Thread] = []
    # One that is new has its turn soon, if it is worth as much as the others.
    watch = starving(lambda: do(begin), politeness=10)
    for thread in threads:
        thread.join()
    assert watch.held == []


def test_on_a_busy_machine_a_blocking_call_is_found_all_the_same() -> None:
    assert len(starving(lambda: do(sleep)).held) == 1


async def test_after_the_watch_nothing_is_left_of_it() -> None:
    before = asyncio.Handle.__dict__["_run"]
    with Watch():
        assert asyncio.Handle.__dict__["_run"] is not before
    assert asyncio.Handle.__dict__["_run"] is before
