"""What waits to be sent on one socket: bounded, in frames and in bytes."""

from __future__ import annotations

import asyncio
from collections import deque


class Overflow(Exception):
    """More waits to be sent than may: whoever reads this slowly must come back and resume."""


class Outgoing:
    """A queue of frames for one writer.

    Lines of the log can wait in the database, so ``put`` waits until the queue is half empty.
    Answers (acks, pongs) cannot, so ``push`` may fill it up, and raises Overflow beyond that.
    """

    def __init__(self, frames: int, size: int) -> None:
        self._most_frames = frames
        self._most_bytes = size
        self._queue: deque[bytes] = deque()
        self._bytes = 0
        self._filled = asyncio.Event()
        self._drained = asyncio.Event()

    def push(self, frame: bytes) -> None:
        """Queue an answer. Raises Overflow."""
        if len(self._queue) >= self._most_frames or self._bytes >= self._most_bytes:
            raise Overflow
        self._queue.append(frame)
        self._bytes += len(frame)
        self._filled.set()

    async def put(self, frame: bytes) -> None:
        """Queue a line as soon as there is room for it."""
        while len(self._queue) >= self._most_frames // 2 or self._bytes >= self._most_bytes // 2:
            self._drained.clear()
            await self._drained.wait()
        self.push(frame)

    async def get(self) -> bytes:
        """Take the next frame, waiting for one."""
        while not self._queue:
            self._filled.clear()
            await self._filled.wait()
        frame = self._queue.popleft()
        self._bytes -= len(frame)
        self._drained.set()
        return frame
