"""Runs suites of checks and says in its last lines what came of them: `suites.py lint unit …`.

Suites that measure nobody's milliseconds run side by side, what takes longest first, and one command
more than there are cores, since most of them wait most of the time. The fault trials, which wait even
more, run beside these, and before them when both want a core. The others run afterwards, one suite at
a time. With CI=true a suite that cannot run, or a test that was skipped, is a
failure. Elsewhere the last lines name what did not run, and why.
"""

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from infra.dev.results import Result, read_report
from infra.dev.running import BIN, ROOT, Job, Queue, run_jobs, show

REPORTS = ROOT / ".build" / "reports"
CORES = os.cpu_count() or 1
AT_ONCE = CORES + 1
TRIALS_AT_ONCE = 2
UNSTEADY = 3
"""So many tests of a run may fail among everything else, if each of them passes when it is alone."""
STERN = {"bench", "soak"}
"""What looks for rare faults, or measures, gets no second try."""
WAY = 5
"""How nice to the fault trials is what runs beside them."""
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
ORCA = {
    "orca": program("orca"),
    "at-spi2-core": program("/usr/libexec/at-spi-bus-launcher"),
    "dbus-daemon": program("dbus-daemon"),
}


@dataclass(frozen=True)
class Command:
    """What to run, and about how many seconds it takes: what takes longest begins first."""

    words: Sequence[str]
    seconds: float = 5


def pytest(marks: str, *more: str, seconds: float = 5) -> Command:
    return Command([str(BIN / "python"), "-m", "pytest", "-q", "-m", marks, *more], seconds)


def rest(folder: str, *shares: Sequence[str]) -> list[str]:
    """Pytest's arguments for what lies in ``folder`` and is in none of the shares."""
    return [folder, *ignoring([file for share in shares for file in files(folder, share)])]


def ignoring(places: Iterable[str]) -> list[str]:
    return [f"--ignore={place}" for place in places]


def files(folder: str, names: Sequence[str]) -> list[str]:
    return [f"{folder}/test_{name}.py" for name in names]


@dataclass(frozen=True)
class Suite:
    """A name for `make`, what to run, and the real components without which it proves nothing."""

    commands: Sequence[Command]
    needs: dict[str, Callable[[], bool]] = field(default_factory=dict)
    limit: float = LIMIT
    together: Sequence[Command] = ()
    """What mostly waits: it runs before the commands, beside what is patient, which makes way for it."""
    at_once: int = 1
    """How many of the commands run side by side, if the suite has the machine for itself."""
    patient: bool = False
    """Whether it may share the machine with other suites: it looks at no clock but its own."""


LINT = (
    Command([str(BIN / "ruff"), "check", "--quiet"]),
    Command([str(BIN / "ruff"), "format", "--check", "--output-format=concise"]),
    Command([str(BIN / "mypy")], 15),
    Command([str(BIN / "lint-imports"), "--no-logo"]),
)
CHECK = Command(["npm", "--prefix", "widget", "run", "--silent", "check"])

#: The fault trials that measure nobody's milliseconds, in shares of equal length.
TRIALS = (
    ("kill", "kills", "hostile"),
    ("begin", "connector", "database_dies", "filings", "partition", "paused"),
    ("disk", "mozilla", "seeded_bugs"),
)
#: What searches for long, and what else the unit suite's two larger halves are.
SEARCHES = ("tests/relay/test_machine.py", "tests/test_roundtrip.py")
HALF = ("tests/relay", "tests/teams", "tests/rt")
#: What starts the three real RTs; the rest of the contract starts none.
DESKS, TICKETS = ("confirming", "mailing", "own_tickets", "restored"), ("tickets", "matrix")
#: What plays in browsers for longest, with the seconds that it takes.
PAGES = {
    ("engines",): 90,
    ("hostile_texts", "widget_histories_real", "widget_orca"): 75,
    ("widget_reliability", "widget_access"): 60,
    ("story", "start_page"): 20,
    (
        *("back", "stand_alone", "widget_cookies", "widget_files"),
        *("widget_firefox", "widget_polling", "widget_sign_in"),
    ): 145,
    (
        *("begin", "begin_elsewhere", "begin_kept", "begin_line"),
        *("begin_more", "begin_sight", "begin_trouble"),
    ): 130,
}


def faults() -> Suite:
    """The fault trials: shares beside the patient suites, then alone whatever is in none of them."""
    marks, folder = "faults and not soak", "tests/faults"
    shares = [pytest(marks, *files(folder, names)) for names in TRIALS]
    return Suite([pytest(marks, *rest(folder, *TRIALS))], DATABASE, together=shares)


def unit() -> Suite:
    """What needs no browser and no process of its own; what wants PostgreSQL says so itself."""
    elsewhere = [f"tests/{folder}" for folder in ("contract", "e2e", "real_rt", "faults", "bench")]
    commands = [
        pytest(ELSEWHERE, *SEARCHES, seconds=65),
        pytest(ELSEWHERE, *HALF, *ignoring(SEARCHES), seconds=120),
        pytest(ELSEWHERE, *ignoring([*SEARCHES, *HALF, *elsewhere]), seconds=140),
    ]
    return Suite(commands, patient=True)


def contract() -> Suite:
    """The contract, in three shares."""
    folder, mark = "tests/contract", "contract"
    commands = [
        pytest(mark, *files(folder, DESKS), seconds=190),
        pytest(mark, *files(folder, TICKETS), seconds=170),
        pytest(mark, *rest(folder, DESKS, TICKETS), seconds=220),
    ]
    return Suite(commands, REAL_RT | CHROMIUM | DATABASE, patient=True)


