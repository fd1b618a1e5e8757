"""One run of claimed rows: delivered, and what came of it written down or put off."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import timedelta

from bot.relay.delivery import STILL, Delivery, Lane
from bot.relay.doubts import Doubts
from bot.relay.ending import Endings, Report
from bot.relay.handlers import After, Handler, Run
from bot.relay.lanes import LaneRules, after_fault, pause
from bot.relay.outcomes import Apart, NotDone, Refused, StillUnclear, Throttled, Unclear
from bot.relay.patience import within
from bot.relay.relay import Relay
from bot.relay.slots import Slots
from bot.relay.storage import Unit

#: From this attempt on, whatever came of the others, a fault of our own is the last one: the handler
#: gives the delivery up, where it may.
_FAULTS = 5
#: How long a post waits when the others may take us for dead.
UNSURE = timedelta(seconds=1)


class Dispatcher:
    """Hands a run to its handler. Whatever happens, its rows are struck off or given back."""

    def __init__(
        self,
        relay: Relay,
        handlers: Mapping[str, Handler],
        report: Report,
        *,
        lanes: Mapping[Lane, LaneRules],
        slots: Slots,
        endings: Endings,
        doubts: Doubts,
        stopping: Callable[[], bool],
    ) -> None:
        """``report`` is told of errors; while we are ``stopping`` nothing more is claimed."""
        self._relay = relay
        self._handlers = handlers
        self._report = report
        self._lanes = lanes
        self._slots = slots
        self._endings = endings
        self._doubts = doubts
        self._stopping = stopping
        self._owner = relay.process

    async def run(self, run: Run) -> tuple[list[Delivery], float]:
        """Deliver a run, write down what came of it. Never raises but when it is cancelled.

        Return what was claimed behind it in the same commit, and when that was asked for at the
        earliest, by this process's steady clock.
        """
        try:
            return await self._deliver(run)
        except Exception as error:  # noqa: BLE001 - a fault of ours must not end the worker
            self._report("delivery_failed", run.delivery, error)
            asked = time.monotonic()
            return await self._put_off(run, error), asked

    async def _deliver(self, run: Run) -> tuple[list[Delivery], float]:
        delivery, handler = run.delivery, self._handlers.get(run.delivery.kind)
        if handler is None:
            await self._set_aside(run)
            return [], 0.0
        left = self._left(run)
        if left <= 0:  # we were stopped, or the commit took long: others may be sending it
            await self._give_back(run, NotDone("The claim came too late."), timedelta(), None)
            return [], 0.0
        if delivery.lane is Lane.TEAMS and not self._relay.life.sure():
            await self._give_back(run, NotDone("We may count as dead."), UNSURE, None)
            return [], 0.0
        try:
            STILL.set(self._relay.life.claim(left))
            after = await within(left, handler.deliver(delivery))
        except Refused as error:
            after = await self._gave_up(run, error)
        except (NotDone, Unclear) as error:
            if not _is_enough(delivery, error):
                await self._again(run, error, await handler.delayed(delivery, error))
                return [], 0.0
            after = await self._gave_up(run, StillUnclear(error.sentence))
        asked = time.monotonic()
        return await self._settle(run, after), asked

    async def _gave_up(self, run: Run, error: Refused) -> After | None:
        """Return what follows: it is parked, that is, struck off undone, and somebody is told."""
        self._report("refused", run.delivery, error)
        return await self._handlers[run.delivery.kind].gave_up(run.delivery, error)

    def _left(self, run: Run) -> float:
        """How many seconds the claim still covers, so that nobody else sends at the same time."""
        lease = self._lanes[run.delivery.lane].lease
        return lease - (time.monotonic() - run.claimed)

    async def _settle(self, run: Run, after: After | None) -> list[Delivery]:
        """Strike the run off; in the same commit take what waits behind it, if it may go."""
        more = self._may_follow(run.delivery)
        following = await self._endings.end(run, after, more=more)
        if more and not following:
            self._slots.unspend(run.delivery.thread)
        return following

    def _may_follow(self, delivery: Delivery) -> bool:
        if self._stopping() or delivery.lane is not Lane.TEAMS:
            return False
        return self._slots.follow(delivery.thread, time.monotonic())

    # --- putting off ----------------------------------------------------------------------------

    async def _set_aside(self, run: Run) -> None:
        """What only a later version can deliver is kept for it, and what is behind it goes on."""
        delivery = run.delivery
        error = NotDone(f"This version knows no {delivery.kind!r}: a later one has made it.")
        self._report("unknown_kind", delivery, error)
        self._slots.unspend(delivery.thread)
        seconds = pause(self._relay, delivery, error).total_seconds()

        async def work(unit: Unit) -> list[Delivery]:
            await unit.set_aside(delivery, self._owner, seconds, error.sentence)
            return []

        await self._endings.write(run, work)

    async def _put_off(self, run: Run, fault: Exception) -> list[Delivery]:
        """After a fault of our own: more and more seldom, and nobody knows what went out.

        Return what was claimed behind what was given up.
        """
        delivery = run.delivery
        try:
            handler = self._handlers.get(delivery.kind)
            parks = delivery.lane is not Lane.HERE and not isinstance(fault, NotDone)
            if handler and parks and delivery.attempt >= _FAULTS:
                refusal = Refused("A fault in the live chat itself; its log says more.")
                return await self._settle(run, await handler.gave_up(delivery, refusal))
            error, several = Unclear("A fault in the live chat itself."), len(run.ids) > 1
            wait = after_fault(self._relay, delivery)
            # One of several is to blame: the others are not to be given up with it.
            await self._give_back(run, error, wait, None, apart=parks and several)
        except Exception as error:  # noqa: BLE001 - the database is away: the lease runs out
            self._doubts.tried(run.ids)
            self._report("postpone_failed", delivery, error)
        return []

    async def _again(self, run: Run, error: NotDone | Unclear, also: After | None) -> None:
        self._report("delayed", run.delivery, error)
        if isinstance(error, Throttled) and error.retry_after is not None:
            self._slots.refused(run.delivery.thread, error.retry_after, time.monotonic())
        await self._give_back(run, error, pause(self._relay, run.delivery, error), also)

    async def _give_back(
        self,
        run: Run,
        error: NotDone | Unclear,
        wait: timedelta,
        also: After | None,
        *,
        apart: bool = False,
    ) -> None:
        """Give the rows back; whether the attempt counts decides if a repeat is labelled."""
        clean, alone = isinstance(error, NotDone), apart or isinstance(error, Apart)
        seconds, why = wait.total_seconds(), error.sentence

        async def work(unit: Unit) -> list[Delivery]:
            kept = await unit.give_back(
                run.ids, self._owner, seconds, why, clean=clean, alone=alone
            )
            if kept and also:
                await also(unit)
            return []

        await self._endings.write(run, work)


def _is_enough(delivery: Delivery, error: NotDone | Unclear) -> bool:
    """Tell whether a post that may be there twice by now is left at that."""
    return isinstance(error, Unclear) and delivery.lane is Lane.TEAMS and delivery.attempt > 1
