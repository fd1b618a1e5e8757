"""What runs the suites: so many at once, everything in its turn, and nothing for ever."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import ClassVar

import pytest

from infra.dev.running import OVERSTAYED, Job, run_jobs, show


def python(code: str, *more: str) -> list[str]:
    return [sys.executable, "-c", code, *more]


class Pretend(Job):
    """A job that takes two looks to end, and counts those that run beside it."""

    running: ClassVar[list[Job]] = []
    most: ClassVar[int] = 0

    def start(self) -> None:
        self.running.append(self)
        Pretend.most = max(Pretend.most, len(self.running))

    def ended(self) -> bool:
        self.seconds += 1
        if self.seconds < 2:
            return False
        self.running.remove(self)
        return True


def test_no_more_run_at_once_than_was_said_and_all_do_in_their_order() -> None:
    jobs = [Pretend([str(n)], 60) for n in range(5)]
    ended: list[Job] = []
    run_jobs(jobs, 2, ended.append)
    assert (Pretend.most, ended) == (2, jobs)


def test_what_overstays_is_ended_and_the_next_has_its_turn(tmp_path: Path) -> None:
    stuck = Job(python("import time; time.sleep(600)"), 0.5)
    after = Job(python("raise SystemExit(3)"), 60)

    run_jobs([stuck, after], 1, lambda _job: None)

    assert (stuck.status, after.status) == (OVERSTAYED, 3)
    assert stuck.process is not None
    with pytest.raises(ProcessLookupError):
        os.killpg(stuck.process.pid, 0)


def test_who_gives_up_waiting_leaves_nothing_running() -> None:
    stuck = Job(python("import time; time.sleep(600)"), 600)

    def interrupted(_job: Job) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_jobs([stuck, Job(python("pass"), 60)], 2, interrupted)
    assert stuck.process is not None
    assert stuck.process.poll() is not None


def test_the_services_own_settings_are_not_handed_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LIVECHAT_CONFIG", "/etc/livechat.toml")
    job = Job(python("import os; print('LIVECHAT_CONFIG' in os.environ)"), 60, tmp_path / "log")

    run_jobs([job], 1, show)

    assert capsys.readouterr().out == "False\n"
