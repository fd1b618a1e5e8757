"""The process under load: pinned to one core, and what it costs by the kernel's own count."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from tests.processes import ROOT

#: Of Linux' clocks of other processes, the one that counts to the nanosecond.
_WHOLE_PROCESS = 2
_PAGE = os.sysconf("SC_PAGE_SIZE")
CORES = sorted(os.sched_getaffinity(0))
MEASURED, OTHERS = {CORES[0]}, set(CORES[1:]) or {CORES[0]}


@dataclass
class Measured:
    """A running process and where it listens."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    @property
    def pid(self) -> int:
        return self.process.pid

    def cpu(self) -> float:
        """Seconds of user and system time, all threads together."""
        return time.clock_gettime(~self.pid << 3 | _WHOLE_PROCESS)

    def memory(self) -> int:
        """Bytes that are resident."""
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * _PAGE


@contextmanager
def beside() -> Iterator[None]:
    """Stay off the measured core meanwhile, with everything that is started from here."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, OTHERS)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@asynccontextmanager
async def measured(command: list[str], port: int, path: str, log: Path) -> AsyncIterator[Measured]:
    """Run a Python command on the first core until the block ends; ``path`` tells that it is up."""
    cores = ",".join(map(str, MEASURED))
    with log.open("ab") as out:
        process = subprocess.Popen(
            # Whatever becomes of us, it ends with us.
            ["setpriv", "--pdeathsig", "KILL", "taskset", "-c", cores, sys.executable, *command],
            cwd=ROOT,
            stdout=out,
            stderr=out,
            env={**os.environ, "PYTHONPATH": "."},
        )
    it = Measured(process, port, log)
    try:
        await _until_up(it, f"http://127.0.0.1:{port}{path}")
        yield it
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            await asyncio.to_thread(process.wait, 10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


async def _until_up(it: Measured, url: str) -> None:
    deadline = time.monotonic() + 60
    async with aiohttp.ClientSession() as session:
        while time.monotonic() < deadline:
            if it.process.poll() is not None:
                break
            try:
                async with session.get(url):
                    return
            except aiohttp.ClientError:
                await asyncio.sleep(0.05)
    raise RuntimeError(f"it did not start: {it.log.read_text()[-2000:]}")
