"""T9: many widgets never read and some flood; memory stays bounded, and nobody else waits longer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from itertools import cycle

import pytest

from tests.faults.books import Account
from tests.faults.load import Pace
from tests.faults.nuisance import Crowd
from tests.faults.scene import Plan, Scene, scene, share

_MIB = 1024 * 1024
_CHATS, _PER_CHAT = 23, 9  # a browser may open twenty windows; those just closed count a while
_TRIES = 3  # the machine has other things to do as well: what is not so each time is not so
_RATE = 40.0  # messages per second of all quiet visitors together
_NOISE = 0.05  # seconds by which two measurements of the same thing differ here


async def measured(trial: Scene, seconds: float) -> list[float]:
    """Seconds to the acknowledgement of what the quiet visitors said in that time, sorted."""
    before = {token for account in trial.accounts for token in account.acknowledged_at}
    await trial.load.talk(seconds, Pace(_RATE / len(trial.load.guests), 0.0))
    await asyncio.sleep(0.5)
    return sorted(
        at - account.said_at[token]
        for account in trial.accounts
        for token, at in account.acknowledged_at.items()
        if token not in before
    )


async def chatter(trial: Scene, accounts: Sequence[Account], seconds: float) -> None:
    """Long words from the operator in the chats whose sockets do not read."""
    ends = time.monotonic() + seconds
    for account in cycle(accounts):
        if time.monotonic() > ends:
            return
        await trial.load.reply(account, "green " * 3000)
        await asyncio.sleep(0.05)


async def burden(trial: Scene, seconds: float, figures: Callable[[str], None]) -> None:
    """Measure beside two hundred who read, then beside two hundred who do not and five who flood."""
    loud = list(trial.accounts[:_CHATS])
    trial.load.guests = trial.load.guests[_CHATS:]
    size = _CHATS * _PER_CHAT

    async def beside(*, deaf: bool, flooders: int) -> tuple[list[float], int]:
        bases, origin = trial.fleet.bases, trial.stage.site.url
        async with Crowd(bases, origin, loud, size, deaf=deaf, flooders=flooders):
            chattering = asyncio.create_task(chatter(trial, loud, seconds))
            times = await measured(trial, seconds)
            memory = trial.fleet.memory()
            await chattering
        return times, memory

    for _ in range(_TRIES):
        civil, before = await beside(deaf=False, flooders=0)
        rude, after = await beside(deaf=True, flooders=5)
        p99, p99_rude = share(civil, 0.99), share(rude, 0.99)
        figures(
            f"{len(trial.accounts) + size} sockets: p99 of acknowledgements {p99 * 1000:.0f} ms "
            f"beside readers, {p99_rude * 1000:.0f} ms beside {size} who do not read; memory "
            f"{before / _MIB:.0f} and {after / _MIB:.0f} MiB"
        )
        assert after < before + 256 * _MIB
        if p99_rude < 1.2 * p99 + _NOISE:
            return
    pytest.fail("the others waited longer each time")


async def test_two_hundred_who_never_read_and_five_who_flood_cost_the_others_nothing(
    plan: Plan, figures: Callable[[str], None]
) -> None:
    plan.chats, plan.limits = _CHATS + 20, False
    async with scene(plan) as trial:
        await burden(trial, 5, figures)


@pytest.mark.soak
async def test_a_thousand_sockets_with_two_hundred_who_never_read(
    plan: Plan, figures: Callable[[str], None]
) -> None:
    plan.chats, plan.limits = 810, False
    async with scene(plan) as trial:
        await burden(trial, 60, figures)
