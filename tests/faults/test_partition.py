"""T5: one replica cannot reach the database any more, and nobody tells it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults import netns
from tests.faults.database import crash, create, end, revive
from tests.faults.faultproxy import FaultProxy
from tests.faults.load import FOR_HOURS, Pace
from tests.faults.scene import Plan, Scene, scene
from tests.postgres import Cluster

_PACE = Pace(1.0, 1.0)


@dataclass
class Cut:
    """How to part the first replica from its database, and how to end that."""

    begin: Callable[[], None]
    end: Callable[[], None]


async def part_while_they_talk(trial: Scene, cut: Cut, seconds: float, pace: Pace = _PACE) -> None:
    """Part the first replica from the database while everybody talks."""
    await trial.load.talk(1, pace)
    cut.begin()
    await trial.load.talk(seconds, pace)
    cut.end()
    await trial.load.talk(1, pace)


@contextmanager
def reachable(cluster: Cluster, space: netns.Space) -> Iterator[list[str]]:
    """Let people in from the wires; yield what they call the database, by wire."""
    url = create(cluster, "trial")
    data = _data(cluster)
    with (data / "pg_hba.conf").open("a", encoding="ascii") as rules:
        rules.write("host all all 203.0.113.0/24 scram-sha-256\n")
    yield [url.replace("127.0.0.1", wire.far) for wire in space.wires]
    end(cluster)


def _data(cluster: Cluster) -> Path:
    command = [str(word) for word in cluster.process.args]  # type: ignore[union-attr]
    return Path(command[command.index("-D") + 1])


@pytest.mark.parametrize("how", ["both", "down"])
async def test_a_replica_that_is_cut_off_from_the_database_loses_and_doubles_nothing(
    plan: Plan, postgres_url: str, figures: Callable[[str], None], how: str
) -> None:
    """By real wires where the machine has them, else by a proxy that lets nothing through."""
    if netns.available():
        await by_wires(plan, figures, how)
    else:
        await by_proxy(plan, postgres_url, figures, how)


async def by_wires(plan: Plan, figures: Callable[[str], None], how: str) -> None:
    with (
        netns.space(2) as space,
        Cluster.running() as cluster,
        reachable(cluster, space) as urls,
    ):
        first, second = space.wires
        await crash(cluster)
        await revive(cluster, ["-clisten_addresses=*"], space.inside, host=second.far)
        plan.urls, plan.ours = urls, urls[1]
        cut = Cut(first.cut, first.mend) if how == "both" else Cut(first.deafen, first.hear)
        async with scene(plan) as trial:
            await part_while_they_talk(trial, cut, 8)
            await trial.drain()
            figures(f"wires, {how}: {trial.figures()}")
            trial.check(database_was_there=False)


async def by_proxy(plan: Plan, url: str, figures: Callable[[str], None], how: str) -> None:
    port = int(url.rpartition(":")[2].partition("/")[0])
    ways = ("up", "down") if how == "both" else (how,)
    async with AsyncExitStack() as stack:
        wire = await stack.enter_async_context(FaultProxy(port))
        plan.ours = url
        plan.urls = [url.replace(f":{port}/", f":{wire.port}/"), url]
        trial = await stack.enter_async_context(scene(plan))
        await part_while_they_talk(trial, Cut(lambda: wire.part(*ways), wire.mend), 6)
        await trial.drain()
        figures(f"proxy, {how}: {trial.figures()}")
        trial.check(database_was_there=False)


@pytest.mark.soak
async def test_a_hundred_partitions(
    plan: Plan, postgres_url: str, figures: Callable[[str], None]
) -> None:
    port = int(postgres_url.rpartition(":")[2].partition("/")[0])
    async with FaultProxy(port) as wire:
        plan.ours = postgres_url
        plan.urls = [postgres_url.replace(f":{port}/", f":{wire.port}/"), postgres_url]
        plan.chats = 20
        async with scene(plan) as trial:
            for n in range(100):
                ways = (("down",), ("up",), ())[n % 3]
                cut = Cut(lambda ways=ways: wire.part(*ways), wire.mend)  # type: ignore[misc]
                await part_while_they_talk(trial, cut, 1 + n % 13, FOR_HOURS)
            await trial.drain(120)
            figures(trial.figures())
            trial.check(database_was_there=False)
