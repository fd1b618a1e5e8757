"""What runs the suites: so many at once, everything in its turn, and nothing for ever."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import ClassVar

import pytest

from infra.dev.running import OVERSTAYED, Job, Queue, run_jobs, show


def python(code: str, *more: str) -> list[str]:
    return [sys.executable, "-c", code, *more]


class Pretend(Job):
    """A job that takes two looks to end, and counts those that run beside it."""

    running: ClassVar[list[Job]] = []

    def start(self) -> None:
        self.running.append(self)
        self.beside = [job.command[0] for job in self.running if job is not self]

    def ended(self) -> bool:
        self.seconds += 1
        if self.seconds < 2:
            return False
        self.running.remove(self)
        return True


def pretended(*names: str) -> list[Pretend]:
    return [Pretend([name], 60) for name in names]


def test_no_more_run_at_once_than_was_said_and_all_do_in_their_order() -> None:
    jobs = pretended("a", "b", "c", "d", "e")
    ended: list[Job] = []
    run_jobs(ended.append, Queue(list(jobs), 2))
    assert (max(len(job.beside) for job in jobs), ended) == (1, jobs)


def test_a_queue_goes_on_beside_another_whatever_is_left_there() -> None:
    letters, numbers = pretended("a", "b"), pretended("1", "2", "3", "4", "5")
    run_jobs(lambda _job: None, Queue([*letters], 1), Queue([*numbers], 2))
    assert [job.beside for job in numbers] == [["a"], ["a", "1"], ["b"], ["b", "3"], []]


def test_what_makes_way_is_nice_and_so_is_all_that_it_starts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nice = python("import os, sys; print(os.nice(0)); sys.stdout.flush(); os.system('nice')")
    usual = os.nice(0)
    run_jobs(show, Queue([Job(nice, 60, tmp_path / "log", 3)], 1))
    assert capsys.readouterr().out.split() == [str(usual + 3)] * 2


def test_what_overstays_is_ended_and_the_next_has_its_turn(tmp_path: Path) -> None:
    stuck = Job(python("import time; time.sleep(600)"), 0.5)
    after = Job(python("raise SystemExit(3)"), 60)

    run_jobs(lambda _job: None, Queue([stuck, after], 1))

    assert (stuck.status, after.status) == (OVERSTAYED, 3)
    assert stuck.process is not None
    with pytest.raises(ProcessLookupError):
        os.killpg(stuck.process.pid, 0)


def test_who_gives_up_waiting_leaves_nothing_running() -> None:
    stuck = Job(python("import time; time.sleep(600)"), 600)

    def interrupted(_job: Job) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_jobs(interrupted, Queue([stuck, Job(python("pass"), 60)], 2))
    assert stuck.process is not None
    assert stuck.process.poll() is not None


def test_the_services_own_settings_are_not_handed_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LIVECHAT_CONFIG", "/etc/livechat.toml")
    job = Job(python("import os; print('LIVECHAT_CONFIG' in os.environ)"), 60, tmp_path / "log")

    run_jobs(show, Queue([job], 1))

    assert capsys.readouterr().out == "False\n"
