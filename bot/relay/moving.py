"""Taking a chat to another ticket: read it, show both, and do it when a CO confirms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from bot.domain import events as e
from bot.domain.chat import Chat, NotNow, State
from bot.domain.identity import Proof
from bot.domain.messages import Author
from bot.domain.tickets import NoTicketNumber, SeveralTicketNumbers, TicketRef, parse_ticket
from bot.relay import rows
from bot.relay.answering import Answer
from bot.relay.confirming import WrongInput, check_not_in_rt, confirm
from bot.relay.delivery import Delivery
from bot.relay.handlers import After
from bot.relay.inbound import Pressed
from bot.relay.opening import Asking
from bot.relay.relay import Relay
from bot.relay.rows import Wish, wish, wished
from bot.relay.storage import Unit
from bot.relay.telling import Telling

_STRANGER = (
    "Nobody knows who this visitor is: he gave a name and did not sign in. The record goes into a new "
    "ticket. If it belongs to another one, link the two in RT."
)
_MOVABLE = frozenset({State.OPEN, State.ENDED})


class Moving:
    """The verbs ``move``, ``rebind`` and ``stay`` (see Operating.presses)."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay

    async def ask(self, unit: Unit, chat: Chat, pressed: Pressed) -> Chat:
        """Have the other ticket read; the card shows both when it is. Raises WrongInput."""
        if chat.state not in _MOVABLE:
            raise NotNow(chat.state, e.MoveProposed)
        check_not_in_rt(chat)
        ref = self._number(pressed.values.get("number", ""))
        if chat.identity.proof is Proof.ANONYMOUS:
            raise WrongInput(_STRANGER)
        if ref == chat.ticket.ref:
            raise WrongInput(f"This chat is about {ref} already.")
        await unit.schedule(rows.move(chat, wish(ref, chat.thread, pressed.operator)))
        return chat

    def _number(self, text: str) -> TicketRef:
        try:
            return parse_ticket(text, dict(self._relay.rules.rt_hosts))
        except SeveralTicketNumbers:
            raise WrongInput("That names more than one ticket. Write just one number.") from None
        except NoTicketNumber:
            raise WrongInput("Write the other ticket's number, like 12345 or rt#12345.") from None

    async def confirm(self, unit: Unit, chat: Chat, by: Author, values: Mapping[str, str]) -> Chat:
        """Do it. Raises WrongInput."""
        move = chat.move
        if move is None or chat.state not in _MOVABLE:
            raise NotNow(chat.state, e.Moved)
        check_not_in_rt(chat)  # it may have become so since the other ticket was shown
        confirmed = confirm(chat, move.ticket, values, known=False)
        event = e.Moved(self._relay.now(), by, move.number, confirmed.match, confirmed.reason)
        return await self._relay.happen(unit, chat, event)

    async def stay(self, unit: Unit, chat: Chat, by: Author) -> Chat:
        """Leave the chat where it is."""
        return await self._relay.happen(unit, chat, e.MoveDropped(self._relay.now(), by))


class MoveHandler(Asking):
    """Reads the ticket to which a CO would take a chat."""

    async def deliver(self, delivery: Delivery) -> After | None:
        """Read it; when this delivery is struck off, the card shows both."""
        ref, by = wished(cast("Wish", delivery.payload))
        ticket = await self._tickets.read(ref)

        async def propose(unit: Unit) -> None:
            chat = await unit.chat(delivery.chat_id or "")
            if chat is None or chat.state not in _MOVABLE:
                return
            if ticket.ref == chat.ticket.ref:
                detail = f"{ticket.asked} is {ticket.ref}, which this chat is about already."
                await Telling(self._relay).tell_chat(unit, chat, Answer.TICKET_PROBLEM, detail)
                return
            event = e.MoveProposed(self._relay.now(), by, ticket)
            await self._relay.happen(unit, chat, event)

        return propose
