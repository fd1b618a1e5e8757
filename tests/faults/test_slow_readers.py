"""T9: many widgets never read and some flood; memory stays bounded, and nobody else waits longer.

Two services run side by side, each with eight hundred quiet sockets. In turns one of them has two
hundred more that never read, some of which flood. What else the machine does meets both at the same
moments, and they change parts each turn; so it is the ratio of their times that counts, and of
several turns the middle one.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from copy import copy
from dataclasses import dataclass, field
from itertools import cycle
from statistics import median

import pytest

from tests.faults.books import Account
from tests.faults.load import Pace
from tests.faults.nuisance import Crowd
from tests.faults.scene import Plan, Scene, scene, share

_MIB = 1024 * 1024
_CHATS, _PER_CHAT = 20, 10  # a browser may open twenty windows; those just closed count a while
_LONG = "green " * 4800  # as long as a message may be
_LINES = 20  # of that length in each of their chats: more than the network takes from us unread
_CROWD, _FLOODERS = _CHATS * _PER_CHAT, 5
_QUIET = 1000 - _CROWD
_PACE = Pace(40.0 / _QUIET, 0.0)  # of the quiet visitors: forty messages a second of all together
_SLOWER = 1.2  # times as long as without the two hundred: no more than that, over a hundred turns
_TWICE = 2.0  # what a few turns on a machine that does other things can tell from nothing at all


class Side:
    """A service: eight hundred visitors who behave, and the chats of those who do not."""

    def __init__(self, trial: Scene) -> None:
        self.trial, self.loud = trial, trial.accounts[:_CHATS]
        trial.load.guests = trial.load.guests[_CHATS:]
        self.most = 0  # bytes of memory

    async def fill(self) -> None:
        """Let the chats of those who do not read have a long past, which is sent to them first."""
        for _ in range(_LINES):
            await asyncio.gather(*(self.trial.load.reply(a, _LONG) for a in self.loud))

    async def measure(self, seconds: float) -> float:
        """Let them talk; return within how many seconds 99 of 100 messages were acknowledged."""
        quiet = [guest.account for guest in self.trial.load.guests]
        before = {token for account in quiet for token in account.said_at}
        chattering = asyncio.create_task(self._chatter(seconds))
        await self.trial.load.talk(seconds, _PACE)
        async with asyncio.timeout(30):  # nobody who waits long may be left out
            while self.trial.load.unsent():  # noqa: ASYNC110 - the widgets ring no bell
                await asyncio.sleep(0.02)
        self.most = max(self.most, self.trial.fleet.memory())
        await chattering
        return share(sorted(w for a in quiet for w in waits(a, before)), 0.99)

    async def _chatter(self, seconds: float) -> None:
        """Long words from the operator in the chats of those who do not read."""
        ends = time.monotonic() + seconds
        for account in cycle(self.loud):
            if time.monotonic() > ends:
                return
            await self.trial.load.reply(account, _LONG)
            await asyncio.sleep(0.05)

    def crowd(self) -> Crowd:
        """Two hundred who never read, some of whom never stop talking."""
        bases, origin = self.trial.fleet.bases, self.trial.stage.site.url
        return Crowd(bases, origin, self.loud, _CROWD, deaf=True, flooders=_FLOODERS)


def waits(account: Account, before: set[str]) -> list[float]:
    """Seconds to the acknowledgement of everything that is not in ``before``."""
    new = account.said_at.keys() - before
    return [account.acknowledged_at[token] - account.said_at[token] for token in new]


@dataclass
class Turns:
    """What was found in each turn: p99 without the two hundred, and with them."""

    found: list[tuple[float, float]] = field(default_factory=list)

    @property
    def slower(self) -> float:
        """How many times as long the others wait beside them."""
        return median(burdened / free for free, burdened in self.found)

    def __str__(self) -> str:
        free, burdened = (median(turn[n] for turn in self.found) * 1000 for n in (0, 1))
        each = ", ".join(f"{burdened / free:.2f}" for free, burdened in self.found)
        return (
            f"p99 of acknowledgements {free:.0f} ms without them, {burdened:.0f} ms beside them, "
            f"{self.slower:.2f} times (turns: {each})"
        )


async def take_turns(sides: list[Side], turns: Turns, many: int, seconds: float) -> None:
    """Burden one and then the other, so many times."""
    for _ in range(many):
        free, burdened = sides[:: 1 if len(turns.found) % 2 else -1]
        async with burdened.crowd() as crowd:
            free_p99, p99 = await asyncio.gather(free.measure(seconds), burdened.measure(seconds))
            assert crowd.floods > seconds
        turns.found.append((free_p99, p99))


async def side_by_side(
    plan: Plan, many: int, seconds: float, limit: float, figures: Callable[[str], None]
) -> None:
    plan.chats, plan.places, plan.limits = _CHATS + _QUIET, 40, False
    plan.sections = {"relay": {"pacing": False}}
    other = copy(plan)
    other.folder = plan.folder / "other"
    other.folder.mkdir()
    other.urls = [f"sqlite:///{other.folder / 'livechat.db'}"]
    async with AsyncExitStack() as stack:
        sides = [Side(await stack.enter_async_context(scene(one))) for one in (plan, other)]
        await asyncio.gather(*(side.fill() for side in sides))
        before = [side.trial.fleet.memory() for side in sides]
        turns = Turns()
        await take_turns(sides, turns, many, seconds)
        grown = max(side.most - at_first for side, at_first in zip(sides, before, strict=True))
        figures(
            f"{_QUIET} sockets and {_CROWD} that never read, {_FLOODERS} of which flood: {turns}; "
            f"memory grew by {grown / _MIB:.0f} MiB"
        )
        assert grown < 256 * _MIB
        assert turns.slower <= limit


async def test_two_hundred_of_a_thousand_who_never_read_and_five_who_flood_cost_nobody_anything(
    plan: Plan, figures: Callable[[str], None]
) -> None:
    await side_by_side(plan, 5, 4, _TWICE, figures)


@pytest.mark.soak
async def test_two_hundred_of_a_thousand_who_never_read_for_long(
    plan: Plan, figures: Callable[[str], None]
) -> None:
    await side_by_side(plan, 101, 8, _SLOWER, figures)
