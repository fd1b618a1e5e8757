"""Filing: summary and transcript into RT, once; then forgetting them here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import cast

from bot.domain import events as e
from bot.domain.chat import OVER, Chat, NotNow, State
from bot.domain.matching import Change, changes, is_worse, match
from bot.domain.messages import Message
from bot.relay import rows
from bot.relay.delivery import Delivery
from bot.relay.files import Fetched
from bot.relay.handlers import After, Quiet
from bot.relay.lanes import LANES
from bot.relay.outcomes import NotDone, Refused, Unclear, Written
from bot.relay.ports import Attachment, Dossier, Tickets
from bot.relay.relay import Relay
from bot.relay.rows import StatusPayload, number_of
from bot.relay.sending import unattended
from bot.relay.storage import Unit

_PAGE = 500
_NEW_ONLY = (
    "The record of this chat must not go into a ticket that there is. Make a new one for it."
)
#: How often we look for what the record waits for (seconds); fetching ends by itself.
_COMING = 2.0
#: How long a post may be on its way before it is noted: for a lease, and a while without database.
_LATE = timedelta(minutes=2)
#: How long we go on trying to change a ticket that has its record before the CO is told instead.
PATIENCE = timedelta(hours=1)


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
        if chat.only_new and (chat.filing is None or chat.filing.new_ticket is None):
            raise Refused(_NEW_ONLY)  # whatever led here: advance lets nothing
        dossier = replace(await self._dossier(chat), tried=self._tried(chat, delivery))
        receipt = await self._tickets.find(dossier)
        if receipt is None:
            if (stopped := await self._look_again(chat)) is not None:
                stopped = replace(stopped, unclear=dossier.tried is not None)
                return self._then(chat.id, stopped)
            receipt = await self._tickets.comment(dossier)
        return self._then(chat.id, e.TranscriptFiled(self._relay.now(), receipt))

    async def _look_again(self, chat: Chat) -> e.FilingStopped | None:
        """Read the ticket once more: it may have become another than the one that was confirmed."""
        filing = chat.filing
        if filing is None or filing.new_ticket is not None:
            return None
        found = await self._tickets.read(chat.ticket.ref)
        differs = changes(chat.ticket, found)
        if is_worse(match(chat.identity, found), filing.match):
            differs += (Change.MATCH,)  # nobody has confirmed that
        return e.FilingStopped(self._relay.now(), found, differs) if differs else None

    async def gave_up(self, delivery: Delivery, error: Refused) -> After | None:
        """Back to the CO."""
        chat = await self._filing(delivery)
        tried = chat is not None and self._tried(chat, delivery) is not None
        unclear = tried or isinstance(error, Written)
        event = e.FilingFailed(self._relay.now(), error.sentence, unclear)
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

        Whoever presses again has looked in RT; what is tried again by itself has not. The first claim
        may be much older than that: while RT was away nothing left us, and that is not counted.
        """
        if chat.filing and chat.filing.unclear and chat.filing.unasked:
            return self._relay.now() - (chat.ended or chat.created)
        if delivery.attempt < 2 or delivery.first_claimed is None:
            return None
        each = timedelta(seconds=LANES[delivery.lane].lease) + self._relay.rules.quarantine
        return min(self._relay.now() - delivery.first_claimed, (delivery.attempt - 1) * each)

    async def _filing(self, delivery: Delivery) -> Chat | None:
        found = await self._relay.store.look(delivery.chat_id or "")
        return found[0] if found and found[0].state is State.FILING else None

    async def _dossier(self, chat: Chat) -> Dossier:
        files = await self._relay.store.files(chat.id) if chat.files else []
        if any(file.state is Fetched.COMING for file in files):
            raise NotDone("A picture is still on its way from Teams.", _COMING)
        log: list[Message] = []  # only now is every line in it
        while page := await self._relay.store.log(chat.id, log[-1].seq if log else 0, _PAGE):
            log += page
        came = tuple(
            Attachment(one.seq, one.name, one.type, one.content)
            for one in files
            if one.state is Fetched.HERE
        )
        return Dossier(chat.ticket.ref, marker(chat.id), chat, tuple(log), came)

    def _then(self, chat_id: str, event: e.Event) -> After:
        async def after(unit: Unit) -> None:
            chat = await happens(self._relay, unit, chat_id, event)
            if isinstance(event, e.FilingFailed | e.FilingStopped) and chat is not None:
                await self._without_him(unit, chat)
                await self._to_triage(unit, chat)

        return after

    async def _without_him(self, unit: Unit, chat: Chat) -> None:
        """Whose thread was lost while he had sent it is told so, and nobody waits for him."""
        asked = chat.filing is not None and not chat.filing.unasked
        if asked and not (await unit.thread_by_id(chat.thread)).open:
            await happens(self._relay, unit, chat.id, e.ThreadLost(self._relay.now()))

    async def _to_triage(self, unit: Unit, chat: Chat) -> None:
        """What was to be filed by itself has nobody to decide: it goes where it is sorted out."""
        filing, made = chat.filing, unattended(self._relay, chat)
        if filing is None or not filing.unasked or made is None:
            return
        why = "its ticket has changed." if filing.found else f"RT refused it. {filing.problem}"
        fits = match(chat.identity, filing.found or chat.ticket)
        event = e.FiledUnasked(self._relay.now(), why, fits, made)
        await self._relay.happen(unit, chat, event)


