"""RT as the use cases see it (relay.ports.Tickets): several instances, calls in threads."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from datetime import tzinfo
from typing import Concatenate, ParamSpec, TypeVar

from bot.domain.events import Receipt
from bot.domain.tickets import Ticket, TicketRef
from bot.relay.ports import UNTIL, Dossier, Refused, Tickets
from bot.rt import doctor, operations, record
from bot.rt.instance import RtInstance
from bot.rt.rest2 import Rest2
from bot.rt.threads import Threads

P = ParamSpec("P")
T = TypeVar("T")


class RtGateway(Tickets):
    """Every RT of the settings, by name; the first one is the default.

    ``zone`` is the time zone in which records tell times. Calls to one RT run in its own few
    threads, each with a session of its own, so that a slow RT holds up nobody but itself.
    """

    def __init__(self, instances: Sequence[RtInstance], zone: tzinfo) -> None:
        self._rooms = {instance.name.lower(): _Room(instance) for instance in instances}
        self._zone = zone

    async def read(self, ref: TicketRef) -> Ticket:
        """Read a ticket. Raises NotDone, Refused."""
        room = self._room(ref)
        return await room.run(operations.read, room.instance, ref)

    async def comment(self, dossier: Dossier) -> Receipt:
        """Put the record into the ticket and read it back. Raises NotDone, Unclear, Refused."""
        room = self._room(dossier.ref)
        return await room.run(_file, room.instance, dossier, self._zone)

    async def find(self, dossier: Dossier) -> Receipt | None:
        """Look for the dossier's comment. Raises NotDone, Refused."""
        room = self._room(dossier.ref)
        subject, since = record.subject(dossier.marker), dossier.chat.created
        return await room.run(operations.find_comment, room.instance, dossier.ref, subject, since)

    async def correspond(self, ref: TicketRef, text: str, marker: str) -> None:
        """Write to the requestors, once per marker. Raises NotDone, Unclear, Refused."""
        room = self._room(ref)
        body = record.letter(text, marker)
        await room.run(operations.correspond, room.instance, ref, body, operations.long_ago())

    async def set_status(self, ref: TicketRef, status: str) -> None:
        """Set the ticket's status. Raises NotDone, Unclear, Refused."""
        room = self._room(ref)
        await room.run(operations.set_status, room.instance, ref, status)

    async def check(self) -> list[doctor.Finding]:
        """Look whether every instance can be worked with: (name, ok, sentence) each."""
        checks = (room.run(doctor.check, room.instance) for room in self._rooms.values())
        return [finding for found in await asyncio.gather(*checks) for finding in found]

    def close(self) -> None:
        """Take no more calls; those under way are left to themselves."""
        for room in self._rooms.values():
            room.threads.shutdown()

    def _room(self, ref: TicketRef) -> _Room:
        if room := self._rooms.get(ref.instance.lower()):
            return room
        known = ", ".join(sorted(self._rooms)) or "none"
        raise Refused(
            f"No RT is called “{ref.instance}” here. Known: {known}. Write for example "
            f"{next(iter(self._rooms), 'rt')}#{ref.number}."
        )


def _file(rest: Rest2, rt: RtInstance, dossier: Dossier, zone: tzinfo) -> Receipt:
    """Write a record; composing a long one takes a good part of a second."""
    comment = record.compose(dossier, zone, rt.form)
    return operations.comment(rest, rt, dossier.ref, comment)


class _Room:
    """One instance's threads; each keeps its own session, cookie and all."""

    def __init__(self, instance: RtInstance) -> None:
        self.instance = instance
        self.threads = Threads(instance.workers, f"rt-{instance.name}", self._leave)
        self._here = threading.local()

    async def run(
        self, call: Callable[Concatenate[Rest2, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run ``call(rest, …)`` in one of the threads."""
        until = UNTIL.get()

        def work() -> T:
            rest = self._rest()
            rest.session.until = until
            return call(rest, *args, **kwargs)

        return await asyncio.get_running_loop().run_in_executor(self.threads, work)

    def _rest(self) -> Rest2:
        """Return the calling thread's session."""
        rest: Rest2 | None = getattr(self._here, "rest", None)
        if rest is None:
            rest = self._here.rest = Rest2(self.instance)
        return rest

    def _leave(self) -> None:
        self._rest().close()
