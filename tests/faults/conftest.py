"""What the fault suites share: the hatchery, the databases, and the figures at the end."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults import disks
from tests.faults.scene import Plan
from tests.hatchery import Hatchery

_FIGURES: list[str] = []


@pytest.fixture(scope="session")
def hatchery() -> Iterator[Hatchery]:
    """Starts services quickly."""
    with Hatchery() as a_hatchery:
        yield a_hatchery


@pytest.fixture
def plan(tmp_path: Path, hatchery: Hatchery) -> Plan:
    """A trial on SQLite; change what shall be different."""
    return Plan(tmp_path, hatchery, [f"sqlite:///{tmp_path / 'livechat.db'}"])


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Keep a line for the end of the run."""
    return lambda line: _FIGURES.append(f"{request.node.name}: {line}")


@pytest.fixture
def root() -> None:
    """For trials that mount a disk, or hold another process."""
    if disks.available():
        return
    reason = "only root can do that, with strace: run make test as root once"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figures where they are found: last."""
    if _FIGURES:
        terminalreporter.section("figures")
        for line in _FIGURES:
            terminalreporter.write_line(line)
