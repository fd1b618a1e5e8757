"""Runs suites of checks and says in its last lines what came of them: `suites.py lint unit …`.

With CI=true a suite that cannot run, or a test that was skipped, is a failure. Elsewhere the last
lines name what did not run, and why.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET  # it reads only reports that pytest has just written
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[2]
BIN = ROOT / ".venv" / "bin"
REPORTS = ROOT / ".build" / "reports"
STRICT = os.environ.get("CI") == "true"
LIMIT = 600.0
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
    ("disk", "mozilla", "seeded_bugs"),
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
    return Suite([], together=[pytest(ELSEWHERE, *LONG), pytest(ELSEWHERE, *others)])


def contract() -> Suite:
    """The contract; what plays every case on three real RTs runs beside the rest."""
    files = "tests/contract/test_tickets.py"
    together = [
        pytest("contract", files),
        pytest("contract", "tests/contract", f"--ignore={files}"),
    ]
    return Suite([], REAL_RT | CHROMIUM | DATABASE, together=together)


SUITES = {
    "lint": Suite(LINT),
    "unit": unit(),
    "widget": Suite([["npm", "--prefix", "widget", "run", "--silent", "check"]]),
    "contract": contract(),
    "e2e": Suite([pytest("e2e and not real_rt")], CHROMIUM | DATABASE),
    "rt": Suite([pytest("real_rt and not contract")], REAL_RT | CHROMIUM),
    "faults": faults(),
    "bench": Suite([pytest("bench and not soak", "-s")]),
    "soak": Suite([pytest("soak", "-s")], limit=24 * 3600),
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


def call(commands: Sequence[Sequence[str]], limit: float, logs: Sequence[Path] = ()) -> list[int]:
    """Run commands side by side, each in a process group of its own; end what overstays.

    What they say goes to ``logs``, if there are any.
    """
    clean = {key: value for key, value in os.environ.items() if not key.startswith("LIVECHAT_")}
    clean["PATH"] = f"{BIN}:{clean.get('PATH', '')}"
    ends = time.monotonic() + limit
    with ExitStack() as stack:
        said: list[IO[bytes] | None] = [stack.enter_context(log.open("wb")) for log in logs]
        said = said or [None] * len(commands)
        running = [
            stack.enter_context(
                subprocess.Popen(
                    command, cwd=ROOT, env=clean, start_new_session=True, stdout=out, stderr=out
                )
            )
            for command, out in zip(commands, said, strict=True)
        ]
        try:
            return [process.wait(max(0, ends - time.monotonic())) for process in running]
        except BaseException as trouble:
            for process in running:
                end(process)
            if isinstance(trouble, subprocess.TimeoutExpired):
                print(f"{commands[0][0]} was ended after {limit:.0f} s", flush=True)
                return [124] * len(running)
            raise


def end(process: subprocess.Popen[bytes]) -> None:
    """End a command with all that it started."""
    if process.poll() is not None:
        return
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)


def call_pytests(
    commands: Sequence[Sequence[str]], limit: float, name: str, result: Result
) -> None:
    """Run pytest; one passes its output straight through, several are shown when all have ended."""
    alone = len(commands) == 1
    names = [name] if alone else [f"{name}-{n}" for n in range(1, len(commands) + 1)]
    reports = [REPORTS / f"{one}.xml" for one in names]
    logs = [] if alone else [report.with_suffix(".log") for report in reports]
    for report in reports:
        report.unlink(missing_ok=True)
    reporting = [
        [*command, f"--junitxml={report}"]
        for command, report in zip(commands, reports, strict=True)
    ]
    statuses = call(reporting, limit, logs)
    for log in logs:
        print(log.read_text(errors="replace"), flush=True)
    for report, status in zip(reports, statuses, strict=True):
        read_report(report, result, status)


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


def run(name: str, suite: Suite) -> Result:
    """Run a suite, its output passing straight through."""
    result, started = Result(), time.monotonic()
    missing = [need for need, there in suite.needs.items() if not there()]
    if missing:
        result.excuse = f"{', '.join(missing)} missing: run make test as root once"
        result.judge()
        return result
    print(f"\n=== {name}", flush=True)
    if suite.together:
        call_pytests(suite.together, suite.limit, f"{name}-together", result)
    for command in suite.commands:
        if "pytest" in command:
            call_pytests([command], suite.limit, name, result)
        elif any(call([command], suite.limit)):
            result.failed += 1
            result.notes.append(f"{Path(command[0]).name} failed")
        else:
            result.passed += 1
    result.seconds = time.monotonic() - started
    result.judge()
    return result


def main(names: Sequence[str]) -> int:
    unknown = [name for name in names if name not in SUITES]
    if unknown or not names:
        print(f"suites.py: name some of {', '.join(SUITES)}", file=sys.stderr)
        return 2
    REPORTS.mkdir(parents=True, exist_ok=True)
    results = {name: run(name, SUITES[name]) for name in names}
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
    print(f"{sum(result.passed for result in results.values())} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
