"""The least that speaks HTTP and WebSocket: a load generator must cost less than what it loads.

Only for the bench, between processes of one machine: bodies have a Content-Length, frames are whole.
"""

from __future__ import annotations

import asyncio
import base64
import os
from collections import deque
from collections.abc import Callable
from typing import cast

Answer = tuple[int, bytes]


class Closed(Exception):
    """The other side hung up."""


def _length(head: bytes) -> int:
    at = head.lower().find(b"\r\ncontent-length:")
    return int(head[at + 17 :].split(b"\r\n", 1)[0]) if at >= 0 else 0


class _Stream(asyncio.Protocol):
    """Collects bytes; ``take`` cuts whole messages off."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._buffer = self._buffer + data if self._buffer else data
        while self._buffer and self.take():
            pass

    def take(self) -> bool:
        """Handle one message of the buffer; tell whether there was a whole one."""
        raise NotImplementedError

    def whole_http(self) -> tuple[bytes, bytes] | None:
        """Cut one HTTP message off: head and body."""
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return None
        head = self._buffer[:end]
        stop = end + 4 + _length(head)
        if len(self._buffer) < stop:
            return None
        body, self._buffer = self._buffer[end + 4 : stop], self._buffer[stop:]
        return head, body

    def write(self, data: bytes) -> None:
        if self.transport is None:
            raise Closed
        self.transport.write(data)


class HttpEnd(_Stream):
    """Serves HTTP: ``answer(method, path, body)`` returns status and JSON."""

    def __init__(self, answer: Callable[[str, str, bytes], Answer]) -> None:
        super().__init__()
        self._answer = answer

    def take(self) -> bool:
        found = self.whole_http()
        if found is None:
            return False
        head, body = found
        method, path, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
        status, content = self._answer(method, path, body)
        self.write(
            b"HTTP/1.1 %d OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
            % (status, len(content), content)
        )
        return True


class Caller(_Stream):
    """A client's connection: one request at a time."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting: asyncio.Future[int] | None = None

    def take(self) -> bool:
        found = self.whole_http()
        if found is None:
            return False
        if self._waiting and not self._waiting.done():
            self._waiting.set_result(int(found[0][9:12]))
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        self.transport = None
        if self._waiting and not self._waiting.done():
            self._waiting.set_exception(Closed())

    async def call(self, request: bytes) -> int:
        """Send; return the status."""
        self._waiting = asyncio.get_running_loop().create_future()
        self.write(request)
        return await self._waiting


class Callers:
    """Kept connections to one server; as many as are needed at once, at most ``most``."""

    def __init__(self, port: int, path: str, headers: dict[str, str], most: int = 100) -> None:
        self._port = port
        lines = [f"POST {path} HTTP/1.1", f"Host: 127.0.0.1:{port}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self._head = "\r\n".join([*lines, "Content-Type: application/json", ""]).encode()
        self._free: deque[Caller] = deque()
        self._slots = asyncio.Semaphore(most)

    async def post(self, body: bytes) -> int:
        """POST on a free connection; return the status."""
        async with self._slots:
            caller = await self._caller()
            status = await caller.call(
                b"%bContent-Length: %d\r\n\r\n%b" % (self._head, len(body), body)
            )
            self._free.append(caller)
            return status

    async def _caller(self) -> Caller:
        while self._free:
            caller = self._free.pop()
            if caller.transport is not None:
                return caller
        loop = asyncio.get_running_loop()
        _, caller = await loop.create_connection(Caller, "127.0.0.1", self._port)
        return caller

    def close(self) -> None:
        """Hang up."""
        for caller in self._free:
            if caller.transport:
                caller.transport.close()


class WidgetSocket(_Stream):
    """A widget's WebSocket: ``hear`` is called with each text frame, ``opened`` is done at the 101."""

    def __init__(self, path: str, headers: dict[str, str], hear: Callable[[bytes], None]) -> None:
        super().__init__()
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [f"GET {path} HTTP/1.1", "Upgrade: websocket", "Connection: Upgrade"]
        lines += [f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self._request = "\r\n".join([*lines, "", ""]).encode()
        self._hear = hear
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.closed_with = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.write(self._request)

    def connection_lost(self, exc: Exception | None) -> None:
        self.transport = None
        if not self.opened.done():
            self.opened.set_exception(Closed())

    def take(self) -> bool:
        if self.opened.done():
            return self._frame()
        found = self.whole_http()
        if found is None:
            return False
        if b" 101 " in found[0][:16]:
            self.opened.set_result(None)
        else:
            self.opened.set_exception(Closed(found[0][:60]))
        return True

    def _frame(self) -> bool:
        buffer = self._buffer
        if len(buffer) < 2:
            return False
        kind, length, at = buffer[0] & 15, buffer[1] & 127, 2
        if length > 125:
            at = 4 if length == 126 else 10
            length = int.from_bytes(buffer[2:at], "big")
        if len(buffer) < at + length:
            return False
        payload, self._buffer = buffer[at : at + length], buffer[at + length :]
        if kind == 1:
            self._hear(payload)
        elif kind == 9:
            self._send(10, payload)
        elif kind == 8:
            self.closed_with = int.from_bytes(payload[:2], "big")
        return True

    def say(self, frame: bytes) -> None:
        """Send a text frame."""
        self._send(1, frame)

    def _send(self, kind: int, payload: bytes) -> None:
        # Masked with zeros: the reader's work is the same, ours is none.
        size = len(payload)
        length = bytes([0x80 | size]) if size < 126 else b"\xfe" + size.to_bytes(2, "big")
        self.write(bytes([0x80 | kind]) + length + b"\0\0\0\0" + payload)


async def widget_socket(
    port: int, path: str, headers: dict[str, str], hear: Callable[[bytes], None]
) -> WidgetSocket:
    """Open a WebSocket."""
    loop = asyncio.get_running_loop()
    host = {"Host": f"127.0.0.1:{port}"}
    _, socket = await loop.create_connection(
        lambda: WidgetSocket(path, host | headers, hear), "127.0.0.1", port
    )
    await socket.opened
    return socket
