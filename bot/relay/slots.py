"""What limits the outbox of one process: slots per lane, Teams' budget per conversation.

Used on the event loop only: the store asks there, too, whether something may be claimed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from bot.relay.budget import Budget
from bot.relay.delivery import Lane

_MANY = 10_000  # threads and streams remembered


class Slots:
    """Room for deliveries; every method is quick.

    A ``thread`` is our id of one, a *place* the Teams conversation whose budget it shares; ``now`` is a
    steady clock's, in seconds.
    """

    def __init__(self, budget: Budget, at_once: Mapping[Lane, int]) -> None:
        self._budget = budget
        self._at_once = at_once
        self._busy = dict.fromkeys(Lane, 0)
        self._places: dict[int, str] = {}
        self._last: dict[str, float] = {}
        self._crowded: frozenset[str] = frozenset()

    # --- slots ----------------------------------------------------------------------------------

    def free(self, lane: Lane) -> int:
        """How many more deliveries of a lane may run."""
        return self._at_once[lane] - self._busy[lane]

    def enter(self, lane: Lane) -> None:
        """A delivery begins."""
        self._busy[lane] += 1

    def leave(self, lane: Lane) -> None:
        """A delivery ended."""
        self._busy[lane] -= 1

    # --- what is born claimed ---------------------------------------------------------------------

    def book(self, lane: Lane, thread: int, now: float) -> bool:
        """Tell whether a new delivery may go at once, past nobody who waits; spends its post.

        A commit that fails leaves that one unused, which costs a second of the budget at most.
        """
        place = self._places.get(thread)
        if place is None or place in self._crowded or self.free(lane) <= 0:
            return False
        return self.spend(place, now) <= 0

    # --- turns ----------------------------------------------------------------------------------

    def spend(self, place: str, now: float, *, card: bool = False) -> float:
        """Spend a post at ``place`` and return 0, or return the seconds to wait."""
        wait = self._budget.wait(place, now, card=card)
        if wait <= 0:
            self._budget.spend(place, now, card=card)
        return wait

    def follow(self, thread: int, now: float) -> bool:
        """Spend a post for what waits behind a delivery, unless other chats wait there."""
        place = self.place(thread)
        return bool(place) and place not in self._crowded and self.spend(place, now) <= 0

    def unspend(self, thread: int) -> None:
        """Nothing was posted after all."""
        if place := self.place(thread):
            self._budget.unspend(place)

    def refused(self, thread: int, seconds: float, now: float) -> None:
        """Teams said 429."""
        if place := self.place(thread):
            self._budget.refused(place, seconds, now)

    def crowded(self, lane: Lane, places: Collection[str]) -> None:
        """Note the places where somebody waits for the budget."""
        if lane is Lane.TEAMS:
            self._crowded = frozenset(places)

    def turn(self, stream: str, now: float) -> None:
        """A stream has its turn."""
        if len(self._last) >= _MANY:
            self._last.clear()
        self._last[stream] = now

    def last_turn(self, stream: str) -> float:
        """When a stream last had its turn; 0 if that is not known."""
        return self._last.get(stream, 0.0)

    # --- places ---------------------------------------------------------------------------------

    def knows(self, thread: int) -> bool:
        """Whether the thread's conversation is known."""
        return thread in self._places

    def learn(self, thread: int, place: str) -> None:
        """Note which Teams conversation a thread belongs to; that never changes."""
        if len(self._places) >= _MANY:
            self._places.clear()
        self._places[thread] = place

    def place(self, thread: int) -> str:
        """The thread's conversation; empty if there is none to be budgeted."""
        return self._places.get(thread, "")
