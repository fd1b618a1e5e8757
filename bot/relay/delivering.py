"""Carrying things to the operators' thread: messages, notices, the card."""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from bot.domain import events as e
from bot.domain.chat import OVER, Chat, NotNow, State
from bot.domain.effects import Word
from bot.domain.files import is_picture
from bot.domain.messages import Message
from bot.relay.answering import word_of
from bot.relay.files import Previews
from bot.relay.handlers import After, Quiet, Relayed
from bot.relay.ports import (
    URGENT,
    Answer,
    Apart,
    Delivery,
    Gone,
    NotDone,
    Refused,
    Tell,
    Thread,
    Threads,
    Unclear,
)
from bot.relay.relay import Relay
from bot.relay.storage import Unit

#: Notices that must raise a notification: somebody waits for the CO (facts: teams 4.6).
_CALLS = frozenset(
    {
        Word.JOINED,
        Word.ENDED_BY_VISITOR,
        Word.SILENT,
        Word.FILING_FAILED,
        Word.FILING_STOPPED,
        Word.FILED_ELSEWHERE,
        Word.ASKED,
        Word.UNANSWERED,
        Word.HANDED_BACK,
    }
)
#: Notices that are told elsewhere if the thread is gone: somebody has to put something right in RT.
_NEVER_LOST = frozenset({Word.FILED_ELSEWHERE, Word.STATUS_PROBLEM, Word.FILING_FAILED,
                         Word.FILING_STOPPED, Answer.FILING_WAITS, Answer.STRANDED})  # fmt: skip
#: A message that waited longer than so says by how much Teams is behind.
_SLOW = timedelta(seconds=10)
_PAGE = 100
#: A notice or a card that Teams did not confirm is tried again for some hours.
_SOON, _SELDOM, _TRIES = timedelta(seconds=5), timedelta(minutes=15), 20
_BELIEVED = 30.0  # seconds
_SURE_AFTER = 4.0  # seconds after which Teams is asked a second time whether a place is gone
_MANY = 5000  # references remembered; more chats than a thread has


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


class RelayHandler(InThread):
    """Posts a visitor's messages: those of one chat that waited together, in one post."""

    #: How long a preview may be waited for and made, within a lease of 30 s.
    preview_seconds = 5.0

    def __init__(self, relay: Relay, threads: Threads, previews: Previews | None = None) -> None:
        """Without ``previews`` files are only named."""
        super().__init__(relay, threads)
        self._previews = previews
        self._threads_read: dict[int, tuple[float, Thread]] = {}

    async def _post(self, delivery: Delivery) -> After | None:
        """Post them; a repeat of an attempt that may have arrived is labelled."""
        seqs, found = _seqs(delivery), await self._found(delivery)
        if found is None:
            return None  # purged: they stand in RT
        chat, lines = found
        thread = await self._thread(chat.thread)
        if thread.begun:
            return None  # Teams lets us open no thread: it is in the record
        # Not a second time: what stopped us in mid-post may have been the picture.
        pictures = await self._pictures(chat.id, lines) if delivery.attempt == 1 else ()
        try:
            posts = await self._threads.relay(
                thread,
                chat,
                lines,
                resent=delivery.attempt > 1,
                behind=self._behind(delivery),
                pictures=pictures,
            )
        except Unclear as error:
            if delivery.attempt < 2:
                raise
            return self._left_at_that(delivery, seqs, error)  # repeated once: no more
        except Refused as error:
            if isinstance(error, Gone) or len(lines) == 1:
                raise
            raise Apart(error.sentence) from error  # and so do the budget and blame

        return Relayed(chat.id, seqs[-1], tuple(posts) if self._relay.rules.delete_posts else ())

    async def gave_up(self, delivery: Delivery, error: Refused) -> After | None:
        """A message that Teams refuses is in the record; the CO and the visitor are told."""
        # An earlier try may have arrived, whatever is said to the repeat.
        unseen = self._not_shown(delivery, _seqs(delivery), sure=delivery.attempt < 2)
        if not isinstance(error, Gone):
            return unseen
        lost, thread = await super().gave_up(delivery, error), await self._place(delivery)

        async def both(unit: Unit) -> None:
            await unit.chats_in(thread, _MANY)  # locked in order
            await unseen(unit)  # first: the record is closed by what follows
            if lost:
                await lost(unit)

        return both

    async def delayed(self, delivery: Delivery, error: NotDone | Unclear) -> After | None:
        """What stands there of several posts is to be taken back one day."""
        posts = error.posts if isinstance(error, Unclear) and self._relay.rules.delete_posts else ()
        return Relayed(delivery.chat_id or "", 0, posts) if posts else None

    def _left_at_that(self, delivery: Delivery, seqs: list[int], error: Unclear) -> After:
        unseen = self._not_shown(delivery, seqs, sure=False)

        async def both(unit: Unit) -> None:
            await unseen(unit)
            if stands := await self.delayed(delivery, error):
                await stands(unit)

        return both

    async def _pictures(self, chat_id: str, lines: list[Message]) -> tuple[bytes, ...]:
        """What is to be seen in the thread of the file that came with the one message."""
        file = lines[0].file
        if self._previews is None or file is None or not is_picture(file.type):
            return ()
        found = await self._relay.store.file(chat_id, file.id)
        try:
            async with asyncio.timeout(self.preview_seconds):
                return await self._previews.previews(found.content) if found else ()
        except TimeoutError:  # nothing was posted yet: the message goes without it
            return ()

    async def _thread(self, number: int) -> Thread:
        """A thread's reference, which hardly ever changes: read at most every half minute."""
        known = self._threads_read.get(number)
        if known and time.monotonic() - known[0] < _BELIEVED:
            return known[1]
        if len(self._threads_read) >= _MANY:
            self._threads_read.clear()
        thread = await self._relay.store.thread(number)
        self._threads_read[number] = time.monotonic(), thread
        return thread

    async def _found(self, delivery: Delivery) -> tuple[Chat, list[Message]] | None:
        """The chat and the messages: what was only just committed is not read back."""
        seqs, news = _seqs(delivery), delivery.news
        if news is not None and news.chat is not None:
            lines = [line for line in news.lines if line.seq in seqs]
            if len(lines) == len(seqs):
                return news.chat, lines
        if (found := await self._chat(delivery)) is None:
            return None
        lines = await self._lines(found[0].id, seqs)
        return (found[0], lines) if lines else None

    async def _lines(self, chat_id: str, seqs: list[int]) -> list[Message]:
        wanted, lines = set(seqs), []
        after = seqs[0] - 1
        # Other people's lines may stand between them.
        while page := await self._relay.store.log(chat_id, after, _PAGE):
            lines += [line for line in page if line.seq in wanted]
            after = page[-1].seq
            if after >= seqs[-1] or len(page) < _PAGE:
                break
        return lines

    def _behind(self, delivery: Delivery) -> int:
        # All by the database's clock. What waits for the budget waits unclaimed; what Teams did not
        # take was due again just before this try.
        waited = timedelta()
        if delivery.created and delivery.first_claimed:
            began = max(delivery.first_claimed, delivery.not_before or delivery.created)
            waited = began - delivery.created
        return int(waited.total_seconds()) if waited > _SLOW else 0

    def _not_shown(self, delivery: Delivery, seqs: list[int], *, sure: bool) -> After:
        async def tell(unit: Unit) -> None:
            chat = await unit.chat(delivery.chat_id or "")
            if chat is None:
                return
            event = e.NotShown(self._relay.now(), tuple(seqs), sure)
            try:
                await self._relay.happen(unit, chat, event)
            except NotNow:
                return  # its record is in RT

        return tell


