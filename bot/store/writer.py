"""Pieces of work become transactions: many together on SQLite, each alone on PostgreSQL.

Durability is paid per commit. SQLite has one writer anyway, so whatever waits when it comes
round is done together, acknowledged only after the one commit: in the hope that all goes well, and
if anything does not, once more, each piece in its own savepoint. On PostgreSQL every connection
waits for the disk by itself, and several chats' rows in one transaction would hold up others.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar, cast

from bot.relay.delivery import Committed
from bot.relay.storage import Unit
from bot.store.deliveries import Home
from bot.store.gathering import Gathering
from bot.store.hopes import Hopes, Noted
from bot.store.link import Clash, Link
from bot.store.unit import SqlUnit

T = TypeVar("T")
Work = Callable[[Unit], Awaitable[Any]]
Clock = Callable[[], datetime]

#: Seconds for which work that may wait does wait for more of its kind; after the second it rides along
#: with what does not.
_LINGER, _RIPE = 0.05, 0.025
_PATIENCE = 5.0  # seconds that a piece waits for its turn
_TRIES = 4
_TURN = 0.008  # seconds of work after which the event loop gets its turn


class Hand(Link, Protocol):
    """A connection that can write, and its transaction."""

    #: How many pieces are done in one transaction: it bounds how long the first one waits for the last.
    most: int
    #: Whether it had to connect for this transaction: the database may have been lost in between,
    #: or another one may have taken its place that has not all of it.
    fresh: bool

    async def begin(self) -> datetime:
        """Begin; return the moment that the transaction counts as."""

    async def commit(self) -> None:
        """Make everything since ``begin`` durable."""

    async def abandon(self) -> bool:
        """Undo everything since ``begin``; False if it is or may be kept all the same. Never raises."""

    def again(self, error: Exception) -> bool:
        """Tell whether the work may succeed if it is simply done again."""

    def foreign(self, error: Exception) -> bool:
        """Tell whether an error is no statement's: somebody else's lock, the wire, or the disk."""

    @property
    def down(self) -> bool:
        """Whether the database could not be reached at all."""

    async def close(self) -> None:
        """Let go of the connection."""


class _Savepoints(Protocol):
    """A hand that does several pieces in one transaction."""

    def mark(self) -> None:
        """Begin a piece that can be undone by itself."""

    async def keep(self) -> None:
        """End the piece."""

    async def undo(self) -> bool:
        """Undo the piece; False if the whole transaction is lost."""


@dataclass(slots=True, eq=False)
class _Piece:
    work: Work
    done: asyncio.Future[Any]
    until: float  # by the loop's clock: whoever asked has no patience for longer
    about: AbstractSet[str]
    soon: bool = True  # whether somebody waits for it
    tries: int = 0
    hopeful: bool = True  # until something went wrong


#: A piece, what came of it, and what is to be told if it is kept.
_Outcome = tuple[_Piece, Any, Exception | None, Gathering]


class Writer:
    """Hands out work to its hands; tells what was committed before anybody goes on with his answer."""

    def __init__(self, hands: Sequence[Hand], tell: Callable[[Committed], None]) -> None:
        self._hands = list(hands)
        self._idle = list(hands)
        self._coming = 0  # hands that are called and have not begun
        self._most = hands[0].most
        self._together = self._most > 1
        self._tell = tell
        self.home: Home | None = None
        self._noted = Noted()
        self._ready: deque[list[_Piece]] = deque()
        self._lingering: list[_Piece] = []
        self._timer: asyncio.TimerHandle | None = None
        self._alarm: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    async def write(
        self,
        work: Callable[[Unit], Awaitable[T]],
        *,
        soon: bool = True,
        about: AbstractSet[str] = frozenset(),
    ) -> T:
        """Run ``work`` in a transaction; return its result once it is durable.

        ``about`` are the chats that it locks. Raises what the work raises, the driver's errors, and
        TimeoutError when it got no turn, or met others at each.
        """
        if self._closed:
            raise RuntimeError("the database is closed")
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()
        piece = _Piece(work, done, loop.time() + _PATIENCE, about, soon)
        if soon:
            self._ready.append([piece])
            if not self._together and any(about & one.about for one in self._lingering):
                self._lingered()  # a post that ended would be in the way of this chat's next one
            self._start()
            self._mind()
        else:
            self._lingering.append(piece)
            if self._timer is None:
                self._timer = loop.call_later(_LINGER, self._lingered)
        return await done

    async def close(self) -> None:
        """Do what waits, then let go of the connections."""
        self._closed = True
        self._lingered()
        while self._tasks:
            await asyncio.wait(self._tasks)
        if self._alarm is not None:
            self._alarm.cancel()
        for hand in self._hands:
            await hand.close()

    # --- whose turn it is ----------------------------------------------------------------------

    def _lingered(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._ready.extend([piece] for piece in self._lingering)
        self._lingering.clear()
        self._start()
        self._mind()

    def _start(self) -> None:
        while self._idle and self._coming < len(self._ready):
            self._coming += 1
            task = asyncio.create_task(self._serve(self._idle.pop()), name="store-writer")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _mind(self) -> None:
        """See to it that nobody waits longer than his patience for a hand that does not come."""
        if self._ready and self._alarm is None:
            until = min(piece.until for batch in self._ready for piece in batch)
            self._alarm = asyncio.get_running_loop().call_at(until, self._too_late)

    def _too_late(self) -> None:
        self._alarm = None
        waiting = [piece for batch in self._ready for piece in batch]
        self._ready = deque([piece] for piece in waiting if not self._gave_up(piece))
        self._mind()

    def _gave_up(self, piece: _Piece) -> bool:
        if piece.until > asyncio.get_running_loop().time():
            return False
        _answer(piece, None, TimeoutError("the database is too busy"))
        return True

    async def _serve(self, hand: Hand) -> None:
        self._coming -= 1
        try:
            while batch := self._batch():
                await self._do(hand, batch)
        finally:
            self._idle.append(hand)

    def _batch(self) -> list[_Piece]:
        """Take what goes into one transaction; what waited too long is told so."""
        batch: list[_Piece] = []
        while self._ready and (not batch or (self._together and len(batch) < self._most)):
            batch += [piece for piece in self._ready.popleft() if not self._gave_up(piece)]
        if self._together and batch and self._lingering:
            chats = frozenset[str]().union(*(piece.about for piece in batch))
            ripe = asyncio.get_running_loop().time() + _PATIENCE - _RIPE
            waiting, self._lingering = self._lingering, []
            for piece in waiting:
                rides = len(batch) < self._most and (piece.until < ripe or piece.about & chats)
                (batch if rides else self._lingering).append(piece)
        return batch

    # --- one transaction -----------------------------------------------------------------------

    async def _do(self, hand: Hand, batch: list[_Piece]) -> None:
        hopes: list[Hopes] = []
        try:
            now = await hand.begin()
            if hand.fresh:
                self._noted.forget_all()
            outcomes = await self._work(hand, batch, now, hopes)
            await hand.commit()
        except Exception as error:  # noqa: BLE001 - nothing was kept; told to whoever asked
            if await hand.abandon():
                self._undone(hand, batch, hopes, error)
            else:
                self._unknown(hopes)
                self._failed(hand, batch, error)
            return
        for kept in hopes:
            kept.kept()
        waited_for = max((n for n, done in enumerate(outcomes, 1) if done[0].soon), default=0)
        self._end(hand, outcomes[:waited_for])
        if rest := outcomes[waited_for:]:
            if waited_for:  # who waits goes on before anybody is told of what rode along
                await asyncio.sleep(0)
            self._end(hand, rest)

    def _end(self, hand: Hand, outcomes: list[_Outcome]) -> None:
        """Tell everybody of what was committed, and whoever asked what came of it.

        He goes on in the loop's next turn, when all have been told; and what is begun because of
        the telling (a post to Teams) comes behind him.
        """
        gathering = Gathering()
        for piece, result, problem, gathered in outcomes:
            gathering.join(gathered)
            if problem is None or not self._once_more(hand, piece, problem):
                _answer(piece, result, problem)
        if gathering:
            self._tell(gathering.committed())

    async def _work(
        self, hand: Hand, batch: list[_Piece], now: datetime, hopes: list[Hopes]
    ) -> list[_Outcome]:
        """Do all pieces; apart only if something went wrong when they were done in the hope that all
        goes well.
        """
        clock = asyncio.get_running_loop().time
        outcomes: list[_Outcome] = []
        began = clock()
        together = len(batch) == 1 or all(piece.hopeful for piece in batch)
        for piece in batch:
            hopes.append(Hopes(self._noted, may=together and piece.hopeful))
            do = self._alone if together else self._apart
            outcomes.append(await do(hand, piece, now, hopes[-1]))
            if clock() - began > _TURN:
                await asyncio.sleep(0)
                began = clock()
        return outcomes

    async def _alone(self, hand: Hand, piece: _Piece, now: datetime, hopes: Hopes) -> _Outcome:
        unit = SqlUnit(hand, now, self.home, hopes)
        result = await piece.work(unit)
        unit.finish()
        return piece, result, None, unit.gathering

    async def _apart(self, hand: Hand, piece: _Piece, now: datetime, hopes: Hopes) -> _Outcome:
        """Do a piece that its neighbours in the transaction need not suffer for."""
        points = cast("_Savepoints", hand)
        points.mark()
        try:
            outcome = await self._alone(hand, piece, now, hopes)
            await points.keep()
        except Exception as error:
            if not await points.undo():
                raise
            self._allowed_in_vain(hopes)
            hopes.undone()
            return piece, None, error, Gathering()
        return outcome

    def _undone(
        self, hand: Hand, batch: list[_Piece], hopes: list[Hopes], error: Exception
    ) -> None:
        """Nothing was kept: let pieces ask the next time, each apart, if that may help."""
        for vain in hopes:
            self._allowed_in_vain(vain)
        foreign, several = hand.foreign(error), len(batch) > 1
        hoped = bool(hopes) and all(piece.hopeful for piece in batch)
        if hoped and (several or (hopes[0].any and not foreign)):
            for piece in batch:
                piece.hopeful = False
            self._ready.appendleft(batch)
        else:
            self._failed(hand, batch, error)

    def _allowed_in_vain(self, hopes: Hopes) -> None:
        """Nothing came of what a piece was allowed."""
        allowed, hopes.allowed = hopes.allowed, []
        for delivery in allowed:
            if self.home is not None:
                self.home.back(delivery)

    def _unknown(self, hopes: list[Hopes]) -> None:
        """Perhaps it was kept, with what it claimed."""
        for hoped in hopes:
            for delivery in hoped.allowed:
                if self.home is not None:
                    self.home.lost(delivery)

    def _failed(self, hand: Hand, batch: list[_Piece], error: Exception) -> None:
        for piece in batch:
            if not self._once_more(hand, piece, error):
                _answer(piece, None, error)
        if hand.down:  # nobody need wait to be told the same
            while self._ready:
                for piece in self._ready.popleft():
                    _answer(piece, None, error)

    def _once_more(self, hand: Hand, piece: _Piece, error: Exception) -> bool:
        """Put a piece back that met another transaction; alone, and not in step with the other."""
        if not hand.again(error):
            return False
        piece.tries += 1
        if piece.tries >= _TRIES:
            busy = TimeoutError("others wanted the same at each try")
            busy.__cause__ = error
            _answer(piece, None, busy if isinstance(error, Clash) else error)
            return True
        rest = asyncio.create_task(self._put_back(piece), name="store-retry")
        self._tasks.add(rest)
        rest.add_done_callback(self._tasks.discard)
        return True

    async def _put_back(self, piece: _Piece) -> None:
        await asyncio.sleep(random.uniform(0, 0.01) * piece.tries)  # noqa: S311 - no secret
        self._ready.appendleft([piece])
        self._start()
        self._mind()


def _answer(piece: _Piece, result: Any, problem: Exception | None) -> None:
    if piece.done.done():  # whoever asked has gone; the work is kept all the same
        return
    if problem is None:
        piece.done.set_result(result)
    else:
        piece.done.set_exception(problem)
