"""Opening a chat: looking the ticket up, showing it, sending the invitation."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import cast

from bot.domain import events as e
from bot.domain.chat import Chat, State
from bot.domain.invitations import Fate, Route
from bot.domain.legible import plain_name
from bot.relay import rows
from bot.relay.answering import Answer
from bot.relay.delivery import URGENT, Delivery, Lane, Stream
from bot.relay.handlers import After
from bot.relay.outcomes import NotDone, Refused, Unclear
from bot.relay.placing import going_on, opening
from bot.relay.pool import Pool
from bot.relay.ports import Mailer, Tickets
from bot.relay.relay import Relay
from bot.relay.rows import Wish, number_of, wished
from bot.relay.storage import Unit
from bot.relay.telling import Telling

#: How long we go on asking an RT that does not answer before we tell the CO to try later.
_PATIENCE = timedelta(minutes=2)
#: By it an invitation on a ticket is found again: it stays as it is.
_HEADING = "Invitation to a live chat"


class Asking:
    """Reading a ticket that a CO named: what he is told when that does not work."""

    def __init__(self, relay: Relay, tickets: Tickets) -> None:
        self._relay = relay
        self._tickets = tickets

    async def gave_up(self, delivery: Delivery, error: Refused) -> After | None:
        """Tell the CO what is wrong with that ticket."""
        return self._tell(delivery, Answer.TICKET_PROBLEM, error.sentence)

    async def delayed(self, delivery: Delivery, error: NotDone | Unclear) -> After | None:
        """Tell the CO once that RT is slow; after a while, that we stop asking."""
        began = delivery.first_claimed or self._relay.now()
        if self._relay.now() - began > _PATIENCE:
            stop = f"{error.sentence} I have stopped asking: please try again later."
            return self._tell(delivery, Answer.TICKET_PROBLEM, stop, instead=True)
        first = delivery.first_claimed is None or self._relay.now() - began < timedelta(seconds=40)
        if first:
            return self._tell(delivery, Answer.LOOKING_SLOW, error.sentence, once=True)
        return None

    def _tell(
        self,
        delivery: Delivery,
        word: Answer,
        detail: str,
        *,
        once: bool = False,
        instead: bool = False,
    ) -> After:
        asked = cast("Wish", delivery.payload)
        thread, mention = asked["thread"], asked["mention"]
        row = rows.notice(Stream.THREAD.of(thread), thread, word, detail, mention=mention)

        async def after(unit: Unit) -> None:
            if once and not await unit.first_time(f"lookup:{delivery.id}", word.value):
                return
            await unit.schedule(row)
            if instead:
                await unit.drop(delivery.id)

        return after


class LookupHandler(Asking):
    """Reads the ticket that a CO named and proposes a chat about it."""

    def __init__(
        self,
        relay: Relay,
        tickets: Tickets,
        new_id: Callable[[], str],
        pool: Pool | None = None,
    ) -> None:
        """``new_id`` makes a chat's id: 128 random bits, URL-safe."""
        super().__init__(relay, tickets)
        self._new_id = new_id
        self._pool = pool or Pool(relay, ())

    async def deliver(self, delivery: Delivery) -> After | None:
        """Read the ticket; when this delivery is struck off, the chat is there with its card, or
        its thread is about to be opened in the pool.
        """
        asked = cast("Wish", delivery.payload)
        ref, by = wished(asked)
        ticket = await self._tickets.read(ref)
        now = self._relay.now()
        chat = Chat(self._new_id(), int(asked["thread"]), ticket, by, now)
        place = await self._relay.store.thread(chat.thread)
        channel = await self._pool.channel_for(chat.id, place)
        # What comes up from here on is unknown to whoever asked.
        beside = [one.id for one in await going_on(self._relay, ticket.ref)]
        asked = {**asked, "beside": beside, "stay": channel is None}
        heads = await self._relay.store.heads(Lane.TEAMS)
        busy = any(head.stream == Stream.OPEN.of(ticket.ref) for head in heads)

        async def propose(unit: Unit) -> None:
            if channel is not None or busy:
                where = place if channel is None else await unit.thread(channel)
                await unit.schedule(opening(chat, asked, where))
                return
            await unit.add(chat)
            await unit.schedule(rows.card(chat.id, chat.thread, rank=URGENT))

        return propose


