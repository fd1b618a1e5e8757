"""The heartbeat: how many processes are alive, who died, and when nobody was there at all."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import cast

from bot.domain import events as e
from bot.domain.chat import NotNow, State
from bot.relay.budget import Budget
from bot.relay.delivery import Committed, Delivery
from bot.relay.handlers import After, Quiet
from bot.relay.relay import Relay
from bot.relay.rows import AwayPayload
from bot.relay.storage import Unit

#: Whoever was silent for so long is taken to be dead.
PATIENCE = timedelta(seconds=20)


class Heartbeat:
    """One beat of it; the composition root calls ``beat`` every few seconds."""

    def __init__(
        self,
        relay: Relay,
        budget: Budget,
        expect: Callable[[Iterable[str]], None],
        retell: Callable[[], None],
        patience: timedelta = PATIENCE,
        *,
        alone: bool = False,
    ) -> None:
        """``expect`` is told of chats whose visitor is gone if he does not come back here;
        ``retell`` is called when the others have forgotten where our windows are. ``alone``: a
        process that seems to live beside us is our predecessor, who died just now.
        """
        self._relay = relay
        self._budget = budget
        self._expect = expect
        self._retell = retell
        self._patience = patience
        self._alive = 1
        self._alone = alone
        if not alone:
            relay.life.patience = patience.total_seconds()

    async def beat(self) -> None:
        """Tell that we live, and act on what we learn of the others."""
        relay, began = self._relay, time.monotonic()
        pulse = await relay.store.beat(relay.process, self._patience, relay.rules.quarantine)
        relay.life.beaten(began)
        self._budget.share(1 if self._alone else pulse.alive)
        if pulse.alive < self._alive:
            # Whoever died may have taken the rings of its last commits along.
            relay.ring(Committed(lost=True))
        self._alive = pulse.alive
        if pulse.forgotten:
            self._retell()
        if pulse.bereft:
            self._expect(pulse.bereft)


class AwayHandler(Quiet):
    """Tells every open chat's thread that what was written while nobody was there may be lost.

    Teams tries again for half a minute only. The heartbeat that finds the absence makes the delivery
    in its own commit; a thread that was told is not told again.
    """

    def __init__(self, relay: Relay) -> None:
        self._relay = relay

    async def deliver(self, delivery: Delivery) -> After | None:
        """Tell them, one after another."""
        zone = self._relay.rules.zone
        absence = cast("AwayPayload", delivery.payload)
        times = (datetime.fromisoformat(at) for at in (absence["since"], absence["until"]))
        since, until = (at.astimezone(zone) for at in times)
        day = "" if since.date() == until.date() else " on %-d %B"
        span = f"{since:%H:%M:%S{day}} to {until:%H:%M:%S{day}}"
        key = f"away:{absence['since']}"
        for seen in await self._relay.store.in_states(State.OPEN):

            async def tell(unit: Unit, chat_id: str = seen.id) -> None:
                chat = await unit.chat(chat_id)
                if chat is None or not await unit.first_time(f"chat:{chat_id}", key):
                    return
                try:
                    await self._relay.happen(unit, chat, e.Interrupted(self._relay.now(), span))
                except NotNow:
                    return

            await self._relay.store.write(tell)
        return None
