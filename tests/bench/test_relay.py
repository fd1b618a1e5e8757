"""The service beside the floor, short form; ``python -m tests.bench.bench_relay`` is the long one."""

from __future__ import annotations

import pytest

from tests.bench import bench_relay
from tests.bench.databases import POSTGRESQL, SQLITE
from tests.bench.tables import goals, show


@pytest.mark.parametrize("kind", [SQLITE, POSTGRESQL])
def test_a_message_costs_little_more_than_its_commit_and_its_post(
    kind: str, figures: list[str]
) -> None:
    found = bench_relay.run(bench_relay.QUICK, (kind,))
    figures.append(show(found))
    # Times depend on what else the machine does; CPU, commits and memory do not, or far less.
    missed = [str(goal) for goal in goals(found) if goal.steady and not goal.met]
    assert not missed
