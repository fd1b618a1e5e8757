"""Chats whose thread is not where somebody asked for it: opened in the pool, or lost."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any, cast

from bot.domain import events as e
from bot.domain.chat import LIVE, Chat, NotNow, State
from bot.domain.steps import forgotten
from bot.domain.tickets import Requestor, Ticket, TicketRef
from bot.relay import rows
from bot.relay.answering import Answer, word_of
from bot.relay.delivering import believed, later
from bot.relay.delivery import Delivery, Stream
from bot.relay.handlers import After, Quiet
from bot.relay.outcomes import Gone, Refused, Unclear
from bot.relay.pool import Pool
from bot.relay.ports import Places, Tell, Thread, Threads
from bot.relay.receiving import NO_THREAD, Receiving
from bot.relay.relay import Relay
from bot.relay.rows import LostPayload, OpenPayload, Wish, wished
from bot.relay.storage import Unit

Json = dict[str, Any]
#: Chats about a ticket that somebody should know of before he starts another.
RUNNING = (State.PROPOSED, *LIVE)
#: States in which a chat needs no thread any more.
_NEEDS_NONE = frozenset({State.FILED, State.PURGED, State.ERASED})


def opening(chat: Chat, asked: Wish, channel: Thread) -> Delivery:
    """Return the row that opens a proposed chat's thread in ``channel`` (stored).

    ``asked`` is the payload of the look-up. The chat is kept in the row until its thread is there.
    Rows about one ticket follow one another: of two COs who ask at once, the second finds the chat
    of the first, and is led there. That goes on beside it if ``asked`` names it in ``beside``.
    """
    kept: OpenPayload = {"chat": chat.id, "ticket": ticket_to_json(chat.ticket), "asked": asked}
    return rows.open_thread(kept, chat.ticket.ref, channel.id)


async def going_on(relay: Relay, ref: TicketRef) -> list[Chat]:
    """Find the chats about a ticket that go on, newest first."""
    chats = await relay.store.in_states(*RUNNING)
    about = [chat for chat in chats if chat.ticket.ref == ref]
    return sorted(about, key=lambda chat: chat.created, reverse=True)


class OpenHandler(Quiet):
    """Opens a chat's thread in a channel of the pool.

    The chat is born when its thread is known. If we die before that, the repeat posts the card
    once more: the first one belongs to no chat, and its buttons say so.
    """

    def __init__(self, relay: Relay, places: Places, pool: Pool | None = None) -> None:
        """``pool`` is the one that the look-up asks."""
        self._relay = relay
        self._places = places
        self._pool = pool or Pool(relay, ())

    async def deliver(self, delivery: Delivery) -> After | None:
        """Post the card as the first post of a thread, and tell whoever asked where it is."""
        chat = self._chat(delivery)
        if await self._relay.store.look(chat.id) is not None:
            return None
        asked, there = _asked(delivery), await going_on(self._relay, chat.ticket.ref)
        if unknown := [one for one in there if one.id not in asked.get("beside", ())]:
            return await self._led(chat, unknown[-1], asked)
        if asked.get("stay"):
            return await self._here(delivery)
        channel = await self._relay.store.thread(delivery.thread)
        try:
            opened = await self._places.open(channel, self._relay.view(chat, channel))
        except Unclear:
            if delivery.attempt < 2:
                raise
            return await self._here(delivery)  # two cards that nobody knows of are enough
        link = self._places.link(opened)

        async def keep(unit: Unit) -> None:
            thread = await unit.thread(opened)
            await unit.add(replace(chat, thread=thread.id, card=opened.root_id))
            if not asked.get("on_page"):  # who asks on a page is led there by the page
                await unit.schedule(_led_there(asked, chat, link))

        return keep

    async def _led(self, late: Chat, first: Chat, asked: Wish) -> After:
        """Somebody was quicker: whoever asked goes to that chat, on a page or in Teams.

        The page knows him by the chat that he wanted. That is cancelled before it began, and is
        older than the first one, so that no command in the thread can mean it.
        """
        link = self._places.link(await self._relay.store.thread(first.thread))
        created = first.created - timedelta(seconds=1)
        gone = replace(late, thread=first.thread, state=State.CANCELLED, created=created)

        async def lead(unit: Unit) -> None:
            if asked.get("on_page"):
                await unit.add(forgotten(gone))
            else:
                await unit.schedule(_led_there(asked, first, link))

        return lead

    async def gave_up(self, delivery: Delivery, error: Refused) -> After | None:
        """If Teams does not let us, try the next channel; at last, stay where it was asked for.

        Not even there: try on, and let others have theirs for that ticket meanwhile.
        """
        chat = self._chat(delivery)
        self._pool.avoid((await self._relay.store.thread(delivery.thread)).channel_id)
        asked = await self._relay.store.thread(chat.thread)
        other = await self._pool.channel_for(chat.id, asked)
        if other is None:
            try:
                return await self._here(delivery)
            except Refused:
                return later(self._relay, delivery)

        async def elsewhere(unit: Unit) -> None:
            await unit.schedule(opening(chat, _asked(delivery), await unit.thread(other)))

        return elsewhere

    async def _here(self, delivery: Delivery) -> After:
        """Stay where it was asked for; who asked on a page has his personal chat."""
        chat = self._chat(delivery)
        place = await self._relay.store.thread(chat.thread)
        if _asked(delivery).get("on_page"):
            place = await self._places.home(place, chat.started_by.id)

        async def stay(unit: Unit) -> None:
            thread = (await unit.thread(place)).id
            await unit.add(replace(chat, thread=thread))
            await unit.schedule(rows.card(chat.id, thread))

        return stay

    def _chat(self, delivery: Delivery) -> Chat:
        kept = cast("OpenPayload", delivery.payload)
        _, by = wished(kept["asked"])
        ticket = ticket_from_json(kept["ticket"])
        created = delivery.created or self._relay.now()
        return Chat(kept["chat"], int(kept["asked"]["thread"]), ticket, by, created)


class BeginHandler(Quiet):
    """Opens the thread of a chat that a visitor began, and moves the chat there.

    It is the first row of the chat's stream: everything else of the chat waits behind it. If we die
    before the thread is known, the repeat opens another one and says so there.
    """

    def __init__(self, relay: Relay, places: Places) -> None:
        self._relay = relay
        self._places = places

    async def deliver(self, delivery: Delivery) -> After | None:
        """Post the card as the first post of a thread."""
        found = await self._relay.store.look(delivery.chat_id or "")
        if found is None or found[0].state in _NEEDS_NONE:
            return None
        chat, place = found[0], await self._relay.store.thread(found[0].thread)
        if not place.begun:
            return None
        channel = replace(place, conversation_id=place.channel_id, id=0)
        try:
            opened = await self._open(delivery, chat, channel)
        except Unclear as error:
            if delivery.attempt < 2:
                raise
            return self._lost(chat.id, error.sentence)  # two cards that nobody knows of are enough

        async def keep(unit: Unit) -> None:
            thread = await unit.thread(opened)
            now = await unit.chat(chat.id)
            if now is None:
                return
            now = replace(now, thread=thread.id, card=opened.root_id)
            await unit.rehouse(now)
            if delivery.attempt > 1:
                stream, word = Stream.AGAIN.of(chat.id), Answer.OPENED_AGAIN
                row = rows.notice(stream, thread.id, word, chat_id=chat.id, fixed=False)
                await unit.schedule(row)
            if replace(now, thread=chat.thread, card=chat.card) != chat:
                await unit.schedule(rows.card(chat.id, thread.id))

        return keep

    async def _open(self, delivery: Delivery, chat: Chat, channel: Thread) -> Thread:
        """Open it. That the channel is gone ends the chat for good: Teams must say so twice."""
        try:
            return await self._places.open(channel, self._relay.view(chat, channel))
        except Gone as error:
            raise believed(delivery, error) from None

    async def gave_up(self, delivery: Delivery, error: Refused) -> After | None:
        """Teams does not let us: the visitor is told, the record is filed, nobody else comes in."""
        return self._lost(delivery.chat_id or "", error.sentence)

    def _lost(self, chat_id: str, why: str) -> After:
        async def lost(unit: Unit) -> None:
            found = await unit.reception()  # first, as everybody who wants both
            chat = await unit.chat(chat_id)
            if chat is None:
                return
            await unit.close_thread(chat.thread, why)
            with suppress(NotNow):
                await self._relay.happen(unit, chat, e.ThreadLost(self._relay.now()))
            if found is not None:
                await Receiving(self._relay).close(unit, found, NO_THREAD)

        return lost


def _asked(delivery: Delivery) -> Wish:
    return cast("OpenPayload", delivery.payload)["asked"]


def _led_there(asked: Wish, chat: Chat, link: str) -> Delivery:
    thread, mention = asked["thread"], asked["mention"]
    stream, word = Stream.THREAD.of(thread), Answer.ELSEWHERE
    return rows.notice(stream, thread, word, link, chat_id=chat.id, mention=mention)


class LostHandler(Quiet):
    """Tells the CO in another place what can be told in his chat's thread no more: it is lost."""

    def __init__(self, relay: Relay, places: Places, threads: Threads) -> None:
        self._relay = relay
        self._places = places
        self._threads = threads

    async def deliver(self, delivery: Delivery) -> After | None:
        """Find the place, and tell."""
        found = await self._relay.store.look(delivery.chat_id or "")
        if found is None:
            return None
        chat = found[0]
        said = cast("LostPayload", delivery.payload)
        by = said.get("by") or [chat.responsible.id, chat.responsible.name]
        gone = await self._relay.store.thread(chat.thread)
        place = await self._places.fallback(gone, str(by[0]))
        word, detail = word_of(str(said["word"])), str(said["detail"])
        if word is None:
            return later(self._relay, delivery)  # a later version has words for it
        resent = delivery.attempt > 1 or rows.tries(delivery) > 0
        whom = (str(by[0]), str(by[1])) if by[0] else None  # forgotten, where it was purged since
        await self._threads.tell(place, Tell(word, detail, chat, whom, resent=resent))
        return None

    async def gave_up(self, delivery: Delivery, error: Refused) -> After | None:
        """There is no other place: try on, more and more seldom."""
        return later(self._relay, delivery)


def ticket_to_json(ticket: Ticket) -> Json:
    """Return a ticket as JSON."""
    return {**asdict(ticket), "created": ticket.created and ticket.created.isoformat()}


def ticket_from_json(kept: Json) -> Ticket:
    """Return the ticket that ``ticket_to_json`` has written."""
    created = kept["created"]
    return Ticket(
        **kept
        | {
            "ref": TicketRef(**kept["ref"]),
            "asked": TicketRef(**kept["asked"]),
            "requestors": tuple(Requestor(**one) for one in kept["requestors"]),
            "ccs": tuple(Requestor(**one) for one in kept["ccs"]),
            "created": datetime.fromisoformat(created) if created else None,
        }
    )
