"""Carrying notices and the card to the operators' thread; a visitor's messages are in relaying.py."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import cast

from bot.domain import events as e
from bot.domain.chat import OVER, Chat, NotNow, State
from bot.domain.effects import Word
from bot.relay import rows
from bot.relay.answering import Answer, word_of
from bot.relay.delivery import Delivery, Stream
from bot.relay.handlers import After, Quiet, Relayed
from bot.relay.outcomes import Gone, NotDone, Refused
from bot.relay.ports import Tell, Threads
from bot.relay.relay import Relay
from bot.relay.rows import TellPayload
from bot.relay.storage import Unit

#: Notices that must raise a notification: somebody waits for the CO.
_CALLS = frozenset(
    {
        Word.JOINED,
        Word.ENDED_BY_VISITOR,
        Word.SILENT,
        Word.FILING_FAILED,
        Word.FILING_STOPPED,
        Word.FILED_ELSEWHERE,
        Word.NOT_MAILED,
        Word.ASKED,
        Word.UNANSWERED,
        Word.HANDED_BACK,
    }
)
#: Notices that are told elsewhere if the thread is gone: somebody has to put something right in RT.
_NEVER_LOST = frozenset({Word.FILED_ELSEWHERE, Word.STATUS_PROBLEM, Word.FILING_FAILED,
                         Word.FILING_STOPPED, Word.NOT_MAILED, Answer.FILING_WAITS, Answer.STRANDED})  # fmt: skip
#: A notice or a card that Teams did not confirm is tried again for some hours.
_SOON, _SELDOM, _TRIES = timedelta(seconds=5), timedelta(minutes=15), 20
_SURE_AFTER = 4.0  # seconds after which Teams is asked a second time whether a place is gone
_MANY = 5000  # more chats than a thread has


def believed(delivery: Delivery, gone: Gone) -> Gone | NotDone:
    """Return what to make of it that a place is gone: only what Teams says twice is so."""
    return gone if delivery.problem == gone.sentence else NotDone(gone.sentence, _SURE_AFTER)


class InThread(Quiet, ABC):
    """What the handlers for threads have in common: Teams may have lost the place."""

    def __init__(self, relay: Relay, threads: Threads) -> None:
        self._relay = relay
        self._threads = threads

    async def deliver(self, delivery: Delivery) -> After | None:
        """Post it. That a place is gone ends its chat for good: Teams must say so twice."""
        try:
            return await self._post(delivery)
        except Gone as error:
            raise believed(delivery, error) from None

    @abstractmethod
    async def _post(self, delivery: Delivery) -> After | None:
        """Post it, once."""

    async def gave_up(self, delivery: Delivery, error: Refused) -> After | None:
        """If the thread is gone, its chats are filed and visitors told; else nothing follows."""
        if not isinstance(error, Gone) or delivery.chat_id is None:
            return None
        thread = await self._place(delivery)

        async def lost(unit: Unit) -> None:
            # All that are there: whoever finds out next sees that it is known.
            there = await unit.chats_in(thread, _MANY)
            if all(chat.id != delivery.chat_id for chat in there):
                return  # it was for another place, where the chat had been asked for
            if not (await unit.thread_by_id(thread)).open:
                return  # known already: what follows from it has followed
            await unit.close_thread(thread, error.sentence)
            for one in there:
                with suppress(NotNow):
                    await self._relay.happen(unit, one, e.ThreadLost(self._relay.now()))

        return lost

    async def _place(self, delivery: Delivery) -> int:
        found = await self._chat(delivery)
        return int(delivery.payload.get("thread") or (found[0].thread if found else 0))

    async def _chat(self, delivery: Delivery) -> tuple[Chat, int] | None:
        if delivery.chat_id is None:
            return None
        return await self._relay.store.look(delivery.chat_id)


class TellHandler(InThread):
    """Posts a notice."""

    async def _post(self, delivery: Delivery) -> After | None:
        """Post it, calling the CO if somebody waits for him."""
        found, said = await self._chat(delivery), cast("TellPayload", delivery.payload)
        if (word := word_of(str(said["word"]))) is None:
            return later(self._relay, delivery)  # a later version has words for it
        chat = found[0] if found else None
        thread_id = said.get("thread") or (chat.thread if chat else 0)
        if not thread_id:
            return None
        thread = await self._relay.store.thread(int(thread_id))
        if thread.begun and chat is not None:  # it may have been opened since that was said
            thread = await self._relay.store.thread(chat.thread)
        if thread.begun:
            return None
        whom = _whom(delivery, chat)
        resent = delivery.attempt > 1 or rows.tries(delivery) > 0
        notice = Tell(word, str(said["detail"]), chat, whom, resent=resent)
        post = await self._threads.tell(thread, notice)
        if not self._relay.rules.delete_posts or chat is None or thread.id != chat.thread:
            return None
        # What tells of the end stays; what was on its way by then goes as well.
        return Relayed(chat.id, 0, (post,)) if chat.state not in OVER else None

    async def gave_up(self, delivery: Delivery, error: Refused) -> After | None:
        """Somebody must hear of it: try on beside the words of the chat, more and more seldom."""
        if isinstance(error, Gone):
            return await self._elsewhere(delivery, await super().gave_up(delivery, error))
        found = await self._chat(delivery)
        if whom := _whom(delivery, found[0] if found else None):
            # By then the chat may be purged, and have forgotten who it was.
            delivery = replace(delivery, payload={**delivery.payload, "mention": list(whom)})
        return later(self._relay, delivery)

    async def _elsewhere(self, delivery: Delivery, lost: After | None) -> After | None:
        """What is wrong with a record in RT is told where the CO will see it."""
        found = await self._chat(delivery)
        said = cast("TellPayload", delivery.payload)
        if found is None or said["word"] not in _NEVER_LOST:
            return lost
        chat = found[0]
        # After the purge it is known only who sent the record.
        by = chat.filing.by if chat.filing and not chat.responsible.id else chat.responsible
        row = rows.lost(chat, delivery.thread, said["word"], said["detail"], by)

        async def both(unit: Unit) -> None:
            await unit.schedule(row)
            if lost:
                await lost(unit)

        return both


def _whom(delivery: Delivery, chat: Chat | None) -> tuple[str, str] | None:
    """Whom a notice calls: id and name."""
    said = cast("TellPayload", delivery.payload)
    if mention := said.get("mention"):
        return str(mention[0]), str(mention[1])
    if said["word"] in _CALLS and chat is not None and chat.responsible.id:
        return chat.responsible.id, chat.responsible.name
    return None


def later(relay: Relay, delivery: Delivery, *, aside: bool = True) -> After | None:
    """Try again what may be repeated, until it is of no use to anybody.

    ``aside``: in a stream of its own, so that nothing waits for it.
    """
    tries, stream = rows.tries(delivery) + 1, delivery.stream
    if tries > _TRIES:
        return None
    row = Delivery(
        delivery.lane,
        Stream.LATE.of(stream, delivery.id) if aside and tries == 1 else stream,
        delivery.kind,
        {**delivery.payload, "tries": tries},
        delivery.chat_id,
        relay.now() + min(_SOON * 2**tries, _SELDOM),
        thread=delivery.thread,
        rank=delivery.rank,
    )
    return lambda unit: unit.schedule(row)


class CardHandler(InThread):
    """Posts the chat's card, or brings it up to date."""

    async def _post(self, delivery: Delivery) -> After | None:
        """Show the chat as it is now, which may be later than what asked for it."""
        found = await self._chat(delivery)
        if found is None:
            return None
        chat = found[0]
        thread = await self._relay.store.thread(chat.thread)
        if thread.begun:
            return None  # opening the thread shows it
        card = await self._threads.show(thread, self._relay.view(chat, thread), chat.card)
        if card == chat.card:
            return None

        async def keep(unit: Unit) -> None:
            if now := await unit.chat(chat.id):
                await unit.save(replace(now, card=card))

        return keep

    async def gave_up(self, delivery: Delivery, error: Refused) -> After | None:
        """A card is no reason to end a talk, unless it could never be shown."""
        found = await self._chat(delivery)
        first = found is not None and not found[0].card and found[0].state is State.PROPOSED
        shown = found is not None and found[0].state not in OVER
        if isinstance(error, Gone):
            return await super().gave_up(delivery, error) if first and shown else None
        return later(self._relay, delivery, aside=False) if shown else None
