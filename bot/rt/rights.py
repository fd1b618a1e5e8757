"""Whether the account may do more in RT than it must, or sees less, as far as REST 2.0 shows.

It shows what a ticket's page would offer, and what only administrators see. It does not show rights
on tickets of which there is none to look at, nor those that offer nothing: infra/rt/grant-rights.pl
knows them all.
"""

from __future__ import annotations

from typing import Any

from bot.domain.tickets import TicketRef
from bot.rt.instance import RtInstance
from bot.rt.operations import Rest, shows_comments, with_ours
from bot.rt.wire import items, quoted

#: Every RT has this user, who is neither us nor anybody.
_NOBODY = "user/Nobody"
#: RT offers most for these.
_STATUSES = ("new", "open")
_HINT = "Take it away: docs/rt.md, “The account”."
_GIVE = "Give the account ShowTicketComments: docs/rt.md, “The account”."


def too_many(rest: Rest, rt: RtInstance) -> list[str]:
    """Say which rights are too many, a sentence each. Raises NotDone."""
    return [*_over_people(rest), *_elsewhere(rest, rt), *_over_tickets(rest, rt)]


def too_few(rest: Rest, rt: RtInstance) -> list[str]:
    """Say where RT does not show us a record that we wrote. Raises NotDone, Refused.

    On a ticket that we made it is no comment.
    """
    commented = f"{with_ours(rest)} AND Creator != {quoted(rest.account())}"
    for queue in rt.queues or ("",):
        number = _first(rest, f"Queue = {quoted(queue)} AND {commented}" if queue else commented)
        if number and not shows_comments(rest, rt, TicketRef(rt.name, int(number))):
            said = f"RT does not show us our own record on ticket {number}: none is read back, and"
            return [f"{said} where its answer is lost a CO has to look. {_GIVE}"]
    return []


def _over_people(rest: Rest) -> list[str]:
    """SuperUser, or what only it and administrators have."""
    found = []
    reply = rest.get(_NOBODY)
    if isinstance(reply.data, dict) and "Disabled" in reply.data:
        found.append(f"The account has AdminUsers, or is a SuperUser. {_HINT}")
    if rest.get(f"{_NOBODY}/groups").status == 200:
        found.append(f"The account has AdminGroupMembership, or is a SuperUser. {_HINT}")
    return found


def _elsewhere(rest: Rest, rt: RtInstance) -> list[str]:
    """Tickets of queues that the chat does not work with."""
    if not rt.queues:
        return []
    others = " AND ".join(f"Queue != {quoted(queue)}" for queue in rt.queues)
    if not _first(rest, others):
        return []
    return [f"The account may read tickets of queues that are not in the RT's queues. {_HINT}"]


def _over_tickets(rest: Rest, rt: RtInstance) -> list[str]:
    offered: dict[str, set[str]] = {}
    for queue in rt.queues or ("",):
        for status in _STATUSES:
            for right in _offered(rest, queue, status):
                offered.setdefault(right, set()).add(queue)
    if rt.statuses:
        offered.pop("ModifyTicket", None)
    return [f"The account has {right}{_in(queues)}. {_HINT}" for right, queues in offered.items()]


def _offered(rest: Rest, queue: str, status: str) -> set[str]:
    """The rights that RT's offers for such a ticket give away."""
    asked = f"Status = '{status}'" + (f" AND Queue = {quoted(queue)}" if queue else "")
    if not (number := _first(rest, asked)):
        return set()
    data = rest.get(f"ticket/{number}").data
    links = data.get("_hyperlinks") if isinstance(data, dict) else None
    found = set()
    for link in links if isinstance(links, list) else []:
        if isinstance(link, dict) and link.get("ref") == "lifecycle":
            found.add("DeleteTicket" if link.get("to") == "deleted" else "ModifyTicket")
    return found


def _first(rest: Rest, asked: str) -> str:
    reply = rest.get("tickets", {"query": asked, "per_page": "1"})
    found: list[dict[str, Any]] = items(reply)
    return str(found[0].get("id") or "") if found else ""


def _in(queues: set[str]) -> str:
    named = ", ".join(sorted(queues - {""}))
    return f" in {named}" if named else ""
