"""Disks that are full, and disks that fail."""

from __future__ import annotations

import asyncio
import os
import resource
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

_CHUNK = 64 * 1024


@contextmanager
def small_disk(megabytes: int) -> Iterator[Path]:
    """A file system of its own; for root."""
    folder = Path(tempfile.mkdtemp(prefix="livechat-disk-"))
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=755", "livechat", folder],
        check=True,
    )
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)
        folder.rmdir()


@contextmanager
def full(disk: Path) -> Iterator[None]:
    """Leave no room on ``disk``."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        size = _CHUNK
        while size:
            try:
                file.write(bytes(size))
            except OSError:
                size //= 2
    try:
        yield
    finally:
        ballast.unlink()


@contextmanager
def no_longer_files(pid: int, database: Path) -> Iterator[None]:
    """Let no file of the process grow beyond what the database's files have now.

    That needs no root; writing beyond it fails like writing to a full disk.
    """
    sizes = [path.stat().st_size for path in database.parent.glob(f"{database.name}*")]
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (max(sizes), before[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, before)


@asynccontextmanager
async def failing_sync(pid: int, error: str) -> AsyncIterator[None]:
    """Let every fsync and fdatasync of the process fail with ``error`` (EIO, ENOSPC); for root."""
    command = ["strace", "-f", "-qq", "-o", os.devnull, "-e", "trace=fsync,fdatasync"]
    inject = ["-e", f"inject=fsync,fdatasync:error={error}", "-p", str(pid)]
    tracer = await asyncio.create_subprocess_exec(*command, *inject)
    await asyncio.sleep(0.3)  # until it has taken hold of every thread
    try:
        yield
    finally:
        tracer.terminate()
        await tracer.wait()


def available() -> bool:
    """Whether this is root, with strace at hand."""
    return os.geteuid() == 0 and shutil.which("strace") is not None
