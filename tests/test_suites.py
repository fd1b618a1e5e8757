"""The shares that suites are cut into: together they are the whole, and nothing runs twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.dev import suites
from infra.dev.running import Job, Queue
from infra.dev.suites import SUITES, Command, Runner

ROOT = Path(__file__).parents[1]
CUT = {
    "unit": "tests",
    "contract": "tests/contract",
    "rt": "tests/real_rt",
    "e2e": "tests/e2e",
    "faults": "tests/faults",
}
ELSEWHERE = {"contract", "e2e", "real_rt", "faults", "bench"}


def there(folder: str) -> set[str]:
    """The suite's test files."""
    found = (file.relative_to(ROOT) for file in (ROOT / folder).rglob("test_*.py"))
    return {str(file) for file in found if folder != "tests" or file.parts[1] not in ELSEWHERE}


def run_by(command: Command, folder: str) -> list[str]:
    """Those that a command runs."""
    left_out = [word.removeprefix("--ignore=") for word in command.words if "=" in word]
    named = [word for word in command.words if word.startswith("tests/")] or [folder]
    return sorted(
        file for file in there(folder) if within(file, named) and not within(file, left_out)
    )


@pytest.fixture
def queued(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Queue, ...]]:
    """What would run, one after the other."""
    found: list[tuple[Queue, ...]] = []

    def run_jobs(_done: Callable[[Job], None], *queues: Queue) -> None:
        found.append(queues)

    monkeypatch.setattr(suites, "run_jobs", run_jobs)
    monkeypatch.setattr(Runner, "_able", lambda _self, _name: True)
    return found


def test_the_fault_trials_run_beside_what_makes_way_for_them(
    queued: list[tuple[Queue, ...]],
) -> None:
    Runner(["lint", "unit", "e2e", "faults"]).run()
    (trials, work), *later = queued
    together = [command.words for command in SUITES["faults"].together]
    began = zip(trials.waiting, together, strict=True)
    assert all(job.command[: len(words)] == words for job, words in began)
    assert {job.nice for job in trials.waiting} == {0}
    assert {job.nice for job in work.waiting} == {suites.WAY}
    assert len(work.waiting) == len(SUITES["lint"].commands) + len(SUITES["unit"].commands)
    assert all(job.nice == 0 for (queue,) in later for job in queue.waiting)


def within(file: str, places: list[str]) -> bool:
    return any(f"{file}/".startswith(f"{place}/") for place in places)


@pytest.mark.parametrize("suite", CUT)
def test_every_file_runs_in_one_share_of_its_suite(suite: str) -> None:
    shares = [*SUITES[suite].commands, *SUITES[suite].together]
    ran = Counter(file for share in shares for file in run_by(share, CUT[suite]))
    assert ran == Counter(there(CUT[suite]))