def e2e() -> Suite:
    """The browsers, in shares: each keeps a core busy for most of its time, and waits for the rest."""
    folder, marks = "tests/e2e", "e2e and not real_rt and not soak"
    shares = [pytest(marks, *files(folder, names), seconds=long) for names, long in PAGES.items()]
    others = pytest(marks, *rest(folder, *PAGES), seconds=165)
    needs = CHROMIUM | FIREFOX | WEBKIT | ORCA | DATABASE
    return Suite([*shares, others], needs, at_once=AT_ONCE)


def rt() -> Suite:
    """The story on real RTs."""
    marks = "real_rt and not contract and not soak"
    return Suite([pytest(marks, "tests/real_rt", seconds=250)], REAL_RT | CHROMIUM, patient=True)


SUITES = {
    "lint": Suite(LINT, patient=True),
    "unit": unit(),
    "widget": Suite([CHECK], patient=True),
    "contract": contract(),
    "rt": rt(),
    "e2e": e2e(),
    "faults": faults(),
    "bench": Suite([pytest("bench and not soak", "-s")], CHROMIUM | DATABASE),
    "soak": Suite(
        [pytest("soak", "-s", "-o", "faulthandler_timeout=0")],
        REAL_RT | CHROMIUM | DATABASE,
        limit=24 * 3600,
    ),
}


class Runner:
    """Runs suites and keeps what came of each."""

    def __init__(self, names: Iterable[str]) -> None:
        self.results = {name: Result() for name in names}
        self._owners: dict[int, tuple[str, Path | None]] = {}
        self._failed: list[tuple[str, Job, Result]] = []

    def run(self) -> None:
        """Run what is patient side by side, then the others one after the other."""
        able = [name for name in self.results if self._able(name)]
        patient = [name for name in able if SUITES[name].patient]
        self._side_by_side(patient, able)
        for name in [name for name in able if name not in patient]:
            suite = SUITES[name]
            print(f"\n=== {name}", flush=True)
            jobs = self._jobs([name], aside=suite.at_once > 1)
            run_jobs(self._done, Queue(jobs, suite.at_once))
        self._second_try()
        for result in self.results.values():
            result.judge()

    def _second_try(self) -> None:
        """Let what failed among everything else try once more, alone, if it is little: a machine
        that stalls is no test's fault (docs/decisions/0029). The last lines name it.
        """
        failed, self._failed = self._failed, []
        if sum(first.failed for _, _, first in failed) > UNSTEADY:
            return
        for name, job, first in failed:
            print(f"\n=== {name}, what failed once more", flush=True)
            words = [word for word in job.command if not word.startswith("--junitxml=")]
            report = REPORTS / f"again-{len(self._owners)}.xml"
            again = Job([*words, "--last-failed", f"--junitxml={report}"], SUITES[name].limit)
            self._owners[id(again)] = (name, report)
            run_jobs(lambda _: None, Queue([again], 1))
            self.results[name].second(first, read_report(report, again.status or 0))

    def _side_by_side(self, patient: Sequence[str], able: Sequence[str]) -> None:
        """Run what is patient, and beside it what waits for most of its time."""
        trials = [
            self._job(name, command, aside=True)
            for name in able
            for command in SUITES[name].together
        ]
        work = self._jobs(patient, aside=True, nice=WAY if trials else 0)
        if len(work) > 1:
            print(f"\n=== {', '.join(patient)}, {AT_ONCE} commands at a time", flush=True)
        at_once = TRIALS_AT_ONCE if work else len(trials)
        run_jobs(self._done, Queue(trials, at_once), Queue(work, AT_ONCE))

    def _jobs(self, names: Sequence[str], *, aside: bool, nice: int = 0) -> list[Job]:
        """The commands of these suites, what takes longest first."""
        work = [(name, command) for name in names for command in SUITES[name].commands]
        work.sort(key=lambda one: -one[1].seconds)
        return [self._job(*one, aside=aside, nice=nice) for one in work]

    def _able(self, name: str) -> bool:
        missing = [need for need, there in SUITES[name].needs.items() if not there()]
        if missing:
            self.results[name].excuse = f"{', '.join(missing)} missing: run make test as root once"
        return not missing

    def _job(self, name: str, command: Command, *, aside: bool, nice: int = 0) -> Job:
        """Make a suite's command a job; ``aside``: its output is shown when it has ended."""
        stem = f"{name}-{len(self._owners)}"
        report = REPORTS / f"{stem}.xml" if "pytest" in command.words else None
        # A cache of its own tells which of its tests failed.
        own = [f"--override-ini=cache_dir={REPORTS / stem}", f"--junitxml={report}"]
        more = own if report else []
        log = REPORTS / f"{stem}.log" if aside else None
        job = Job([*command.words, *more], SUITES[name].limit, log, nice)
        self._owners[id(job)] = (name, report)
        return job

    def _done(self, job: Job) -> None:
        name, report = self._owners[id(job)]
        if job.log and job.log.stat().st_size:
            print(f"\n=== {name}", flush=True)
        show(job)
        if report:
            found = read_report(report, job.status or 0)
        elif job.status:
            found = Result(failed=1, notes=[f"{Path(job.command[0]).name} failed"])
        else:
            found = Result(passed=1)
        found.seconds = job.seconds
        if report and found.failed and name not in STERN:
            self._failed.append((name, job, found))
        self.results[name].add(found)


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
    for test in [test for result in results.values() for test in result.unsteady]:
        print(f"passed only when it was alone, at the second try; look why: {test}")
    failed = sum(result.failed for result in results.values())
    passed = sum(result.passed for result in results.values())
    print(f"{passed} passed, {failed} failed, {seconds:.0f} s in all")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
