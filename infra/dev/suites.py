"""Runs suites of checks and says in its last lines what came of them: `suites.py lint unit …`.

Suites that measure nobody's milliseconds run side by side, as many commands as there are cores; the
others run by themselves, after them. With CI=true a suite that cannot run, or a test that was skipped, is a failure. Elsewhere the last
lines name what did not run, and why.
"""

import os
import shutil
import sys
import time
import xml.etree.ElementTree as ET  # it reads only reports that pytest has just written
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from infra.dev.running import BIN, ROOT, Job, run_jobs, show

REPORTS = ROOT / ".build" / "reports"
STRICT = os.environ.get("CI") == "true"
CORES = os.cpu_count() or 1
LIMIT = 900.0
"""Seconds after which a suite is taken to hang. All of them together must stay under 15 minutes."""

ELSEWHERE = "not (contract or e2e or real_rt or faults or bench or soak)"


def program(*names: str) -> Callable[[], bool]:
    """Whether one of these commands or files is there; sbin is not on everybody's path."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/usr/lib/chromium"
    return lambda: any(shutil.which(name, path=path) or Path(name).exists() for name in names)


def module(name: str) -> Callable[[], bool]:
    return lambda: find_spec(name) is not None


def postgres() -> bool:
    return any(Path("/usr/lib/postgresql").glob("*/bin/initdb")) or bool(shutil.which("initdb"))


def browser() -> bool:
    own = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH", Path.home() / ".cache/ms-playwright"))
    return program("chromium", "google-chrome")() or any(own.glob("chromium-*"))


REAL_RT = {
    "apache2": program("apache2"),
    "krb5kdc": program("krb5kdc"),
    "request-tracker5": program("/usr/share/request-tracker5"),
    "request-tracker4": program("/usr/share/request-tracker4"),
    "requests-kerberos": module("requests_kerberos"),
}
DATABASE = {"postgresql": postgres}
CHROMIUM = {"chromium": browser}
FIREFOX = {"firefox-esr": program("firefox-esr")}
WEBKIT = {
    "webkit2gtk-driver": program("WebKitWebDriver"),
    "xvfb": program("Xvfb"),
    "selenium": module("selenium"),
}


def pytest(marks: str, *more: str) -> list[str]:
    return [str(BIN / "python"), "-m", "pytest", "-q", "-m", marks, *more]


@dataclass(frozen=True)
class Suite:
    """A name for `make`, what to run, and the real components without which it proves nothing."""

    commands: Sequence[Sequence[str]]
    needs: dict[str, Callable[[], bool]] = field(default_factory=dict)
    limit: float = LIMIT
    together: Sequence[Sequence[str]] = ()
    """What runs before the commands, side by side: mostly waiting, each shown when it has ended."""
    patient: bool = False
    """Whether it may share the machine with other suites: it looks at no clock but its own."""


LINT = (
    (str(BIN / "ruff"), "check", "--quiet"),
    (str(BIN / "ruff"), "format", "--check", "--output-format=concise"),
    (str(BIN / "mypy"),),
    (str(BIN / "lint-imports"), "--no-logo"),
)
#: Trials that measure nobody's milliseconds, in shares of equal length.
SIDE_BY_SIDE = (
    ("kill", "kills", "paused"),
    ("connector", "database_dies", "partition"),
    ("disk", "hostile", "mozilla", "seeded_bugs"),
)


def faults() -> Suite:
    """The fault trials: shares side by side, then alone whatever is in none of them."""
    marks = "faults and not soak"
    shares = [[f"tests/faults/test_{name}.py" for name in names] for names in SIDE_BY_SIDE]
    others = [f"--ignore={file}" for share in shares for file in share]
    rest = pytest(marks, "tests/faults", *others)
    return Suite([rest], DATABASE, together=[pytest(marks, *share) for share in shares])


#: What searches for long, beside everything else.
LONG = ("tests/relay/test_machine.py", "tests/test_roundtrip.py")


def unit() -> Suite:
    """What needs no browser and no process of its own; what wants PostgreSQL says so itself."""
    others = [f"--ignore={path}" for path in LONG]
    return Suite([pytest(ELSEWHERE, *LONG), pytest(ELSEWHERE, *others)], patient=True)


def contract() -> Suite:
    """The contract; what plays every case on three real RTs runs beside the rest."""
    files = "tests/contract/test_tickets.py"
    commands = [
        pytest("contract", files),
        pytest("contract", "tests/contract", f"--ignore={files}"),
    ]
    return Suite(commands, REAL_RT | CHROMIUM | DATABASE, patient=True)


SUITES = {
    "lint": Suite(LINT, patient=True),
    "unit": unit(),
    "widget": Suite([["npm", "--prefix", "widget", "run", "--silent", "check"]], patient=True),
    "contract": contract(),
    "rt": Suite(
        [pytest("real_rt and not contract and not soak")], REAL_RT | CHROMIUM, patient=True
    ),
    "e2e": Suite(
        [pytest("e2e and not real_rt and not soak")], CHROMIUM | FIREFOX | WEBKIT | DATABASE
    ),
    "faults": faults(),
    "bench": Suite([pytest("bench and not soak", "-s")], CHROMIUM | DATABASE),
    "soak": Suite([pytest("soak", "-s")], REAL_RT | CHROMIUM | DATABASE, limit=24 * 3600),
}


@dataclass
class Result:
    """What one suite came to. `excuse` says why it did not run."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0.0
    excuse: str = ""
    notes: list[str] = field(default_factory=list)

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


