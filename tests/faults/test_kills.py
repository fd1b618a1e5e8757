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


def patience(trial: Scene) -> float:
    """Three seconds to come back, unless the machine is so busy that a start takes as long."""
    return max(3.0, 4 * median(trial.fleet.starts))


async def test_one_process_killed_again_and_again_loses_and_doubles_nothing(
    plan: Plan, figures: Callable[[str], None]
) -> None:
    async with scene(plan) as trial:
        await talk_under_kills(trial, 5, (0.5, 1.5), Pace(1.0, 0.5))
        await trial.drain()
        figures(trial.figures())
        trial.check()
        await trial.file(trial.accounts)


async def test_twenty_kills_of_two_replicas_under_fifty_chats_lose_and_double_nothing(
    plan: Plan, postgres_url: str, figures: Callable[[str], None]
) -> None:
    plan.urls, plan.chats = [postgres_url, postgres_url], 50
    async with scene(plan) as trial:
        await talk_under_kills(trial, 20, (0.6, 1.8), Pace(0.2, 0.2))
        await trial.drain()
        figures(trial.figures())
        trial.check()  # how long coming back takes is printed; the long form holds it to its limit
        await trial.file(trial.accounts[:5])


@pytest.mark.soak
@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_five_hundred_kills_under_a_hundred_thousand_messages(
    plan: Plan, postgres_url: str, figures: Callable[[str], None], seed: int
) -> None:
    plan.urls, plan.chats, plan.seed, plan.limits = [postgres_url] * 2, 100, seed, False
    plan.sections = {"relay": {"pacing": False}}
    async with scene(plan) as trial:
        await talk_under_kills(trial, 500, (0.8, 2.2), Pace(0.7, 0.7))
        await trial.drain(300)
        figures(trial.figures())
        trial.check()
        assert share(trial.reconnects(), 0.99) <= patience(trial)
