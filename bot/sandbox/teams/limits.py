"""The published rate limits of Teams (msteams-docs, bots/how-to/rate-limit)."""

from __future__ import annotations

import math
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Sequence

Window = tuple[int, float]  # so many requests in so many seconds

_HOUR = 3600
SEND: tuple[Window, ...] = ((7, 1), (8, 2), (60, 30), (1800, _HOUR))
ROSTER: tuple[Window, ...] = ((14, 1), (16, 2), (120, 30), (3600, _HOUR))
APP: tuple[Window, ...] = ((50, 1),)


class Limits:
    """Sliding windows per conversation (a channel counts once, whatever its threads) and per app.

    Sends, edits, deletions and new conversations share the windows of SEND; reading members has ROSTER.
    A refused request is not counted. ``hourly`` tells whether the windows of an hour hold, too: the page that
    publishes them says that they apply "only if multiple bot messages are sent to a single user". ``refused``
    counts what was turned away, by group.
    """

    def __init__(
        self,
        *,
        enforced: bool = True,
        hourly: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.enforced = enforced
        self.hourly = hourly
        self.refused: Counter[str] = Counter()
        self._clock = clock
        self._seen: defaultdict[tuple[str, str], deque[float]] = defaultdict(deque)

    def refused_for(self, group: str, conversation: str) -> int:
        """Seconds to wait before a retry; 0 counts the request and lets it through. ``group``: "send" or "roster"."""
        if not self.enforced:
            return 0
        now = self._clock()
        windows = SEND if group == "send" else ROSTER
        wait = max(
            self._wait(("app", ""), APP, now), self._wait((group, conversation), windows, now)
        )
        if wait > 0:
            self.refused[group] += 1
            return max(1, math.ceil(wait))
        self._seen["app", ""].append(now)
        self._seen[group, conversation].append(now)
        return 0

    def _wait(self, key: tuple[str, str], windows: Sequence[Window], now: float) -> float:
        seen = self._seen[key]
        while seen and seen[0] <= now - windows[-1][1]:
            seen.popleft()
        held = [_until_free(seen, *w, now) for w in windows if self.hourly or w[1] < _HOUR]
        return max(held, default=0.0)


def _until_free(seen: deque[float], count: int, span: float, now: float) -> float:
    if len(seen) < count:
        return 0.0
    return max(0.0, seen[-count] + span - now)
