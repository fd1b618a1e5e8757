"""Telling a thread of messages that we could not take in and that Teams has given up bringing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.chat import Chat
from bot.domain.legible import plain_name
from bot.domain.messages import Role
from bot.relay.answering import Answer
from bot.relay.belonging import existed
from bot.relay.changing import Newest
from bot.relay.inbound import Operator
from bot.relay.ports import Listening, Thread
from bot.relay.relay import Relay
from bot.relay.storage import Unit
from bot.relay.telling import Telling


@dataclass(frozen=True, slots=True)
class Missed:
    """A message, or a change of one, that was answered with 503; nothing of what it said.

    ``key`` is Teams' id of the message; ``change`` that of its edit or removal, empty for the
    message itself. ``when`` is ``at`` in words.
    """

    operator: Operator
    key: str
    when: str
    at: datetime | None = None
    change: str = ""
    mentioned: bool = False


class Missing:
    """Says in a thread what did not come through; each time once, whatever process notices."""

    def __init__(
        self,
        relay: Relay,
        telling: Telling,
        concerned: Callable[[Sequence[Chat]], Chat | None],
        note: Callable[[Unit, Thread, str], Awaitable[None]],
    ) -> None:
        """``concerned`` picks the chat that people may think they are in; ``note`` remembers that
        a message was told to be missing.
        """
        self._relay = relay
        self._telling = telling
        self._concerned = concerned
        self._note = note

    async def tell(self, unit: Unit, where: Thread, missed: Sequence[Missed]) -> None:
        """Tell of those that have not come meanwhile."""
        thread = await unit.known_thread(where.conversation_id)
        chats = await unit.chats_in(thread.id) if thread else []
        chat = self._concerned(chats)
        words, changes = [], []
        for one in missed:
            if one.change:
                if thread and await self._is_unchanged(unit, thread, one):
                    changes.append(one)
            elif self._matters(one, where, chat) and await self._never_came(unit, where, one):
                words.append(one)
        if not words and not changes:
            return
        thread = thread or await unit.thread(where)
        to = (words or changes)[0].operator
        if words:
            word = Answer.NOT_DELIVERED if chat else Answer.NOTHING_HERE
            await self._telling.tell(unit, thread, word, _words(words, chat), chat=chat, to=to)
        if changes:
            detail = f"The change was made by {_by_whom(changes)}."
            await self._telling.tell(unit, thread, Answer.NOT_CHANGED, detail, chat=chat, to=to)

    def _matters(self, one: Missed, where: Thread, chat: Chat | None) -> bool:
        """Tell whether somebody waits for what became of it."""
        if one.mentioned:
            return True
        if chat is None or where.listening is Listening.MENTION:
            return False
        return bool(existed([chat], one.at, self._relay.now()))

    async def _never_came(self, unit: Unit, where: Thread, one: Missed) -> bool:
        if not await unit.first_time(where.conversation_id, one.key):
            return False
        await self._note(unit, where, one.key)
        return True

    async def _is_unchanged(self, unit: Unit, thread: Thread, one: Missed) -> bool:
        """Tell whether the visitor has the message and not its change."""
        if await unit.said_in(thread.id, Role.OPERATOR, one.key) is None:
            return False
        if await unit.said_in(thread.id, Role.OPERATOR, one.change) is not None:
            return False
        if await self._came(unit, thread, one):
            return False
        return await unit.first_time(thread.conversation_id, f"missed:{one.change}")

    async def _came(self, unit: Unit, thread: Thread, one: Missed) -> bool:
        """Tell whether a change, or a newer one, came that changed nothing for the visitor."""
        kept = await unit.early_for(thread.conversation_id, one.key)
        if not kept:
            return False
        await unit.early(thread.conversation_id, one.key, kept)
        at = Newest.read(kept).at
        return at is not None and one.at is not None and at >= one.at


def _words(missed: Sequence[Missed], chat: Chat | None) -> str:
    what = "A message" if len(missed) == 1 else "Messages"
    whom = "the visitor" if chat else "me"
    return (
        f"{what} of {_by_whom(missed)} did not reach {whom}, because the live chat was away for a "
        "moment. Please write again what still matters."
    )


def _by_whom(missed: Sequence[Missed]) -> str:
    """Name people and times: ``Grace Hopper (10:42, 10:43) and Alan Turing (10:44)``."""
    times: dict[str, list[str]] = {}
    for one in missed:
        times.setdefault(plain_name(one.operator.name) or "somebody", []).append(one.when)
    named = [f"{name} ({', '.join(dict.fromkeys(at))})" for name, at in times.items()]
    return " and ".join([", ".join(named[:-1]), named[-1]]) if len(named) > 1 else named[0]
