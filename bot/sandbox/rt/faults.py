"""Trouble on demand: what the stand-in for RT shall do wrong, how often, and to which requests."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, fields
from typing import Any, Self

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

MAINTENANCE = "<!DOCTYPE html><html><body><h1>Down for maintenance</h1></body></html>"
UNAVAILABLE = "<html><head><title>503 Service Unavailable</title></head><body></body></html>"


@dataclass
class Fault:
    """One kind of trouble with RT's REST interface.

    method, path   which requests: a method or "" for any; a part of the address or "" for any
    skip, times    leave the first ``skip`` alone, then hit ``times`` of them (None: until cleared)
    delay          seconds to wait first; alone it is a slow but right answer
    accepted       carry the request out before misbehaving
    drop           close the connection without an answer
    status, html   the wrong answer; html answers with a web page instead of JSON
    logged_out     forget every session first, as after a restart of RT
    """

    method: str = ""
    path: str = ""
    skip: int = 0
    times: int | None = 1
    delay: float = 0.0
    accepted: bool = False
    drop: bool = False
    status: int = 0
    html: str = ""
    logged_out: bool = False

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Read a fault; raises ValueError for a name it does not know."""
        known = {f.name for f in fields(cls)}
        if unknown := set(data) - known:
            raise ValueError(f"A fault has no {min(unknown)!r}; it has {sorted(known)}.")
        return cls(**data)

    @classmethod
    def down(cls, **more: Any) -> Self:
        """RT's own process is down: Apache answers."""
        return cls(status=503, html=UNAVAILABLE, times=None, **more)

    @classmethod
    def maintenance(cls, **more: Any) -> Self:
        """A web page with status 200 where JSON is expected."""
        return cls(status=200, html=MAINTENANCE, times=None, **more)

    @classmethod
    def slow(cls, seconds: float, **more: Any) -> Self:
        return cls(delay=seconds, **more)

    @classmethod
    def drop_after_commit(cls, **more: Any) -> Self:
        """The comment is in, and the connection goes before RT says so."""
        return cls(method="POST", accepted=True, drop=True, **more)

    def hits(self, request: web.Request) -> bool:
        """Whether this request is to go wrong; counts."""
        if self.method not in ("", request.method) or self.path not in request.path:
            return False
        if self.skip:
            self.skip -= 1
            return False
        if self.times is not None:
            self.times -= 1
        return True

    @property
    def spent(self) -> bool:
        return self.times is not None and self.times <= 0


class Faults:
    """The plan, and the middleware that carries it out."""

    def __init__(self, forget: Callable[[], None]) -> None:
        self._plan: list[Fault] = []
        self._forget = forget

    def add(self, fault: Fault) -> None:
        self._plan.append(fault)

    def clear(self) -> None:
        self._plan.clear()

    async def carry_out(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer a request of the REST interface, wrongly if that is planned."""
        fault = next((f for f in self._plan if f.hits(request)), None)
        self._plan = [f for f in self._plan if not f.spent]
        if fault is None:
            return await handler(request)
        if fault.delay:
            await asyncio.sleep(fault.delay)
        if fault.logged_out:
            self._forget()
        if fault.accepted:
            await handler(request)
        if fault.drop:
            assert request.transport
            request.transport.abort()
            raise web.HTTPInternalServerError  # nobody will see it
        if fault.html:
            return web.Response(
                status=fault.status or 200, text=fault.html, content_type="text/html"
            )
        if fault.status:
            return web.Response(status=fault.status)
        return await handler(request)
