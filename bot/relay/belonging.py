"""Which chat words belong to that Teams brings late: the one in which they were written, or none.

Chats follow one another in a thread. What was written for one visitor and comes half a minute
later, because we could not be reached, must never be read by the next one.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from bot.domain.chat import Chat, State
from bot.domain.commands import Press
from bot.relay.sending import SENT
from bot.relay.storage import Unit

#: Verbs that send the record somewhere.
RECORD = frozenset({"file", "new", "triage"})


def existed(chats: Iterable[Chat], at: datetime | None, now: datetime) -> list[Chat]:
    """Return the chats that a command written at ``at`` can be about: those that existed."""
    return [chat for chat in chats if _came_first(chat.created, at, now)]


async def was_open(unit: Unit, chat: Chat, at: datetime | None, now: datetime) -> bool:
    """Tell whether ``chat``, live now, was as far as it is when words were written at ``at``."""
    if at is None or chat.state is not State.OPEN:
        return _came_first(chat.created, at, now)
    if chat.presence_since is not None and chat.presence_since <= at:
        return True  # the visitor was here already; saves looking for when he came
    first = await unit.log(chat.id, 0, 1)  # that he joined is a chat's first line
    return not first or _came_first(first[0].at, at, now)


def _came_first(moment: datetime, at: datetime | None, now: datetime) -> bool:
    """Tell whether ``moment`` was before ``at``; true if nobody can tell.

    What is yet to come was noted by another process whose clock is wrong: that tells nothing.
    """
    return at is None or moment <= at or moment > now


def meant(verb: str, chats: list[Chat]) -> Chat:
    """Return which of a thread's chats, newest first, a typed command is about."""
    wanted = {
        "invite": {State.PROPOSED},
        "cancel": {State.PROPOSED},
        "undo": {State.HELD},
        "move": {State.ENDED},
        "rebind": {State.ENDED},
        "stay": {State.ENDED},
        "mail": {State.ENDED},
    }.get(verb, {State.ENDED, State.HELD, State.FILING} if verb in RECORD else set())
    return next((chat for chat in chats if chat.state in wanted), chats[0])


def is_vague(command: Press, chat: Chat, chats: list[Chat]) -> bool:
    """Tell whether what is typed may be about another one of a thread's chats that are over."""
    if command.verb not in RECORD | {"mail"} or chat.state is not State.ENDED:
        return False
    newer = chats[: chats.index(chat)]
    others = any(c.state is State.ENDED for c in chats if c is not chat)
    return (others or any(c.state in SENT for c in newer)) and "echo" not in dict(command.typed)
