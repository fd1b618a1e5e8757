"""Threads for blocking calls: few, and never in the way of the end."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC

import pytest

from bot.rt import gateway
from bot.rt.instance import RtInstance
from bot.rt.threads import Threads


@pytest.fixture
def threads() -> Iterator[Threads]:
    running = Threads(2, "test")
    yield running
    running.shutdown()


def test_no_more_run_at_a_time_than_were_asked_for(threads: Threads) -> None:
    running, most, lock = 0, 0, threading.Lock()
    both = threading.Barrier(2, timeout=5)

    def work() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        both.wait()
        with lock:
            running -= 1

    for future in [threads.submit(work) for _ in range(6)]:
        future.result(5)
    assert most == 2


def test_whoever_hands_work_in_waits_for_no_thread_to_begin(threads: Threads) -> None:
    before = set(threading.enumerate())
    both = threading.Barrier(2, timeout=5)
    for future in [threads.submit(both.wait) for _ in range(2)]:
        future.result(5)
    assert set(threading.enumerate()) <= before


def test_a_failure_belongs_to_whoever_awaits_it(threads: Threads) -> None:
    with pytest.raises(ZeroDivisionError):
        threads.submit(lambda: 1 // 0).result(5)
    assert threads.submit(lambda: 1).result(5) == 1


def test_what_was_cancelled_before_it_began_never_begins(threads: Threads) -> None:
    go = threading.Event()
    began: list[int] = []
    busy = [threads.submit(go.wait, 5) for _ in range(2)]
    late = threads.submit(began.append, 1)
    assert late.cancel()
    go.set()
    for future in busy:
        future.result(5)
    threads.submit(int).result(5)
    assert began == []


def test_each_thread_tidies_up_after_itself() -> None:
    tidied = threading.Semaphore(0)
    threads = Threads(2, "test", tidied.release)
    both = threading.Barrier(2, timeout=5)
    for future in [threads.submit(both.wait) for _ in range(2)]:
        future.result(5)
    threads.shutdown()
    assert tidied.acquire(timeout=5)
    assert tidied.acquire(timeout=5)


def test_a_thread_that_was_never_asked_leaves_no_way_into_rt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[RtInstance] = []
    monkeypatch.setattr(gateway, "way_into", lambda instance, _zone: made.append(instance))
    before = set(threading.enumerate())
    rt = gateway.RtGateway([RtInstance("test", "https://rt.example")], UTC)
    begun = set(threading.enumerate()) - before
    rt.close()
    for thread in begun:
        thread.join(5)
    assert begun
    assert made == []


def test_what_is_shut_down_takes_no_more_work() -> None:
    threads = Threads(1, "test")
    threads.shutdown()
    with pytest.raises(RuntimeError, match="the threads of test were shut down"):
        threads.submit(int)


def test_a_call_that_hangs_does_not_keep_the_process_alive() -> None:
    code = (
        "import threading; from bot.rt.threads import Threads; t = Threads(1, 'x');"
        "t.submit(threading.Event().wait); t.shutdown(); print('over')"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True
    )
    assert run.stdout == "over\n"
