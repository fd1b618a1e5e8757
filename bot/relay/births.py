"""Rows of the outbox that are being born claimed: asked for in a unit of work, and not yet told of."""

from __future__ import annotations

from bot.relay.delivery import Delivery
from bot.relay.rows import key

#: Seconds in which a commit has ended, whatever came of it.
ENDED = 15.0


class Births:
    """Told row by row, since one commit may bring several to a stream. Times are steady, in seconds."""

    def __init__(self) -> None:
        self._since: dict[tuple[str, object], float] = {}  # the oldest first

    def expect(self, delivery: Delivery, now: float) -> None:
        """It is asked for."""
        self._since.pop(key(delivery), None)
        self._since[key(delivery)] = now

    def end(self, delivery: Delivery) -> float:
        """It was born, or was not; return when it was asked for, 0 if that is not known any more."""
        return self._since.pop(key(delivery), 0.0)

    def expects(self, delivery: Delivery) -> bool:
        """Tell whether it may be on its way to us."""
        return key(delivery) in self._since

    def count(self, now: float) -> int:
        """How many there are. A commit that failed tells nobody, so they are given up."""
        while self._since and next(iter(self._since.values())) < now - ENDED:
            del self._since[next(iter(self._since))]
        return len(self._since)
