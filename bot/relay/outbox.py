"""The outbox worker: the only one who speaks to Teams, RT and the mail server.

A claim is committed before a delivery's first byte leaves, so whoever finds a row that was
claimed before knows that an earlier try may have gone out. What a delivery led to is committed
together with striking it off. See docs/deliveries.md.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from itertools import groupby

from bot.relay.budget import Budget
from bot.relay.handlers import After, Handler, Run, joined
from bot.relay.lanes import LANES, LaneRules, after_fault, pause
from bot.relay.ports import (
    STILL,
    Apart,
    Committed,
    Delivery,
    Head,
    Lane,
    NotDone,
    Refused,
    Throttled,
    Unclear,
    Unconfirmed,
)
from bot.relay.relay import Relay
from bot.relay.slots import Slots
from bot.relay.storage import Unit
from bot.relay.turns import choose

Report = Callable[[str, Delivery, BaseException], None]

#: What may be claimed by the commit that makes it: what people wait for most.
_BORN = frozenset({"relay"})
#: So much of one chat goes out in one post.
_MOST, _SIZE = 60, 64 * 1024
#: Seconds between two looks at a lane; what was born claimed, or follows, waits for neither.
_BREATH = 0.02
#: Seconds without a look after which the next one need not be waited for.
_QUIET = 0.1
#: After so many faults of our own on one delivery its handler gives it up, where it may.
_FAULTS = 5
#: Seconds in which a commit has ended, whatever came of it.
_BIRTH = 15.0
#: How long a post waits when the others may take us for dead, and seconds to the next look at us.
_UNSURE = timedelta(seconds=1)
#: For so long we try to write down what a delivery led to while the database is away.
_INSIST = 60.0


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
        """``report`` is told of errors, foreseen or not.

        ``look_every`` is how many seconds a lost ring costs at most; ``lease`` is how long a
        claim on the TEAMS lane lasts, if not as long as usual.
        """
        self._relay = relay
        self._handlers = handlers
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
        self._asked: dict[str, float] = {}  # streams whose rows are being born claimed, since when
        self._full: set[Lane] = set()
        self._stopping = False
        relay.store.work_for(self._owner, self._lease(Lane.TEAMS), self._may, self._may_not)

    # --- waking ---------------------------------------------------------------------------------

    def ring(self, committed: Committed) -> None:
        """Begin what was born claimed, and look for work where there is some."""
        for delivery in committed.born:
            news = next((n for n in committed.news if n.chat_id == delivery.chat_id), None)
            claimed = self._asked.pop(delivery.stream, 0.0)
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
        await _finish(self._tasks, patience)
        until = time.monotonic() + patience
        while self._running:  # what ends may have begun what it had claimed already
            await _finish(list(self._running.values()), max(0.0, until - time.monotonic()))

    def _may(self, delivery: Delivery) -> bool:
        """Tell the store whether to claim for us what it is making; spends the budget for it."""
        if self._stopping or delivery.kind not in _BORN or not self._tasks:
            return False
        if not self._relay.life.sure():
            return False
        now = time.monotonic()
        if self._unborn(now) >= self._slots.free(delivery.lane):
            return False  # what one commit brings to many chats must fit into the slots as well
        may = self._slots.book(delivery.lane, delivery.thread, now)
        if may:
            self._asked.pop(delivery.stream, None)  # so that the oldest come first
            self._asked[delivery.stream] = now
        return may

    def _unborn(self, now: float) -> int:
        """How many are being born claimed; a commit that failed tells nobody, so they are given up."""
        while self._asked and next(iter(self._asked.values())) < now - _BIRTH:
            del self._asked[next(iter(self._asked))]
        return len(self._asked)

    def _may_not(self, delivery: Delivery) -> None:
        """It stands behind others and is paid for with them."""
        self._slots.unspend(delivery.thread)
        self._asked.pop(delivery.stream, None)

    # --- claiming -------------------------------------------------------------------------------

    async def _serve(self, lane: Lane) -> None:
        wake, looked = self._wake[lane], 0.0
        while not self._stopping:
            wake.clear()
            before, looked = looked, time.monotonic()
            try:
                wait = await self._round(lane)
            except Exception as error:  # noqa: BLE001 - the database is away; the rows stay
                self._report("claim_failed", Delivery(lane, "", "", {}), error)
                wait = 1.0
            # Looking costs more the more there waits, and every commit rings: without a breath in
            # between a busy moment would feed itself. In a quiet one two looks may follow each other.
            breath = _BREATH if looked - before < _QUIET else 0.0
            await asyncio.sleep(breath)
            if wait > breath:
                await _first(wake.wait(), wait - breath)

    async def _round(self, lane: Lane) -> float:
        """Claim what there is room for; return after how many seconds to look again."""
        if lane is Lane.TEAMS and not self._relay.life.sure():
            return _UNSURE.total_seconds()  # what we claimed now others might soon send, too
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
        taken = await store.take(self._owner, self._lease(lane), streams, _MOST, _SIZE)
        runs = groupby(sorted(taken, key=_by_stream), key=lambda d: d.stream)
        begun = {stream: joined(list(rows), now) for stream, rows in runs}
        for run in begun.values():
            self._begin(run)
        for head in turns.chosen:
            if head.stream not in begun:  # another process was quicker
                self._slots.unspend(head.thread)
        return 0.0 if taken else min(turns.pause, 0.2)

    async def _learn_places(self, heads: Sequence[Head]) -> None:
        """See which Teams conversation each head's thread belongs to: they share its budget."""
        for thread_id in {head.thread for head in heads}:
            if thread_id and not self._slots.knows(thread_id):
                thread = await self._relay.store.thread(thread_id)
                self._slots.learn(thread_id, thread.channel_id or thread.conversation_id)

    def _lease(self, lane: Lane) -> float:
        # Nobody may look for our comment in RT while RT may still be busy writing it.
        extra = self._relay.rules.quarantine.total_seconds() if lane is Lane.RT else 0.0
        return self._lanes[lane].lease + extra

    # --- doing ----------------------------------------------------------------------------------

    def _begin(self, run: Run) -> None:
        if any(number in self._running for number in run.ids):
            return  # its lease ran out under our own hands: it is still at work
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
        if lane in self._full:  # else nothing waits, or the commit has told
            self._wake[lane].set()

    async def _run(self, run: Run) -> None:
        try:
            following, asked = await self._deliver(run)
        except Exception as error:  # noqa: BLE001 - a fault of ours must not end the worker
            self._report("delivery_failed", run.delivery, error)
            await self._put_off(run, error)
            return
        if following:
            self._begin(joined(following, asked))

    async def _deliver(self, run: Run) -> tuple[list[Delivery], float]:
        """Deliver, write down what came of it.

        Return what was claimed in the same commit, and when we asked for it.
        """
        delivery, handler = run.delivery, self._handlers[run.delivery.kind]
        left = self._left(run)
        if left <= 0:  # we were stopped, or the commit took long: others may be sending it
            await self._give_back(run, NotDone("The claim came too late."), timedelta(), None)
            return [], 0.0
        if delivery.lane is Lane.TEAMS and not self._relay.life.sure():
            await self._give_back(run, NotDone("We may count as dead."), _UNSURE, None)
            return [], 0.0
        try:
            STILL.set(self._relay.life.claim(left))
            after = await _within(left, handler.deliver(delivery))
        except Refused as error:
            after = await self._gave_up(run, error)
        except (NotDone, Unclear) as error:
            if not _is_enough(delivery, error):
                await self._again(run, error, await handler.delayed(delivery, error))
                return [], 0.0
            after = await self._gave_up(run, Unconfirmed(error.sentence))
        asked = time.monotonic()
        return await self._settle(run, after), asked

    async def _gave_up(self, run: Run, error: Refused) -> After | None:
        self._report("refused", run.delivery, error)
        return await self._handlers[run.delivery.kind].gave_up(run.delivery, error)

    def _left(self, run: Run) -> float:
        """How many seconds the claim still covers, so that nobody else sends at the same time."""
        lease = self._lanes[run.delivery.lane].lease
        return lease - (time.monotonic() - run.claimed)

    async def _settle(self, run: Run, after: After | None) -> list[Delivery]:
        """Strike the run off; in the same commit take what waits behind it, if it may go."""
        more = self._may_follow(run.delivery)

        async def work(unit: Unit) -> list[Delivery]:
            if await unit.strike(run.ids, self._owner, run.delivery.stream) and after:
                await after(unit)
            if not more:
                return []
            lease = self._lease(run.delivery.lane)
            return await unit.take(self._owner, lease, [run.delivery.stream], _MOST, _SIZE)

        following = await self._insist(run, work, soon=run.delivery.lane is not Lane.TEAMS)
        if more and not following:
            self._slots.unspend(run.delivery.thread)
        return following

    def _may_follow(self, delivery: Delivery) -> bool:
        if self._stopping or delivery.lane is not Lane.TEAMS:
            return False
        return self._slots.follow(delivery.thread, time.monotonic())

    async def _insist(
        self, run: Run, work: Callable[[Unit], Awaitable[list[Delivery]]], *, soon: bool
    ) -> list[Delivery]:
        """Commit ``work`` although the database may be away for a while.

        What was done outside is known here and nowhere else: forgotten, it would be repeated.
        """
        began, wait = time.monotonic(), 0.25
        about = run.delivery.chat_id or ""
        while True:
            try:
                return await self._relay.store.write(work, soon=soon, about=about)
            except NotDone:
                if self._stopping or time.monotonic() - began > _INSIST:
                    raise
            await asyncio.sleep(wait * random.uniform(0.8, 1.2))  # noqa: S311 - no secret
            wait = min(2 * wait, 2.0)

    # --- putting off ----------------------------------------------------------------------------

    async def _put_off(self, run: Run, fault: Exception) -> None:
        """After a fault of our own: more and more seldom, and nobody knows what went out."""
        delivery = run.delivery
        try:
            handler = self._handlers.get(delivery.kind)
            parks = delivery.lane is not Lane.HERE and not isinstance(fault, NotDone)
            if handler and parks and delivery.attempt >= _FAULTS:
                refusal = Refused("A fault in the live chat itself; its log says more.")
                await self._settle(run, await handler.gave_up(delivery, refusal))
                return
            error = Unclear("A fault in the live chat itself.")
            await self._give_back(run, error, after_fault(self._relay, delivery), None)
        except Exception as error:  # noqa: BLE001 - the database is away: the lease runs out
            self._report("postpone_failed", delivery, error)

    async def _again(self, run: Run, error: NotDone | Unclear, also: After | None) -> None:
        self._report("delayed", run.delivery, error)
        if isinstance(error, Throttled) and error.retry_after is not None:
            self._slots.refused(run.delivery.thread, error.retry_after, time.monotonic())
        await self._give_back(run, error, pause(self._relay, run.delivery, error), also)

    async def _give_back(
        self, run: Run, error: NotDone | Unclear, wait: timedelta, also: After | None
    ) -> None:
        """Give the rows back; whether the attempt counts decides if a repeat is labelled."""
        clean, alone = isinstance(error, NotDone), isinstance(error, Apart)
        seconds, why = wait.total_seconds(), error.sentence

        async def work(unit: Unit) -> list[Delivery]:
            kept = await unit.give_back(
                run.ids, self._owner, seconds, why, clean=clean, alone=alone
            )
            if kept and also:
                await also(unit)
            return []

        await self._insist(run, work, soon=True)


def _is_enough(delivery: Delivery, error: NotDone | Unclear) -> bool:
    """Tell whether a post that may be there twice by now is left at that."""
    return isinstance(error, Unclear) and delivery.lane is Lane.TEAMS and delivery.attempt > 1


def _by_stream(delivery: Delivery) -> tuple[str, int]:
    return delivery.stream, delivery.id


async def _within(seconds: float, delivering: Awaitable[After | None]) -> After | None:
    """Do not wait beyond the lease: by then nobody knows what came of it."""
    try:
        async with asyncio.timeout(seconds):
            return await delivering
    except TimeoutError as error:
        raise Unclear("There was no answer in time.") from error


async def _finish(tasks: list[asyncio.Task[None]], patience: float) -> None:
    """Give ``tasks`` that many seconds, then cancel them."""
    if not tasks:
        return
    _, late = await asyncio.wait(tasks, timeout=patience)
    for task in late:
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)


async def _first(waiting: Awaitable[bool], seconds: float) -> None:
    try:
        await asyncio.wait_for(waiting, seconds)
    except TimeoutError:
        return
