"""Carrying a visitor's messages to the operators' thread."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta

from bot.domain import events as e
from bot.domain.chat import Chat, NotNow
from bot.domain.files import is_picture
from bot.domain.messages import Message
from bot.relay.delivering import InThread
from bot.relay.delivery import Delivery
from bot.relay.files import Previews
from bot.relay.handlers import After, Relayed
from bot.relay.outcomes import Apart, Gone, NotDone, Refused, Unclear
from bot.relay.ports import Thread, Threads
from bot.relay.relay import Relay
from bot.relay.rows import seqs_of
from bot.relay.storage import Unit

#: A message that waited longer than so says by how much Teams is behind.
_SLOW = timedelta(seconds=10)
_PAGE = 100
_BELIEVED = 30.0  # seconds
_MANY = 5000  # references remembered; more chats than a thread has


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
        seqs, found = seqs_of(delivery.payload), await self._found(delivery)
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
        unseen = self._not_shown(delivery, seqs_of(delivery.payload), sure=delivery.attempt < 2)
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
        seqs, news = seqs_of(delivery.payload), delivery.news
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
