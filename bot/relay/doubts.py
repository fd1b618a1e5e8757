"""Streams in which this process may hold rows of the outbox that it does not know of.

Of a commit that claimed something, nobody may know what came of it: the wire was cut, the disk failed.
If it was kept, what it claimed would wait for the whole lease, and count as tried.
"""

from __future__ import annotations

import time
from collections.abc import Iterable

from bot.relay.births import ENDED, Births
from bot.relay.delivery import Delivery
from bot.relay.outcomes import NotDone
from bot.relay.storage import Store, Unit

_OFTEN = 1.0  # seconds between two looks


class Doubts:
    """Lets go what is held by mistake, and nothing else.

    Not what is being claimed or delivered just now, nor what may have been posted: its lease runs out,
    and the repeat says so.
    """

    def __init__(self, owner: str, births: Births) -> None:
        self._owner = owner
        self._births = births
        self._since: dict[str, float] = {}  # by stream; steady, in seconds
        self._busy: dict[str, int] = {}  # claims and deliveries under way, by stream
        self._tried: set[int] = set()  # rows whose delivery could not be written down
        self._looked = float("-inf")

    def add(self, streams: Iterable[str]) -> None:
        """Nobody knows what came of a claim there."""
        self._since.update(dict.fromkeys(streams, time.monotonic()))
        self._looked = float("-inf")

    def enter(self, streams: Iterable[str]) -> None:
        """Something of each is being claimed or delivered."""
        for stream in streams:
            self._busy[stream] = self._busy.get(stream, 0) + 1

    def leave(self, streams: Iterable[str]) -> None:
        """It has ended."""
        for stream in streams:
            self._busy[stream] -= 1
            if self._busy[stream] <= 0:
                del self._busy[stream]

    def tried(self, ids: Iterable[int]) -> None:
        """These may have been posted, and that is known here only."""
        self._tried.update(ids)

    async def settle(self, store: Store) -> None:
        """Give back what is held by mistake, if there may be something. Raises NotDone.

        Where a commit may still end, it is looked once more.
        """
        if not self._since or time.monotonic() - self._looked < _OFTEN:
            return
        try:
            await store.write(self._let_go)
        except NotDone:
            raise
        except Exception:  # what we hold waits for its lease, and nothing else for us
            self._since.clear()
            raise
        self._looked = time.monotonic()
        ended = self._looked - ENDED
        self._since = {s: at for s, at in self._since.items() if at > ended or s in self._busy}

    async def _let_go(self, unit: Unit) -> None:
        held = await unit.held(self._owner, list(self._since))
        ids = [row.id for row in held if self._is_unknown(row)]
        if ids:
            await unit.give_back(ids, self._owner, 0.0, "", clean=True)

    def _is_unknown(self, row: Delivery) -> bool:
        if row.stream in self._busy or row.id in self._tried:
            return False
        return not self._births.expects(row)
