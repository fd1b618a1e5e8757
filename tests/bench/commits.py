"""How many commits there were: strace counts SQLite's fsyncs, PostgreSQL its transactions."""

from __future__ import annotations

import asyncio
import re
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench.databases import POSTGRESQL, Database
from tests.bench.measured import Measured

_CALLS = re.compile(
    r"^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?(?:fdatasync|fsync)\s*$", re.MULTILINE
)


@dataclass
class Count:
    """Durable commits."""

    commits: int = 0


@asynccontextmanager
async def counting(running: Measured, database: Database, folder: Path) -> AsyncIterator[Count]:
    """Count within the block; the result is there after it."""
    count = Count()
    if database.kind == POSTGRESQL:
        before = database.commits()
        yield count
        count.commits = database.commits() - before
        return
    report = folder / "strace.txt"
    strace = subprocess.Popen(
        ["strace", "-fce", "trace=fdatasync,fsync", "-o", report, "-p", str(running.pid)],
        stderr=subprocess.DEVNULL,
    )
    await asyncio.sleep(0.5)
    yield count
    strace.send_signal(signal.SIGINT)
    await asyncio.to_thread(strace.wait, 10)
    count.commits = sum(map(int, _CALLS.findall(report.read_text())))


def can_count(kind: str) -> bool:
    """Whether the tools are there."""
    return kind == POSTGRESQL or shutil.which("strace") is not None
