"""Runs commands for suites.py: so many at once, each in a process group of its own, each with an end."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BIN = ROOT / ".venv" / "bin"
OVERSTAYED = 124
"""The status of what was ended because its time was over, as timeout(1) has it."""

_LOOKS = 0.1  # seconds between looks at what runs


@dataclass
class Job:
    """A command, the seconds it may take, and where its output goes (None: straight through).

    ``nice`` is as in nice(1): with more, it makes way for others.
    """

    command: Sequence[str]
    limit: float
    log: Path | None = None
    nice: int = 0
    status: int | None = None
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    started: float = 0.0
    seconds: float = 0.0

    def start(self) -> None:
        clean = {key: value for key, value in os.environ.items() if not key.startswith("LIVECHAT_")}
        clean["PATH"] = f"{BIN}:{clean.get('PATH', '')}"
        way = ["nice", "-n", str(self.nice)] if self.nice else []
        with ExitStack() as stack:
            out = stack.enter_context(self.log.open("wb")) if self.log else None
            self.process = subprocess.Popen(
                [*way, *self.command],
                cwd=ROOT,
                env=clean,
                start_new_session=True,
                stdout=out,
                stderr=out,
            )
        self.started = time.monotonic()

    def ended(self) -> bool:
        """Tell whether it has ended, if need be by us. Only for a job that was started."""
        if self.process is None:
            return False
        self.status = self.process.poll()
        self.seconds = time.monotonic() - self.started
        if self.status is None and self.seconds > self.limit:
            self.end()
            self.status = OVERSTAYED
            print(f"{self.command[0]} was ended after {self.limit:.0f} s", flush=True)
        return self.status is not None

    def end(self) -> None:
        """End the command with all that it started."""
        if self.process is None or self.process.poll() is not None:
            return
        os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


@dataclass
class Queue:
    """Jobs that run in their order, ``at_once`` side by side."""

    waiting: list[Job]
    at_once: int
    running: list[Job] = field(default_factory=list)

    def go_on(self) -> list[Job]:
        """Start what may start; return what has ended."""
        while self.waiting and len(self.running) < self.at_once:
            self.running.append(self.waiting.pop(0))
            self.running[-1].start()
        ended = [job for job in self.running if job.ended()]
        self.running = [job for job in self.running if job not in ended]
        return ended


def run_jobs(done: Callable[[Job], None], *queues: Queue) -> None:
    """Run queues of jobs side by side; ``done`` is called as each job has ended."""
    try:
        while any(queue.waiting or queue.running for queue in queues):
            for queue in queues:
                for job in queue.go_on():
                    done(job)
            time.sleep(_LOOKS)
    finally:
        for queue in queues:
            for job in queue.running:
                job.end()


def show(job: Job) -> None:
    """Print what a job said, if it was put aside."""
    if job.log:
        sys.stdout.write(job.log.read_text(errors="replace"))
        sys.stdout.flush()
