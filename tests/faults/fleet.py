"""The service as one or several processes, behind a load balancer for what comes from Teams."""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp

from bot.sandbox.stage import PREFIX, Stage, to_toml
from tests.faults.faultproxy import FaultProxy
from tests.hatchery import Hatchery
from tests.processes import ServiceProcess, free_port

LEASE = 4
"""Seconds for which a claim is good here: usually it is thirty, and nobody waits so long for a test."""

#: What a service says when it met something that nobody foresaw.
_UNFORESEEN = re.compile(r"Traceback|never retrieved|never awaited|Unclosed")
#: And what it says only when its database is not there.
_FAILED = re.compile(r"turn_failed|delivery_failed|socket_failed")


class Fleet:
    """Replicas of the service on one database (``urls``: one for all, or one each)."""

    def __init__(
        self,
        stage: Stage,
        folder: Path,
        urls: Sequence[str],
        hatchery: Hatchery,
        *,
        seed: int = 0,
        bug: str = "",
        sections: dict[str, dict[str, Any]] | None = None,
    ) -> None:
        self.stage = stage
        self._draw = random.Random(f"fleet {seed}")
        common = stage.settings(urls[0])
        common["retention"] = {"quarantine_seconds": 2, "purge_grace_seconds": 0}
        common["relay"] = {"lease_seconds": LEASE, "dead_after_seconds": 3}
        common = _merged(common, sections or {})
        self.replicas = [
            self._replica(folder / f"replica-{n}", common, url, hatchery, bug)
            for n, url in enumerate(urls, 1)
        ]
        ports = [int(replica.url.split(":")[2].split("/")[0]) for replica in self.replicas]
        self.balancer = FaultProxy(*ports, seed=seed)
        self.kills = 0
        self.starts: list[float] = []  # how many seconds each start after a kill took

    def _replica(
        self, folder: Path, common: dict[str, Any], url: str, hatchery: Hatchery, bug: str
    ) -> ServiceProcess:
        folder.mkdir()
        port = free_port()
        settings = {**common, "database": {**common["database"], "url": url}}
        settings["server"] = {"host": "127.0.0.1", "port": port}
        config = folder / "livechat.toml"
        config.write_text(to_toml(settings), encoding="utf-8")
        base = f"http://127.0.0.1:{port}{PREFIX}"
        return ServiceProcess(config, base, hatchery=hatchery, bug=bug)

    @property
    def bases(self) -> list[str]:
        """Where widgets find the replicas."""
        return [replica.url for replica in self.replicas]

    async def __aenter__(self) -> Self:
        await self.balancer.__aenter__()
        courier = self.stage.teams.courier
        courier.bot_url = f"http://127.0.0.1:{self.balancer.port}/api/messages"
        # A connection each, so that the balancer chooses anew each time.
        courier._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, force_close=True)
        )
        for replica in self.replicas:
            await replica.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for replica in self.replicas:
            if replica.alive:
                replica.kill()
        await self.balancer.__aexit__(kind, error, traceback)

    async def kill_one(self, down: float = 0.0) -> None:
        """SIGKILL a random replica and start it again after ``down`` seconds."""
        replica = self._draw.choice(self.replicas)
        replica.kill()
        self.kills += 1
        await asyncio.sleep(down)
        began = time.monotonic()
        await replica.start()
        self.starts.append(time.monotonic() - began)

    async def kill_often(self, times: int, shortest: float, longest: float) -> None:
        """Kill random replicas, with pauses between those bounds (seconds).

        The busier the machine, the longer a start takes, and the longer everybody else needs to come
        back before the next kill: so a pause lasts as long as the last start besides.
        """
        for _ in range(times):
            await asyncio.sleep(self._draw.uniform(shortest, longest) + sum(self.starts[-1:]))
            await self.kill_one()

    def unforeseen(self, *, database_was_there: bool = True) -> list[str]:
        """Lines of the replicas' logs that should not be there."""
        found = []
        for replica in self.replicas:
            lines = replica.log.read_text(errors="replace").splitlines()
            found += [line for line in lines if _UNFORESEEN.search(line)]
            found += [line for line in lines if database_was_there and _FAILED.search(line)]
        return found

    def memory(self) -> int:
        """Bytes that all replicas together hold (RSS)."""
        return sum(resident(replica.pid) for replica in self.replicas if replica.alive)

    def files(self) -> int:
        """How many files and sockets the replicas have open."""
        return sum(len(list(Path(f"/proc/{r.pid}/fd").iterdir())) for r in self.replicas if r.alive)


def _merged(common: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """Settings with others put into them, at every depth."""
    merged = {**common, **more}
    for name in common.keys() & more.keys():
        if isinstance(common[name], dict):
            merged[name] = _merged(common[name], more[name])
    return merged


def resident(pid: int) -> int:
    """Bytes of memory that a process holds."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096
