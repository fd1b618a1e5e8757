"""What may block is done beside the event loop, one after another."""

import asyncio
import threading
import time

import pytest

from bot.store.thread import Aside


async def test_calls_are_done_one_after_another_in_one_other_thread() -> None:
    aside, seen = Aside("test"), list[tuple[int, str]]()

    def call(number: int) -> int:
        seen.append((number, threading.current_thread().name))
        return number * 2

    assert await asyncio.gather(*(aside.run(call, n) for n in range(5))) == [0, 2, 4, 6, 8]
    assert seen == [(n, "test") for n in range(5)]
    await aside.close()


async def test_what_goes_wrong_there_is_told_here_and_hurts_nobody_else() -> None:
    aside = Aside("test")

    def fails() -> None:
        raise ValueError("there")

    with pytest.raises(ValueError, match="there"):
        await aside.run(fails)
    assert await aside.run(len, "abc") == 3
    await aside.close()


async def test_whoever_stops_waiting_stops_nothing() -> None:
    aside, done = Aside("test"), list[str]()

    def slow() -> None:
        time.sleep(0.05)
        done.append("slow")

    waiting = asyncio.create_task(aside.run(slow))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait([waiting])
    await aside.close()
    assert done == ["slow"]


async def test_the_loop_goes_on_while_what_was_ordered_comes_to_its_end() -> None:
    aside, go = Aside("test"), threading.Event()
    ordered = asyncio.create_task(aside.run(go.wait, 10))
    await asyncio.sleep(0)
    closing = asyncio.create_task(aside.close())
    await asyncio.sleep(0)
    assert not closing.done()
    go.set()
    await closing
    assert ordered.done()
    assert await ordered
