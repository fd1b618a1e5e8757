"""How deliveries that went well are written down: those that end at about the same time, together.

A post that was taken leaves little to write: how far its chat was relayed, that its rows are done,
and a look at what waits behind them. On SQLite the statements of one such end alone take two thirds
of the time of those of the message (41 and 65 microseconds), and each would be a commit.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.relay.delivery import Delivery, Lane
from bot.relay.handlers import After, Relayed, Run
from bot.relay.outcomes import NotDone
from bot.relay.storage import Store, Unit

#: Told what happened (a name for the log), to which delivery, and the error, foreseen or not.
Report = Callable[[str, Delivery, BaseException], None]

#: So many ends in one transaction: their chats stay locked until it is committed.
_MOST = 32
#: For so long we try to write down what a delivery led to while the database is away.
_INSIST = 60.0
_MANY = 10_000  # streams remembered


@dataclass(frozen=True, slots=True)
class Claim:
    """For whom, for how many seconds, and how many rows, and bytes of UTF-16, of a stream at once."""

    owner: str
    lease: float
    most: int
    size: int

    async def take(self, unit: Unit, streams: list[str]) -> list[Delivery]:
        """Claim what is at the heads of streams."""
        if not streams:
            return []
        return await unit.take(self.owner, self.lease, streams, self.most, self.size)


@dataclass(frozen=True, slots=True)
class _End:
    run: Run
    after: Relayed
    more: bool


class _Together:
    """Ends of one transaction, and what was claimed behind them, by stream."""

    def __init__(self) -> None:
        self.task: asyncio.Task[None]
        self.ends: list[_End] = []
        self.chats: set[str] = set()
        self.following: dict[str, list[Delivery]] = {}

    async def write(self, unit: Unit, claim: Claim) -> None:
        """Write them down. Chats come first, in the order in which everybody locks them."""
        ends = sorted(self.ends, key=lambda end: end.after.chat_id)
        for end in ends:
            await end.after(unit)
        await unit.strike([number for end in ends for number in end.run.ids], claim.owner)
        streams = {end.run.delivery.stream: None for end in ends if end.more}
        self.following = {}
        for delivery in await claim.take(unit, list(streams)):
            self.following.setdefault(delivery.stream, []).append(delivery)


class Endings:
    """Writes down what became of deliveries. Ends of good ones wait a little for others."""

    def __init__(
        self,
        store: Store,
        claim: Claim,
        report: Report,
        stopping: Callable[[], bool],
        doubt: Callable[[list[str]], object],
    ) -> None:
        """``stopping`` tells whether a database that is away is not to be waited for.

        ``doubt`` is told of streams in which something may have been claimed that nobody knows of.
        """
        self._doubt = doubt
        self._store = store
        self._claim = claim
        self._report = report
        self._stopping = stopping
        self._behind: set[str] = set()  # streams in which something waits for a delivery to end
        self._open: _Together | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def hurry(self, stream: str) -> None:
        """Something waits in a stream: what is under way there is not to wait for other ends."""
        if len(self._behind) >= _MANY:
            self._behind.clear()
        self._behind.add(stream)

    async def end(self, run: Run, after: After | None, *, more: bool) -> list[Delivery]:
        """Strike a run off and keep what came of it; durable on return.

        With ``more`` return what was claimed behind it in the same commit. Raises NotDone when the
        database stays away for a minute.
        """
        delivery = run.delivery
        hurry = delivery.stream in self._behind
        self._behind.discard(delivery.stream)
        if isinstance(after, Relayed) and after.seq and not hurry:
            try:
                return await self._join(run, after, more=more)
            except NotDone:  # perhaps only one of them met a lock that somebody keeps
                self._doubt([delivery.stream])  # now each by itself
            except Exception as error:  # noqa: BLE001 - nor is one to suffer for another's fault
                self._report("ends_failed", delivery, error)

        # It is hoped that nothing is behind a delivery, but for what we know of.
        hoped = "" if hurry else delivery.stream

        async def work(unit: Unit) -> list[Delivery]:
            posted = isinstance(after, Relayed)
            if after and posted:  # first: everybody locks a chat before its rows
                await after(unit)
            if await unit.strike(run.ids, self._claim.owner, hoped) and after and not posted:
                await after(unit)
            return await self._claim.take(unit, [delivery.stream]) if more else []

        return await self.write(run, work, soon=hurry or delivery.lane is not Lane.TEAMS)

    async def write(
        self, run: Run, work: Callable[[Unit], Awaitable[list[Delivery]]], *, soon: bool = True
    ) -> list[Delivery]:
        """Commit ``work`` although the database may be away for a while.

        What was done outside is known here and nowhere else: forgotten, it would be repeated.
        """
        chats = {run.delivery.chat_id} if run.delivery.chat_id else frozenset[str]()
        began, wait = time.monotonic(), 0.25
        while True:
            try:
                return await self._store.write(work, soon=soon, about=chats)
            except NotDone:
                self._doubt([run.delivery.stream])
                if self._stopping() or time.monotonic() - began > _INSIST:
                    raise
            await asyncio.sleep(wait * random.uniform(0.8, 1.2))  # noqa: S311 - no secret
            wait = min(2 * wait, 2.0)

    async def stop(self) -> None:
        """Drop what could not be written: it stays claimed."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _join(self, run: Run, after: Relayed, *, more: bool) -> list[Delivery]:
        """End with others. If something goes wrong, it does for all that were to end together."""
        together = self._open
        if together is None or len(together.ends) >= _MOST:
            together = self._open = _Together()
            together.task = asyncio.create_task(self._write(together), name="outbox-ends")
            self._tasks.add(together.task)
            together.task.add_done_callback(self._tasks.discard)
        together.ends.append(_End(run, after, more))
        together.chats.add(after.chat_id)
        await asyncio.shield(together.task)
        return together.following.get(run.delivery.stream, [])

    async def _write(self, together: _Together) -> None:
        async def work(unit: Unit) -> None:
            self._close(together)  # who comes from now on is not written with these
            await together.write(unit, self._claim)

        try:
            await self._store.write(work, soon=False, about=together.chats)
        finally:
            self._close(together)

    def _close(self, together: _Together) -> None:
        if self._open is together:
            self._open = None
