"""The service beside the floor, in one run: ``python -m tests.bench.bench_relay [--quick] [--save F]``.

The floor (tests/bench/floor.py) does one durable commit and one POST per message and nothing else.
Both are pinned to one core, the load and PostgreSQL to the others, and both meet the same load. The
service runs as it does in production, with signed tokens, but for Teams' pacing, which is switched
off: it would hold everything up at 7 posts a second.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path

from tests.bench.commits import can_count
from tests.bench.databases import POSTGRESQL, SQLITE, Database, cluster, database
from tests.bench.figures import (
    Figures,
    Plan,
    Runner,
    measure_commits,
    measure_highest,
    measure_idle,
    measure_together,
    prepare,
    the_floor,
    the_service,
)
from tests.bench.measured import beside
from tests.bench.tables import show
from tests.bench.teams_end import teams_end
from tests.postgres import Cluster
from tests.processes import ROOT

SERVICE = "service"
FULL = Plan()
#: Enough to see which way things go: a minute a database.
QUICK = Plan(
    chats=200,
    crowd=1500,
    seconds=2,
    rounds=9,
    step=2,
    idle=(50, 500),
    idle_seconds=3,
    each=40,
    floors=("each",),
)


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder on the disk: /tmp may be memory."""
    base = ROOT / ".build"
    base.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=base) as name:
        yield Path(name)


@asynccontextmanager
async def _runner(
    name: str, kind: str, plan: Plan, postgres: Cluster | None
) -> AsyncIterator[tuple[Runner, Database, Path]]:
    """A process that can be measured, on an empty database; its name is the floor's form."""
    with _folder() as folder, database(kind, folder, postgres) as empty:
        async with teams_end() as teams:
            found = Figures(f"floor, {name}", kind)
            if name == SERVICE:
                found.name = SERVICE
                await prepare(teams, empty, max(plan.chats, plan.crowd, *plan.idle))
                run = the_service(teams, empty, folder)
            else:
                run = the_floor(teams, empty, folder, name)
            yield Runner(run, teams, found), empty, folder


async def of_database(kind: str, plan: Plan, postgres: Cluster | None) -> list[Figures]:
    """The service and the floor's forms by turns, then what only one of them is asked."""
    async with AsyncExitStack() as stack:
        all_of = [
            await stack.enter_async_context(_runner(name, kind, plan, postgres))
            for name in (SERVICE, *plan.floors)
        ]
        runners = [runner for runner, _, _ in all_of]
        await measure_together(runners, plan)
        for runner in runners:
            if plan.step:
                await measure_highest(runner, plan)
        service, empty, folder = all_of[0]
        if can_count(kind):
            await measure_commits(service, empty, plan, folder)
        for runner in runners[: 2 if plan is FULL else 1]:
            if plan.idle:
                await measure_idle(runner, plan)
    return [runner.found for runner in runners]


def run(plan: Plan, kinds: tuple[str, ...] = (SQLITE, POSTGRESQL)) -> list[Figures]:
    """Measure everything; sockets only once, for they are the same on every database."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    found: list[Figures] = []
    with beside(), ExitStack() as stack:
        for kind in kinds:
            postgres = stack.enter_context(cluster()) if kind == POSTGRESQL else None
            this = plan if kind == kinds[0] else replace(plan, idle=())
            found += asyncio.run(of_database(kind, this, postgres))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a minute a database")
    parser.add_argument("--only", choices=(SQLITE, POSTGRESQL), help="one database")
    parser.add_argument("--save", type=Path, help="write the tables to this file as well")
    wishes = parser.parse_args()
    kinds = (wishes.only,) if wishes.only else (SQLITE, POSTGRESQL)
    text = show(run(QUICK if wishes.quick else FULL, kinds))
    print(text)
    if wishes.save:
        wishes.save.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
