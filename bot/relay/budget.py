"""How many posts Teams takes: sliding windows per conversation and for the app (pure).

Source: msteams-docs, bots/how-to/rate-limit; a channel with all its threads is one conversation.
Edits of posts count like posts. Times are seconds on any steady clock.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

Window = tuple[int, float]  # so many posts in so many seconds

PER_CONVERSATION: tuple[Window, ...] = ((7, 1), (8, 2), (60, 30))
#: Ours: spent at once, the 60 would leave a crowded channel without a post for ten seconds.
_EVEN: Window = (21, 10)
#: Microsoft's page leaves open whether it holds for channels: a setting, and learned from a refusal.
HOURLY: Window = (1800, 3600)
#: Spent as fast as the other windows let us, an hour's posts would leave most of the hour silent. So
#: a conversation has some in store, and the others come one by one, every three seconds if one process
#: has them to itself: never over what the hour takes, and not silent for the rest of it.
_STORE = 600
_A_SECOND = (HOURLY[0] - _STORE) / HOURLY[1]
_NOTHING = 1e-6  # of a post: sums of floats are not exact
#: Nothing but the hour's window makes Teams ask for a longer pause (seconds).
_LONG = 60.0
PER_APP: tuple[Window, ...] = ((50, 1),)

#: Posts that leave us evenly may arrive bunched: every window is taken to be this much longer.
_SLACK = 0.3
_APP = "the app as a whole"  # no conversation is called so
#: What a 429 leaves of a conversation's windows, the least that is left, and how it comes back.
_LESS, _LEAST, _BACK_EVERY, _BACK = 0.75, 0.25, 15.0, 0.1
#: Cards may fill so much of each window, so that words always find room; and one in so many
#: seconds may go even where words leave no room at all (turns.py lets it go before them).
_CARDS, _CARD_EVERY = 1 / 3, 5.0
_MANY = 2000  # conversations remembered before the idle ones are forgotten


@dataclass(slots=True)
class _Place:
    posts: deque[float] = field(default_factory=deque)
    closed_until: float = 0.0  # by a 429
    last_card: float = float("-inf")
    part: float = 1.0  # of each window that a 429 has left
    part_since: float = 0.0
    hourly: bool = False  # the hour's window was seen to hold there
    store: float = _STORE  # of the hour's posts, as of ``stored``
    stored: float = float("-inf")


class Budget:
    """This process's share of what Teams takes; not for several threads at once."""

    def __init__(self, *, hourly: bool = False, limited: bool = True) -> None:
        """``hourly`` adds the hourly window everywhere, not only where Teams has shown that it holds.

        ``limited`` false leaves pacing to Teams' 429s.
        """
        self._hourly = hourly
        self._windows: tuple[Window, ...] = (_EVEN, *PER_CONVERSATION)
        self._limited = limited
        self._alive = 1
        self._places: dict[str, _Place] = {}

    def share(self, alive: int) -> None:
        """Take one part of ``alive``: so many processes post for this app."""
        self._alive = max(1, alive)

    def wait(self, place: str, now: float, *, card: bool = False) -> float:
        """Return the seconds until a post to conversation ``place`` may go; 0 means now."""
        at = self._places.get(place)
        if at is None:
            at = _Place()
        closed = max(0.0, at.closed_until - now)
        if not self._limited:
            return closed
        app = self._places.get(_APP)
        wait = max(closed, self._until_free(app, PER_APP, now) if app else 0.0)
        wait = max(wait, self._until_free(at, self._windows, now), self._until_stored(at, now))
        if card:
            aside = self._until_free(at, self._windows, now, _CARDS)
            aside = max(aside, self._until_stored(at, now, _CARDS))
            wait = max(wait, min(aside, at.last_card + _CARD_EVERY - now))
        return wait

    def spend(self, place: str, now: float, *, card: bool = False) -> None:
        """Count a post to ``place``."""
        if not self._limited:
            return
        if card:
            self._place(place, now).last_card = now
        at = self._place(place, now)
        at.store, at.stored = self._stored(at, now) - 1, now
        for name, windows in ((place, self._windows), (_APP, PER_APP)):
            posts = self._place(name, now).posts
            posts.append(now)
            while posts[0] <= now - windows[-1][1] - _SLACK:
                posts.popleft()

    def unspend(self, place: str) -> None:
        """Take back the last ``spend``: nothing was posted after all."""
        for name in (place, _APP):
            if (at := self._places.get(name)) and at.posts:
                at.posts.pop()
                at.store += 1

    def refused(self, place: str, seconds: float, now: float) -> None:
        """Learn from a 429: post nothing there for ``seconds``, and less for some minutes.

        A pause that only the hourly window explains shows that it holds there.
        """
        at = self._place(place, now)
        if seconds > _LONG:
            at.hourly, at.store, at.stored = True, 0.0, now + seconds
        at.closed_until = max(at.closed_until, now + seconds)
        at.part = max(_LEAST, self._part(at, now) * _LESS)
        at.part_since = now

    def _place(self, name: str, now: float) -> _Place:
        if name not in self._places:
            if len(self._places) >= _MANY:
                self._forget_idle(now)
            self._places[name] = _Place()
        return self._places[name]

    def _forget_idle(self, now: float) -> None:
        idle = now - self._windows[-1][1]
        self._places = {
            name: at
            for name, at in self._places.items()
            if at.closed_until > now or (at.posts and at.posts[-1] > idle)
        }

    def _part(self, at: _Place, now: float) -> float:
        return min(1.0, at.part + _BACK * ((now - at.part_since) // _BACK_EVERY))

    def _stored(self, at: _Place, now: float) -> float:
        """How many of the hour's posts a conversation has in store."""
        share = self._part(at, now) / self._alive
        grown = at.store + max(0.0, now - at.stored) * _A_SECOND * share
        return min(max(grown, 0.0), _STORE * share)

    def _until_stored(self, at: _Place, now: float, some: float = 1.0) -> float:
        """Seconds until it has one, if the hour counts there; only ``some`` of the store is for it."""
        if not (self._hourly or at.hourly):
            return 0.0
        share = self._part(at, now) / self._alive
        missing = 1 + (1 - some) * _STORE * share - self._stored(at, now)
        if missing < _NOTHING:
            return 0.0
        return max(missing / (_A_SECOND * share), at.stored - now)

    def _until_free(
        self, at: _Place, windows: Sequence[Window], now: float, some: float = 1.0
    ) -> float:
        part, wait = some * self._part(at, now) / self._alive, 0.0
        for count, seconds in windows:
            ours = max(1, int(count * part))
            if len(at.posts) >= ours:
                wait = max(wait, at.posts[-ours] + seconds + _SLACK - now)
        return wait
