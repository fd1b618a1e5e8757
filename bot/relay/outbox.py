"""The outbox worker: the only one who speaks to Teams, RT and the mail server.

A claim is committed before a delivery's first byte leaves, so whoever finds a row that was
claimed before knows that an earlier try may have gone out. What a delivery led to is committed
together with striking it off.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Protocol

from bot.relay.ports import Committed, Delivery, Lane, NotDone, Refused, Unclear
from bot.relay.relay import Relay
from bot.relay.storage import Unit

#: What is to be committed with the end of a delivery.
After = Callable[[Unit], Awaitable[object]]


class Handler(Protocol):
    """Carries out one kind of delivery."""

    async def deliver(self, delivery: Delivery) -> After | None:
        """Do it; raise NotDone or Unclear to be called again, Refused or Gone never to be."""

    async def gave_up(self, delivery: Delivery, error: Refused) -> After | None:
        """Say what follows from a refusal."""

    async def delayed(self, delivery: Delivery, error: NotDone | Unclear) -> After | None:
        """Say what follows from a delay, if anybody must know."""


class Quiet:
    """A handler's answers when neither refusal nor delay concerns anybody."""

    async def gave_up(self, delivery: Delivery, error: Refused) -> After | None:
        """Nothing follows."""
        return None

    async def delayed(self, delivery: Delivery, error: NotDone | Unclear) -> After | None:
        """Nothing follows."""
        return None


@dataclass(frozen=True, slots=True)
class LaneRules:
    """How many deliveries of a lane run at once, and how long a claim lasts (seconds).

    The lease is longer than the longest call to the outside may take, time-out included.
    """

    at_once: int
    lease: float


LANES: dict[Lane, LaneRules] = {
    Lane.TEAMS: LaneRules(at_once=16, lease=30),
    Lane.LOOKUP: LaneRules(at_once=4, lease=60),
    Lane.RT: LaneRules(at_once=4, lease=120),  # and the quarantine on top
    Lane.MAIL: LaneRules(at_once=2, lease=90),
    Lane.HERE: LaneRules(at_once=2, lease=30),
}
#: A lost ring costs at most this long; it is also how often delayed rows are looked for.
_LOOK_EVERY = 1.0
#: A post that may have arrived is repeated after so long, once: Teams should have recovered.
_RESEND = timedelta(seconds=4)
_SHORTEST, _LONGEST = timedelta(seconds=1), timedelta(minutes=5)


