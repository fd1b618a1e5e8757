"""How much of something is allowed in a while: token buckets. Pure; the clock is passed in."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rate:
    """At most ``burst`` at once, and ``per_minute`` in the long run."""

    per_minute: float
    burst: int


class Bucket:
    """One token bucket; ``now`` is any monotonic time in seconds."""

    __slots__ = ("_left", "_rate", "_seen")

    def __init__(self, rate: Rate, now: float) -> None:
        self._rate = rate
        self._left = float(rate.burst)
        self._seen = now

    def take(self, now: float) -> float:
        """Take one; return 0.0, or the seconds after which there will be one to take."""
        wait = self.wait(now)
        if wait == 0.0:
            self._left -= 1.0
        return wait

    def give_back(self, many: int) -> None:
        """Nothing came of so many that were taken."""
        self._left = min(float(self._rate.burst), self._left + many)

    def wait(self, now: float) -> float:
        """Return the seconds until there is one to take, without taking it."""
        per_second = self._rate.per_minute / 60
        refilled = self._left + max(0.0, now - self._seen) * per_second
        self._left, self._seen = min(float(self._rate.burst), refilled), now
        return 0.0 if self._left >= 1.0 else (1.0 - self._left) / per_second


class Buckets:
    """A bucket per key. Holds ``most`` keys: beyond that the one unused for longest is forgotten.

    A forgotten key starts afresh, which is too kind by one burst and keeps memory bounded.
    """

    def __init__(self, rate: Rate, most: int = 10_000) -> None:
        self._rate = rate
        self._most = most
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def take(self, key: str, now: float) -> float:
        """Take one from the key's bucket; return 0.0 or the seconds to wait."""
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = Bucket(self._rate, now)
            if len(self._buckets) > self._most:
                self._buckets.popitem(last=False)
        self._buckets.move_to_end(key)
        return bucket.take(now)

    def give_back(self, key: str, many: int) -> None:
        """Nothing came of so many that were taken from the key's bucket."""
        if bucket := self._buckets.get(key):
            bucket.give_back(many)
