"""Asking clamd, ClamAV's daemon, by its INSTREAM command: it sees bytes, and no file of ours."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import structlog

from bot.relay.files import TooBigToScan
from bot.relay.outcomes import NotDone

log = structlog.get_logger(__name__)

_CHUNK = 64 * 1024
_LONGEST = 4096  # bytes of an answer
_LIMIT = b"INSTREAM size limit exceeded"
_AWAY = "The virus scanner does not answer. Nothing is accepted until it does."
_NO_VERDICT = (
    "The virus scanner gave no verdict. Its StreamMaxLength must be at least files.each_mib."
)
#: Also for the CO whose picture it was: what to set stands in the log.
_TOO_BIG = "It is bigger than what the virus scanner takes; a smaller copy may pass."


class Clamd:
    """relay.files.Scanner. ``address`` is ``/path/of/socket`` or ``host:port``."""

    def __init__(self, address: str, seconds: float = 30.0) -> None:
        self._address = address
        self._seconds = seconds

    async def is_clean(self, content: bytes) -> bool:
        """Tell whether nothing was found. Raises NotDone: no answer, or one that is no verdict; and
        TooBigToScan where clamd takes less than this.
        """
        try:
            async with asyncio.timeout(self._seconds):
                answer = await self._ask(content)
        except (OSError, TimeoutError, ValueError) as error:
            raise NotDone(_AWAY) from error
        if answer == b"stream: OK":
            return True
        if answer.endswith(b" FOUND"):
            return False
        if answer.startswith(_LIMIT):
            log.warning("scanner_takes_less", bytes=len(content), limit="StreamMaxLength")
            raise TooBigToScan(_TOO_BIG)
        raise NotDone(_NO_VERDICT)

    async def _ask(self, content: bytes) -> bytes:
        loop = asyncio.get_running_loop()
        with await self._open() as clamd:
            # It answers, and closes, in the middle of what is too much for it. A stream of asyncio's
            # would throw that answer away.
            seen = False
            with suppress(ConnectionError):
                for piece in _pieces(content):
                    await loop.sock_sendall(clamd, piece)
                seen = True
            answer = b""
            while b"\0" not in answer:
                part = await loop.sock_recv(clamd, _LONGEST)
                if not part or len(answer) > _LONGEST:
                    raise ConnectionError("no answer of clamd's")
                answer += part
            answer = answer.partition(b"\0")[0].strip()
            if not (seen or answer.startswith(_LIMIT)):
                raise ConnectionError("no verdict about all of it")
            return answer

    async def _open(self) -> socket.socket:
        if self._address.startswith("/"):
            return await _connected(socket.AF_UNIX, self._address)
        host, _, port = self._address.rpartition(":")
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM)
        for family, _, _, _, address in found[:-1]:
            with suppress(OSError):
                return await _connected(family, address)
        return await _connected(found[-1][0], found[-1][4])


async def _connected(family: int, address: Any) -> socket.socket:
    connection = socket.socket(family)
    try:
        connection.setblocking(False)
        await asyncio.get_running_loop().sock_connect(connection, address)
    except BaseException:
        connection.close()
        raise
    return connection


def _pieces(content: bytes) -> Iterator[bytes]:
    yield b"zINSTREAM\0"
    for at in range(0, len(content), _CHUNK):
        piece = content[at : at + _CHUNK]
        yield struct.pack("!I", len(piece)) + piece
    yield struct.pack("!I", 0)
