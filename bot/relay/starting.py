"""Starting a chat from a web page instead of a mention: the way in from RT's ticket page.

Reading a ticket for the page is the one call to RT outside the outbox: nothing follows from it, and
somebody sits before the page (docs/decisions/0016). What is begun goes the usual way: a row of the
outbox opens the thread, and the chat is born with it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from bot.domain.chat import Chat, State
from bot.domain.messages import Author
from bot.domain.tickets import Ticket, TicketRef
from bot.relay.inbound import Operator
from bot.relay.outcomes import NotDone
from bot.relay.placing import going_on, opening
from bot.relay.pool import Channel, Pool
from bot.relay.ports import Places, Thread, Tickets
from bot.relay.relay import Relay
from bot.relay.rows import Wish, wish
from bot.relay.storage import Unit

_NOBODY_YET = (
    "The bot does not know its way to Teams yet. Mention it once in the team, then try again."
)


class Staff(Protocol):
    """Who may act as an operator, by the name under which the site knows him."""

    async def known(self, address: str, service_url: str) -> Operator | None:
        """Find the member with that user principal name or mail address. Raises NotDone, Unclear."""


@dataclass(frozen=True, slots=True)
class Running:
    """A chat about the ticket that goes on: its state, and a link to its thread if there is one."""

    chat: str
    state: State
    started_by: str
    link: str


@dataclass(frozen=True, slots=True)
class Started:
    """A chat that was begun: a link to its thread, or ``by`` whom.

    The link is empty if it is in his personal chat, or in a group's.
    """

    link: str
    by: Author | None = None


class Starting:
    """The use cases of the page. ``channels`` are those where chats may be opened, at least one."""

    def __init__(
        self,
        relay: Relay,
        tickets: Tickets,
        places: Places,
        staff: Staff,
        channels: tuple[Channel, ...],
    ) -> None:
        self._relay = relay
        self._tickets = tickets
        self._places = places
        self._staff = staff
        self._pool = Pool(relay, channels)

    async def operator(self, address: str) -> Operator | None:
        """Find who signed in, among the teams' members. Raises NotDone, Unclear."""
        near = await self._near()
        return await self._staff.known(address, near.service_url)

    async def ticket(self, ref: TicketRef) -> Ticket:
        """Read the ticket. Raises NotDone, Refused with what to tell."""
        return await self._tickets.read(ref)

    async def running(self, ref: TicketRef) -> list[Running]:
        """Find chats about the ticket that go on, newest first."""
        about = await going_on(self._relay, ref)
        return [
            Running(chat.id, chat.state, chat.started_by.name, await self._link(chat))
            for chat in about
        ]

    def chat_id(self, key: str) -> str:
        """Return the id of the chat that ``key`` begins: the same for a form that is sent twice."""
        return hashlib.sha256(self._relay.rules.secret + key.encode()).hexdigest()[:32]

    async def start(
        self, ref: TicketRef, by: Operator, key: str, beside: Collection[str] = ()
    ) -> str:
        """Begin a chat about the ticket, once per ``key``; return its id. Raises NotDone, Refused.

        ``beside`` are the ids of those about it that he knows of, and wants another beside.
        """
        ticket = await self._tickets.read(ref)
        near, chat_id = await self._near(), self.chat_id(key)
        channel = await self._pool.emptiest()
        assert channel

        async def work(unit: Unit) -> None:
            if not await unit.first_time("start", chat_id):
                return
            place = await unit.thread(channel.near(near))
            asked: Wish = {**wish(ref, place.id, by), "on_page": True, "beside": list(beside)}
            chat = Chat(chat_id, place.id, ticket, by.author, self._relay.now())
            await unit.schedule(opening(chat, asked, place))

        await self._relay.store.write(work)
        return chat_id

    async def started(self, chat_id: str) -> Started | None:
        """Tell where a chat is that was begun; None while Teams has not opened it."""
        found = await self._relay.store.look(chat_id)
        if found is None:
            return None
        chat, link = found[0], await self._link(found[0])
        if link:
            return Started(link)
        if chat.state is not State.CANCELLED:
            return Started(link, chat.started_by)
        about = await going_on(self._relay, chat.ticket.ref)  # somebody was quicker, perhaps
        there = [one.started_by for one in about if one.thread == chat.thread]
        return Started(link, there[-1] if there else chat.started_by)

    async def _near(self) -> Thread:
        near = await self._relay.store.newest_thread()
        if near is None:
            raise NotDone(_NOBODY_YET)
        return near

    async def _link(self, chat: Chat) -> str:
        return self._places.link(await self._relay.store.thread(chat.thread))
