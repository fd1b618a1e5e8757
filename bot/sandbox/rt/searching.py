"""TicketSQL as far as we use it: by number, subject, file or custom field, or whatever is active."""

from __future__ import annotations

import re

from bot.sandbox.rt.world import Ticket, World

_BY_NUMBER = re.compile(r"\s*id\s*=\s*'?(\d+)'?\s*")
_BY_SUBJECT = re.compile(r"\s*Subject LIKE '([^']*)'\s*")
_BY_FILE = re.compile(r"id = (\d+) AND UpdatedBy = '([^']*)' AND Filename = '([^']*)'")
_BY_FIELD = re.compile(r"\s*'CF\.\{([^}]+)\}' = '([^']*)'\s*")


class WrongQuery(Exception):
    """RT does not understand the query."""


def search(world: World, query: str) -> list[Ticket]:
    """Search as RT does: neither deleted nor merged nor forbidden tickets are found.

    Raises WrongQuery.
    """
    if match := _BY_NUMBER.fullmatch(query):
        hits = [world.tickets.get(int(match[1]))]
    elif match := _BY_SUBJECT.fullmatch(query):
        part = match[1].casefold()
        hits = [t for t in world.tickets.values() if part in t.subject.casefold()]
    elif match := _BY_FILE.fullmatch(query):
        hits = [world.tickets.get(int(match[1]))]
        hits = [
            ticket for ticket in hits if ticket and _has_file(world, ticket, match[2], match[3])
        ]
    elif match := _BY_FIELD.fullmatch(query):
        hits = [t for t in world.tickets.values() if t.fields.get(match[1]) == match[2]]
    elif query == "Status = '__Active__'":
        hits = [t for t in world.tickets.values() if t.status in ("new", "open", "stalled")]
    else:
        raise WrongQuery("Wrong query, expecting a OPERATOR (the stand-in knows only a few)")
    return [
        ticket
        for ticket in hits
        if ticket
        and not ticket.effective
        and ticket.status != "deleted"
        and world.may(ticket, "ShowTicket")
    ]


def _has_file(world: World, ticket: Ticket, creator: str, name: str) -> bool:
    """Tell whether somebody attached such a file, also where RT shows us nothing of it."""
    mine = (line for line in world.history(ticket) if line.creator == creator)
    return any(part.name == name for line in mine for part in line.attachments)
