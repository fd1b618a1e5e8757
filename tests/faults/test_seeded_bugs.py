"""T17: the accounting catches bugs that were planted, and finds nothing where there is none."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from copy import copy

import pytest

from tests.faults.scene import Plan
from tests.faults.trials import ON_POSTGRES, TRIALS
from tests.postgres import Cluster

ENOUGH = 7


@contextmanager
def each(plan: Plan, cluster: Cluster) -> Iterator[dict[str, Plan]]:
    """A trial's beginnings for each bug, by name."""
    with ExitStack() as databases:
        made = {}
        for bug, trial in TRIALS.items():
            mine = made[bug.__name__] = copy(plan)
            mine.folder = plan.folder / bug.__name__
            mine.folder.mkdir(parents=True)
            mine.urls = [f"sqlite:///{mine.folder / 'livechat.db'}"]
            if trial in ON_POSTGRES:
                mine.ours = databases.enter_context(cluster.database())
        yield made


@pytest.fixture
def plans(plan: Plan, postgres_cluster: Cluster) -> Iterator[dict[str, Plan]]:
    """The same, for one run."""
    with each(plan, postgres_cluster) as made:
        yield made


async def try_all(plans: dict[str, Plan], *, planted: bool, seed: int = 1) -> dict[str, list[str]]:
    """Run all trials side by side, with or without their bugs; return what each finds."""
    tried = {bug.__name__: trial for bug, trial in TRIALS.items()}
    for name, plan in plans.items():
        plan.bug, plan.seed = name if planted else "", seed
    found = await asyncio.gather(*(tried[name](plan) for name, plan in plans.items()))
    return dict(zip(plans, found, strict=True))


async def test_at_least_seven_of_eight_planted_bugs_are_caught(
    plans: dict[str, Plan], figures: Callable[[str], None]
) -> None:
    found = await try_all(plans, planted=True)
    caught = {name: findings for name, findings in found.items() if findings}
    figures(f"{len(caught)} of {len(found)}: {', '.join(caught)}")
    assert len(caught) >= ENOUGH, f"not caught: {sorted(found.keys() - caught.keys())}"


async def test_the_same_trials_find_nothing_in_the_service_as_it_is(
    plans: dict[str, Plan],
) -> None:
    found = await try_all(plans, planted=False)
    assert not any(found.values()), found


@pytest.mark.soak
async def test_every_planted_bug_is_caught_within_three_seeds(
    plan: Plan, postgres_cluster: Cluster, figures: Callable[[str], None]
) -> None:
    caught: dict[str, int] = {}
    for seed in (1, 2, 3):
        here = copy(plan)
        here.folder = plan.folder / f"seed-{seed}"
        with each(here, postgres_cluster) as anew:
            found = await try_all(anew, planted=True, seed=seed)
        for name in (name for name, findings in found.items() if findings):
            caught.setdefault(name, seed)
    figures(", ".join(f"{name} with seed {seed}" for name, seed in caught.items()))
    assert len(caught) == len(TRIALS)
