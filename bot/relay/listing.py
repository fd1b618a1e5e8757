"""Which chats there are, for a CO who asks: who waits longest first, then records that are not in RT.

It is read when it is posted, so that nothing of it is kept, and a repeat tells how it is by then.
"""

from __future__ import annotations

from datetime import datetime
from typing import cast

from bot.domain.chat import State
from bot.relay import rows
from bot.relay.delivering import InThread, later
from bot.relay.delivery import Delivery
from bot.relay.handlers import After
from bot.relay.outcomes import Gone, Refused
from bot.relay.ports import ChatList, Entry, Members, Places, Scope, Thread, Threads, UnderWay
from bot.relay.relay import Relay
from bot.relay.rows import ListPayload


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
        chats = await self._chats(thread, asked["by"][0])
        whom, repeated = asked["mention"], delivery.attempt > 1 or rows.tries(delivery) > 0
        await self._threads.list_chats(thread, chats, (whom[0], whom[1]), resent=repeated)
        return None

    async def gave_up(self, delivery: Delivery, error: Refused) -> After | None:
        """Try on beside what else is told there; a place that is gone needs no list."""
        return None if isinstance(error, Gone) else later(self._relay, delivery)

    async def _chats(self, thread: Thread, operator_id: str) -> ChatList | None:
        """Return the list; None in a group chat, where not everybody need be in the team.

        Where the bot's posts are taken back after the filing, this one is not: it names no visitor then.
        """
        if thread.scope is Scope.GROUP:
            return None
        teams = frozenset({thread.team_id})
        if thread.scope is Scope.PERSONAL:
            teams = await self._members.teams_of(operator_id, thread.service_url)
        found = await self._relay.store.under_way(thread.tenant_id, teams, thread.id)
        entries = [self._entry(one, thread) for one in found]
        going_on = [one for one in entries if one.chat.state is State.OPEN]
        over = [one for one in entries if one.chat.state is not State.OPEN]
        going_on.sort(key=lambda one: (one.waits is None, one.waits or one.chat.created))
        over.sort(key=lambda one: one.chat.ended or one.chat.created)
        rules = self._relay.rules
        return ChatList(
            self._relay.now(), tuple(going_on), tuple(over), named=not rules.delete_posts
        )

    def _entry(self, one: UnderWay, where: Thread) -> Entry:
        link = None if one.thread.begun else self._places.link(one.thread)
        return Entry(one.chat, _waits(one), link, here=one.thread.id == where.id)


def _waits(one: UnderWay) -> datetime | None:
    """Return since when the visitor waits for a word: the first that nobody has answered, or any at all."""
    return min(filter(None, (one.unanswered, one.chat.waits_since)), default=None)
