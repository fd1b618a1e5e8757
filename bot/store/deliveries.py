"""The outbox's part of a unit of work: rows are added, claimed, struck off and given back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import takewhile
from typing import Any, NamedTuple

from bot.relay.delivery import Delivery, DeliveryKind
from bot.relay.rows import seqs_of
from bot.store import codec
from bot.store import outbox_sql as sql
from bot.store.gathering import Gathering
from bot.store.hopes import Hopes
from bot.store.link import Link
from bot.store.sql import Row
from bot.store.tables import micros, moment

#: The one kind of delivery of which several go out together.
_JOINED = DeliveryKind.RELAY
#: What is due within so many microseconds is due: clocks are read at different times.
_AT_ONCE = 20_000


@dataclass(frozen=True, slots=True)
class Home:
    """Who claims what is made here, for how long (microseconds), and which of it.

    ``back`` is told of what ``may`` allowed and was not claimed: something is before it. ``lost`` of
    what was perhaps: nobody knows what came of the commit.
    """

    owner: str
    lease: int
    may: Callable[[Delivery], bool]
    back: Callable[[Delivery], object]
    lost: Callable[[Delivery], object]


class Waiting(NamedTuple):
    """A row near the head of its stream; ``free`` if it is due and nobody holds it. ``size`` is in bytes."""

    id: int
    kind: str
    attempt: int
    size: int
    free: bool


def run_of(rows: Iterable[Waiting], most: int, size: int) -> list[int]:
    """Return the ids that one claim takes of a stream whose first rows these are, at least one of them:
    at most ``most`` rows and ``size`` bytes.
    """
    first, *others = rows
    if not first.free:
        return []
    taken, left = [first.id], size - first.size
    if first.kind != _JOINED:
        return taken
    tried = first.attempt > 0

    def alike(row: Waiting) -> bool:
        return row.free and row.kind == _JOINED and (row.attempt > 0) == tried

    for row in takewhile(alike, others[: most - 1]):
        left -= row.size
        if left < 0:
            break
        taken.append(row.id)
    return taken


class Deliveries:
    """See relay/storage.py, Unit. ``now`` is the host's moment that this unit counts as."""

    def __init__(
        self, link: Link, now: datetime, gathering: Gathering, home: Home | None, hopes: Hopes
    ) -> None:
        self._link = link
        self._now = now
        self._gathering = gathering
        self._home = home
        self._hopes = hopes
        self._freed: set[str] = set()  # streams whose heads were struck off
        self._emptied: set[str] = set()  # and behind whom nothing waited then
        self._guarded: set[str] = set()

    def schedule(self, delivery: Delivery, *, guarded: bool) -> None:
        """Add a row. ``guarded`` if nobody else can be adding one to the stream right now."""
        wait = 0
        if delivery.not_before is not None:
            wait = max(micros(delivery.not_before) - micros(self._now), 0)
        row = {
            "lane": delivery.lane,
            "stream": delivery.stream,
            "kind": delivery.kind,
            "payload": json.dumps(delivery.payload),
            "chat_id": delivery.chat_id,
            "thread_id": delivery.thread,
            "rank": delivery.rank,
            "size": delivery.size,
            "wait": wait,
        }
        if self._link.shared and not guarded and delivery.stream not in self._guarded:
            self._link.later(sql.GUARD, stream=delivery.stream)
            self._guarded.add(delivery.stream)
        if delivery.kind == DeliveryKind.CARD:
            self._link.later(sql.HASTEN, stream=delivery.stream, kind=delivery.kind, wait=wait)
        home = self._home
        if home is not None and wait <= _AT_ONCE and home.may(delivery):
            self._hopes.allowed.append(delivery)
            self._bear(home, delivery, row)
            return
        self._link.later(sql.ADD_CARD if delivery.kind == DeliveryKind.CARD else sql.ADD, **row)
        self._gathering.lanes.add(delivery.lane)

    def _bear(self, home: Home, made: Delivery, row: dict[str, Any]) -> None:
        """Add a row that is claimed if nothing is before it."""
        added = partial(self._added, made)
        claim = {"owner": home.owner, "lease": home.lease}
        if self._link.shared or made.kind == DeliveryKind.CARD:
            self._link.later(sql.BEAR, added, **claim, **row)
            return
        waiting: list[Row] = []
        self._link.later(sql.WAITS, waiting.extend, stream=made.stream)
        if not waiting:
            self._link.later(sql.BEAR_FIRST, added, **claim, **row)
            return
        self._link.later(sql.ADD, **row)
        self._gathering.lanes.add(made.lane)
        self._not_taken(made)

    def _added(self, made: Delivery, rows: list[Row]) -> None:
        if not rows:  # a card waits already
            self._not_taken(made)
        for number, owner, due, created in rows:
            if owner is None:
                self._gathering.lanes.add(made.lane)
                self._not_taken(made)
            else:
                self._gathering.born.append(_born(made, number, moment(due), moment(created)))

    def _not_taken(self, made: Delivery) -> None:
        if self._home is not None:
            self._hopes.allowed.remove(made)
            self._home.back(made)

    async def take(
        self, owner: str, lease: float, streams: Sequence[str], most: int, size: int
    ) -> list[Delivery]:
        """Claim the heads of streams, and what may go out together with them."""
        locked: set[int] = set()
        found: list[list[Waiting]] = []
        streams = [stream for stream in streams if stream not in self._emptied]
        if not streams:
            return []  # without a round trip
        for stream in streams:
            if self._link.shared:
                self._link.later(
                    sql.LOCK_HEAD, lambda r: locked.update(i for (i,) in r), stream=stream
                )
            self._link.later(
                sql.FIRST_ROWS,
                lambda r: found.append([Waiting(*w) for w in r]),
                stream=stream,
                most=most,
            )
        await self._link.flush()
        ids: list[int] = []
        for stream, rows in zip(streams, found, strict=True):
            if rows and (rows[0].id in locked or not self._link.shared):
                ids += run_of(rows, most, size)
            if not rows and not self._link.shared:
                self._freed.discard(stream)  # nobody else can have added to it meanwhile
        if not ids:
            return []
        taken = await self._link.rows(sql.TAKE, ids=ids, owner=owner, lease=_micros(lease))
        deliveries = sorted(map(codec.delivery_from_row, taken), key=lambda d: d.id)
        self._freed -= {d.stream for d in deliveries}  # what waits behind these waits for these
        return deliveries

    async def strike(self, ids: Sequence[int], owner: str, stream: str = "") -> list[int]:
        """Strike rows off that ``owner`` holds. With ``stream``, that of all of them, it may be hoped
        that he does and that nothing is behind them.
        """
        if stream and self._link.shared and self._hopes.may_strike(stream):
            self._link.later(sql.STRIKE_HOPED, ids=list(ids), owner=owner, stream=stream)
            self._emptied.add(stream)
            self._freed.add(stream)
            return sorted(ids)
        crowded: list[Row] = []
        if self._link.shared:  # so that ``take`` need not ask for what is not there
            self._link.later(sql.CROWDED, crowded.extend, ids=list(ids))
        if len(ids) == 1:
            rows = await self._link.rows(sql.STRIKE_ONE, id=ids[0], owner=owner)
        else:
            rows = await self._link.rows(sql.STRIKE, ids=list(ids), owner=owner)
        struck = {stream for _, stream in rows}
        if self._link.shared:
            behind = {stream for (stream,) in crowded}
            self._emptied |= struck - behind
            self._hopes.noted.crowds(struck, behind)
        elif len(struck) > 1:
            left = await self._link.rows(sql.STILL_IN, streams=list(struck))
            self._emptied |= struck - {stream for (stream,) in left}
        return self._struck(rows)

    async def words_in(self, stream: str) -> tuple[int, ...]:
        """Return the numbers of the messages that wait there, or are just being posted."""
        rows = await self._link.rows(sql.WORDS_IN, stream=stream)
        return tuple(sorted(seq for (payload,) in rows for seq in seqs_of(json.loads(payload))))

    async def drop(self, delivery_id: int) -> None:
        """Strike a row off, whoever holds it."""
        self._struck(await self._link.rows(sql.DROP, id=delivery_id))

    async def recall(self, chat_id: str) -> None:
        """Strike all rows of a chat off, whoever holds them, but not what opens its thread."""
        self._struck(await self._link.rows(sql.RECALL, chat_id=chat_id))

    def _struck(self, rows: list[Row]) -> list[int]:
        self._freed.update(stream for _, stream in rows)
        return sorted(number for number, _ in rows)

    async def give_back(
        self,
        ids: Sequence[int],
        owner: str,
        seconds: float,
        why: str,
        *,
        clean: bool,
        alone: bool,
    ) -> list[int]:
        """Give rows back for ``seconds``; see relay/storage.py, Unit."""
        rows = await self._link.rows(
            sql.GIVE_BACK,
            ids=list(ids),
            owner=owner,
            wait=_micros(seconds),
            why=why,
            uncounted=int(clean),
            alone=int(alone),
        )
        self._gathering.lanes |= codec.lanes({lane for _, lane in rows})
        return sorted(number for number, _ in rows)

    async def held(self, owner: str, streams: Sequence[str]) -> list[Delivery]:
        """Load what ``owner`` holds of some streams."""
        rows = await self._link.rows(sql.HELD, owner=owner, streams=list(streams))
        return [codec.delivery_from_row(row) for row in rows]

    async def set_aside(self, taken: Delivery, owner: str, seconds: float, why: str) -> None:
        """Give a row back in a stream of its own."""
        values = {"ids": [taken.id], "owner": owner, "wait": _micros(seconds), "why": why}
        if await self._link.rows(sql.SET_ASIDE, **values):
            self._freed.add(taken.stream)
            self._gathering.lanes.add(taken.lane)

    def finish(self) -> None:
        """Look what waits behind rows that were struck off; the last thing before the commit."""
        if not self._link.shared:
            self._freed -= self._emptied  # nobody else can have added to them meanwhile
        if len(self._freed) > 1:
            self._link.later(sql.LANES_AMONG, self._waits, streams=list(self._freed))
        for stream in self._freed if len(self._freed) == 1 else ():
            self._link.later(sql.LANES_OF, self._waits, stream=stream)

    def _waits(self, rows: list[Row]) -> None:
        self._gathering.lanes |= codec.lanes({lane for (lane,) in rows})


def _born(made: Delivery, number: int, due: datetime, created: datetime) -> Delivery:
    """The delivery as it was made, with what the database added (``replace`` is slow)."""
    return Delivery(
        lane=made.lane,
        stream=made.stream,
        kind=made.kind,
        payload=made.payload,
        chat_id=made.chat_id,
        not_before=due,
        id=number,
        attempt=1,
        first_claimed=created,
        created=created,
        thread=made.thread,
        rank=made.rank,
        size=made.size,
    )


def _micros(seconds: float) -> int:
    return int(seconds * 1_000_000)
