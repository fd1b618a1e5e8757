"""What runs the suites: so many at once, everything in its turn, and nothing for ever."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from infra.dev.running import OVERSTAYED, Job, run_jobs, show

PRESENT = """
import pathlib, sys, time
here = pathlib.Path(sys.argv[1])
mine = here / sys.argv[2]
mine.touch()
print(len(list(here.iterdir())))
while not (here / "go").exists(): time.sleep(0.01)
mine.unlink()
"""


def python(code: str, *more: str) -> list[str]:
    return [sys.executable, "-c", code, *more]


def test_no_more_run_at_once_than_was_said_and_all_do_in_their_order(tmp_path: Path) -> None:
    room = tmp_path / "room"
    room.mkdir()
    jobs = [Job(python(PRESENT, str(room), str(n)), 60, tmp_path / f"{n}.log") for n in range(3)]
    ended: list[Job] = []
    first = Job(python(f"open({str(room / 'go')!r}, 'w').close()"), 60)

    run_jobs([jobs[0], first, *jobs[1:]], 2, ended.append)

    assert {job.status for job in ended} == {0}
    assert len(ended) == 4
    said = [int((tmp_path / f"{n}.log").read_text()) for n in range(3)]
    assert max(said) <= 3  # two that run, and the file that lets them go


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
