"""T3: a process is stopped for longer than its leases, and goes on as if nothing had been."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from tests.faults.load import Pace
from tests.faults.scene import Plan, Scene, scene


async def pause_while_they_talk(trial: Scene, seconds: float, times: int) -> None:
    """SIGSTOP one replica, the balancer taking it out after a while, then SIGCONT."""
    balancer, replica = trial.fleet.balancer, trial.fleet.replicas[0]
    for _ in range(times):
        await trial.load.talk(1, Pace(2.0, 1.0))
        replica.pause()
        if len(trial.fleet.replicas) > 1:
            balancer.out = {balancer.targets[0]}
        talking = asyncio.create_task(trial.load.talk(seconds - 1, Pace(2.0, 1.0)))
        await asyncio.sleep(seconds)
        replica.wake()
        balancer.out = set()
        await talking


async def test_a_process_that_slept_goes_on_without_loss_and_without_a_second_copy(
    plan: Plan, figures: Callable[[str], None]
) -> None:
    async with scene(plan) as trial:
        await pause_while_they_talk(trial, 6, 1)
        await trial.drain()
        figures(trial.figures())
        trial.check()
