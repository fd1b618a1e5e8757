"""The ways into an RT: what every one of them can do, and the way by REST 2.0.

Blocking: one object per thread (see gateway.py). Errors are those of relay.ports.Tickets.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import tzinfo
from typing import Protocol

from bot.domain.events import Receipt
from bot.domain.identity import Identity
from bot.domain.tickets import NewTicket, Ticket, TicketRef
from bot.relay.ports import Dossier
from bot.rt import creating, doctor, failures, operations, own_tickets, readback, record
from bot.rt.enclosures import Part
from bot.rt.instance import RtInstance
from bot.rt.record import JSON
from bot.rt.rest2 import Rest2


class Way(Protocol):
    """A way into one RT, with a session of its own."""

    def begin(self, still: Callable[[], bool]) -> None:
        """Give what tells whether the next call may still write."""

    def read(self, ref: TicketRef) -> Ticket:
        """Read a ticket."""

    def own(self, who: Identity) -> list[Ticket] | None:
        """Search for open tickets with somebody as requestor, the newest change first; None: cannot."""

    def find(self, dossier: Dossier) -> Receipt | None:
        """Look for the dossier's record.

        If a try may have left us then nobody has seen what RT kept of it: what is not whole is
        Written. Whoever pressed again takes it as it is.
        """

    def kept(self, dossier: Dossier, receipt: Receipt) -> bytes:
        """Return the transcript as RT gives it back; nothing where it does not. Raises NotDone."""

    def file(self, dossier: Dossier) -> Receipt:
        """Write the record, into the ticket or as a new one, and read it back."""

    def correspond(self, ref: TicketRef, text: str, marker: str, heading: str) -> None:
        """Write to the requestors, unless that was done before."""

    def set_status(self, ref: TicketRef, status: str) -> None:
        """Set the ticket's status and look whether RT did."""

    def set_field(self, ref: TicketRef, field: str, value: str) -> None:
        """Set a custom field of the ticket and look whether RT did."""

    def knock(self) -> None:
        """Go in and out again, as lightly as can be."""

    def check(self) -> list[doctor.Finding]:
        """Look whether this RT can be worked with."""

    def close(self) -> None:
        """Drop the connections."""


def new_ticket(dossier: Dossier) -> NewTicket | None:
    """Return the ticket that is to be made for a record, if it is not for one that is there."""
    filing = dossier.chat.filing
    return filing.new_ticket if filing else None


class Looking(Protocol):
    """A way by which RT can be asked what it kept."""

    def missing(self, receipt: Receipt, files: Sequence[Part]) -> str:
        """Name a file of a record, transcript first, that RT did not keep whole. Raises NotDone."""


def whole(way: Looking, receipt: Receipt, files: Sequence[Part]) -> Receipt:
    """Return the receipt of a record that RT kept whole. Raises NotDone, Written."""
    if missing := way.missing(receipt, files):
        raise failures.not_whole(f"#{receipt.ticket}", missing)
    return receipt


class ByRest2:
    """By REST 2.0."""

    def __init__(self, rt: RtInstance, zone: tzinfo) -> None:
        self._rt, self._zone = rt, zone
        self.rest = Rest2(rt)

    def begin(self, still: Callable[[], bool]) -> None:
        self.rest.session.still = still

    def read(self, ref: TicketRef) -> Ticket:
        return operations.read(self.rest, self._rt, ref)

    def own(self, who: Identity) -> list[Ticket] | None:
        return own_tickets.by_rest2(self.rest, self._rt, who)

    def find(self, dossier: Dossier) -> Receipt | None:
        receipt = self._find(dossier)
        if dossier.tried is None:
            return receipt
        if receipt is None:
            if not new_ticket(dossier) and operations.are_hidden(self.rest, self._rt, dossier.ref):
                raise failures.unseen(dossier.ref, dossier.marker)
            return None
        return whole(self, receipt, record.compose(dossier, self._zone, self._rt.form).parts)

    def _find(self, dossier: Dossier) -> Receipt | None:
        if new_ticket(dossier):
            return creating.find(self.rest, self._rt, dossier.marker)
        subject, since = record.subject(dossier.marker), dossier.chat.created
        return operations.find_comment(self.rest, self._rt, dossier.ref, subject, since)

    def missing(self, receipt: Receipt, files: Sequence[Part]) -> str:
        """Name a file that RT did not keep whole. Raises NotDone."""
        if not receipt.transaction:
            return ""
        return readback.missing(self.rest, receipt.transaction, files)

    def kept(self, dossier: Dossier, receipt: Receipt) -> bytes:
        number = receipt.transaction
        return readback.content(self.rest, number, JSON) if number else b""

    def seen(self, dossier: Dossier, transcript: Part) -> Receipt | None:
        """Find what holds this file, or that of an earlier try, whoever RT takes for its author."""
        numbers = [dossier.ref.number]
        if new_ticket(dossier):
            numbers = creating.search(self.rest, dossier.marker)
        refs = (TicketRef(self._rt.name, number) for number in numbers)
        since = dossier.chat.created
        for ref in refs:
            if receipt := operations.find_file(
                self.rest, self._rt, ref, dossier.marker, transcript, since
            ):
                return receipt
        return None

    def file(self, dossier: Dossier) -> Receipt:
        """Composing a long record takes a good part of a second."""
        comment = record.compose(dossier, self._zone, self._rt.form)
        if new := new_ticket(dossier):
            return creating.create(self.rest, self._rt, new, dossier.marker, comment)
        return operations.comment(self.rest, self._rt, dossier.ref, comment)

    def correspond(self, ref: TicketRef, text: str, marker: str, heading: str) -> None:
        body = record.letter(text, marker, heading)
        operations.correspond(self.rest, self._rt, ref, body, operations.long_ago())

    def set_status(self, ref: TicketRef, status: str) -> None:
        operations.set_status(self.rest, self._rt, ref, status)

    def set_field(self, ref: TicketRef, field: str, value: str) -> None:
        operations.set_field(self.rest, self._rt, ref, field, value)

    def knock(self) -> None:
        self.rest.knock()

    def check(self) -> list[doctor.Finding]:
        return doctor.check(self.rest, self._rt)

    def close(self) -> None:
        self.rest.close()
