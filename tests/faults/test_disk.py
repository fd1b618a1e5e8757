"""T6: the disk is full, or says that it failed; what was not stored is not acknowledged."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.faults.database import answers, crash, create, end, revive
from tests.faults.disks import failing_sync, full, no_longer_files, small_disk
from tests.faults.load import FOR_HOURS, Pace
from tests.faults.scene import Plan, Scene, scene
from tests.postgres import Cluster

_PACE = Pace(3.0, 1.0, long=0.3)
_FOR_HOURS = replace(FOR_HOURS, long=0.1)


async def test_a_file_that_may_not_grow_stops_acknowledgements_and_loses_nothing(
    plan: Plan,
) -> None:
    async with scene(plan) as trial:
        for _ in range(2):
            await trial.load.talk(1, _PACE)
            with no_longer_files(trial.fleet.replicas[0].pid, _file(plan)):
                await trial.load.talk(2, _PACE)
        await trial.drain()
        trial.check(database_was_there=False)


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize("error", ["EIO", "ENOSPC"])
async def test_a_disk_that_fails_to_sync_stops_acknowledgements_and_loses_nothing(
    plan: Plan, error: str
) -> None:
    async with scene(plan) as trial:
        await trial.load.talk(1, _PACE)
        async with failing_sync(trial.fleet.replicas[0].pid, error):
            await trial.load.talk(2, _PACE)
        await trial.fleet.kill_one()
        await trial.drain()
        trial.check(database_was_there=False)


@pytest.mark.usefixtures("root")
async def test_a_full_disk_under_postgresql_loses_and_doubles_nothing(
    plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    with small_disk(160) as disk:
        monkeypatch.setattr("tempfile.tempdir", str(disk))
        with Cluster.running() as cluster:
            monkeypatch.undo()
            plan.urls = [create(cluster, "trial")]
            async with scene(plan) as trial:
                await fill_and_free(trial, cluster, disk)
                await trial.drain()
                trial.check(database_was_there=False)
            end(cluster)


@pytest.mark.soak
@pytest.mark.usefixtures("root")
async def test_two_hundred_moments_of_a_bad_disk(
    plan: Plan, figures: Callable[[str], None]
) -> None:
    draw = random.Random(f"disk {plan.seed}")
    async with scene(plan) as trial:
        for _ in range(200):
            await trial.load.talk(draw.uniform(0.2, 2), _FOR_HOURS)
            pid, error = trial.fleet.replicas[0].pid, draw.choice(["EIO", "ENOSPC", "full"])
            if error == "full":
                with no_longer_files(pid, _file(plan)):
                    await trial.load.talk(draw.uniform(0.2, 2), _FOR_HOURS)
                continue
            async with failing_sync(pid, error):
                await trial.load.talk(draw.uniform(0.2, 2), _FOR_HOURS)
        await trial.drain(120)
        figures(trial.figures())
        trial.check(database_was_there=False)


async def fill_and_free(trial: Scene, cluster: Cluster, disk: Path) -> None:
    """Fill the disk under a PostgreSQL that syncs; when there is room again it is started anew."""
    await trial.load.talk(1, _PACE)
    with full(disk):
        await trial.load.talk(4, _PACE)
    if not await asyncio.to_thread(answers, cluster):
        await crash(cluster)
        await revive(cluster)


def _file(plan: Plan) -> Path:
    return Path(plan.urls[0].partition("///")[2])
