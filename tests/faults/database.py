"""PostgreSQL as a process that can be crashed, started again, and put where the disk is full."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress

import psycopg

from tests.postgres import OWNER, Cluster

_PATIENCE = 30.0


def create(cluster: Cluster, name: str) -> str:
    """Make a database that goes with the cluster; return its URL. Blocking."""
    with psycopg.connect(cluster.url(OWNER, driver=""), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}".encode())
    return cluster.url(name)


async def crash(cluster: Cluster) -> None:
    """End it as ``pg_ctl stop -m immediate`` does: no checkpoint, no farewell."""
    cluster.process.send_signal(signal.SIGQUIT)
    await asyncio.to_thread(cluster.process.wait, 30)


def end(cluster: Cluster) -> None:
    """End what ``revive`` started; the cluster's own block ends only what it started itself."""
    if cluster.process.poll() is None:
        cluster.process.send_signal(signal.SIGINT)
        cluster.process.wait(30)


async def revive(
    cluster: Cluster, more: Sequence[str] = (), before: Sequence[str] = (), host: str = "127.0.0.1"
) -> None:
    """Start it again on the same data, and wait until it has recovered and takes connections.

    ``more`` are further options, ``before`` is a command in front (``ip netns exec …``).
    """
    command = cluster.process.args
    assert isinstance(command, Sequence)
    assert not isinstance(command, str | bytes)
    cluster.process = subprocess.Popen(
        [*before, *map(os.fspath, command), *more],  # type: ignore[arg-type]
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
    )
    async with asyncio.timeout(_PATIENCE):
        while not await asyncio.to_thread(answers, cluster, host):
            assert cluster.process.poll() is None, "PostgreSQL did not start again"
            await asyncio.sleep(0.05)


def answers(cluster: Cluster, host: str = "127.0.0.1") -> bool:
    """Whether it takes connections. Blocking."""
    url = cluster.url(OWNER, driver="").replace("127.0.0.1", host)
    with suppress(psycopg.OperationalError):
        psycopg.connect(url, connect_timeout=2).close()
        return True
    return False
