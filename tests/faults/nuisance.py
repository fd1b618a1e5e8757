"""Visitors who are a burden: some never read, some never stop talking."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import secrets
import socket
import struct
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from tests.faults.books import Account

_SMALL = 4096  # bytes of receive buffer: so that the service's own queue fills
# Bytes of a segment, as on a wire: with loopback's 64 KiB the kernel would take a megabyte per socket.
_SEGMENT = 1460
_READ = 256 * 1024
_FLOOD = 0.01  # seconds between two frames of a flooder


class Bystander:
    """A socket that says hello; it reads what comes and forgets it, or never reads at all."""

    def __init__(self, base: str, origin: str, account: Account) -> None:
        self._url, self._origin, self._account = urlsplit(base), origin, account
        self._socket: socket.socket | None = None

    async def connect(self) -> None:
        """Open it."""
        loop = asyncio.get_running_loop()
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALL)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, _SEGMENT)
        self._socket.setblocking(False)
        await loop.sock_connect(self._socket, (self._url.hostname, self._url.port))
        await loop.sock_sendall(self._socket, self._request())
        answer = await loop.sock_recv(self._socket, 512)
        assert answer.startswith(b"HTTP/1.1 101"), answer
        await self.send({"t": "hello", "chat": self._account.chat, "after": 0})

    def _request(self) -> bytes:
        lines = (
            f"GET {self._url.path}/ws HTTP/1.1",
            f"Host: {self._url.netloc}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Protocol: livechat.v1",
            f"Origin: {self._origin}",
            f"Cookie: __Host-livechat={self._account.secret}",
        )
        return "\r\n".join((*lines, "", "")).encode()

    async def send(self, frame: dict[str, object]) -> None:
        """Send a masked text frame of at most 64 KiB."""
        assert self._socket
        body = json.dumps(frame).encode()
        length = len(body)
        size = bytes([0x80 | length]) if length < 126 else b"\xfe" + struct.pack("!H", length)
        # With a mask of zeros the body stays as it is.
        await asyncio.get_running_loop().sock_sendall(
            self._socket, b"\x81" + size + bytes(4) + body
        )

    async def read(self) -> None:
        """Read until the end."""
        assert self._socket
        with suppress(OSError):
            while await asyncio.get_running_loop().sock_recv(self._socket, _READ):
                pass

    def close(self) -> None:
        """Let go of it."""
        if self._socket is not None:
            self._socket.close()


class Crowd:
    """Many windows on some accounts' seats, as long as the block lasts.

    ``deaf`` ones never read; the first ``flooders`` never stop talking either.
    """

    def __init__(
        self,
        bases: Sequence[str],
        origin: str,
        accounts: Sequence[Account],
        size: int,
        *,
        deaf: bool,
        flooders: int = 0,
    ) -> None:
        self._sockets = [
            Bystander(bases[n % len(bases)], origin, accounts[n % len(accounts)])
            for n in range(size)
        ]
        self._deaf, self._flooders = deaf, flooders
        self._tasks: list[asyncio.Task[None]] = []
        self.floods = 0

    async def __aenter__(self) -> Self:
        for one in self._sockets:
            await one.connect()
        works = [self._flood(one) for one in self._sockets[: self._flooders]]
        works += [one.read() for one in self._sockets if not self._deaf]
        self._tasks = [asyncio.create_task(work) for work in works]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for one in self._sockets:
            one.close()

    async def _flood(self, one: Bystander) -> None:
        """Frames that want an answer, far more of them than anybody types."""
        with suppress(OSError):
            while True:
                await one.send({"t": "ping"})
                await one.send({"t": "say", "key": secrets.token_hex(8), "text": "x" * 2000})
                self.floods += 2
                await asyncio.sleep(_FLOOD)
