"""The loop that leaps waits for no timer, and for all that runs beside it."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import pytest
import sqlalchemy as sa

from bot.store.postgres import PostgresServer
from bot.store.sql import Query
from bot.store.thread import Aside
from tests.leaping import leaping

HOUR = 3600.0


def test_timers_end_in_their_order_and_an_hour_is_not_waited_for() -> None:
    ended: list[float] = []

    async def wait(seconds: float) -> None:
        await asyncio.sleep(seconds)
        ended.append(seconds)

    async def main() -> float:
        loop = asyncio.get_running_loop()
        began = loop.time()
        await asyncio.gather(*(wait(seconds) for seconds in (HOUR, 1.0, 60.0)))
        return loop.time() - began

    before = time.monotonic()
    with leaping() as runner:
        assert runner.run(main()) >= HOUR
    assert time.monotonic() - before < HOUR
    assert ended == [1.0, 60.0, HOUR]


@pytest.mark.parametrize(("takes", "timer_s"), [(0.05, HOUR), (1.0, 0.3)])
def test_what_runs_beside_comes_before_the_shortest_timer(takes: float, timer_s: float) -> None:
    aside, go = Aside("beside"), threading.Event()

    async def main() -> str:
        ordered = asyncio.create_task(aside.run(go.wait, 60))
        timer = asyncio.create_task(asyncio.sleep(timer_s))
        threading.Timer(takes, go.set).start()
        done, _ = await asyncio.wait([ordered, timer], return_when=asyncio.FIRST_COMPLETED)
        timer.cancel()
        await aside.close()
        return "beside" if done == {ordered} else "timer"

    with leaping() as runner:
        assert runner.run(main()) == "beside"


def test_what_was_ordered_runs_beside_also_when_nobody_waits_for_it_any_more() -> None:
    aside, go = Aside("beside"), threading.Event()

    async def main() -> None:
        loop, came = asyncio.get_running_loop(), asyncio.Event()

        def order() -> None:
            go.wait(60)
            loop.call_soon_threadsafe(came.set)

        ordered = asyncio.create_task(aside.run(order))
        await asyncio.sleep(0)
        ordered.cancel()
        threading.Timer(0.05, go.set).start()
        async with asyncio.timeout(HOUR):
            await came.wait()
        await aside.close()

    with leaping() as runner:
        runner.run(main())


def test_what_a_database_was_asked_comes_before_the_shortest_timer(postgres_url: str) -> None:
    sleep = Query(sa.select(sa.func.concat(sa.func.pg_sleep(sa.literal_column("0.2")), "awake")))

    async def main() -> list[list[Any]]:
        connection = await PostgresServer(postgres_url).open()
        async with asyncio.timeout(1.0):
            found = await connection.run([(sleep, {})])
        connection.close()
        return found

    with leaping() as runner:
        assert runner.run(main()) == [[("awake",)]]


def test_what_the_loop_itself_does_takes_no_time() -> None:
    async def main() -> float:
        began = asyncio.get_running_loop().time()
        time.sleep(0.01)  # as a slow machine would
        return asyncio.get_running_loop().time() - began

    with leaping() as runner:
        assert runner.run(main()) == 0.0


def test_a_time_out_ends_what_never_comes() -> None:
    async def main() -> None:
        async with asyncio.timeout(HOUR):
            await asyncio.get_running_loop().create_future()

    with leaping() as runner, pytest.raises(TimeoutError):
        runner.run(main())
