"""Files, the widget's side: docs/widget-protocol.md, "Files".

A body is as big as a file may be, so it is read only for the bearer of a good cookie, within a
time, and only while not too much of it is in memory already.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import unquote

import structlog
from aiohttp import web

from bot.relay.attaching import Attaching
from bot.relay.joining import Joining
from bot.relay.outcomes import NotDone
from bot.relay.ports import Seat
from bot.relay.visiting import CannotSay
from bot.visitors import guard, wire
from bot.visitors.allowance import Buckets, Rate
from bot.visitors.around import answer, error
from bot.visitors.giving import Giving
from bot.visitors.guard import Refusal

log = structlog.get_logger(__name__)

UPLOAD_SECONDS = 120.0  # 5 MiB at 44 kB/s
IN_MEMORY = 48 * 1024 * 1024  # bytes of files that are being accepted, all together
SENDING = 2  # files of one chat at a time, by any of its seats: nobody takes all of that
SENT = Rate(per_minute=20, burst=20)  # of one chat
SEEN = Rate(per_minute=240, burst=120)

_KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")
_STATUS = {"file_size": 413, "file_type": 415, "files_full": 409, "chat_full": 409, "ended": 410}


class FileRoutes:
    """The handlers for files."""

    def __init__(
        self,
        joining: Joining,
        attaching: Attaching,
        origins: frozenset[str],
        *,
        patience: float = UPLOAD_SECONDS,
    ) -> None:
        self._joining = joining
        self._attaching = attaching
        self._origins = origins
        self._room = IN_MEMORY
        self._patience = patience
        self._giving = Giving()
        self._sending: Counter[str] = Counter()
        self._sent, self._seen = Buckets(SENT), Buckets(SEEN)

    def table(self) -> list[web.RouteDef]:
        """Return the routes, relative to the prefix."""
        return [
            web.get("/api/file", self.limits),
            web.post("/api/file", self.send),
            web.get(r"/api/file/{id:[A-Za-z0-9_-]{1,80}}", self.show),
        ]

    async def limits(self, _request: web.Request) -> web.Response:
        """Tell what is taken: a browser that is refused in mid-body may not hear why."""
        rules = self._attaching.rules
        return answer(200, {"bytes": rules.bytes, "most": rules.most})

    async def send(self, request: web.Request) -> web.Response:
        """Accept a file as a message."""
        guard.check_script(request, self._origins)
        key, name, about = _told(request)
        seat = await guard.seat_of(request, self._joining)
        if request.headers.get("X-Livechat-Chat") != seat.chat_id:
            raise Refusal(409, "other_chat")  # whose window it waited in had another cookie
        guard.check_rate(self._sent, seat.chat_id)
        size = self._size(request)
        with self._held(seat, size):
            content = await self._body(request, size)
            return await self._accepted(seat, key, name, about, content)

    async def _accepted(
        self, seat: Seat, key: str, name: str, about: str, content: bytes
    ) -> web.Response:
        try:
            line = await self._attaching.attach(seat, key, name, about, content)
        except CannotSay as refusal:
            return error(_STATUS.get(refusal.code, 422), refusal.code)
        except NotDone as trouble:
            log.warning("file_not_taken", chat=seat.chat_id, why=trouble.sentence)
            raise Refusal(503, "busy", retry_after=5) from None
        return answer(200, wire.ack(key, line))

    async def show(self, request: web.Request) -> web.StreamResponse:
        """Give a file out, to its own chat's people and as what it is."""
        if request.headers.get("Sec-Fetch-Site", "none") not in {"same-origin", "none"}:
            raise Refusal(403, "origin")
        seat = await guard.seat_of(request, self._joining)
        guard.check_rate(self._seen, seat.chat_id)
        async with self._giving.turn(seat.chat_id):
            found = await self._attaching.file(seat, request.match_info["id"])
            if found is None:
                raise Refusal(404, "not_found")
            return await self._giving.give(request, found)

    def _size(self, request: web.Request) -> int:
        """Return how long the body says that it is. Raises Refusal."""
        size = request.content_length
        if size is None:
            raise Refusal(411, "length")
        if size > self._attaching.rules.bytes:
            raise Refusal(413, "file_size")
        return size

    @contextmanager
    def _held(self, seat: Seat, size: int) -> Iterator[None]:
        """Hold memory for a file until it is kept or refused, or raise Refusal."""
        if self._sending[seat.chat_id] >= SENDING:
            raise Refusal(429, "slow_down", retry_after=5)
        if size > self._room:
            raise Refusal(503, "busy", retry_after=5)
        self._room -= size
        self._sending[seat.chat_id] += 1
        try:
            yield
        finally:
            self._room += size
            self._sending[seat.chat_id] -= 1
            if not self._sending[seat.chat_id]:
                del self._sending[seat.chat_id]

    async def _body(self, request: web.Request, size: int) -> bytes:
        """Read the body. Raises Refusal."""
        if not size:
            return b""
        try:
            async with asyncio.timeout(self._patience):
                # No more than was announced: aiohttp keeps to the length.
                return await request.content.readexactly(size)
        except asyncio.IncompleteReadError:
            raise Refusal(400, "broken") from None
        except TimeoutError:
            raise Refusal(408, "slow") from None


def _told(request: web.Request) -> tuple[str, str, str]:
    """Return key, name and description, out of headers: an address stands in logs."""
    key = request.headers.get("X-Livechat-Key", "")
    name, about = (request.headers.get(f"X-Livechat-{n}", "") for n in ("Name", "About"))
    if not _KEY.fullmatch(key) or not name.isascii() or not about.isascii():
        raise Refusal(400, "broken")
    return key, unquote(name, errors="replace"), unquote(about, errors="replace")
