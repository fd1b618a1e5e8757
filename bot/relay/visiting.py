"""What a visitor can do in his seat: read, talk, come and go, end (joining.py tells how he got it)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from datetime import datetime, timedelta

from bot.domain import events as e
from bot.domain.beginning import waiting_longer
from bot.domain.chat import Chat, ChatFull, NotNow
from bot.domain.messages import Author, EmptyText, Kind, Message, Role, TextTooLong, tidy
from bot.domain.presence import Presence, together
from bot.domain.rating import Rating
from bot.relay.ports import Seat
from bot.relay.relay import Relay
from bot.relay.storage import Unit

#: That a visitor types is noted no more often.
_OFTEN = timedelta(seconds=30)


class CannotSay(Exception):
    """A message was not accepted; ``code`` is ended, too_long, empty or chat_full, and of a file also
    file_type, file_size, files_full or file_unsafe.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class CannotRate(Exception):
    """An answer is not kept; ``code`` is rated (there is another one) or late (or not asked for)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Visiting:
    """The use cases of visitors who have a seat."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay

    async def seated(self, seat: Seat) -> bool:
        """Tell whether a seat that was good is so still."""
        now = await self._relay.store.find_seat(seat.id)
        return now is not None and now.expires > self._relay.now()

    async def leave(self, seat: Seat) -> None:
        """Forget the seat."""
        await self._relay.store.write(lambda unit: unit.leave(seat.id))

    async def look(self, seat: Seat) -> tuple[Chat, int] | None:
        """Return the chat and the seq up to which its visitor's lines were relayed."""
        return await self._relay.store.look(seat.chat_id)

    async def versions(self, chat_ids: Collection[str]) -> dict[str, int]:
        """Return each chat's count of changes; one that is gone has none."""
        return await self._relay.store.versions(chat_ids)

    async def waiting_longer(self) -> dict[str, int]:
        """Return, of each chat that waits for an answer, how many others have been waiting longer."""
        return waiting_longer(await self._relay.store.waiting())

    async def log(self, seat: Seat, after: int, limit: int = 200) -> list[Message]:
        """Read the chat's log after seq ``after``, oldest first."""
        return await self._relay.store.log(seat.chat_id, after, limit)

    async def say(self, seat: Seat, key: str, text: str) -> Message:
        """Accept a message; durable on return. A repeated key returns the first one's line.

        Raises CannotSay.
        """
        now = self._relay.now()

        async def speak(unit: Unit, chat: Chat, visitor: Author) -> Message:
            said = e.Said(now, visitor, key, _tidied(text))
            after = await self._relay.happen(unit, chat, said)
            return Message(after.head, visitor, Kind.SAID, said.text, now, key)

        return await accepted(self._relay, seat, key, speak)

    async def presence(self, chat_id: str, presence: Presence, seen: int = 0) -> None:
        """Note where the visitor's windows on this process are, all of them together, and the last
        line that one of them confirmed while it was in front of him.
        """
        now = self._relay.now()

        async def work(unit: Unit) -> None:
            chat = await unit.chat(chat_id)
            if chat is None:
                return
            windows = await unit.windows(chat_id, self._relay.process, presence)
            try:
                event = e.PresenceChanged(now, together(windows), seen)
                await self._relay.happen(unit, chat, event)
            except NotNow:
                return  # nobody is interested any more

        await self._relay.store.write(work)

    async def here(self, seat: Seat) -> None:
        """The visitor types, or says that he is still there: the chat does not end by itself."""
        now = self._relay.now()
        found = await self._relay.store.look(seat.chat_id)
        if found is None or not _worth_noting(found[0], now):
            return

        async def work(unit: Unit) -> None:
            chat = await unit.chat(seat.chat_id)
            if chat is None or chat.visitor is None:
                return
            try:
                await self._relay.happen(unit, chat, e.StillHere(now, chat.visitor))
            except NotNow:
                return  # it has ended meanwhile, and the widget is told so

        await self._relay.store.write(work, soon=False, about={seat.chat_id})

    async def end(self, seat: Seat) -> None:
        """The visitor ends the chat; harmless when it is over already."""
        now = self._relay.now()

        async def work(unit: Unit) -> None:
            chat = await unit.chat(seat.chat_id)
            if chat is None or chat.visitor is None:
                return
            try:
                await self._relay.happen(unit, chat, e.Ended(now, chat.visitor))
            except NotNow:
                return

        await self._relay.store.write(work)

    async def rate(self, seat: Seat, rating: Rating) -> None:
        """Keep whether the chat helped, durable on return. Raises CannotRate."""
        now = self._relay.now()

        async def work(unit: Unit) -> str:
            chat = await unit.chat(seat.chat_id)
            if chat is None:
                return "late"
            with suppress(NotNow):  # what was answered before still counts
                chat = await self._relay.happen(unit, chat, e.Rated(now, rating))
            if chat.rating is rating:
                return ""
            return "rated" if chat.rating else "late"

        if refused := await self._relay.store.write(work):
            raise CannotRate(refused)


async def accepted(
    relay: Relay,
    seat: Seat,
    key: str,
    speak: Callable[[Unit, Chat, Author], Awaitable[Message]],
) -> Message:
    """Let the visitor ``speak`` in a transaction; durable on return.

    A repeated key returns the first one's line. Raises CannotSay.
    """

    async def work(unit: Unit) -> Message:
        if line := await unit.said(seat.chat_id, Role.VISITOR, key):
            return line  # the acknowledgement was lost, not the message
        chat = await unit.chat(seat.chat_id)
        if chat is None or chat.visitor is None:
            raise CannotSay("ended")
        return await speak(unit, chat, chat.visitor)

    try:
        return await relay.store.write(work, about={seat.chat_id})
    except NotNow as error:
        raise CannotSay("ended") from error
    except ChatFull as error:
        raise CannotSay("chat_full") from error


def _worth_noting(chat: Chat, now: datetime) -> bool:
    return chat.closing is not None or chat.heard is None or now - chat.heard >= _OFTEN


def _tidied(text: str) -> str:
    try:
        return tidy(text)
    except EmptyText as error:
        raise CannotSay("empty") from error
    except TextTooLong as error:
        raise CannotSay("too_long") from error
