"""What waits to be sent on one socket: bounded, in frames and in bytes.

A frame usually goes straight to the network, with all that came in the same turn of the event
loop, in one write. Only for a peer that does not take it at once is there a task.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence

from aiohttp import WSMsgType, web

_AT_ONCE = 64 * 1024  # bytes given to the network in one go, as much as asyncio buffers gladly


class Overflow(Exception):
    """More waits to be sent than may: whoever reads this slowly must come back and resume."""


def framed(payload: bytes, kind: WSMsgType = WSMsgType.TEXT) -> bytes:
    """Return an unmasked frame of one piece, as a server sends it (RFC 6455, section 5.2)."""
    size, head = len(payload), 0x80 | kind
    if size < 126:
        return bytes((head, size)) + payload
    if size < 1 << 16:
        return bytes((head, 126)) + size.to_bytes(2) + payload
    return bytes((head, 127)) + size.to_bytes(8) + payload


class Outgoing:
    """A queue of text frames before one WebSocket, which was made without compression.

    Lines of the log can wait in the database, so ``put`` waits until the queue is half empty.
    Answers (acks, pongs) cannot, so ``push`` may fill it up, and raises Overflow beyond that.
    ``failed`` is called, once, when the connection broke under a write.
    """

    __slots__ = (
        "_bytes",
        "_closed",
        "_failed",
        "_most_bytes",
        "_most_frames",
        "_room",
        "_scheduled",
        "_task",
        "_transport",
        "_waiting",
        "_ws",
        "since",
    )

    def __init__(
        self,
        ws: web.WebSocketResponse,
        transport: asyncio.Transport,
        *,
        frames: int,
        size: int,
        failed: Callable[[BaseException], None],
    ) -> None:
        self._ws = ws
        self._transport = transport
        self._most_frames = frames
        self._most_bytes = size
        self._failed = failed
        self._waiting: list[bytes] = []
        self._bytes = 0
        self._scheduled = False
        self._closed = False
        self._task: asyncio.Task[None] | None = None
        self._room: asyncio.Future[None] | None = None
        self.since = 0.0  # when the peer was offered what it has not taken; 0 when it took all

    @property
    def has_room(self) -> bool:
        """There is room for lines."""
        few = len(self._waiting) < self._most_frames // 2
        return few and self._bytes < self._most_bytes // 2

    @property
    def idle(self) -> bool:
        """Nothing waits here: what is sent now stands behind all that was sent."""
        return not self._waiting and self._task is None

    def push(self, frame: bytes) -> None:
        """Queue an answer. Raises Overflow."""
        if self._closed:
            return
        if len(self._waiting) >= self._most_frames or self._bytes >= self._most_bytes:
            raise Overflow
        self._waiting.append(frame)
        self._bytes += len(frame)
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._flush)

    def show(self, frames: Sequence[bytes], *, at_once: bool) -> None:
        """Queue frames; ``at_once``: give them to the network before this turn of the loop ends.

        Raises Overflow.
        """
        for frame in frames:
            self.push(frame)
        if at_once and self._task is None and not self._closed and not self._transport.is_closing():
            self._offer()

    async def put(self, frame: bytes) -> None:
        """Queue a line as soon as there is room for it."""
        await self.room()
        self.push(frame)

    async def room(self) -> None:
        """Wait until there is room for lines."""
        while not self.has_room:
            self._room = asyncio.get_running_loop().create_future()
            await self._room

    def control(self, kind: WSMsgType, payload: bytes = b"") -> bool:
        """Send a ping or a pong; False if there is a backlog, behind which it would be late."""
        if self._transport.get_write_buffer_size() or self._transport.is_closing():
            return False
        self._transport.write(framed(payload, kind))
        return True

    def close(self) -> None:
        """Send nothing more; what comes now is forgotten."""
        self._closed = True
        self._waiting.clear()
        if self._task is not None:
            self._task.cancel()

    def _flush(self) -> None:
        """Give to the network what waits, at once if it is free."""
        if self._closed or self._transport.is_closing():
            return  # whoever reads from it is told so
        self._offer()
        if self._waiting:
            self._task = asyncio.get_running_loop().create_task(self._drain())
        else:
            self._scheduled = False

    def _offer(self) -> None:
        if self._waiting and not self._transport.get_write_buffer_size():
            self._transport.write(b"".join(map(framed, self._take(_AT_ONCE))))

    def _take(self, most: int) -> list[bytes]:
        """Take frames off, up to about ``most`` bytes of them, and at least one if there is one."""
        size = count = 0
        while count < len(self._waiting) and size < most:
            size += len(self._waiting[count])
            count += 1
        taken = self._waiting[:count]
        del self._waiting[:count]
        self._bytes -= size
        if self._room is not None and self.has_room:
            if not self._room.done():
                self._room.set_result(None)
            self._room = None
        return taken

    async def _drain(self) -> None:
        """Send what waits as fast as the peer takes it."""
        try:
            while self._waiting:
                (frame,) = self._take(1)
                self.since = time.monotonic()
                await self._ws.send_frame(frame, WSMsgType.TEXT)
        except Exception as error:  # noqa: BLE001 - the socket decides what it means
            self._failed(error)
        else:
            self.since, self._scheduled = 0.0, False
        finally:
            self._task = None
