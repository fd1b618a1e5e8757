"""A new ticket for a record, by REST 2.0: made once, and found again by the marker in its subject.

Blocking; ``rest`` belongs to the calling thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Protocol

import structlog

from bot.domain.events import Receipt
from bot.domain.tickets import NewTicket
from bot.relay.outcomes import NotDone, OutsideError, Refused, Unclear
from bot.rt import failures, readback, wire
from bot.rt.enclosures import Part
from bot.rt.instance import RtInstance
from bot.rt.record import JSON, Comment
from bot.rt.wire import Reply

log = structlog.get_logger(__name__)

#: Bytes of UTF-8, marker included: RT cuts off the rest, and with it what we find the ticket by.
MAX_SUBJECT = 200


class Rest(Protocol):
    """What the steps need of rest2.Rest2."""

    def get(self, path: str, params: dict[str, str] | None = None) -> Reply: ...
    def post(self, path: str, body: dict[str, Any], files: Sequence[Part] = ()) -> Reply: ...
    def account(self) -> str: ...


def subject(new: NewTicket, marker: str) -> str:
    """Return the new ticket's subject: one line, with the marker at its end and no other tag."""
    words = " ".join(new.subject.replace("[", "(").replace("]", ")").split())
    kept = words.encode()[: MAX_SUBJECT - len(marker) - 1].decode(errors="ignore")
    return f"{kept} {marker}".strip()


def queries(marker: str, field: str = "") -> tuple[str, ...]:
    """Ask for the ticket with a marker, which holds no quotes: by its subject, by its ``field``.

    People change subjects, and a field may not be there: either is enough.
    """
    by_subject = f"Subject LIKE '{marker}'"
    return (by_subject, f"'CF.{{{field}}}' = '{marker}'") if field else (by_subject,)


def create(rest: Rest, rt: RtInstance, new: NewTicket, marker: str, comment: Comment) -> Receipt:
    """Make a ticket of a record and read it back. Raises NotDone, Unclear, Refused."""
    if denied := queue_trouble(rt, new):
        raise denied
    fields: dict[str, Any] = comment.as_json() | {
        "Queue": new.queue,
        "Subject": subject(new, marker),
    }
    if new.requestor:
        fields["Requestor"] = new.requestor
    if rt.marker_field:
        fields["CustomFields"] = {rt.marker_field: marker}
    reply = rest.post("ticket", fields, comment.parts)
    if problem := creation_trouble(reply, new):
        raise problem
    try:
        receipt = find(rest, rt, marker) or _named(rest, rt, reply)
        missing = _missing(rest, receipt, comment)
    except (NotDone, Refused) as error:  # it must not look as if nothing had been written
        raise Unclear(error.sentence) from error
    if receipt is None:
        raise Unclear(f"RT made a ticket in the queue “{new.queue}” and does not show it.")
    if missing:
        raise failures.not_whole(f"#{receipt.ticket}", missing)
    return receipt


def _missing(rest: Rest, receipt: Receipt | None, comment: Comment) -> str:
    if receipt is None or not receipt.transaction:
        return ""
    return readback.missing(rest, receipt.transaction, comment.parts)


def _named(rest: Rest, rt: RtInstance, reply: Reply) -> Receipt | None:
    """Read the ticket that RT says it made, and does not show by its marker.

    A script of RT's may have changed its subject, or we may not see it: it must not be made again.
    """
    told = reply.data.get("id") if isinstance(reply.data, dict) else None
    if not str(told).isdecimal():
        return None
    receipt = _receipt(rest, rt, int(str(told)))
    if receipt.transaction:
        return receipt
    log.error("rt_cannot_read_back", rt=rt.name, ticket=receipt.ticket, right="ShowTicket")
    return replace(receipt, proven=False, taken=True)


def search(rest: Rest, marker: str) -> list[int]:
    """Return the tickets with a marker in their subject, whoever made them. Raises NotDone."""
    reply = rest.get("tickets", {"query": queries(marker)[0], "per_page": "20"})
    return [int(item["id"]) for item in wire.listed(reply, "RT")]


def find(rest: Rest, rt: RtInstance, marker: str) -> Receipt | None:
    """Look for the ticket that carries the marker. Raises NotDone, Refused."""
    account = rest.account().casefold()
    for query in queries(marker, rt.marker_field):
        asked = {"query": query, "fields": "Creator", "orderby": "id", "per_page": "20"}
        reply = rest.get("tickets", asked)
        if reply.status != 200:
            said = reply.message or reply.status
            raise Refused(f"RT refused to search for the new ticket ({said}).")
        for item in reversed(wire.listed(reply, f"RT ({rt.name})")):  # the newest has most of it
            creator = item.get("Creator")
            by = str(creator.get("id") or "") if isinstance(creator, dict) else ""
            if not account or by.casefold() == account:
                return _receipt(rest, rt, int(item["id"]))
    return None


def _receipt(rest: Rest, rt: RtInstance, number: int) -> Receipt:
    """Read the new ticket's first transaction."""
    asked = {"fields": "Type", "orderby": "id", "order": "ASC", "per_page": "10"}
    lines = wire.items(rest.get(f"ticket/{number}/history", asked))
    first = next((line for line in lines if line.get("Type") == "Create"), None)
    transaction = int(first["id"]) if first else 0
    kept = readback.digest(rest, transaction, JSON) if transaction else (0, "")
    return Receipt(number, transaction, rt.page(number, transaction), *kept)


def queue_trouble(rt: RtInstance, new: NewTicket) -> Refused | None:
    """Return why no ticket may be made in that queue; None if one may."""
    if rt.takes(new.queue):
        return None
    return Refused(
        f"The live chat may make tickets in {', '.join(rt.queues)} only, not in “{new.queue}”. "
        "Choose another queue, or have the setting queues changed."
    )


def creation_trouble(reply: Reply, new: NewTicket) -> OutsideError | None:
    """Return why no ticket was made; None if RT says one was."""
    if reply.status == 201:
        return None
    if reply.status < 300:
        return Unclear(f"RT did not say whether it made a ticket in the queue “{new.queue}”.")
    if reply.status == 403:
        return Refused(
            f"RT does not let the live chat's account make a ticket in the queue “{new.queue}”, or "
            "there is no such queue. Ask whoever administers it for the right CreateTicket, then "
            "press again."
        )
    return Refused(
        f"RT refused to make a ticket in the queue “{new.queue}” ({reply.message or reply.status})."
    )
