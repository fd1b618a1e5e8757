"""What all tests share: which suite a test belongs to, its end, and a PostgreSQL of their own."""

import asyncio
import os
import signal
import sys
import traceback
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import HealthCheck, settings

from bot.store import sqlite
from tests.hatchery import Hatchery
from tests.migrated import lay_out, sqlite_at
from tests.postgres import Cluster, in_memory

HERE = Path(__file__).parent
_FIGURES: list[str] = []
SUITES = {"contract", "e2e", "real_rt", "faults", "bench"}

# A busy machine is no failure, so no deadlines. CI tries the same examples each time: what breaks
# there was broken by the change; people's machines go on looking for new ones.
settings.register_profile("here", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("here"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") == "true" else "here")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what lies in a suite's folder; the rest is the unit suite."""
    for item in items:
        folder = item.path.relative_to(HERE).parts[0]
        if folder in SUITES:
            item.add_marker(folder)


def _show(task: asyncio.Task[Any]) -> None:
    """Print where it waits, from without to within; its own print_stack() shows only the outermost."""
    sys.stderr.write(f"\n{task.get_name()}:\n")
    step: Any = task.get_coro()
    while frame := getattr(step, "cr_frame", None):
        traceback.print_stack(frame, 1, sys.stderr)
        step = step.cr_await


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """End what hangs, and say where: what came of all the other tests would be lost with it.

    A little before, pytest's faulthandler has shown the threads. It knows no coroutines.
    """
    seconds = 1.1 * float(item.config.getini("faulthandler_timeout") or 0)
    if any(item.get_closest_marker(name) for name in ("bench", "soak")):
        seconds = 0

    def end(*_: object) -> None:
        with suppress(RuntimeError):  # no loop runs
            for task in asyncio.all_tasks():
                _show(task)
        pytest.fail(f"{item.nodeid} hangs: it has not ended after {seconds:.1f} s")

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, seconds, 30)  # and again: tidying up may hang, too
    try:
        return (yield)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="session", autouse=True)
def few_keys() -> Iterator[None]:
    """RSA keys in turn from a handful: each stand-in for Teams wants two, which takes longer than all else it does."""
    make, ready, turn = rsa.generate_private_key, list[rsa.RSAPrivateKey](), count()

    def one(public_exponent: int = 65537, key_size: int = 2048, **more: Any) -> rsa.RSAPrivateKey:
        if key_size != 2048 or more:
            return make(public_exponent, key_size, **more)
        if len(ready) < 8:
            ready.append(make(public_exponent, key_size))
            return ready[-1]
        return ready[next(turn) % 8]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rsa, "generate_private_key", one)
        yield


@pytest.fixture(scope="session", autouse=True)
def pragmas() -> Iterator[tuple[str, ...]]:
    """How SQLite is opened: no commit waits for the disk, as with our PostgreSQL. Yields the real way.

    A test's data need not outlive the machine. Services in processes of their own do wait.
    """
    real = sqlite._PRAGMAS
    quick = ("PRAGMA synchronous = OFF", *(one for one in real if "synchronous" not in one))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite, "_PRAGMAS", quick)
        yield real


@pytest.fixture(scope="session")
def hatchery() -> Iterator[Hatchery]:
    """The service's code, loaded once for all the processes that a suite starts."""
    with Hatchery() as a_hatchery:
        yield a_hatchery


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[Cluster]:
    """A private PostgreSQL on loopback, as long as the tests run."""
    if not Cluster.programs():
        reason = "PostgreSQL missing: run make test as root once"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with Cluster.running(in_memory(), max_wal_size="64MB") as cluster:
        yield cluster


@pytest.fixture
def postgres_url(postgres_cluster: Cluster) -> Iterator[str]:
    """`postgresql+psycopg://…` of an empty database that is this test's alone."""
    with postgres_cluster.database() as url:
        yield url


@pytest.fixture(scope="session")
def postgres_template(postgres_cluster: Cluster) -> Iterator[str]:
    """The name of a database with the service's tables to copy: migrating takes longer than most tests."""
    with postgres_cluster.database() as url:
        lay_out(url)
        yield url.rpartition("/")[2]


@pytest.fixture
def postgres_with_tables(postgres_cluster: Cluster, postgres_template: str) -> Iterator[str]:
    """The same as `postgres_url`, migrated."""
    with postgres_cluster.database(postgres_template) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def either_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A migrated database of either kind."""
    if request.param == "sqlite":
        return sqlite_at(tmp_path / "chats.db")
    found: str = request.getfixturevalue("postgres_with_tables")
    return found


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Keep a line for the end of the run."""
    return lambda line: _FIGURES.append(f"{request.node.name}: {line}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figures where they are found: last."""
    if _FIGURES:
        terminalreporter.section("figures")
        for line in _FIGURES:
            terminalreporter.write_line(line)
