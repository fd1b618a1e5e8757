"""What every request to the Connector passes: the token, the books, the faults, the limits."""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from bot.sandbox.teams import ids, misbehave
from bot.sandbox.teams.faults import FaultPlan
from bot.sandbox.teams.incoming import Refused
from bot.sandbox.teams.ledger import Entry, Ledger
from bot.sandbox.teams.limits import Limits
from bot.sandbox.teams.login import Login

Json = dict[str, Any]


@dataclass
class Call:
    """One request under way. ``conversation`` is what the address named, ``body`` the JSON that came."""

    request: web.Request
    entry: Entry
    conversation: str
    body: Json

    def named(self, name: str) -> str:
        return self.request.match_info[name]


Handler = Callable[[Call], Awaitable[web.StreamResponse]]


class Gate:
    """What every request passes: the token, the books, the faults, the limits."""

    def __init__(
        self, login: Login, ledger: Ledger, faults: FaultPlan, limits: Limits, *, anonymous: bool
    ) -> None:
        self._login = login
        self._ledger = ledger
        self._faults = faults
        self._limits = limits
        self._anonymous = anonymous

    def guard(
        self, operation: str, handler: Handler, limit: str = ""
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """``limit``: the group of rate limits, "send" or "roster"; none when empty."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            if not self._anonymous and not self._login.admits(
                request.headers.get("Authorization", "")
            ):
                return web.json_response(
                    {"message": "Authorization has been denied for this request."}, status=401
                )
            call = await self._call(operation, request)
            started = time.monotonic()
            try:
                response, call.entry.accepted = await self._answer(operation, call, handler, limit)
            except Refused as refused:
                response = misbehave.error(refused.status, refused.code, str(refused))
            call.entry.took = time.monotonic() - started
            call.entry.status = 0 if response.status == 444 else response.status
            return response

        return guarded

    async def _call(self, operation: str, request: web.Request) -> Call:
        body = await _read(request)
        named = request.match_info.get("conversation", "")
        entry = self._ledger.request(
            operation, named, body if request.can_read_body or body else None
        )
        return Call(request, entry, named, body)

    async def _answer(
        self, operation: str, call: Call, handler: Handler, limit: str
    ) -> tuple[web.StreamResponse, bool]:
        place = call.conversation or _new_place(call.body)
        base, _ = ids.split_thread(place)

        async def work() -> web.StreamResponse:
            if limit and (wait := self._limits.refused_for(limit, base)):
                raise Throttled(wait)
            return await handler(call)

        try:
            return await misbehave.run(call.request, self._faults.take(operation, place), work)
        except Throttled as throttled:
            headers = {"Retry-After": str(throttled.wait)}
            return misbehave.error(
                429, "TooManyRequests", "API calls quota exceeded.", headers
            ), False


class Throttled(Exception):
    """A published limit is reached; ``wait`` in seconds."""

    def __init__(self, wait: int) -> None:
        super().__init__(wait)
        self.wait = wait


def _new_place(body: Json) -> str:
    """What a new conversation counts for: its channel, or the person whose chat it is."""
    data = body.get("channelData")
    channel = data.get("channel") if isinstance(data, dict) else None
    members = body.get("members")
    first = channel or (members[0] if isinstance(members, list) and members else None)
    return str(first.get("id") or "") if isinstance(first, dict) else ""


async def _read(request: web.Request) -> Json:
    if not request.can_read_body:
        return {}
    try:
        body = await request.json()
    except (json.JSONDecodeError, UnicodeDecodeError):
        body = {}
    return body if isinstance(body, dict) else {}
