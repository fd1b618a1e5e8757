"""RT as the use cases see it (relay.ports.Tickets): several instances, calls in threads."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, tzinfo
from typing import Concatenate, ParamSpec, TypeVar

from bot.domain.events import Receipt
from bot.domain.identity import Identity
from bot.domain.matching import is_requestor
from bot.domain.tickets import Listed, Ticket, TicketRef
from bot.domain.transcript_json import lacks
from bot.relay.delivery import STILL
from bot.relay.outcomes import Refused
from bot.relay.ports import Dossier, Tickets
from bot.rt import doctor, record
from bot.rt.by_mail import ByMail
from bot.rt.by_rest1 import ByRest1
from bot.rt.instance import Api, RtInstance
from bot.rt.threads import Threads
from bot.rt.ways import ByRest2, Way, new_ticket

P = ParamSpec("P")
T = TypeVar("T")


class RtGateway(Tickets):
    """Every RT of the settings, by name; the first one is the default.

    ``zone`` is the time zone in which records tell times. Calls to one RT run in its own few
    threads, each with a session of its own, so that a slow RT holds up nobody but itself.
    """

    def __init__(self, instances: Sequence[RtInstance], zone: tzinfo) -> None:
        self._rooms = {instance.name.lower(): _Room(instance, zone) for instance in instances}

    async def read(self, ref: TicketRef) -> Ticket:
        """Read a ticket. Raises NotDone, Refused."""
        room = self._room(ref.instance)
        return await room.run(_read, room.instance, ref)

    async def own(self, instance: str, who: Identity) -> tuple[Listed, ...] | None:
        """List somebody's open tickets, or None if nobody can be asked. Raises NotDone, Refused."""
        room = self._room(instance)
        return await room.run(_own, room.instance, who)

    async def comment(self, dossier: Dossier) -> Receipt:
        """File the record and read it back. Raises NotDone, Unclear, Refused."""
        room = self._room(_instance(dossier))
        return await room.run(_file, room.instance, dossier)

    async def find(self, dossier: Dossier) -> Receipt | None:
        """Look for the dossier's record. Raises NotDone, Refused, Written."""
        return await self._room(_instance(dossier)).run(_find, dossier)

    async def correspond(self, ref: TicketRef, text: str, marker: str, heading: str) -> None:
        """Write to the requestors, once per marker. Raises NotDone, Unclear, Refused."""
        room = self._room(ref.instance)
        await room.run(_correspond, room.instance, ref, text, marker, heading)

    async def set_status(self, ref: TicketRef, status: str) -> None:
        """Set the ticket's status. Raises NotDone, Unclear, Refused."""
        await self._room(ref.instance).run(lambda way: way.set_status(ref, status))

    async def set_rating(self, ref: TicketRef, rating: str) -> None:
        """Set the ticket's field for the rating, if there is one. Raises NotDone, Unclear, Refused."""
        room = self._room(ref.instance)
        if field := room.instance.rating_field:
            await room.run(lambda way: way.set_field(ref, field, rating))

    async def check(self) -> list[doctor.Finding]:
        """Look whether every instance can be worked with: (name, ok, sentence) each."""
        checks = (room.run(lambda way: way.check()) for room in self._rooms.values())
        return [finding for found in await asyncio.gather(*checks) for finding in found]

    @property
    def names(self) -> list[str]:
        """What the instances are called."""
        return [room.instance.name for room in self._rooms.values()]

    async def knock(self, instance: str) -> None:
        """Look whether an RT lets us in. Raises NotDone, Refused."""
        await self._room(instance).run(lambda way: way.knock())

    def close(self) -> None:
        """Take no more calls; those under way are left to themselves."""
        for room in self._rooms.values():
            room.threads.shutdown()

    def _room(self, instance: str) -> _Room:
        if room := self._rooms.get(instance.lower()):
            return room
        known = ", ".join(sorted(self._rooms)) or "none"
        raise Refused(
            f"No RT is called “{instance}” here. Known: {known}. Write for example "
            f"{next(iter(self._rooms), 'rt')}#12345."
        )


def way_into(rt: RtInstance, zone: tzinfo) -> Way:
    """Return a way into an RT, for one thread."""
    reader: ByRest1 | ByRest2 | None = None
    if rt.api is not Api.NONE:
        reader = ByRest2(rt, zone) if rt.api is Api.REST2 else ByRest1(rt, zone)
    if rt.mail:
        return ByMail(rt, zone, reader)
    assert reader, "an RT without an API is written to by mail"
    return reader


def _instance(dossier: Dossier) -> str:
    new = new_ticket(dossier)
    return new.instance if new else dossier.ref.instance


def _read(way: Way, rt: RtInstance, ref: TicketRef) -> Ticket:
    ticket = way.read(ref)
    if rt.queues and not rt.takes(ticket.queue):
        where = f"is in the queue “{ticket.queue}”" if ticket.queue else "is in an unknown queue"
        raise Refused(
            f"Ticket {ref} {where}; the live chat may work with tickets in "
            f"{', '.join(rt.queues)} only. Take another ticket, or answer in RT itself."
        )
    return ticket


def _own(way: Way, rt: RtInstance, who: Identity) -> tuple[Listed, ...] | None:
    """Keep of what RT found what we know for his: it takes a login of digits for a user's number, knows
    the members of groups, and compares names as its database likes.
    """
    found = way.own(who)
    if found is None:
        return None
    his = (ticket for ticket in found if rt.takes(ticket.queue) and is_requestor(who, ticket))
    return tuple(Listed(one.ref, one.subject, one.queue, one.status) for one in his)


def _find(way: Way, dossier: Dossier) -> Receipt | None:
    """Find its record; but if nothing of ours was on its way, not one of before what was said since."""
    receipt, filing = way.find(dossier), dossier.chat.filing
    if receipt is None or dossier.tried is not None or (filing and filing.unclear):
        return receipt
    ours = record.compose(dossier, UTC).parts[0].content
    return None if lacks(way.kept(dossier, receipt), ours) else receipt


def _file(way: Way, rt: RtInstance, dossier: Dossier) -> Receipt:
    """Write a record where it may go: the ticket may have been moved since it was shown."""
    if rt.queues and not new_ticket(dossier):
        _read(way, rt, dossier.ref)
    return way.file(dossier)


def _correspond(
    way: Way, rt: RtInstance, ref: TicketRef, text: str, marker: str, heading: str
) -> None:
    if rt.queues:
        _read(way, rt, ref)
    way.correspond(ref, text, marker, heading)


class _Room:
    """One instance's threads; each keeps its own session, cookie and all."""

    def __init__(self, instance: RtInstance, zone: tzinfo) -> None:
        self.instance = instance
        self._zone = zone
        self.threads = Threads(instance.workers, f"rt-{instance.name}", self._leave)
        self._here = threading.local()

    async def run(
        self, call: Callable[Concatenate[Way, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run ``call(way, …)`` in one of the threads, which may write while our claim stands."""
        still = STILL.get()

        def work() -> T:
            way = self._way()
            way.begin(still)
            return call(way, *args, **kwargs)

        return await asyncio.get_running_loop().run_in_executor(self.threads, work)

    def _way(self) -> Way:
        """Return the calling thread's way."""
        way: Way | None = getattr(self._here, "way", None)
        if way is None:
            way = self._here.way = way_into(self.instance, self._zone)
        return way

    def _leave(self) -> None:
        way: Way | None = getattr(self._here, "way", None)
        if way is not None:
            way.close()
