"""Somebody's open tickets: the search for them, by REST 2.0 and REST 1.0.

What RT finds is more than what is his (bot/rt/gateway.py keeps that). Blocking.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from bot.domain.identity import Identity
from bot.domain.tickets import MOST_OWN, Requestor, Ticket, TicketRef
from bot.relay.outcomes import NotDone, Refused
from bot.rt import wire, wire1
from bot.rt.instance import RtInstance
from bot.rt.operations import Rest
from bot.rt.rest1 import Rest1
from bot.rt.wire import quoted
from bot.rt.wire1 import Form

_ASKED = {
    "fields": "Subject,Status,Queue,Requestor",
    "fields[Requestor]": "Name,EmailAddress",
    "fields[Queue]": "Name",
    "orderby": "LastUpdated",
    "order": "DESC",
    "per_page": str(MOST_OWN),
}
_ASKED1 = {"orderby": "-LastUpdated", "format": "l", "fields": "Subject,Queue,Status,Requestors"}


def query(who: Identity, queues: tuple[str, ...]) -> str:
    """Ask for the open tickets of ``who``, who has a login or an address."""
    his = " OR ".join(_requestor(who))
    asked = f"Status = '__Active__' AND ({his})"
    where = " OR ".join(f"Queue = {quoted(queue)}" for queue in queues)
    return f"{asked} AND ({where})" if where else asked


def _requestor(who: Identity) -> Iterator[str]:
    """RT names a user that it made of a mail by the address, so either may be his name there."""
    for known in dict.fromkeys(filter(None, (who.login, who.address))):
        yield f"Requestor.Name {_like(known)}"
        if "@" in known:
            yield f"Requestor.EmailAddress {_like(known)}"


def _like(known: str) -> str:
    """Ask for what is equal, or for more where RT would take that for something else."""
    if known.isdecimal():  # a user's number
        return f"STARTSWITH {quoted(known)}"
    if known[:3].casefold() == "cf.":  # a custom field
        return f"ENDSWITH {quoted(known[2:])}"
    return f"= {quoted(known)}"


def by_rest2(rest: Rest, rt: RtInstance, who: Identity) -> list[Ticket]:
    """Search by REST 2.0. Raises NotDone, Refused."""
    reply = rest.get("tickets", {"query": query(who, rt.queues), **_ASKED})
    if reply.status != 200:
        raise _refused(reply.message or str(reply.status))
    found = wire.listed(reply, f"RT ({rt.name})")
    return [_ticket(rt, item) for item in found]


def _ticket(rt: RtInstance, item: dict[str, object]) -> Ticket:
    queue = item.get("Queue")
    return _found(
        rt,
        int(str(item["id"])),
        str(item.get("Subject") or ""),
        str(queue.get("Name") or "") if isinstance(queue, dict) else "",
        str(item.get("Status") or ""),
        wire.people(item.get("Requestor")),
    )


def by_rest1(
    rest: Rest1, rt: RtInstance, who: Identity, people: Callable[[Form], tuple[Requestor, ...]]
) -> list[Ticket]:
    """Search by REST 1.0; ``people`` tells whose addresses a ticket bears. Raises NotDone, Refused."""
    form = rest.get("search/ticket", query=query(who, rt.queues), **_ASKED1)
    if form.status >= 400:
        raise _refused(form.said or str(form.status))
    try:
        found = wire1.listed(form)[:MOST_OWN]
    except ValueError:
        raise NotDone(f"RT ({rt.name}) answered with something that is no list.") from None
    return [
        _found(
            rt,
            wire1.number(one),
            one.fields.get("Subject", ""),
            one.fields.get("Queue", ""),
            one.fields.get("Status", ""),
            people(one),
        )
        for one in found
    ]


def _found(
    rt: RtInstance,
    number: int,
    subject: str,
    queue: str,
    status: str,
    requestors: tuple[Requestor, ...],
) -> Ticket:
    ref = TicketRef(rt.name, number)
    return Ticket(ref, ref, subject, queue, status.lower(), requestors)


def _refused(said: str) -> Refused:
    return Refused(f"RT refused to search for somebody's tickets ({said}).")