class InvitationHandler:
    """Sends an invitation on its route."""

    def __init__(self, relay: Relay, tickets: Tickets, mailer: Mailer | None) -> None:
        self._relay = relay
        self._tickets = tickets
        self._mailer = mailer
        self._telling = Telling(relay)

    async def deliver(self, delivery: Delivery) -> After | None:
        """Send it, unless it was revoked or used meanwhile."""
        chat, number = await self._pending(delivery)
        if chat is None or chat.invitation is None:
            return None
        link = self._relay.link(chat)
        text = invitation_text(chat, link)
        name = f"invitation-{chat.id}-{number}"
        if chat.invitation.route is Route.CORRESPOND:
            await self._tickets.correspond(chat.ticket.ref, text, f"[{name}]", _HEADING)
        elif self._mailer is None:
            raise Refused("No mail server is configured here. Copy the link instead.")
        else:
            subject = f"Live chat about your request #{chat.ticket.ref.number}"
            await self._mailer.send(chat.invitation.address, subject, text, name)
        return self._sent(chat.id, number, "")

    async def gave_up(self, delivery: Delivery, error: Refused) -> After | None:
        """Tell the CO that the link has to be copied."""
        return self._sent(delivery.chat_id or "", number_of(delivery), error.sentence)

    async def delayed(self, delivery: Delivery, error: NotDone | Unclear) -> After | None:
        """Tell the CO once that it takes longer; he may pass the link on himself."""
        chat_id = delivery.chat_id or ""

        async def after(unit: Unit) -> None:
            if not await unit.first_time(f"invite:{delivery.id}", "slow"):
                return
            if chat := await unit.chat(chat_id):
                await self._telling.tell_chat(unit, chat, Answer.INVITATION_SLOW, error.sentence)

        return after

    async def _pending(self, delivery: Delivery) -> tuple[Chat | None, int]:
        number = number_of(delivery)
        found = await self._relay.store.look(delivery.chat_id or "")
        chat = found[0] if found else None
        if chat is None or chat.state is not State.INVITED or chat.invitation is None:
            return None, number
        wanted = chat.invitation.number == number and chat.invitation.fate is Fate.PENDING
        return (chat if wanted else None), number

    def _sent(self, chat_id: str, number: int, problem: str) -> After:
        async def after(unit: Unit) -> None:
            chat = await unit.chat(chat_id)
            if chat is None or chat.state not in (State.INVITED, State.OPEN):
                return
            event = e.InvitationSent(self._relay.now(), number, problem)
            await self._relay.happen(unit, chat, event)

        return after


def invitation_text(chat: Chat, link: str) -> str:
    """Return the invitation as plain text, for a mail or for RT's correspondence."""
    expires = chat.invitation.expires if chat.invitation else None
    until = f"{expires:%d %B %Y, %H:%M} UTC" if expires else ""
    # RT makes a user's name of what stood in a mail, and correspondence reaches others, too.
    name = plain_name(chat.invitation.name) if chat.invitation else ""
    return (
        f"Dear {name},\n\n"
        f"{plain_name(chat.started_by.name)} of computing support would like to talk with you about your "
        f"request #{chat.ticket.ref.number} in a live chat. Open this link to join:\n\n"
        f"{link}\n\n"
        f"The link is for you alone, works once, and until {until}. "
        "When the chat ends, what was written is added to your request.\n\n"
        "If you would rather not chat, simply reply to your request by e-mail as before.\n"
    )
