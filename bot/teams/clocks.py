"""How far our clock and Teams' are apart, learned from what Teams brings; pure but for its memory.

Something that Teams could not bring at once comes with its old time. To tell it from something
fresh while our own clock is wrong, the freshest of the last minutes is the measure.
"""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta

SPAN = timedelta(minutes=10)  # how far back we look; and nothing that comes is older than that
ENOUGH = timedelta(minutes=2)  # Teams tries again for half a minute: by then something fresh came


class Clocks:
    """Turns Teams' times into ours."""

    def __init__(self) -> None:
        self._began: datetime | None = None
        # By how much things came behind their time: when, and how much, the freshest first. What
        # is less fresh than something that came after it will never be the freshest again.
        self._freshest: deque[tuple[datetime, timedelta]] = deque()

    def ours(self, at: datetime | None, now: datetime) -> datetime | None:
        """Return Teams' time ``at`` of something that came ``now``, as our clock would have it.

        None if that cannot be told: there is no time, or it is implausible and we do not know yet
        whether our own clock is wrong.
        """
        if at is None:
            return None
        behind = now - at
        began = self._note(now, behind)
        if now - began >= ENOUGH:
            return at + self._freshest[0][1]
        return at if abs(behind) <= SPAN else None

    def _note(self, now: datetime, behind: timedelta) -> datetime:
        """Take the sample in; return since when there are samples."""
        known = self._freshest
        if known and known[-1][0] > now:  # our clock was set back
            known.clear()
        while known and now - known[0][0] > SPAN:
            known.popleft()
        if not known or self._began is None:
            self._began = now
        while known and known[-1][1] >= behind:
            known.pop()
        known.append((now, behind))
        return self._began
