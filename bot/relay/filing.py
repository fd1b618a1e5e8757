"""Filing: summary and transcript into RT, once; then forgetting them here."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.domain import events as e
from bot.domain.chat import Chat, NotNow, State
from bot.domain.messages import Message
from bot.relay.handlers import After, Quiet
from bot.relay.ports import Delivery, Dossier, NotDone, Refused, Tickets, Unclear
from bot.relay.relay import Relay
from bot.relay.storage import Unit

_PAGE = 500
#: How long we go on trying to set a ticket's status before the CO is asked to do it himself.
_STATUS_PATIENCE = timedelta(hours=1)


def marker(chat_id: str) -> str:
    """Return what the comment's subject carries, so that it is found again in RT."""
    return f"[chat:{chat_id}]"


class FileHandler:
    """Puts the record into the ticket, exactly once over an API that repeats gladly.

    It always looks for the marker first: an earlier attempt may have arrived, or a back-up of our
    database may have been restored. By the time a row is claimed again RT's own time limit has
    passed (the lane's quarantine), so what it finds is the truth.
    """

    def __init__(self, relay: Relay, tickets: Tickets) -> None:
        self._relay = relay
        self._tickets = tickets

    async def deliver(self, delivery: Delivery) -> After | None:
        """Post the record, or find that it is there."""
        chat = await self._filing(delivery)
        if chat is None:
            return None
        dossier = replace(await self._dossier(chat), tried=self._tried(chat, delivery))
        receipt = await self._tickets.find(dossier) or await self._tickets.comment(dossier)
        return self._then(chat.id, e.TranscriptFiled(self._relay.now(), receipt))

    async def gave_up(self, delivery: Delivery, error: Refused) -> After | None:
        """Back to the CO."""
        event = e.FilingFailed(self._relay.now(), error.sentence)
        return self._then(delivery.chat_id or "", event)

    async def delayed(self, delivery: Delivery, error: NotDone | Unclear) -> After | None:
        """The card says that RT does not take it for now."""
        found = await self._relay.store.look(delivery.chat_id or "")
        filing = found[0].filing if found else None
        if filing is None or filing.problem == error.sentence:
            return None  # said already
        event = e.FilingDelayed(self._relay.now(), error.sentence)
        return self._then(delivery.chat_id or "", event)

    def _tried(self, chat: Chat, delivery: Delivery) -> timedelta | None:
        """How long ago a try began that may have left us, if there was one.

        Whoever presses again has looked in RT; what is tried again by itself has not.
        """
        if chat.filing and chat.filing.unasked and chat.filings > 1:
            return self._relay.now() - (chat.ended or chat.created)
        if delivery.attempt < 2 or delivery.first_claimed is None:
            return None
        return self._relay.now() - delivery.first_claimed

    async def _filing(self, delivery: Delivery) -> Chat | None:
        found = await self._relay.store.look(delivery.chat_id or "")
        return found[0] if found and found[0].state is State.FILING else None

    async def _dossier(self, chat: Chat) -> Dossier:
        log: list[Message] = []
        while page := await self._relay.store.log(chat.id, log[-1].seq if log else 0, _PAGE):
            log += page
        return Dossier(chat.ticket.ref, marker(chat.id), chat, tuple(log))

    def _then(self, chat_id: str, event: e.Event) -> After:
        return lambda unit: _happens(self._relay, unit, chat_id, event)


class StatusHandler(Quiet):
    """Sets the ticket's status after the record is in; its failure does not touch the record."""

    def __init__(self, relay: Relay, tickets: Tickets) -> None:
        self._relay = relay
        self._tickets = tickets

    async def deliver(self, delivery: Delivery) -> After | None:
        """Set it; setting it twice is harmless."""
        found = await self._relay.store.look(delivery.chat_id or "")
        if found is None:
            return None
        try:
            await self._tickets.set_status(found[0].filed_in, str(delivery.payload["status"]))
        except (NotDone, Unclear) as error:
            began = delivery.first_claimed or self._relay.now()
            if self._relay.now() - began < _STATUS_PATIENCE:
                raise
            raise Refused(error.sentence) from error
        return self._then(delivery, "")

    async def gave_up(self, delivery: Delivery, error: Refused) -> After | None:
        """Ask the CO to set it."""
        return self._then(delivery, error.sentence)

    def _then(self, delivery: Delivery, problem: str) -> After:
        event = e.StatusSet(self._relay.now(), problem)
        return lambda unit: _happens(self._relay, unit, delivery.chat_id or "", event)


class PurgeHandler(Quiet):
    """Deletes a filed chat's text here."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay

    async def deliver(self, delivery: Delivery) -> After | None:
        """Everything happens with the end of the delivery."""
        chat_id = delivery.chat_id or ""

        async def forget(unit: Unit) -> None:
            chat = await unit.chat(chat_id)
            if chat is None or chat.state is not State.FILED:
                return
            await unit.purge(chat_id)
            await self._relay.happen(unit, chat, e.Purged(self._relay.now()))

        return forget


async def _happens(relay: Relay, unit: Unit, chat_id: str, event: e.Event) -> None:
    chat = await unit.chat(chat_id)
    if chat is None:
        return
    try:
        await relay.happen(unit, chat, event)
    except NotNow:
        return  # somebody else finished it
