"""T3: a process is stopped for longer than its leases, and goes on as if nothing had been."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from bot.sandbox.teams import Fault
from tests.faults.fleet import LEASE
from tests.faults.load import FOR_HOURS, Pace
from tests.faults.scene import Plan, Scene, scene

_PACE = Pace(2.0, 1.0)


async def pause_while_they_talk(
    trial: Scene, seconds: float, times: int = 1, pace: Pace = _PACE
) -> None:
    """SIGSTOP the first replica; the balancer takes it out at once, the widgets find out."""
    balancer, replica = trial.fleet.balancer, trial.fleet.replicas[0]
    # So that something is always under way when it stops.
    slow = Fault.slow(0.3, on="send reply", times=None)
    trial.stage.teams.faults.add(slow)
    for _ in range(times):
        await trial.load.talk(1, pace)
        replica.pause()
        if len(trial.fleet.replicas) > 1:
            balancer.out = {balancer.targets[0]}
        talking = asyncio.create_task(trial.load.talk(seconds - 1, pace))
        await asyncio.sleep(seconds)
        replica.wake()
        balancer.out = set()
        await talking
    slow.times = 0


async def test_a_process_that_slept_goes_on_without_loss_and_without_a_second_copy(
    plan: Plan, figures: Callable[[str], None]
) -> None:
    async with scene(plan) as trial:
        await pause_while_they_talk(trial, LEASE + 1)
        await trial.drain()
        figures(trial.figures())
        trial.check()


async def test_what_a_sleeping_replica_holds_is_taken_over_and_its_late_copy_is_labelled(
    plan: Plan, postgres_url: str, figures: Callable[[str], None]
) -> None:
    plan.urls, plan.chats = [postgres_url] * 2, 10
    async with scene(plan) as trial:
        await pause_while_they_talk(trial, 2 * LEASE)
        await trial.drain()
        figures(trial.figures())
        trial.check()


@pytest.mark.soak
async def test_a_hundred_naps(
    plan: Plan, postgres_url: str, figures: Callable[[str], None]
) -> None:
    plan.urls, plan.chats = [postgres_url] * 2, 20
    async with scene(plan) as trial:
        await pause_while_they_talk(trial, 2 * LEASE, 100, FOR_HOURS)
        await trial.drain(120)
        figures(trial.figures())
        trial.check()
