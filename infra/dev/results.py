"""What came of a suite's commands, and what pytest's own reports say of it."""

from __future__ import annotations

import os
import xml.etree.ElementTree as ET  # it reads only reports that pytest has just written
from dataclasses import dataclass, field
from pathlib import Path

STRICT = os.environ.get("CI") == "true"


@dataclass
class Result:
    """What one suite came to. `excuse` says why it did not run.

    `bad` names the tests that failed, `unsteady` those that passed at the second try only.
    """

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0.0
    excuse: str = ""
    notes: list[str] = field(default_factory=list)
    bad: list[str] = field(default_factory=list)
    unsteady: list[str] = field(default_factory=list)

    def add(self, part: Result) -> None:
        """Count what one of the suite's commands came to."""
        self.passed += part.passed
        self.failed += part.failed
        self.skipped += part.skipped
        self.seconds += part.seconds
        self.notes += part.notes

    def second(self, first: Result, again: Result) -> None:
        """Count what failed as passed, if all of it did when it was alone."""
        if again.failed or again.skipped or not again.passed:
            return
        self.failed -= first.failed
        self.passed += again.passed
        self.notes = [note for note in self.notes if note not in first.notes]
        self.unsteady += first.bad or first.notes

    def judge(self) -> None:
        """Under CI, what is not proved has failed."""
        if self.excuse and STRICT:
            self.failed += 1
        if self.skipped and STRICT:
            self.failed += self.skipped
            self.notes.append(f"{self.skipped} skipped, which CI=true does not allow")
        if not self.excuse and not self.passed + self.failed:
            self.failed = 1
            self.notes.append("nothing ran")


def read_report(report: Path, status: int) -> Result:
    """Return pytest's own counts, from its JUnit report; ``status`` is how it ended."""
    found = Result()
    if not report.exists():
        found.failed = 1
        found.notes.append(f"pytest ended with status {status} and left no report")
        return found
    for suite in ET.parse(report).getroot().iter("testsuite"):  # noqa: S314  our own file
        tests, skipped = int(suite.get("tests", 0)), int(suite.get("skipped", 0))
        bad = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        found.passed += max(tests - skipped - bad, 0)
        found.failed += bad
        found.skipped += skipped
        found.bad += [_name(case) for case in suite.iter("testcase") if _went_wrong(case)]
    if status and not found.failed:
        found.failed = 1
        found.notes.append(f"pytest ended with status {status}")
    return found


def _went_wrong(case: ET.Element) -> bool:
    return case.find("failure") is not None or case.find("error") is not None


def _name(case: ET.Element) -> str:
    return f"{case.get('classname')}::{case.get('name')}"
