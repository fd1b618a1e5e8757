"""The stand-in's levers for tests in other processes: POST JSON to /_control/."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from bot.sandbox.rt.faults import Fault, Faults
from bot.sandbox.rt.logins import Logins
from bot.sandbox.rt.world import World


class Control:
    """``faults`` adds a fault, ``clear`` ends all, ``logout`` drops every session; ``state`` tells."""

    def __init__(self, world: World, logins: Logins, faults: Faults) -> None:
        self._world = world
        self._logins = logins
        self._faults = faults

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/_control/faults", self.add),
            web.post("/_control/clear", self.clear),
            web.post("/_control/logout", self.logout),
            web.get("/_control/state", self.state),
        ]

    async def add(self, request: web.Request) -> web.Response:
        try:
            self._faults.add(Fault.from_json(await _json(request)))
        except (TypeError, ValueError) as problem:
            return web.json_response({"message": str(problem)}, status=400)
        return web.json_response({})

    async def clear(self, request: web.Request) -> web.Response:
        await _json(request)
        self._faults.clear()
        return web.json_response({})

    async def logout(self, request: web.Request) -> web.Response:
        await _json(request)
        self._logins.forget()
        return web.json_response({})

    async def state(self, request: web.Request) -> web.Response:
        """Tell what was written: transactions by ticket, statuses, and mails."""
        return web.json_response({
            "statuses": {t.id: t.status for t in self._world.tickets.values()},
            "transactions": [
                {"id": t.id, "ticket": t.ticket, "type": t.kind, "data": t.data.strip(),
                 "files": [a.name for a in t.attachments]}
                for t in self._world.transactions
            ],
            "mails": [
                {"to": list(m.to), "subject": m.subject, "text": m.text} for m in self._world.mails
            ],
        })  # fmt: skip


async def _json(request: web.Request) -> dict[str, Any]:
    """Read a JSON object; other sites' forms cannot send that type, so they pull no lever."""
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType(text="Send JSON: Content-Type: application/json.")
    found = await request.json()
    return found if isinstance(found, dict) else {}
