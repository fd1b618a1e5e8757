"""How much one address may ask for; a network behind one address may more."""

from __future__ import annotations

from aiohttp import web

from bot.visitors import guard
from bot.visitors.allowance import Buckets, Rate

_MANY = 20  # times as much for networks behind one address


class Senders:
    """Limits by address; ``shared`` are networks whose people come from one, or few."""

    def __init__(self, rate: Rate, shared: tuple[str, ...]) -> None:
        self._shared = shared
        self._few = Buckets(rate)
        self._many = Buckets(Rate(rate.per_minute * _MANY, rate.burst * _MANY))

    def check(self, request: web.Request) -> None:
        """Count one. Raises Refusal."""
        sender = guard.sender(request)
        guard.check_rate(self._of(sender), sender)

    def give_back(self, request: web.Request) -> None:
        """Nothing came of what was counted."""
        sender = guard.sender(request)
        self._of(sender).give_back(sender, 1)

    def _of(self, sender: str) -> Buckets:
        return self._many if guard.within(sender, self._shared) else self._few
