"""Somebody who answers every request with a redirect to a stranger, and the stranger."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

from aiohttp import web

HOST = "127.0.0.1"


class Elsewhere:
    """``gate`` redirects; ``taken`` is what came to the stranger all the same."""

    def __init__(self) -> None:
        self.gate = ""
        self.asked = asyncio.Event()
        self.taken: list[str] = []
        self._stranger = ""
        self._runners: list[web.AppRunner] = []

    async def __aenter__(self) -> Self:
        self._stranger = await self._serve(self._take)
        self.gate = await self._serve(self._redirect)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for runner in self._runners:
            await runner.cleanup()

    async def _serve(self, handler: object) -> str:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", handler)  # type: ignore[arg-type]
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await runner.setup()
        await web.TCPSite(runner, HOST, 0).start()
        self._runners.append(runner)
        return f"http://{HOST}:{runner.addresses[0][1]}"

    async def _redirect(self, request: web.Request) -> web.Response:
        self.asked.set()
        raise web.HTTPTemporaryRedirect(f"{self._stranger}{request.rel_url}")

    async def _take(self, request: web.Request) -> web.Response:
        secret = "Authorization" in request.headers or "Cookie" in request.headers
        self.taken.append(f"{request.method} {request.path}{' with our secret' * secret}")
        return web.Response(text="<html><body>Welcome</body></html>", content_type="text/html")
