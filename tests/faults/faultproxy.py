"""A TCP proxy that makes trouble: delay, silence in one or both directions, resets, cuts.

It stands between the service and PostgreSQL, Teams, RT or the widgets. With several targets it is
a load balancer that tries the others when one does not take the connection.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

HOST = "127.0.0.1"
_CHUNK = 64 * 1024


@dataclass(eq=False)
class _Way:
    """One direction of one connection."""

    name: str  # "up" from the client to the target, "down" back
    source: asyncio.StreamReader
    sink: asyncio.StreamWriter
    carried: int = 0


@dataclass(eq=False)
class _Pair:
    """One connection: the client's side and ours."""

    near: asyncio.StreamWriter
    far: asyncio.StreamWriter
    left: bool = False  # the client has gone, and the target does not know

    def reset(self) -> None:
        for writer in (self.near, self.far):
            writer.transport.abort()


class FaultProxy:
    """Listens on ``port`` of 127.0.0.1 and passes on to one of ``targets`` (ports there).

    ``delay`` is seconds per chunk each way. ``silent`` holds the ways ("up", "down") on which
    nothing comes through while connections stay open; what was swallowed is lost, and clearing it
    does not bring a connection back that lost something: those are reset. ``reset_after`` resets a
    connection once so many bytes went up. ``refusing`` resets new ones. ``out`` are targets that a
    health check has taken out.
    """

    def __init__(self, *targets: int, seed: int = 0, host: str = HOST) -> None:
        self.targets: Sequence[int] = targets
        self.port = 0
        self.delay = 0.0
        self.silent: set[str] = set()
        self.reset_after: int | None = None
        self.refusing = False
        self.out: set[int] = set()
        self.taken = 0
        self._host = host
        self._random = random.Random(seed)
        self._pairs: set[_Pair] = set()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._take, HOST, 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self._server
        self._server.close()
        self.cut()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self) -> None:
        """Reset every connection."""
        for pair in list(self._pairs):
            pair.reset()

    def hang_up(self) -> None:
        """Reset the clients' ends only: the targets go on with what they were asked."""
        for pair in list(self._pairs):
            pair.left = True
            pair.near.transport.abort()

    def part(self, *ways: str) -> None:
        """Let nothing through on these ways; on both without any."""
        self.silent = set(ways or ("up", "down"))

    def mend(self) -> None:
        """Let everything through again; connections that lost something are reset."""
        self.silent = set()
        self.cut()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self.taken += 1
        far = None if self.refusing else await self._reach()
        if far is None:
            writer.transport.abort()
            return
        pair = _Pair(writer, far[1])
        self._pairs.add(pair)
        try:
            ways = (_Way("up", reader, far[1]), _Way("down", far[0], writer))
            await asyncio.gather(*(self._carry(way, pair) for way in ways))
        finally:
            pair.reset()
            self._pairs.discard(pair)

    async def _reach(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        """Connect to a target: any, as a balancer without a memory does."""
        ports = [port for port in self.targets if port not in self.out]
        self._random.shuffle(ports)
        for port in ports:
            with suppress(OSError):
                return await asyncio.open_connection(self._host, port)
        return None

    async def _carry(self, way: _Way, pair: _Pair) -> None:
        with suppress(OSError):
            while chunk := await way.source.read(_CHUNK):
                if self.delay:
                    await asyncio.sleep(self.delay)
                if way.name in self.silent:
                    continue
                way.carried += len(chunk)
                way.sink.write(chunk)
                await way.sink.drain()
                if way.name == "up" and self._full(way):
                    break
            else:
                if way.sink.can_write_eof() and not pair.left:
                    way.sink.write_eof()
                return
        if not pair.left:
            pair.reset()

    def _full(self, way: _Way) -> bool:
        return self.reset_after is not None and way.carried >= self.reset_after
