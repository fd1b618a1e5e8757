"""What time does to chats: invitations expire, proposals are dropped, receipts are forgotten."""

from __future__ import annotations

from datetime import timedelta

from bot.domain import events as e
from bot.domain.chat import Chat, NotNow, State
from bot.domain.messages import SYSTEM
from bot.relay.ports import Answer
from bot.relay.relay import Relay
from bot.relay.storage import Unit
from bot.relay.telling import Telling

#: Teams does not repeat an activity after so long (facts: reliability I3).
_IDS_KEPT = timedelta(days=7)
#: A chat that ended and was not sent to RT is brought to mind after so long, once a day.
_UNFILED = timedelta(hours=1)


class Housekeeping:
    """One round of it; the composition root calls ``tidy`` every now and then."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._telling = Telling(relay)

    async def tidy(self) -> None:
        """Do what is due."""
        now, rules = self._relay.now(), self._relay.rules
        due = {
            State.INVITED: now,
            State.PROPOSED: now - rules.proposed_for,
            State.ENDED: now - _UNFILED,
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

        await self._relay.store.write(work)

    async def _treat(self, unit: Unit, chat: Chat) -> None:
        now = self._relay.now()
        match chat.state:
            case State.INVITED if chat.invitation and chat.invitation.expires <= now:
                await self._relay.happen(unit, chat, e.InvitationExpired(now))
            case State.PROPOSED:
                await self._relay.happen(unit, chat, e.Cancelled(now, SYSTEM))
            case State.ENDED:
                await self._remind(unit, chat)
            case State.CANCELLED | State.PURGED:
                await unit.forget(chat.id)

    async def _remind(self, unit: Unit, chat: Chat) -> None:
        """Its text is kept until somebody files it, so somebody must be told."""
        if not await unit.first_time(f"chat:{chat.id}", f"unfiled:{self._relay.now():%Y%m%d}"):
            return
        await self._telling.told(unit, chat, Answer.NOT_FILED)