def _seqs(delivery: Delivery) -> list[int]:
    return [int(seq) for seq in delivery.payload.get("seqs") or [delivery.payload["seq"]]]


class TellHandler(InThread):
    """Posts a notice."""

    async def _post(self, delivery: Delivery) -> After | None:
        """Post it, calling the CO if somebody waits for him."""
        found, payload = await self._chat(delivery), delivery.payload
        if (word := word_of(str(payload["word"]))) is None:
            return later(self._relay, delivery)  # a later version has words for it
        chat = found[0] if found else None
        thread_id = payload.get("thread") or (chat.thread if chat else 0)
        if not thread_id:
            return None
        thread = await self._relay.store.thread(int(thread_id))
        if thread.begun and chat is not None:  # it may have been opened since that was said
            thread = await self._relay.store.thread(chat.thread)
        if thread.begun:
            return None
        whom = _whom(delivery, chat)
        resent = delivery.attempt > 1 or "tries" in payload
        notice = Tell(word, str(payload["detail"]), chat, whom, resent=resent)
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
        if found is None or delivery.payload["word"] not in _NEVER_LOST:
            return lost
        chat, told = found[0], ("word", "detail")
        # After the purge it is known only who sent the record.
        by = chat.filing.by if chat.filing and not chat.started_by.id else chat.started_by
        # Whom to tell goes along: by then the chat may be purged.
        payload = {key: delivery.payload[key] for key in told} | {"by": [by.id, by.name]}
        stream = f"lost:{chat.id}"
        row = Delivery(
            delivery.lane, stream, "lost", payload, chat.id, thread=delivery.thread, rank=URGENT
        )

        async def both(unit: Unit) -> None:
            await unit.schedule(row)
            if lost:
                await lost(unit)

        return both


def _whom(delivery: Delivery, chat: Chat | None) -> tuple[str, str] | None:
    """Whom a notice calls: id and name."""
    if mention := delivery.payload.get("mention"):
        return str(mention[0]), str(mention[1])
    if delivery.payload["word"] in _CALLS and chat is not None and chat.started_by.id:
        return chat.started_by.id, chat.started_by.name
    return None


def later(relay: Relay, delivery: Delivery, *, aside: bool = True) -> After | None:
    """Try again what may be repeated, until it is of no use to anybody.

    ``aside``: in a stream of its own, so that nothing waits for it.
    """
    tries = int(delivery.payload.get("tries", 0)) + 1
    if tries > _TRIES:
        return None
    row = Delivery(
        delivery.lane,
        f"late:{delivery.stream}:{delivery.id}" if aside and tries == 1 else delivery.stream,
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
