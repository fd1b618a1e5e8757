"""What time does to chats: invitations expire, proposals are dropped, receipts are forgotten."""

from __future__ import annotations

from datetime import timedelta

from bot.domain import events as e
from bot.domain.chat import Chat, NotNow, State
from bot.domain.messages import SYSTEM
from bot.relay.relay import Relay
from bot.relay.storage import Unit

#: Teams does not repeat an activity after so long (facts: reliability I3).
_IDS_KEPT = timedelta(days=7)


class Housekeeping:
    """One round of it; the composition root calls ``tidy`` every now and then."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay

    async def tidy(self) -> None:
        """Do what is due."""
        now, rules = self._relay.now(), self._relay.rules
        due = {
            State.INVITED: now,
            State.PROPOSED: now - rules.proposed_for,
            State.CANCELLED: now - rules.proposed_for,
            State.PURGED: now - rules.kept_for,
        }
        for chat in await self._relay.store.stale({s.value: at for s, at in due.items()}):
            await self._age(chat)
        await self._relay.store.sweep(_IDS_KEPT)

    async def _age(self, seen: Chat) -> None:
        async def work(unit: Unit) -> None:
            chat = await unit.chat(seen.id)
            if chat is None or chat.state is not seen.state:
                return  # it moved on while we looked
            try:
                await self._treat(unit, chat)
            except NotNow:
                return

        await self._relay.write(work, seen.id)

    async def _treat(self, unit: Unit, chat: Chat) -> None:
        now = self._relay.now()
        match chat.state:
            case State.INVITED if chat.invitation and chat.invitation.expires <= now:
                await self._relay.happen(unit, chat, e.InvitationExpired(now))
            case State.PROPOSED:
                await self._relay.happen(unit, chat, e.Cancelled(now, SYSTEM))
            case State.CANCELLED | State.PURGED:
                await unit.forget(chat.id)
