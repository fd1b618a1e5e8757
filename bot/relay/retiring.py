"""Taking back what the bot posted: an earlier card, and, after the purge, what was said."""

from __future__ import annotations

from typing import cast

from bot.relay.delivering import later
from bot.relay.delivery import Delivery
from bot.relay.handlers import After, Quiet
from bot.relay.outcomes import Refused, StillUnclear
from bot.relay.ports import Threads
from bot.relay.relay import Relay
from bot.relay.rows import ErasePayload, RetirePayload


class _TakingBack(Quiet):
    """A post that is gone already, or stays for ever, concerns nobody."""

    def __init__(self, relay: Relay, threads: Threads) -> None:
        self._relay = relay
        self._threads = threads

    async def gave_up(self, delivery: Delivery, error: Refused) -> After | None:
        """If Teams did not say what came of it: try on, since people's words may stand there."""
        return later(self._relay, delivery) if isinstance(error, StillUnclear) else None


class RetireHandler(_TakingBack):
    """Makes a card that was posted anew further down say so."""

    async def deliver(self, delivery: Delivery) -> After | None:
        """Change it, unless it is the chat's card after all."""
        found = await self._relay.store.look(delivery.chat_id or "")
        card = cast("RetirePayload", delivery.payload)["card"]
        if found is None or found[0].card == card:
            return None
        if not found[0].card:  # Teams has not taken the new one yet
            return later(self._relay, delivery, aside=False)
        thread = await self._relay.store.thread(delivery.thread)
        await self._threads.retire(thread, found[0], str(card))
        return None


class EraseHandler(_TakingBack):
    """Takes a post of ours back."""

    async def deliver(self, delivery: Delivery) -> After | None:
        """Delete it."""
        which = cast("ErasePayload", delivery.payload)
        thread = await self._relay.store.thread(int(which["thread"]))
        await self._threads.erase(thread, str(which["post"]))
        return None
