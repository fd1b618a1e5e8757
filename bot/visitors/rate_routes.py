"""The question at the end, the widget's side: docs/widget-protocol.md, "HTTP"."""

from __future__ import annotations

from aiohttp import web

from bot.domain.rating import ANSWERS, Rating
from bot.relay.joining import Joining
from bot.relay.visiting import CannotRate, Visiting
from bot.visitors import guard
from bot.visitors.allowance import Buckets, Rate
from bot.visitors.around import answer, error
from bot.visitors.guard import Refusal

RATES = Rate(per_minute=20, burst=20)  # of one chat, by any of its seats
_STATUS = {"rated": 409, "late": 410}


class RateRoutes:
    """The handler for whether a chat helped."""

    def __init__(self, joining: Joining, visiting: Visiting, origins: frozenset[str]) -> None:
        self._joining = joining
        self._visiting = visiting
        self._origins = origins
        self._rates = Buckets(RATES)

    def table(self) -> list[web.RouteDef]:
        """Return the routes, relative to the prefix."""
        return [web.post("/api/rate", self.rate)]

    async def rate(self, request: web.Request) -> web.Response:
        """Keep the answer; the same one again is harmless."""
        guard.check_post(request, self._origins)
        seat = await guard.seat_of(request, self._joining)
        guard.check_rate(self._rates, seat.chat_id)
        body = await guard.read_body(request)
        if set(body) != {"chat", "answer"} or body["answer"] not in list(ANSWERS):
            raise Refusal(400, "broken")
        if body["chat"] != seat.chat_id:
            raise Refusal(409, "other_chat")
        try:
            await self._visiting.rate(seat, Rating(body["answer"]))
        except CannotRate as refusal:
            return error(_STATUS[refusal.code], refusal.code)
        return answer(200, {"rating": body["answer"]})
