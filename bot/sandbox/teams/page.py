"""The page on which people play Teams, and what its script asks for."""

from __future__ import annotations

import asyncio
import contextlib
import json
from pathlib import Path
from typing import Any, Never
from urllib.parse import urlencode

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.sandbox.teams import views
from bot.sandbox.teams.acts import Actor
from bot.sandbox.teams.control import answer
from bot.sandbox.teams.ids import split_thread
from bot.sandbox.teams.world import Person, World

Json = dict[str, Any]
STATIC = Path(__file__).parent / "static"
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_OWN_PATHS = ("/_page", "/_control", "/static")
_HEARTBEAT = 15.0  # seconds


@web.middleware
async def fence(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Keeps other web pages in the same browser out of the page's and the control's addresses.

    Only loopback host names are served (no DNS rebinding), only same-origin scripts may ask, and what changes
    something must be JSON, which other origins cannot send without asking first.
    """
    if request.path != "/" and not request.path.startswith(_OWN_PATHS):
        return await handler(request)
    host = request.headers.get("Host", "")
    if host.rpartition(":")[0] not in ("127.0.0.1", "localhost"):
        raise web.HTTPForbidden(text="Open this page as http://127.0.0.1:<port>/.")
    if request.headers.get("Origin", f"{request.scheme}://{host}") != f"{request.scheme}://{host}":
        raise web.HTTPForbidden(text="Only this page itself may do that.")
    if request.can_read_body and request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType(text="Send application/json.")
    response = await handler(request)
    if not response.prepared:
        response.headers.update(_HEADERS)
    return response


class Page:
    """Serves the page, the state as one person sees it, and a stream of what changed."""

    def __init__(self, world: World, actor: Actor) -> None:
        self._world = world
        self._actor = actor
        self._streams: set[asyncio.Task[None]] = set()

    async def close(self, app: web.Application) -> None:
        """Ends the streams, so that a stop need not wait for them."""
        for stream in self._streams:
            stream.cancel()

    def routes(self) -> list[web.AbstractRouteDef]:
        return [
            web.get("/", self._index),
            web.get("/l/message/{conversation}/{post}", self._linked),
            web.get("/_page/rail", self._rail),
            web.get("/_page/conversation", self._conversation),
            web.get("/_page/events", self._events),
            web.get("/_page/files/{file}", self._file),
            web.post("/_page/act", answer(self._actor.act)),
            web.static("/static", STATIC),
        ]

    async def _index(self, request: web.Request) -> web.StreamResponse:
        return web.FileResponse(STATIC / "index.html")

    async def _linked(self, request: web.Request) -> web.StreamResponse:
        """Where a link to a thread leads: the same path as at teams.microsoft.com."""
        where = {"in": request.match_info["conversation"], "post": request.match_info["post"]}
        raise web.HTTPFound(f"/#{urlencode(where)}")

    async def _rail(self, request: web.Request) -> web.StreamResponse:
        return web.json_response(views.rail(self._world, self._person(request)))

    async def _conversation(self, request: web.Request) -> web.StreamResponse:
        place = self._world.conversations.get(split_thread(request.query.get("id", ""))[0])
        if place is None:
            raise web.HTTPNotFound(text="There is no such conversation.")
        return web.json_response(
            views.conversation(place, self._person(request), self._world.bot.name)
        )

    async def _file(self, request: web.Request) -> web.StreamResponse:
        """A pasted picture; Teams' clients have the person's own login for it."""
        found = self._world.files.get(request.match_info["file"])
        if found is None:
            raise web.HTTPNotFound
        return web.Response(body=found[1], content_type=found[0])

    async def _events(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events: the id of each conversation in which something changed."""
        stream = web.StreamResponse(headers={**_HEADERS, "Content-Type": "text/event-stream"})
        await stream.prepare(request)
        task: asyncio.Task[None] | None = asyncio.current_task()
        assert task
        changes = _Changes()
        self._world.listeners.add(changes.note)
        self._streams.add(task)
        try:
            await changes.pass_on(stream)
        except ConnectionError:
            return stream
        finally:
            self._world.listeners.discard(changes.note)
            self._streams.discard(task)

    def _person(self, request: web.Request) -> Person:
        key = request.query.get("person", "")
        if key not in self._world.people:
            raise web.HTTPNotFound(text=f"There is nobody called {key!r}.")
        return self._world.people[key]


class _Changes:
    """Conversations that changed and were not yet told: never more than there are conversations."""

    def __init__(self) -> None:
        self._pending: set[str] = set()
        self._some = asyncio.Event()

    def note(self, conversation_id: str) -> None:
        self._pending.add(conversation_id)
        self._some.set()

    async def pass_on(self, stream: web.StreamResponse) -> Never:
        await stream.write(b": here\n\n")
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._some.wait(), _HEARTBEAT)
            self._some.clear()
            told, self._pending = self._pending, set()
            events = [f"data: {json.dumps({'conversation': changed})}\n\n" for changed in told]
            await stream.write("".join(events or [": still here\n\n"]).encode())
