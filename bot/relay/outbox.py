"""The outbox worker: the only one who speaks to Teams, RT and the mail server.

A claim is committed before a delivery's first byte leaves, so whoever finds a row that was
claimed before knows that an earlier try may have gone out. What a delivery led to is committed
together with striking it off. See docs/deliveries.md.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import groupby

from bot.relay.births import Births
from bot.relay.budget import Budget
from bot.relay.delivery import Committed, Delivery, DeliveryKind, Head, Lane
from bot.relay.dispatching import UNSURE, Dispatcher
from bot.relay.doubts import Doubts
from bot.relay.ending import Claim, Endings, Report
from bot.relay.handlers import Handler, Run, joined
from bot.relay.lanes import LANES, LaneRules
from bot.relay.outcomes import NotDone
from bot.relay.patience import finish, first
from bot.relay.relay import Relay
from bot.relay.slots import Slots
from bot.relay.turns import choose

#: What may be claimed by the commit that makes it: what people wait for most.
_BORN = frozenset({DeliveryKind.RELAY})
#: So many messages, and bytes of UTF-16, of one chat go out in one post.
_MOST, _SIZE = 60, 64 * 1024
#: Seconds between two looks at a lane; what was born claimed, or follows, waits for neither.
_BREATH = 0.02
#: Seconds without a look after which the next one need not be waited for.
_QUIET = 0.1
#: Seconds for which a lane that cannot be looked at is told of once.
_TELL_EVERY = 60.0


class Outbox:
    """Claims due deliveries and hands them to their handlers. A bell: rings wake it."""

    def __init__(
        self,
        relay: Relay,
        handlers: Mapping[str, Handler],
        report: Report,
        *,
        budget: Budget | None = None,
        look_every: float = 5.0,
        lease: float | None = None,
    ) -> None:
        """``handlers`` are by kind; ``report`` is told of errors, foreseen or not.

        ``look_every`` is how many seconds a lost ring costs at most; ``lease`` is for how many a claim
        on the TEAMS lane lasts, if not as long as usual. The store asks from now on what may be
        born claimed.
        """
        self._relay = relay
        self._owner = relay.process
        self._report = report
        self._look_every = look_every
        self._lanes = dict(LANES)
        if lease is not None:
            self._lanes[Lane.TEAMS] = LaneRules(LANES[Lane.TEAMS].at_once, lease)
        self._slots = Slots(budget or Budget(), {k: v.at_once for k, v in self._lanes.items()})
        self._wake = {lane: asyncio.Event() for lane in Lane}
        self._tasks: list[asyncio.Task[None]] = []
        self._running: dict[int, asyncio.Task[None]] = {}
        self._births = Births()
        self._doubts = Doubts(self._owner, self._births)
        self._full: set[Lane] = set()
        self._stopping = False
        born_for = self._lease(Lane.TEAMS)
        claim = Claim(self._owner, born_for, _MOST, _SIZE)
        self._endings = Endings(relay.store, claim, report, self._is_stopping, self._doubts.add)
        self._dispatcher = Dispatcher(
            relay,
            handlers,
            report,
            lanes=self._lanes,
            slots=self._slots,
            endings=self._endings,
            doubts=self._doubts,
            stopping=self._is_stopping,
        )
        relay.store.work_for(
            self._owner, born_for, self._may_be_born, self._was_not, self._perhaps_was
        )

    # --- waking ---------------------------------------------------------------------------------

    def ring(self, committed: Committed) -> None:
        """Begin what was born claimed, and look for work where there is some."""
        for delivery in committed.born:
            news = next((n for n in committed.news if n.chat_id == delivery.chat_id), None)
            claimed = self._births.end(delivery)
            self._begin(joined([delivery], claimed, news))
        for lane in Lane if committed.lost else committed.lanes:
            self._wake[lane].set()

    def start(self) -> None:
        """Begin to deliver."""
        self._tasks = [
            asyncio.create_task(self._serve(lane), name=f"outbox-{lane}") for lane in Lane
        ]

    async def stop(self, patience: float = 3.0) -> None:
        """Claim nothing more, give what is under way ``patience`` seconds, then drop it.

        What is dropped stays claimed: whoever takes it over knows that it may have gone out.
        """
        self._stopping = True
        self.ring(Committed(lost=True))
        # A claim that is being committed is not broken off: its rows would look tried.
        await finish(self._tasks, patience)
        until = time.monotonic() + patience
        while self._running:  # what ends may have begun what it had claimed already
            await finish(list(self._running.values()), max(0.0, until - time.monotonic()))
        await self._endings.stop()

    def _may_be_born(self, delivery: Delivery) -> bool:
        """Tell the store whether to claim for us what it is making; spends the budget for it."""
        if self._stopping or delivery.kind not in _BORN or not self._tasks:
            return False
        if not self._relay.life.sure():
            return False
        now = time.monotonic()
        if self._births.count(now) >= self._slots.free(delivery.lane):
            return False  # what one commit brings to many chats must fit into the slots as well
        may = self._slots.book(delivery.lane, delivery.thread, now)
        if may:
            self._births.expect(delivery, now)
        return may

    def _was_not(self, delivery: Delivery) -> None:
        """It was not born claimed: it stands behind others, and is paid for with them."""
        self._slots.unspend(delivery.thread)
        self._births.end(delivery)
        self._endings.hurry(delivery.stream)

    def _perhaps_was(self, delivery: Delivery) -> None:
        """Nobody knows whether it was born claimed."""
        self._slots.unspend(delivery.thread)
        self._births.end(delivery)
        self._doubts.add([delivery.stream])
        self._wake[delivery.lane].set()

    # --- claiming -------------------------------------------------------------------------------

    async def _serve(self, lane: Lane) -> None:
        wake, looked, told = self._wake[lane], 0.0, float("-inf")
        while not self._stopping:
            wake.clear()
            before, looked = looked, time.monotonic()
            try:
                wait, told = await self._round(lane), float("-inf")
            except Exception as error:  # noqa: BLE001 - the database is away; the rows stay
                if looked - told >= _TELL_EVERY:
                    self._report("claim_failed", Delivery(lane, "", "", {}), error)
                    told = looked
                wait = 1.0
            # Looking costs more the more there waits, and every commit rings: without a breath in
            # between a busy moment would feed itself. In a quiet one two looks may follow each other.
            breath = _BREATH if looked - before < _QUIET else 0.0
            await asyncio.sleep(breath)
            if wait > breath:
                await first(wake.wait(), wait - breath)

    async def _round(self, lane: Lane) -> float:
        """Claim what there is room for; return after how many seconds to look again."""
        if lane is Lane.TEAMS and not self._relay.life.sure():
            return UNSURE.total_seconds()  # what we claimed now others might soon send, too
        await self._doubts.settle(self._relay.store)
        free = self._slots.free(lane)
        self._full.discard(lane)
        if free <= 0:
            self._full.add(lane)  # who ends wakes us
            return self._look_every
        heads = await self._relay.store.heads(lane)
        if lane is Lane.TEAMS:
            await self._learn_places(heads)
        now = time.monotonic()
        turns = choose(
            heads,
            free,
            now=now,
            last=self._slots.last_turn,
            place=lambda head: self._slots.place(head.thread),
            spend=lambda place, card: self._slots.spend(place, now, card=card),
            longest=self._look_every,
        )
        self._slots.crowded(lane, turns.crowded)
        if not turns.chosen or self._stopping:
            return turns.pause
        if len(turns.chosen) >= free:
            self._full.add(lane)
        streams = [head.stream for head in turns.chosen]
        store = self._relay.store
        begun: dict[str, Run] = {}
        self._doubts.enter(streams)
        try:
            taken = await store.take(self._owner, self._lease(lane), streams, _MOST, _SIZE)
            runs = groupby(sorted(taken, key=_by_stream), key=lambda d: d.stream)
            begun = {stream: joined(list(rows), now) for stream, rows in runs}
        except NotDone:
            self._doubts.add(streams)
            raise
        finally:
            self._doubts.leave(streams)
            for head in turns.chosen:
                if head.stream not in begun:  # another was quicker, or the database is away
                    self._slots.unspend(head.thread)
        for run in begun.values():
            self._begin(run)
        return 0.0 if taken else min(turns.pause, 0.2)

    async def _learn_places(self, heads: Sequence[Head]) -> None:
        """See which Teams conversation each head's thread belongs to: they share its budget."""
        for thread_id in {head.thread for head in heads}:
            if thread_id and not self._slots.knows(thread_id):
                try:
                    thread = await self._relay.store.thread(thread_id)
                except (ValueError, LookupError):
                    continue  # a later version's: its own deliveries fail, and nobody else's
                self._slots.learn(thread_id, thread.channel_id or thread.conversation_id)

    def _lease(self, lane: Lane) -> float:
        # Nobody may look for our comment in RT while RT may still be busy writing it.
        extra = self._relay.rules.quarantine.total_seconds() if lane is Lane.RT else 0.0
        return self._lanes[lane].lease + extra

    # --- doing ----------------------------------------------------------------------------------

    def _begin(self, run: Run) -> None:
        if any(number in self._running for number in run.ids):
            self._doubts.add([run.delivery.stream])  # for what was claimed with it
            return  # its lease ran out under our own hands: it is still at work
        self._doubts.enter([run.delivery.stream])
        self._slots.enter(run.delivery.lane)
        self._slots.turn(run.delivery.stream, time.monotonic())
        task = asyncio.create_task(self._run(run), name=run.delivery.lane)
        for number in run.ids:
            self._running[number] = task
        task.add_done_callback(partial(self._done, run))

    def _done(self, run: Run, _task: asyncio.Task[None]) -> None:
        for number in run.ids:
            self._running.pop(number, None)
        lane = run.delivery.lane
        self._slots.leave(lane)
        self._doubts.leave([run.delivery.stream])
        if lane in self._full:  # else nothing waits, or the commit has told
            self._wake[lane].set()

    async def _run(self, run: Run) -> None:
        following, asked = await self._dispatcher.run(run)
        if following:
            self._begin(joined(following, asked))

    def _is_stopping(self) -> bool:
        return self._stopping


def _by_stream(delivery: Delivery) -> tuple[str, int]:
    return delivery.stream, delivery.id
