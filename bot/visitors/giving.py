"""Giving files out: in pieces, and so that nobody who does not read holds much of our memory."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import quote
from weakref import WeakValueDictionary

import structlog
from aiohttp import hdrs, web

from bot.domain.files import is_picture
from bot.relay.files import Stored
from bot.visitors import pages
from bot.visitors.guard import Refusal

AT_ONCE = 4  # files of one chat, by any of its seats
READ_SECONDS = 30.0  # a reader who takes nothing for so long is cut
TURN_SECONDS = 60.0
_PIECE = 64 * 1024

#: Nothing that is given out may act in a page of ours, whatever it is.
HEADERS = {
    **pages.HEADERS,
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-store",
}


class Giving:
    """Who is being given files."""

    def __init__(self) -> None:
        self._patience = READ_SECONDS
        self._wait = TURN_SECONDS
        self._turns: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    @asynccontextmanager
    async def turn(self, chat_id: str) -> AsyncIterator[None]:
        """Wait until the chat may have one more: a page asks for all its pictures at once.

        Nothing should have been read from the database before. Raises Refusal.
        """
        turns = self._turns.get(chat_id)
        if turns is None:
            turns = self._turns[chat_id] = asyncio.Semaphore(AT_ONCE)
        try:
            async with asyncio.timeout(self._wait):
                await turns.acquire()
        except TimeoutError:
            raise Refusal(429, "slow_down", retry_after=5) from None
        try:
            yield
        finally:
            turns.release()

    async def give(self, request: web.Request, file: Stored) -> web.StreamResponse:
        """Answer with a file; cut the connection of who does not read it."""
        response = _begun(file)
        content = b"" if request.method == hdrs.METH_HEAD else file.content
        try:
            async with asyncio.timeout(self._patience):
                await response.prepare(request)
            # Copies: what waits in the transport must not hold the whole.
            for at in range(0, len(content), _PIECE):
                async with asyncio.timeout(self._patience):
                    await response.write(content[at : at + _PIECE])
            async with asyncio.timeout(self._patience):
                await response.write_eof()
        except (TimeoutError, ConnectionError):
            if request.transport is not None:
                request.transport.abort()
        return response


def _begun(file: Stored) -> web.StreamResponse:
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", file.name)
    response = web.StreamResponse(headers=HEADERS)
    response.content_type = file.type if is_picture(file.type) else "application/octet-stream"
    response.content_length = len(file.content)
    response.headers[hdrs.CONTENT_DISPOSITION] = (
        f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(file.name, safe='')}"
    )
    # What is set around every answer comes too late for one that has begun.
    response.headers["X-Request-Id"] = structlog.contextvars.get_contextvars().get("request", "")
    return response
