"""Reading a body without letting its sender decide how much memory that takes."""

from __future__ import annotations

import aiohttp


class TooMuch(Exception):
    """The body is longer than allowed."""


async def read_up_to(stream: aiohttp.StreamReader, limit: int) -> bytes:
    """Read a body of at most ``limit`` bytes. Raises TooMuch."""
    body = bytearray()
    async for chunk in stream.iter_chunked(64 * 1024):
        body += chunk
        if len(body) > limit:
            raise TooMuch
    return bytes(body)
