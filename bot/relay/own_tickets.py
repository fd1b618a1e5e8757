"""The open tickets of a visitor who signed in and began a chat: found in RT, for its card.

A courtesy to the CO, beside the chat: nothing waits for it, and it is given up after minutes.
"""

from __future__ import annotations

from datetime import timedelta

from bot.domain import events as e
from bot.domain.tickets import SHOWN_OWN, OwnTickets
from bot.relay.delivery import Delivery
from bot.relay.filing import happens
from bot.relay.handlers import After
from bot.relay.outcomes import NotDone, Refused, Unclear
from bot.relay.ports import Tickets
from bot.relay.relay import Relay
from bot.relay.storage import Unit

#: How long after the question RT is asked again that did not answer: by then a CO has looked himself.
_PATIENCE = timedelta(minutes=2)


class OwnHandler:
    """Asks RT for them; the card then lists them, or says that RT could not be asked."""

    def __init__(self, relay: Relay, tickets: Tickets) -> None:
        self._relay = relay
        self._tickets = tickets

    async def deliver(self, delivery: Delivery) -> After | None:
        """Ask, unless the chat has a ticket by now, or has forgotten whose it was."""
        found = await self._relay.store.look(delivery.chat_id or "")
        if found is None or found[0].intake is None:
            return None
        who, instance = found[0].identity, found[0].intake.instance
        if not (who.verified and (who.login or who.address)):
            return None
        own = await self._tickets.own(instance, who)
        if own is None:
            return None
        return self._then(delivery, OwnTickets(own[:SHOWN_OWN], len(own[SHOWN_OWN:])))

    async def gave_up(self, delivery: Delivery, error: Refused) -> After | None:
        """The card says so; what is wrong with RT others are told."""
        return self._then(delivery, OwnTickets(asked=False))

    async def delayed(self, delivery: Delivery, error: NotDone | Unclear) -> After | None:
        """Give it up after a while: the list is of use only while somebody decides about the chat."""
        if self._relay.now() - (delivery.created or self._relay.now()) <= _PATIENCE:
            return None
        said = self._then(delivery, OwnTickets(asked=False))

        async def after(unit: Unit) -> None:
            await said(unit)
            await unit.drop(delivery.id)

        return after

    def _then(self, delivery: Delivery, own: OwnTickets) -> After:
        event, chat_id = e.OwnTicketsFound(self._relay.now(), own), delivery.chat_id or ""
        return lambda unit: happens(self._relay, unit, chat_id, event)