class ReleaseHandler(Quiet):
    """Lets a held filing go when its time for undoing is over: from then on it may be in RT.

    Undoing and letting go are two events of one chat, in two transactions: one of them comes first,
    in however many processes, and then the other one finds the chat in another state.
    """

    def __init__(self, relay: Relay) -> None:
        self._relay = relay

    async def deliver(self, delivery: Delivery) -> After | None:
        """Everything happens with the end of the delivery."""

        async def release(unit: Unit) -> None:
            chat = await unit.chat(delivery.chat_id or "")
            if chat is None or chat.filings != number_of(delivery):
                return  # that one was undone, and another one is held
            await happens(self._relay, unit, chat.id, e.FilingReleased(self._relay.now()))

        return release


class AuditHandler(Quiet):
    """Logs who confirmed what, without names or texts."""

    def __init__(self, write: Callable[[Mapping[str, str]], object]) -> None:
        """``write`` is given chat, ticket, match, operator and word (file or move)."""
        self._write = write

    async def deliver(self, delivery: Delivery) -> After | None:
        """Write the line; after a crash it may stand there twice."""
        self._write({"chat": delivery.chat_id or "", **delivery.payload})
        return None


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
        status = cast("StatusPayload", delivery.payload)["status"]
        try:
            await self._tickets.set_status(found[0].filed_in, status)
        except (NotDone, Unclear) as error:
            raise insisting(self._relay, delivery, error) from error
        return self._then(delivery, "")

    async def gave_up(self, delivery: Delivery, error: Refused) -> After | None:
        """Ask the CO to set it."""
        return self._then(delivery, error.sentence)

    def _then(self, delivery: Delivery, problem: str) -> After:
        event = e.StatusSet(self._relay.now(), problem)
        return lambda unit: happens(self._relay, unit, delivery.chat_id or "", event)


def insisting(
    relay: Relay, delivery: Delivery, error: NotDone | Unclear
) -> NotDone | Unclear | Refused:
    """Return what an error counts as: the same, or a refusal when it was tried for long enough."""
    began = delivery.first_claimed or relay.now()
    return error if relay.now() - began < PATIENCE else Refused(error.sentence)


async def purge(relay: Relay, unit: Unit, chat: Chat) -> None:
    """Delete what was said here; the outbox takes our posts in Teams back, if that is wished.

    Once more a while later: one may be on its way to Teams just now.
    """
    await _delete(relay, unit, chat)
    if relay.rules.delete_posts:
        await unit.schedule(rows.purge(chat, relay.now() + _LATE, late=True))


async def _delete(relay: Relay, unit: Unit, chat: Chat) -> None:
    """The rows for posts belong to no chat: it may be forgotten before the last post is gone."""
    for post in await unit.posts(chat.id) if relay.rules.delete_posts else ():
        await unit.schedule(rows.erase(chat, post))
    await unit.purge(chat.id)


class PurgeHandler(Quiet):
    """Deletes a filed chat's text here."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay

    async def deliver(self, delivery: Delivery) -> After | None:
        """Everything happens with the end of the delivery."""
        chat_id = delivery.chat_id or ""

        async def forget(unit: Unit) -> None:
            chat = await unit.chat(chat_id)
            if chat is not None and chat.state in OVER:
                await _delete(self._relay, unit, chat)
            elif chat is not None and chat.state is State.FILED:
                await purge(self._relay, unit, chat)
                await self._relay.happen(unit, chat, e.Purged(self._relay.now()))

        return forget


async def happens(relay: Relay, unit: Unit, chat_id: str, event: e.Event) -> Chat | None:
    """Let it happen to the chat, if it is there and it still can."""
    chat = await unit.chat(chat_id)
    if chat is None:
        return None
    try:
        return await relay.happen(unit, chat, event)
    except NotNow:
        return None  # somebody else finished it