class Runner:
    """Runs suites and keeps what came of each."""

    def __init__(self, names: Iterable[str]) -> None:
        self.results = {name: Result() for name in names}
        self._owners: dict[int, tuple[str, Path | None]] = {}

    def run(self) -> None:
        """Run what is patient side by side, then the others one after the other."""
        able = [name for name in self.results if self._able(name)]
        patient = [name for name in able if SUITES[name].patient]
        jobs = [job for name in patient for job in self._jobs(name, SUITES[name].commands, True)]
        if len(jobs) > 1:
            print(f"\n=== {', '.join(patient)}, {CORES} commands at a time", flush=True)
        run_jobs(jobs, CORES, self._done)
        for name in [name for name in able if name not in patient]:
            suite = SUITES[name]
            print(f"\n=== {name}", flush=True)
            run_jobs(self._jobs(name, suite.together, True), len(suite.together), self._done)
            run_jobs(self._jobs(name, suite.commands, False), 1, self._done)
        for result in self.results.values():
            result.judge()

    def _able(self, name: str) -> bool:
        missing = [need for need, there in SUITES[name].needs.items() if not there()]
        if missing:
            self.results[name].excuse = f"{', '.join(missing)} missing: run make test as root once"
        return not missing

    def _jobs(self, name: str, commands: Sequence[Sequence[str]], aside: bool) -> list[Job]:
        """Make jobs of a suite's commands; ``aside``: their output is shown when they have ended."""
        jobs = []
        for command in commands:
            stem = f"{name}-{len(self._owners)}"
            report = REPORTS / f"{stem}.xml" if "pytest" in command else None
            more = [f"--junitxml={report}"] if report else []
            log = REPORTS / f"{stem}.log" if aside else None
            jobs.append(Job([*command, *more], SUITES[name].limit, log))
            self._owners[id(jobs[-1])] = (name, report)
        return jobs

    def _done(self, job: Job) -> None:
        name, report = self._owners[id(job)]
        result = self.results[name]
        if job.log and job.log.stat().st_size:
            print(f"\n=== {name}", flush=True)
        show(job)
        result.seconds += job.seconds
        if report:
            read_report(report, result, job.status or 0)
        elif job.status:
            result.failed += 1
            result.notes.append(f"{Path(job.command[0]).name} failed")
        else:
            result.passed += 1


def read_report(report: Path, result: Result, status: int) -> None:
    """Add pytest's own counts, from its JUnit report."""
    if not report.exists():
        result.failed += 1
        result.notes.append(f"pytest ended with status {status} and left no report")
        return
    for suite in ET.parse(report).getroot().iter("testsuite"):  # noqa: S314  our own file
        tests, skipped = int(suite.get("tests", 0)), int(suite.get("skipped", 0))
        bad = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        result.passed += max(tests - skipped - bad, 0)
        result.failed += bad
        result.skipped += skipped
    if status and not result.failed:
        result.failed = 1
        result.notes.append(f"pytest ended with status {status}")


def main(names: Sequence[str]) -> int:
    unknown = [name for name in names if name not in SUITES]
    if unknown or not names:
        print(f"suites.py: name some of {', '.join(SUITES)}", file=sys.stderr)
        return 2
    shutil.rmtree(REPORTS, ignore_errors=True)
    REPORTS.mkdir(parents=True)
    started, runner = time.monotonic(), Runner(names)
    runner.run()
    return summary(runner.results, time.monotonic() - started)


def summary(results: dict[str, Result], seconds: float) -> int:
    """Print what came of the suites; return the status of the whole."""
    print("\n=== summary")
    for name, result in results.items():
        word = "did not run" if result.excuse else "failed" if result.failed else "passed"
        print(
            f"{name:9} {word:11} {result.passed:5} passed {result.failed:3} failed "
            f"{result.seconds:6.1f} s  {'; '.join(result.notes)}".rstrip()
        )
    for name, result in results.items():
        if result.excuse:
            print(f"did not run: {name} ({result.excuse})")
        elif result.skipped:
            print(f"did not run: {result.skipped} tests of {name} (skipped; pytest named them)")
    failed = sum(result.failed for result in results.values())
    passed = sum(result.passed for result in results.values())
    print(f"{passed} passed, {failed} failed, {seconds:.0f} s in all")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
