"""How things stand: the line that tells every day that nothing is kept, and who waits for RT."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from bot.domain.chat import State
from bot.relay.answering import Answer
from bot.relay.pool import Channel
from bot.relay.relay import Relay
from bot.relay.storage import Store, Unit
from bot.relay.telling import Telling

#: States in which a record is not in RT yet although the talk is over.
WAITING = (State.ENDED, State.HELD, State.FILING)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Counts:
    """Numbers of chats. ``filed`` and ``purged`` are of the last 24 hours.

    ``oldest`` is for how long the oldest of those ``waiting`` to be filed has waited. ``leftovers``
    are done and have text here still; ``late`` are those of them that should have none any more:
    more than none for long is a fault. ``copies`` are those of the whole database that a migration
    made.
    """

    open: int
    waiting: int
    oldest: timedelta
    filed: int
    purged: int
    leftovers: int
    late: int
    copies: int = 0

    def __str__(self) -> str:
        minutes = int(self.oldest / timedelta(minutes=1))
        oldest = f", oldest {minutes // 60:02}:{minutes % 60:02}" if self.waiting else ""
        chats = "chat" if self.leftovers == 1 else "chats"
        copies = ", and a copy of everything from before an upgrade" if self.copies else ""
        return (
            f"open {self.open}, waiting to file {self.waiting}{oldest}, filed {self.filed}, purged "
            f"{self.purged}, content on disk: {self.leftovers} closed {chats}{copies}"
        )


async def count(store: Store, now: datetime) -> Counts:
    """Count. Raises NotDone."""
    counts = await store.counts(now - _DAY)
    waiting = await store.in_states(*WAITING)
    ended = [chat.ended or chat.created for chat in waiting]
    return Counts(
        open=_sum(counts, State.INVITED, State.OPEN),
        waiting=_sum(counts, *WAITING),
        oldest=max(now - min(ended), timedelta()) if ended else timedelta(),
        filed=counts.get("tally filed", 0),
        purged=counts.get("tally purged", 0),
        leftovers=counts.get("leftovers", 0),
        late=counts.get("late", 0),
        copies=counts.get("copies", 0),
    )


def _sum(counts: Mapping[str, int], *states: State) -> int:
    return sum(counts.get(state.value, 0) for state in states)


class Daily:
    """Posts how things stand in a channel, once a day over all processes."""

    def __init__(self, relay: Relay, channel: str, team: str, at: time | None) -> None:
        """``channel`` and ``team`` are Teams' ids; ``at`` is in the relay's zone, None for never."""
        self._relay = relay
        self._telling = Telling(relay)
        self._channel, self._team = channel, team
        self._at = at
        self._told = ""

    async def tell(self) -> None:
        """Tell it if it is time to, and nobody has."""
        now = self._relay.now().astimezone(self._relay.rules.zone)
        today = f"{now:%Y%m%d}"
        if self._at is None or not self._channel or today == self._told or now.time() < self._at:
            return
        near = await self._relay.store.newest_thread()
        if near is None:
            return  # nobody has ever written to the bot
        line = await count(self._relay.store, self._relay.now())
        place = Channel(self._channel, self._team, near.listening).near(near)

        async def work(unit: Unit) -> None:
            if await unit.first_time("daily", today):
                thread = await unit.thread(place)
                await self._telling.tell(unit, thread, Answer.DAILY, f"{line}.")

        await self._relay.store.write(work)
        self._told = today
