"""The visitor's answer in a field of the ticket, for whoever counts such answers in RT."""

from __future__ import annotations

from typing import cast

from bot.domain import events as e
from bot.domain.tickets import TicketRef
from bot.relay.delivery import Delivery
from bot.relay.filing import happens, insisting
from bot.relay.handlers import After, Quiet
from bot.relay.outcomes import NotDone, Refused, Unclear
from bot.relay.ports import Tickets
from bot.relay.relay import Relay
from bot.relay.rows import RatingPayload


class RatingHandler(Quiet):
    """Sets the field after the record is in; its failure does not touch the record.

    The answer stands in the record anyway. It comes with the delivery: the chat may be purged.
    """

    def __init__(self, relay: Relay, tickets: Tickets) -> None:
        self._relay = relay
        self._tickets = tickets

    async def deliver(self, delivery: Delivery) -> After | None:
        """Set it; setting it twice is harmless."""
        said = cast("RatingPayload", delivery.payload)
        try:
            ref = TicketRef(str(said["rt"]), int(said["ticket"]))
            await self._tickets.set_rating(ref, str(said["rating"]))
        except (NotDone, Unclear) as error:
            raise insisting(self._relay, delivery, error) from error
        return None

    async def gave_up(self, delivery: Delivery, error: Refused) -> After | None:
        """Tell the CO, who may tell whoever administers RT."""
        event = e.RatingNotSet(self._relay.now(), error.sentence)
        return lambda unit: happens(self._relay, unit, delivery.chat_id or "", event)
