"""A client that sends what it is told byte by byte, and takes down what is answered."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import struct
from contextlib import suppress
from urllib.parse import urlsplit

from tests.faults.hostile_frames import CLOSE, TEXT, frame

PATIENCE = 5.0
"""Seconds within which a service that lives says something."""

_REST = 1.0  # seconds for an answer to a request that may have been told to be longer than it is

_PING = json.dumps({"t": "ping"}).encode()


class Lost(Exception):
    """The service closed the connection: ``code`` is the WebSocket's, 0 if it said none."""

    def __init__(self, code: int) -> None:
        super().__init__(str(code))
        self.code = code


class Raw:
    """A connection. Use ``await Raw.open(...)``."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self.sent = 0

    @classmethod
    async def to(cls, url: str) -> Raw:
        """Connect to the host of ``url``."""
        parts = urlsplit(url)
        return cls(*await asyncio.open_connection(parts.hostname, parts.port))

    def send(self, data: bytes) -> None:
        """Send it, if anybody takes it."""
        self.sent += 1
        with suppress(OSError):
            self._writer.write(data)

    def close(self) -> None:
        self._writer.transport.abort()

    # --- HTTP -------------------------------------------------------------------------------------

    async def status(self) -> int:
        """The status of the answer; 0 if none came: the service may wait for the rest of a body."""
        with suppress(OSError, TimeoutError, ValueError, IndexError):
            async with asyncio.timeout(_REST):
                return int((await self._reader.readline()).split()[1])
        return 0

    # --- WebSocket --------------------------------------------------------------------------------

    async def upgrade(self, base: str, origin: str, cookie: str) -> int:
        """Ask for a WebSocket; return the status."""
        parts = urlsplit(base)
        lines = (
            f"GET {parts.path}/ws HTTP/1.1",
            f"Host: {parts.netloc}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Protocol: livechat.v1",
            "Sec-WebSocket-Extensions: permessage-deflate",
            f"Origin: {origin}",
            f"Cookie: __Host-livechat={cookie}",
        )
        self.send("\r\n".join((*lines, "", "")).encode())
        async with asyncio.timeout(PATIENCE):
            head = await self._reader.readuntil(b"\r\n\r\n")
        assert b"permessage-deflate" not in head
        return int(head.split()[1])

    async def lives(self) -> list[dict[str, object]]:
        """Ask whether it lives; return what came before the answer. Raises Lost."""
        self.send(frame(_PING))
        found: list[dict[str, object]] = []
        async with asyncio.timeout(PATIENCE):
            while True:
                told = await self._next()
                if told == {"t": "pong"}:
                    return found
                found.append(told)

    async def _next(self) -> dict[str, object]:
        while True:
            try:
                opcode, payload = await self._frame()
            except (asyncio.IncompleteReadError, OSError):
                raise Lost(0) from None
            if opcode == CLOSE:
                raise Lost(struct.unpack("!H", payload[:2])[0] if payload else 1005)
            if opcode == TEXT:
                told: dict[str, object] = json.loads(payload)
                return told

    async def _frame(self) -> tuple[int, bytes]:
        first, size = await self._reader.readexactly(2)
        length = size & 0x7F
        if length == 126:
            (length,) = struct.unpack("!H", await self._reader.readexactly(2))
        elif length == 127:
            (length,) = struct.unpack("!Q", await self._reader.readexactly(8))
        return first & 0xF, await self._reader.readexactly(length)
