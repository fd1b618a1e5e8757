"""A test that fails among everything else and passes alone is named, and refuses no merge."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.dev import suites
from infra.dev.suites import Command, Runner, Suite, summary

FLAKY = """
import pathlib

def test_steady():
    pass

def test_unsteady():
    seen = pathlib.Path(__file__).with_suffix(".seen")
    if not seen.exists():
        seen.touch()
        {end}
"""
BROKEN = "def test_broken():\n    assert False\n"
MANY = (
    "import pytest\n@pytest.mark.parametrize('n', range(4))\ndef test_many(n):\n    assert False\n"
)


class Ran:
    """A suite of one file is run, and what is said of it in the last lines."""

    def __init__(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
    ) -> None:
        self._folder, self._capfd = folder, capfd
        monkeypatch.setattr(suites, "REPORTS", folder / "reports")
        (folder / "reports").mkdir()
        words = [*suites.pytest("not soak").words, str(folder / "test_it.py")]
        for name in ("unit", "soak"):
            monkeypatch.setitem(suites.SUITES, name, Suite([Command(words)]))

    def __call__(self, text: str, suite: str = "unit") -> tuple[int, str]:
        (self._folder / "test_it.py").write_text(text)
        runner = Runner([suite])
        runner.run()
        status = summary(runner.results, 1.0)
        return status, self._capfd.readouterr().out


@pytest.fixture
def ran(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Ran:
    return Ran(tmp_path, monkeypatch, capfd)


def test_what_passes_alone_passes_and_is_named(ran: Ran) -> None:
    status, said = ran(FLAKY.format(end="assert False"))
    assert status == 0
    assert "2 passed, 0 failed" in said
    assert "at the second try; look why: test_it::test_unsteady" in said


def test_a_command_that_died_is_run_whole_once_more(ran: Ran) -> None:
    status, said = ran(FLAKY.format(end="__import__('os')._exit(3)"))
    assert status == 0
    assert "2 passed, 0 failed" in said
    assert "at the second try; look why: pytest ended with status 3" in said


def test_what_fails_twice_has_failed(ran: Ran) -> None:
    status, said = ran(BROKEN)
    assert status == 1
    assert "0 passed, 1 failed" in said
    assert "second try" not in said


def test_many_failures_are_no_accident(ran: Ran) -> None:
    status, said = ran(MANY)
    assert status == 1
    assert "4 failed" in said
    assert "once more" not in said


def test_whoever_looks_for_rare_faults_gets_no_second_try(ran: Ran) -> None:
    status, said = ran(FLAKY.format(end="assert False"), "soak")
    assert status == 1
    assert "1 passed, 1 failed" in said
    assert "once more" not in said