class Outbox:
    """Claims due deliveries and hands them to their handlers. Rings wake it (Bell)."""

    def __init__(
        self,
        relay: Relay,
        handlers: Mapping[str, Handler],
        owner: str,
        report: Callable[[str, Delivery, BaseException], None],
    ) -> None:
        """``owner`` names this process; ``report`` is told of errors that nobody foresaw."""
        self._relay = relay
        self._handlers = handlers
        self._owner = owner
        self._report = report
        self._wake = {lane: asyncio.Event() for lane in Lane}
        self._tasks: list[asyncio.Task[None]] = []
        self._running: dict[int, asyncio.Task[None]] = {}
        self._stopping = False

    def ring(self, committed: Committed | str) -> None:
        """Look for work now."""
        for event in self._wake.values():
            event.set()

    def start(self) -> None:
        """Begin to deliver."""
        self._tasks = [
            asyncio.create_task(self._serve(lane), name=f"outbox-{lane}") for lane in Lane
        ]

    async def stop(self, patience: float = 3.0) -> None:
        """Claim nothing more, give what is under way ``patience`` seconds, then drop it.

        What is dropped stays claimed: the next process takes it over as an unclear attempt.
        """
        self._stopping = True
        self.ring("")
        # A claim that is being committed is not broken off: its rows would look tried.
        await _finish(self._tasks, patience)
        await _finish(list(self._running.values()), patience)  # the last claim's, too

    async def _serve(self, lane: Lane) -> None:
        rules, wake = LANES[lane], self._wake[lane]
        slots = asyncio.Semaphore(rules.at_once)
        while not self._stopping:
            wake.clear()
            try:
                busy = await self._round(lane, rules, slots)
            except Exception as error:  # noqa: BLE001 - the database is away; the rows stay
                self._report("claim_failed", Delivery(lane, "", "", {}), error)
                busy = False
            if not busy:
                await _first(wake.wait(), _LOOK_EVERY)

    async def _round(self, lane: Lane, rules: LaneRules, slots: asyncio.Semaphore) -> bool:
        """Claim what there is room for; tell whether there may be more."""
        await slots.acquire()
        slots.release()
        if self._stopping:
            return False  # it waited for a slot until the end
        free = rules.at_once - sum(t.get_name() == lane for t in self._running.values())
        # Nobody may look for our comment in RT while RT may still be busy writing it.
        extra = self._relay.rules.quarantine.total_seconds() if lane is Lane.RT else 0.0
        lease = rules.lease + extra
        claimed = await self._relay.store.claim(lane, self._owner, max(free, 1), lease)
        for delivery in claimed:
            if delivery.id in self._running:
                continue  # its lease ran out under our own hands: it is still at work
            await slots.acquire()
            task = asyncio.create_task(self._run(delivery, rules.lease), name=lane)
            self._running[delivery.id] = task
            task.add_done_callback(partial(self._done, delivery.id, slots))
        return bool(claimed)

    def _done(self, number: int, slots: asyncio.Semaphore, _task: asyncio.Task[None]) -> None:
        self._running.pop(number, None)
        slots.release()

    async def _run(self, delivery: Delivery, limit: float = 60.0) -> None:
        try:
            await self._deliver(delivery, limit)
        except Exception as error:  # noqa: BLE001 - a fault of ours must not end the worker
            self._report("delivery_failed", delivery, error)
            await self._put_off(delivery)
        self._relay.ring(delivery.chat_id or "")  # the next of its stream may go

    async def _deliver(self, delivery: Delivery, limit: float) -> None:
        handler = self._handlers[delivery.kind]
        try:
            after = await _within(limit, handler.deliver(delivery))
        except (NotDone, Unclear) as error:
            await self._again(delivery, error, await handler.delayed(delivery, error))
            return
        except Refused as error:
            self._report("refused", delivery, error)
            after = await handler.gave_up(delivery, error)

        async def work(unit: Unit) -> None:
            if await unit.settle(delivery.id, self._owner) and after:
                await after(unit)

        await self._relay.store.write(work)

    async def _put_off(self, delivery: Delivery) -> None:
        """After a fault of our own: more and more seldom, and nobody knows what went out."""
        try:
            fault = Unclear("A fault in the live chat itself.")
            pause = max(self._longer(delivery), self._pause(delivery, fault))
            await self._give_back(delivery, fault, pause, None)
        except Exception as error:  # noqa: BLE001 - the database is away: the lease runs out
            self._report("postpone_failed", delivery, error)

    async def _again(
        self, delivery: Delivery, error: NotDone | Unclear, also: After | None
    ) -> None:
        self._report("delayed", delivery, error)
        await self._give_back(delivery, error, self._pause(delivery, error), also)

    async def _give_back(
        self, delivery: Delivery, error: NotDone | Unclear, pause: timedelta, also: After | None
    ) -> None:
        """Give the row back; whether the attempt counts decides if a repeat is labelled."""
        clean = isinstance(error, NotDone)
        until = self._relay.now() + pause

        async def work(unit: Unit) -> None:
            kept = await unit.postpone(delivery.id, self._owner, until, error.sentence, clean=clean)
            if kept and also:
                await also(unit)

        await self._relay.store.write(work)

    def _pause(self, delivery: Delivery, error: NotDone | Unclear) -> timedelta:
        """Wait as long as we were told to, else as the lane's other side needs it."""
        if isinstance(error, NotDone) and error.retry_after is not None:
            return timedelta(seconds=error.retry_after) * _jitter()
        if isinstance(error, Unclear) and delivery.lane is Lane.RT:
            return self._relay.rules.quarantine
        if isinstance(error, Unclear) and delivery.lane is Lane.TEAMS:
            return _RESEND * _jitter()
        return self._longer(delivery)

    def _longer(self, delivery: Delivery) -> timedelta:
        """Half as long as we have been trying: ever more seldom, within bounds."""
        since = delivery.first_claimed or self._relay.now()
        tried = (self._relay.now() - since) / 2
        return min(max(tried, _SHORTEST), _LONGEST) * _jitter()


def _jitter() -> float:
    return random.uniform(1.0, 1.2)  # noqa: S311 - no secret: so that crowds do not march


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
