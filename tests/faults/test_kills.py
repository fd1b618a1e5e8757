"""T1: processes are killed at random while people talk; nothing is lost, doubled or out of order."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median

import pytest

from tests.faults.load import Pace
from tests.faults.scene import Plan, Scene, scene, share


async def talk_under_kills(
    trial: Scene, kills: int, pauses: tuple[float, float], pace: Pace
) -> None:
    """Kill random replicas while everybody talks; ``pauses`` are bounds in seconds."""
    await trial.load.talk_while(trial.fleet.kill_often(kills, *pauses), pace)


async def come_through(trial: Scene, figures: Callable[[str], None], seconds: float = 60) -> None:
    """All is accounted for, and everybody was back soon.

    A way back lasts from the moment at which the widget notices that its connection is lost to the
    next welcome, over all that happens in between. Three seconds for 99 of 100, unless the machine
    is so busy that a start alone takes most of that.
    """
    await trial.drain(seconds)
    figures(trial.figures())
    trial.check()
    allowed = max(3.0, 4 * median(trial.fleet.starts))
    slow = [str(back) for back in trial.comebacks() if back.seconds > allowed]
    assert share(trial.reconnects(), 0.99) <= allowed, "\n".join(slow[:10])


async def test_twenty_kills_of_one_process_under_fifty_chats_lose_and_double_nothing(
    plan: Plan, figures: Callable[[str], None]
) -> None:
    plan.chats = 50
    async with scene(plan) as trial:
        await talk_under_kills(trial, 20, (0.6, 1.8), Pace(0.2, 0.2))
        await come_through(trial, figures)
        await trial.file(trial.accounts[:5])


async def test_twenty_kills_of_two_replicas_under_fifty_chats_lose_and_double_nothing(
    plan: Plan, postgres_url: str, figures: Callable[[str], None]
) -> None:
    plan.urls, plan.chats = [postgres_url, postgres_url], 50
    async with scene(plan) as trial:
        await talk_under_kills(trial, 20, (0.6, 1.8), Pace(0.2, 0.2))
        await come_through(trial, figures)
        await trial.file(trial.accounts[:5])


@pytest.mark.soak
@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_five_hundred_kills_under_a_hundred_thousand_messages(
    plan: Plan, postgres_url: str, figures: Callable[[str], None], seed: int
) -> None:
    plan.urls, plan.chats, plan.seed, plan.limits = [postgres_url] * 2, 100, seed, False
    # Leases as the service usually has them are long beside a busy machine's stalls; these are, too.
    plan.sections = {"relay": {"pacing": False, "lease_seconds": 15, "dead_after_seconds": 10}}
    async with scene(plan) as trial:
        await talk_under_kills(trial, 500, (0.8, 2.2), Pace(0.7, 0.7))
        await come_through(trial, figures, 300)
