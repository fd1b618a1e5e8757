"""The service's code, loaded once and forked: a start then takes a tenth of a second, not three.

``python -m tests.hatchery`` reads one order per line (JSON) and answers with the pid of a process
that runs ``livechat`` as ordered. What is forked has imported the code and done nothing else; it is
a process of its own, with its own event loop, connections and log.
"""

from __future__ import annotations

import ctypes
import json
import os
import random
import select
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).parents[1]
_DIE_WITH_PARENT = 1  # prctl's PR_SET_PDEATHSIG


class Hatched:
    """A process that the hatchery started, with the calls of ``subprocess.Popen`` that we use."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._fd: int | None = os.pidfd_open(pid)

    def poll(self) -> int | None:
        """None while it runs. How it ended is not known: its log tells."""
        return 0 if self._has_ended(0) else None

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end. Raises subprocess.TimeoutExpired."""
        if not self._has_ended(None if timeout is None else timeout * 1000):
            raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0)
        return 0

    def _has_ended(self, milliseconds: float | None) -> bool:
        if self._fd is None:
            return True
        waiting = select.poll()
        waiting.register(self._fd, select.POLLIN)
        if not waiting.poll(milliseconds):
            return False
        os.close(self._fd)
        self._fd = None
        return True

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if not self._has_ended(0):
            assert self._fd is not None
            signal.pidfd_send_signal(self._fd, signal.Signals(number))

    def kill(self) -> None:
        """SIGKILL."""
        self.send_signal(signal.SIGKILL)


class Hatchery:
    """The parent of all service processes of a test run; they end when it does."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.hatchery"],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": "."},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def hatch(
        self,
        command: list[str],
        log: Path,
        bug: str = "",
        environment: dict[str, str] | None = None,
    ) -> Hatched:
        """Run ``livechat *command``; ``bug`` names a fault of tests/faults/bugs.py to plant in it."""
        assert self._process.stdin
        assert self._process.stdout
        order = {"command": command, "log": str(log), "bug": bug, "environment": environment or {}}
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return Hatched(int(self._process.stdout.readline()))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()  # it ends at the end of its orders, and all that it forked
        self._process.wait(60)
        self._process.stdout.close()


def _load() -> None:
    """Import what a start imports; none of it may start a thread."""
    for name in ("bot.app", "bot.cli", "bot.logs", "bot.store.migrate", "aiosqlite", "psycopg"):
        __import__(name)
    for name in ("sqlite.aiosqlite", "postgresql.psycopg"):
        __import__(f"sqlalchemy.dialects.{name}")


def _run(order: dict[str, Any]) -> None:
    """Be the service, in the process that was forked for it."""
    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    log = os.open(order["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for ours, theirs in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(ours, theirs)
    os.environ.update(order["environment"])
    random.seed(os.urandom(16))
    if order["bug"]:
        from tests.faults import bugs

        bugs.plant(order["bug"])
    from bot.cli import main

    main(order["command"])


def serve() -> None:
    """Fork until there are no more orders."""
    _load()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them by number
    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            try:
                _run(json.loads(line))
            finally:
                os._exit(1)  # never back into the loop
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve()
