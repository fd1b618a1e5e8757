"""What the fault suites share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.faults import disks
from tests.faults.scene import Plan
from tests.hatchery import Hatchery


@pytest.fixture
def plan(tmp_path: Path, hatchery: Hatchery) -> Plan:
    """A trial on SQLite; change what shall be different."""
    return Plan(tmp_path, hatchery, [f"sqlite:///{tmp_path / 'livechat.db'}"])


@pytest.fixture
def root() -> None:
    """For trials that mount a disk, or hold another process."""
    if disks.available():
        return
    reason = "only root can do that, with strace: run make test as root once"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
