"""Whether the others must still believe that this process lives: its claims hang on that."""

from __future__ import annotations

import time
from collections.abc import Callable
from math import inf


class Life:
    """This process's heartbeats, by its own steady clock. Asked from any thread.

    ``patience`` is after how many seconds of silence the others take over what we claimed, however
    long the claim was for; with nobody else on the database nobody does.
    """

    def __init__(self, patience: float = inf) -> None:
        self.patience = patience
        self._last = time.monotonic()
        self._gaps = 0

    def beaten(self, began: float) -> None:
        """Take note of a heartbeat that the database has; ``began`` is when it was begun."""
        if began - self._last > self.patience:
            self._gaps += 1
        self._last = began

    def silent(self) -> float:
        """Return for how many seconds the database has taken no heartbeat of ours."""
        return time.monotonic() - self._last

    def sure(self) -> bool:
        """Tell whether what begins now is over before the others may take us for dead.

        One post to Teams takes half of the usual patience at most.
        """
        return self.silent() <= self.patience / 2

    def claim(self, seconds: float) -> Callable[[], bool]:
        """Return what tells whether a claim for so many seconds from now is still ours.

        A gap between two heartbeats ends it for good: whoever was stopped and beats again has lost
        what it held.
        """
        ends, gaps = time.monotonic() + seconds, self._gaps

        def still() -> bool:
            now = time.monotonic()
            return now < ends and gaps == self._gaps and now - self._last <= self.patience

        return still
