"""What an operator sends beside his words: pictures that are fetched, files that lie elsewhere."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import cast

from bot.domain import events as e
from bot.domain.chat import Chat, NotNow, State
from bot.domain.files import File, Standing, ending_of, file_name, picture_type
from bot.relay import rows
from bot.relay.answering import Answer
from bot.relay.delivery import Delivery
from bot.relay.files import Fetched, Scanner, Stored, TooBigToScan
from bot.relay.handlers import After, Quiet
from bot.relay.inbound import Heard
from bot.relay.outcomes import NotDone, Refused
from bot.relay.relay import Relay
from bot.relay.rows import FetchPayload
from bot.relay.storage import Unit
from bot.relay.telling import Telling

#: What a picture is called until its kind is known.
_NAME = "picture"
#: The record may wait for it, so there must be an end.
_PATIENCE = timedelta(minutes=2)
FULL = "The chat has as many files as it may."
_TALKED_OF = frozenset({State.OPEN, State.ENDED, State.HELD, State.FILING})

#: Fetches an address, at most so many bytes. Raises NotDone, Refused.
Fetch = Callable[[str, int], Awaitable[bytes]]


def key_of(key: str, number: int) -> str:
    """Return the key of the line for the ``number``-th thing that came with message ``key``.

    The first one of a message without words stands for the message itself (number 0).
    """
    return f"{key}#{number}" if number else key


async def bring(relay: Relay, unit: Unit, chat: Chat, heard: Heard, *, spoken: bool) -> Chat:
    """Give the chat a line for each thing; pictures are fetched as soon as this is committed.

    ``spoken`` when the message had words, which have its key. Raises ChatFull, NotNow.
    """
    number, author, now = int(spoken), heard.operator.author, relay.now()
    for url in heard.pictures:
        key = key_of(heard.key, number)
        file = File(_id(key), _NAME, standing=Standing.COMING)
        chat = await relay.happen(unit, chat, e.Said(now, author, key, _NAME, file=file))
        coming = Stored(file.id, chat.head, _NAME, "", b"", Fetched.COMING)
        await unit.keep_file(chat.id, coming)
        pasted: FetchPayload = {"file": file.id, "seq": chat.head, "url": url}
        await unit.schedule(rows.fetch(chat, pasted))
        number += 1
    for called, url in heard.links:
        name, key = file_name(called), key_of(heard.key, number)
        file = File("", name, standing=Standing.LINK, url=url)
        said = e.Said(now, author, key, f"{name}\n{url}", file=file)
        chat = await relay.happen(unit, chat, said)
        number += 1
    return chat


def _id(key: str) -> str:
    return f"o-{hashlib.sha256(key.encode()).hexdigest()[:32]}"


class FetchHandler(Quiet):
    """Fetches a picture that an operator pasted, off the way of his words."""

    def __init__(self, relay: Relay, fetch: Fetch, scanner: Scanner | None = None) -> None:
        self._relay = relay
        self._fetch = fetch
        self._scanner = scanner
        self._telling = Telling(relay)

    async def deliver(self, delivery: Delivery) -> After | None:
        """Fetch it, and let it be seen if it is what it should be."""
        found = await self._relay.store.look(delivery.chat_id or "")
        if found is None or found[0].state not in _TALKED_OF:
            return None
        began = delivery.created or self._relay.now()
        late = self._relay.now() - began >= _PATIENCE
        if late and delivery.attempt > 1:  # it hung, or we died of it
            raise Refused("It did not come in time.")
        try:
            content, kind = await self._picture(str(cast("FetchPayload", delivery.payload)["url"]))
        except NotDone as error:
            if not (late or isinstance(error, TooBigToScan)):
                raise
            raise Refused(error.sentence) from error
        return self._then(delivery, content, kind)

    async def gave_up(self, delivery: Delivery, error: Refused) -> After | None:
        """The visitor is told that it will not come, and so is the CO, with the reason."""
        return self._then(delivery, b"", "", error.sentence)

    async def _picture(self, url: str) -> tuple[bytes, str]:
        content = await self._fetch(url, self._relay.rules.files.bytes)
        kind = picture_type(content)
        if not kind:
            raise Refused("It is no PNG, JPEG, GIF or WebP.")
        if self._scanner is not None and not await self._scanner.is_clean(content):
            raise Refused("The virus scanner found something in it.")
        return content, kind

    def _then(self, delivery: Delivery, content: bytes, kind: str, problem: str = "") -> After:
        pasted = cast("FetchPayload", delivery.payload)
        file_id, seq = str(pasted["file"]), int(pasted["seq"])

        async def after(unit: Unit) -> None:
            chat = await unit.chat(delivery.chat_id or "")
            if chat is None or not await unit.is_coming(chat.id, file_id):
                return  # its message was taken back meanwhile, or all of it is done with
            # Only now, with the chat locked: others may have come since this one was asked for.
            full = chat.file_bytes + len(content) > self._relay.rules.files.total
            stored = _stored(file_id, seq, b"" if full else content, kind)
            size = len(stored.content)
            event = e.FileCame(self._relay.now(), seq, bool(size), size)
            try:
                await self._relay.happen(unit, chat, event)
            except NotNow:
                return
            await unit.keep_file(chat.id, stored)
            if why := FULL if full else problem:
                await self._telling.tell_chat(unit, chat, Answer.FILE_MISSED, why)

        return after


def _stored(file_id: str, seq: int, content: bytes, kind: str) -> Stored:
    """What is kept of a picture; without content it will not come."""
    if not content:
        return Stored(file_id, seq, _NAME, "", b"", Fetched.MISSING)
    return Stored(file_id, seq, _NAME + ending_of(kind), kind, content, Fetched.HERE)
