"""RT on its worst day, request by request, and kills of the service at every step of a filing."""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections import Counter
from collections.abc import Awaitable, Callable

from aiohttp import web

from bot.sandbox.rt.faults import UNAVAILABLE
from bot.sandbox.stage import Stage

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

#: What RT hears of one filing, in order.
STEPS = {
    "looking for the record": ("GET", r"/history$"),
    "reading the ticket": ("GET", r"/ticket/\d+$"),
    "writing": ("POST", r"/comment$"),
    "reading it back": ("GET", r"/transaction/\d+$"),
    "reading its files": ("GET", r"/attachments$"),
    "reading the transcript": ("GET", r"/attachment/\d+$"),
}
#: Every step, with RT having done what it was asked or not.
KILLS = [(step, done) for step in STEPS for done in (False, True)]
KINDS = ("dropped before", "dropped during", "dropped after", "503 after", "a page after", "slow")


class Trouble:
    """Goes in front of the stand-in: a ``share`` of the requests goes wrong, as ``seed`` draws.

    That lasts for ``seconds``: who meets trouble tries again ever more seldom.

    ``kill`` ends the service; it is called once for each of ``kills``, when RT hears of that step.
    ``met`` counts what happened.
    """

    def __init__(
        self, stage: Stage, seed: int, share: float, seconds: float, kill: Callable[[], None]
    ) -> None:
        self._draw = random.Random(f"trouble {seed}")
        self._share, self._ends = share, time.monotonic() + seconds
        self._kill = kill
        self._honest = stage.rt.faults.carry_out
        self.kills = list(KILLS)
        self.met: Counter[str] = Counter()
        self._draw.shuffle(self.kills)
        stage.rt.faults.carry_out = self.carry_out  # type: ignore[method-assign]

    async def carry_out(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer a request of the REST interface, or do not."""
        if (planned := self._planned(request)) is not None:
            self.kills.remove(planned)
            if planned[1]:
                await self._honest(request, handler)
            self.met["kill"] += 1
            self._kill()
            return hung_up(request)
        if time.monotonic() > self._ends or self._draw.random() >= self._share:
            return await self._honest(request, handler)
        kind = self._draw.choice(KINDS)
        self.met[kind] += 1
        return await self._spoil(kind, request, handler)

    def _planned(self, request: web.Request) -> tuple[str, bool] | None:
        for step, done in self.kills[:1]:
            method, path = STEPS[step]
            if request.method == method and re.search(path, request.path):
                return step, done
        return None

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
