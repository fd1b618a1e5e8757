"""What a visitor can do with files: send one, and look at those of his chat."""

from __future__ import annotations

import asyncio

from bot.domain import events as e
from bot.domain.chat import Chat
from bot.domain.files import MAX_ABOUT, BadFile, File, file_name, type_of
from bot.domain.messages import Author, EmptyText, Kind, Message, tidy
from bot.domain.photos import bare
from bot.relay.files import Fetched, FileRules, Scanner, Stored, TooBigToScan
from bot.relay.ports import Seat
from bot.relay.relay import Relay
from bot.relay.storage import Unit
from bot.relay.visiting import CannotSay, accepted


class Attaching:
    """The visitors' use cases about files. ``scanner`` is None where nobody looks for malware."""

    def __init__(self, relay: Relay, scanner: Scanner | None = None) -> None:
        self._relay = relay
        self._scanner = scanner

    @property
    def rules(self) -> FileRules:
        """How much a chat may hold."""
        return self._relay.rules.files

    async def attach(self, seat: Seat, key: str, name: str, about: str, content: bytes) -> Message:
        """Accept a file as a message; durable on return. A repeated key returns the first one's line.

        ``name`` is as the sender's device has it, ``about`` his description, if any. Raises
        CannotSay, and NotDone when it can be neither accepted nor refused now.
        """
        content, file, text = await self._looked_at(key, name, about, content)
        now = self._relay.now()

        async def speak(unit: Unit, chat: Chat, visitor: Author) -> Message:
            self._check_room(chat, file)
            said = e.Said(now, visitor, key, text, file=file)
            after = await self._relay.happen(unit, chat, said)
            stored = Stored(file.id, after.head, file.name, file.type, content)
            await unit.keep_file(chat.id, stored)
            return Message(after.head, visitor, Kind.SAID, text, now, key, file=file)

        return await accepted(self._relay, seat, key, speak)

    async def file(self, seat: Seat, file_id: str) -> Stored | None:
        """Read a file of the visitor's own chat, while it is here."""
        found = await self._relay.store.file(seat.chat_id, file_id)
        return found if found and found.state is Fetched.HERE else None

    async def _looked_at(
        self, key: str, name: str, about: str, content: bytes
    ) -> tuple[bytes, File, str]:
        """Return what is kept of it, the file and its message's text, if it is one that is taken."""
        if len(content) > self.rules.bytes:
            raise CannotSay("file_size")
        name = file_name(name)
        try:
            kind = await asyncio.to_thread(type_of, name, content)
        except BadFile as error:
            raise CannotSay(error.code) from error
        try:
            unsafe = self._scanner is not None and not await self._scanner.is_clean(content)
        except TooBigToScan as error:
            raise CannotSay("file_size") from error
        if unsafe:
            raise CannotSay("file_unsafe")
        kept = await asyncio.to_thread(bare, content)
        return kept, File(f"v-{key}", name, kind, len(kept)), _described(about, name)

    def _check_room(self, chat: Chat, file: File) -> None:
        rules = self.rules
        if chat.files >= rules.most or chat.file_bytes + file.size > rules.total:
            raise CannotSay("files_full")


def _described(about: str, name: str) -> str:
    try:
        return tidy(about[:MAX_ABOUT])
    except EmptyText:
        return name
