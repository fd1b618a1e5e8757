"""Asking clamd, ClamAV's daemon, by its INSTREAM command: it sees bytes, and no file of ours."""

from __future__ import annotations

import asyncio
import struct

from bot.relay.ports import NotDone

_CHUNK = 64 * 1024
_LONGEST = 4096  # bytes of an answer
_AWAY = "The virus scanner does not answer. Nothing is accepted until it does."


class Clamd:
    """relay.files.Scanner. ``address`` is ``/path/of/socket`` or ``host:port``."""

    def __init__(self, address: str, seconds: float = 30.0) -> None:
        self._address = address
        self._seconds = seconds

    async def is_clean(self, content: bytes) -> bool:
        """Tell whether nothing was found. Raises NotDone: no answer, or one that is no verdict."""
        try:
            async with asyncio.timeout(self._seconds):
                answer = await self._ask(content)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, ValueError) as error:
            raise NotDone(_AWAY) from error
        if answer == b"stream: OK":
            return True
        if answer.endswith(b" FOUND"):
            return False
        # "INSTREAM size limit exceeded", or anything else that we do not know
        raise NotDone(
            "The virus scanner gave no verdict. Its StreamMaxLength must be at least files.each_mib."
        )

    async def _ask(self, content: bytes) -> bytes:
        reader, writer = await self._open()
        try:
            writer.write(b"zINSTREAM\0")
            for at in range(0, len(content), _CHUNK):
                piece = content[at : at + _CHUNK]
                writer.write(struct.pack("!I", len(piece)) + piece)
                await writer.drain()
            writer.write(struct.pack("!I", 0))
            await writer.drain()
            return (await reader.readuntil(b"\0")).rstrip(b"\0").strip()
        finally:
            writer.close()

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._address.startswith("/"):
            return await asyncio.open_unix_connection(self._address, limit=_LONGEST)
        host, _, port = self._address.rpartition(":")
        return await asyncio.open_connection(host.strip("[]"), int(port), limit=_LONGEST)
