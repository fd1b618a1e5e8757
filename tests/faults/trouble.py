"""RT on its worst day, request by request."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable

from aiohttp import web

from bot.sandbox.rt.faults import UNAVAILABLE
from bot.sandbox.stage import Stage

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

KINDS = ("dropped before", "dropped during", "dropped after", "503 after", "a page after", "slow")


class Trouble:
    """Goes in front of the stand-in: a ``share`` of the requests goes wrong, as ``seed`` draws.

    That lasts for so many ``requests``. ``met`` counts what happened.
    """

    def __init__(self, stage: Stage, seed: int, share: float, requests: int) -> None:
        self._draw = random.Random(f"trouble {seed}")
        self._share, self._left = share, requests
        self._honest = stage.rt.faults.carry_out
        self.met: Counter[str] = Counter()
        stage.rt.faults.carry_out = self.carry_out  # type: ignore[method-assign]

    async def carry_out(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer a request of the REST interface, or do not."""
        self._left -= 1
        if self._left < 0 or self._draw.random() >= self._share:
            return await self._honest(request, handler)
        kind = self._draw.choice(KINDS)
        self.met[kind] += 1
        return await self._spoil(kind, request, handler)

    async def _spoil(self, kind: str, request: web.Request, handler: Handler) -> web.StreamResponse:
        if kind == "dropped before":
            return hung_up(request)
        if kind == "dropped during":
            await request.content.read(16)
            return hung_up(request)
        answer = await self._honest(request, handler)
        if kind == "dropped after":
            return hung_up(request)
        if kind == "503 after":
            return web.Response(status=503, text=UNAVAILABLE, content_type="text/html")
        if kind == "a page after":
            return web.Response(text="<html></html>", content_type="text/html")
        await asyncio.sleep(self._draw.uniform(0.0, 0.5))
        return answer


def hung_up(request: web.Request) -> web.StreamResponse:
    """Close the connection without an answer."""
    if request.transport:
        request.transport.abort()
    raise web.HTTPInternalServerError  # nobody will see it
