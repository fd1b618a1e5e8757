"""T4: PostgreSQL ends without a farewell in the middle of everything, and comes back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import pytest

from tests.faults.database import crash, create, end, revive
from tests.faults.load import FOR_HOURS, Pace
from tests.faults.scene import Plan, Scene, scene
from tests.postgres import Cluster

_PACE = Pace(2.0, 1.0)


@pytest.fixture
def own_cluster() -> Iterator[Cluster]:
    """A PostgreSQL that may be crashed."""
    with Cluster.running() as cluster:
        yield cluster
        end(cluster)


@pytest.fixture
def on_postgres(plan: Plan, own_cluster: Cluster) -> Plan:
    """A trial on that PostgreSQL."""
    plan.urls = [create(own_cluster, "trial")]
    return plan


async def crash_while_they_talk(
    trial: Scene, cluster: Cluster, times: int, down: float, pace: Pace = _PACE
) -> None:
    """PostgreSQL is away for ``down`` seconds, again and again."""
    for _ in range(times):
        talking = asyncio.create_task(trial.load.talk(down + 1.5, pace))
        await asyncio.sleep(1)
        await crash(cluster)
        await asyncio.sleep(down)
        await revive(cluster)
        await talking


@pytest.mark.parametrize("replicas", [1, 2])
async def test_a_database_that_crashes_and_comes_back_loses_and_doubles_nothing(
    on_postgres: Plan, own_cluster: Cluster, figures: Callable[[str], None], replicas: int
) -> None:
    on_postgres.urls = [*on_postgres.urls] * replicas
    async with scene(on_postgres) as trial:
        await crash_while_they_talk(trial, own_cluster, 2, 3.0)
        await trial.drain()
        figures(trial.figures())
        trial.check(database_was_there=False)


@pytest.mark.soak
async def test_a_hundred_crashes_and_an_outage_of_ten_minutes(
    on_postgres: Plan, own_cluster: Cluster, figures: Callable[[str], None]
) -> None:
    on_postgres.urls, on_postgres.chats = [*on_postgres.urls] * 2, 20
    async with scene(on_postgres) as trial:
        await crash_while_they_talk(trial, own_cluster, 100, 3.0, FOR_HOURS)
        await crash_while_they_talk(trial, own_cluster, 1, 600.0, FOR_HOURS)
        await trial.drain(600)  # ten minutes' words, at one a second of each visitor
        figures(trial.figures())
        trial.check(database_was_there=False)
