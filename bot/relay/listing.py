"""Which chats there are, for a CO who asks: who waits longest first, then records that are not in RT.

It is read when it is posted, so that nothing of it is kept, and a repeat tells how it is by then.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import cast

from bot.domain.blocking import at
from bot.domain.chat import Chat, State
from bot.domain.legible import apart, one_line, plain_name
from bot.domain.presence import Presence
from bot.relay import rows
from bot.relay.answering import Answer
from bot.relay.delivering import InThread, later
from bot.relay.delivery import Delivery
from bot.relay.handlers import After
from bot.relay.outcomes import Gone, Refused
from bot.relay.ports import Members, Places, Scope, Tell, Thread, Threads, UnderWay
from bot.relay.relay import Relay
from bot.relay.rows import ListPayload

#: So many of each sort are listed in one post: Teams takes no post of any length.
_LISTED = 20
_NOT_HERE = (
    "Not everybody in a group chat need be in the team, so the list is not shown here. Ask in the team's "
    "channel, or in a personal chat with me."
)
_NOTHING = "No chat is going on, and no record waits for RT."
_MORE = "{count} more, who have waited less, are not shown here."
_PRESENCE = {
    Presence.OPEN: "is there",
    Presence.HIDDEN: "has another window in front",
    Presence.GONE: "has left the page",
}
_RECORD = {
    State.ENDED: "its record is not in RT yet",
    State.HELD: "its record goes to RT in a moment",
    State.FILING: "its record is on its way to RT",
}


class ListHandler(InThread):
    """Posts the list: in a channel that of its team's chats, to one person that of all his teams'."""

    def __init__(self, relay: Relay, threads: Threads, places: Places, members: Members) -> None:
        super().__init__(relay, threads)
        self._places = places
        self._members = members

    async def _post(self, delivery: Delivery) -> After | None:
        """Read it, and post it."""
        asked = cast("ListPayload", delivery.payload)
        thread = await self._relay.store.thread(asked["thread"])
        told = await self._told(thread, asked["by"][0])
        whom, repeated = asked["mention"], delivery.attempt > 1 or rows.tries(delivery) > 0
        notice = Tell(Answer.CHATS, told, None, (whom[0], whom[1]), resent=repeated)
        await self._threads.tell(thread, notice)
        return None

    async def gave_up(self, delivery: Delivery, error: Refused) -> After | None:
        """Try on beside what else is told there; a place that is gone needs no list."""
        return None if isinstance(error, Gone) else later(self._relay, delivery)

    async def _told(self, thread: Thread, operator_id: str) -> str:
        if thread.scope is Scope.GROUP:
            return _NOT_HERE
        teams = frozenset({thread.team_id})
        if thread.scope is Scope.PERSONAL:
            teams = await self._members.teams_of(operator_id, thread.service_url)
        found = await self._relay.store.under_way(thread.tenant_id, teams, thread.id)
        going_on = [one for one in found if one.chat.state is State.OPEN]
        over = [one for one in found if one.chat.state is not State.OPEN]
        going_on.sort(key=lambda one: (since(one) is None, since(one) or one.chat.created))
        over.sort(key=lambda one: one.chat.ended or one.chat.created)
        said = [*self._lines(going_on, thread), *self._lines(over, thread)]
        return "\n".join(said) or _NOTHING

    def _lines(self, found: list[UnderWay], here: Thread) -> Iterable[str]:
        for one in found[:_LISTED]:
            yield f"• {self._line(one, here)}"
        if len(found) > _LISTED:
            yield _MORE.format(count=len(found) - _LISTED)

    def _line(self, one: UnderWay, here: Thread) -> str:
        """Tell of a chat on one line.

        Where the bot's posts are taken back after the filing, this one is not: it names no visitor then.
        """
        chat, bare = one.chat, self._relay.rules.delete_posts
        subject = "" if bare else _words(chat.ticket.subject)
        about = f"Ticket {chat.ticket.ref}" if chat.ticket.ref.number else "No ticket yet"
        named = "" if bare or chat.visitor is None else _words(chat.visitor.name)
        stands = (
            self._open(one, named or "the visitor")
            if chat.state is State.OPEN
            else (
                f"with {named or 'the visitor'}, ended {self._when(chat.ended or chat.created)}, "
                f"{_record(chat)}; {_who_has(chat)}"
            )
        )
        return f"{about}{f' “{subject}”' if subject else ''}: {stands}. {self._where(one, here)}"

    def _open(self, one: UnderWay, name: str) -> str:
        waits = since(one)
        word = f"waits for a word since {self._when(waits)}" if waits else "waits for no word"
        return f"{name} {word}, and {_PRESENCE[one.chat.presence]}; {_who_has(one.chat)}"

    def _where(self, one: UnderWay, here: Thread) -> str:
        if one.thread.id == here.id:
            return "It is here."
        if one.thread.begun:
            return "Its thread is being opened."
        return self._places.link(one.thread)

    def _when(self, then: datetime) -> str:
        zone = self._relay.rules.zone
        local, today = then.astimezone(zone), self._relay.now().astimezone(zone).date()
        return f"{local:%H:%M}" if local.date() == today else at(then, zone)


def since(one: UnderWay) -> datetime | None:
    """Return since when the visitor waits for a word: the first that nobody has answered, or any at all."""
    return min(filter(None, (one.unanswered, one.chat.waits_since)), default=None)


def _record(chat: Chat) -> str:
    if chat.state is State.ENDED and chat.filing is not None and chat.filing.unclear:
        return "its record may be in RT already: look at the card"
    return _RECORD[chat.state]


def _who_has(chat: Chat) -> str:
    if not chat.operators:
        return "nobody has it"
    name = apart(plain_name(chat.operators[0].name)) or "somebody"
    return f"{name} has it{', and has not written' if chat.is_only_taken else ''}"


def _words(text: str) -> str:
    """Make of people's words a part of a line: none of them is an address that Teams would open."""
    return apart(one_line(text, 80).replace("://", ":\u200b//"))
