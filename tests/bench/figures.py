"""What is measured of one process, the service or the floor, on one database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from bot.store import upgrade
from tests.bench.cast import seed
from tests.bench.commits import counting
from tests.bench.databases import Database
from tests.bench.load import OPERATOR, VISITOR, Load, Spread, Window
from tests.bench.measured import Measured, measured
from tests.bench.service import service
from tests.bench.teams_end import TeamsEnd
from tests.processes import free_port

LIMIT = 0.250  # seconds that 99 of 100 messages may take, whichever way
_APART = 0.1  # seconds between messages that shall share no commit
_SETTLED = 4.0  # seconds after which nothing of the sockets' coming is left to do: cards wait for 3

Running = Callable[[], AbstractAsyncContextManager[Measured]]


@dataclass(frozen=True)
class Plan:
    """How long to measure what."""

    chats: int = 400
    #: Of the highest rate: nobody may say more than one thing a second for long.
    crowd: int = 2000
    rate: float = 200.0  # 20 × Mozilla's busiest hour
    seconds: float = 3.0  # of one window; service and floor take turns
    rounds: int = 15
    step: float = 4.0  # seconds of one try at the highest rate
    first_try: float = 400.0
    most: float = 6000.0  # where the load itself ends
    idle: tuple[int, ...] = (50, 500, 5000)
    idle_seconds: float = 15.0
    each: int = 50  # messages of each side that are counted in commits
    floors: tuple[str, ...] = ("each", "group")


@dataclass
class Figures:
    """The results. ``memory`` is bytes per idle socket by their number; ``commits`` per message.

    ``windows`` are the stretches at the plan's rate. What is told of them are medians: a window in
    which the machine had something else to do counts as one, however bad it was.
    """

    name: str
    database: str
    windows: list[Window] = field(default_factory=list)
    highest: float = 0.0
    tries: list[Window] = field(default_factory=list)
    memory: dict[int, float] = field(default_factory=dict)
    idle_cpu: float = 0.0  # of one core, with the most sockets
    commits: dict[str, float] = field(default_factory=dict)

    @property
    def cpu_each(self) -> float:
        """CPU seconds per message."""
        return median(window.cpu_each for window in self.windows)

    def spreads(self) -> dict[str, Spread]:
        """Each percentile's median over the windows, by the ways of a message."""
        each = [window.spreads() for window in self.windows]
        return {way: Spread.median([spreads[way] for spreads in each]) for way in each[0]}


@dataclass
class Runner:
    """One process to be measured: how it is started, its end of Teams, and what was found."""

    run: Running
    teams: TeamsEnd
    found: Figures


def the_service(teams: TeamsEnd, database: Database, folder: Path) -> Running:
    return lambda: service(teams, database.url, folder)


def the_floor(teams: TeamsEnd, database: Database, folder: Path, commits: str) -> Running:
    @asynccontextmanager
    async def run() -> AsyncIterator[Measured]:
        port = free_port()
        command = ["-m", "tests.bench.floor", str(port), teams.cast.service_url]
        command += [database.bare, commits]
        log = folder / "floor.log"
        async with measured(command, port, "/livechat/healthz", log) as running:
            yield running

    return run


async def prepare(teams: TeamsEnd, database: Database, chats: int) -> None:
    """The service's tables and open chats."""
    await asyncio.to_thread(upgrade, database.url)
    await seed(database.url, teams.cast, chats)


@asynccontextmanager
async def loaded(running: Measured, teams: TeamsEnd, chats: int, plan: Plan) -> AsyncIterator[Load]:
    """Visitors at their sockets, everybody has spoken once, and all that follows from it is done."""
    load = Load(teams, running.port, chats)
    try:
        await load.connect()
        rate = max(plan.rate, chats / 5)
        await load.run(rate, 2 * chats / rate, seed=1)
        await asyncio.sleep(_SETTLED)
        yield load
    finally:
        await load.close()


async def measure_together(runners: list[Runner], plan: Plan) -> None:
    """CPU and times at the given rate, by turns: whatever else the machine does meets them all.

    What is started first takes more time (7 % of CPU, docs/performance.md); so each is first once.
    """
    half = (plan.rounds + 1) // 2
    await _by_turns(runners, plan, range(half))
    await _by_turns(runners[::-1], plan, range(half, 2 * half))


async def _by_turns(runners: list[Runner], plan: Plan, rounds: range) -> None:
    async with AsyncExitStack() as stack:
        ready = []
        for runner in runners:
            running = await stack.enter_async_context(runner.run())
            load = await stack.enter_async_context(loaded(running, runner.teams, plan.chats, plan))
            ready.append((load, running, runner.found))
        for number in rounds:
            for load, running, found in ready:
                window = await _one(load, running, plan.rate, plan.seconds, seed=2 + number)
                found.windows.append(window)
            ready.reverse()


async def measure_highest(runner: Runner, plan: Plan) -> None:
    """The highest rate; beside nobody else."""
    async with runner.run() as running, loaded(running, runner.teams, plan.crowd, plan) as load:
        await _ramp(load, running, plan, runner.found)


async def _one(load: Load, running: Measured, rate: float, seconds: float, seed: int) -> Window:
    before = running.cpu()
    window = await load.run(rate, seconds, seed)
    window.cpu = running.cpu() - before
    return window


async def _ramp(load: Load, running: Measured, plan: Plan, found: Figures) -> None:
    """Go up by half until it is too much, then halve what is between; too much is so twice."""
    good, bad, rate = 0.0, 0.0, plan.first_try
    for number in range(3, 20):
        if await _holds(load, running, rate, plan, number, found):
            good = rate
        else:
            bad = rate
        if (bad and bad - good < 0.13 * bad) or good >= plan.most:
            break
        rate = (good + bad) / 2 if bad else rate * 1.5
    found.highest = good


async def _holds(
    load: Load, running: Measured, rate: float, plan: Plan, number: int, found: Figures
) -> bool:
    for once in (0, 100):
        window = await _one(load, running, rate, plan.step, number + once)
        found.tries.append(window)
        if window.worst_p99 < LIMIT:
            return True
        await asyncio.sleep(2)  # what was too much is worked off
    return False


async def measure_commits(runner: Runner, database: Database, plan: Plan, folder: Path) -> None:
    """Commits of single messages, one after the other, so that none can share another's.

    What the same time costs without messages (heartbeats) is taken off.
    """
    async with runner.run() as running, loaded(running, runner.teams, 10, plan) as load:
        async with counting(running, database, folder) as idle:
            await asyncio.sleep(plan.each * _APART)
        for side in (VISITOR, OPERATOR):
            async with counting(running, database, folder) as count:
                await load.run_singly(plan.each, side, _APART)
            runner.found.commits[side] = (count.commits - idle.commits) / plan.each


async def measure_idle(runner: Runner, plan: Plan) -> None:
    """Memory per socket, and what so many idle ones cost."""
    found = runner.found
    async with runner.run() as running:
        load = Load(runner.teams, running.port, max(plan.idle))
        await load.connect(1)  # what the first one loads is not a socket's
        await asyncio.sleep(1)
        before = running.memory()
        load.start_pings()
        try:
            for number in plan.idle:
                await load.connect(number)
                await asyncio.sleep(_SETTLED + number / 500)
                found.memory[number] = (running.memory() - before) / (number - 1)
            cpu = running.cpu()
            await asyncio.sleep(plan.idle_seconds)
            found.idle_cpu = (running.cpu() - cpu) / plan.idle_seconds
        finally:
            await load.close()
