"""TicketSQL as far as we use it: by number, subject, file or custom field, whatever is active, or by
whose it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from bot.sandbox.rt.world import Ticket, World

_BY_NUMBER = re.compile(r"\s*id\s*=\s*'?(\d+)'?\s*")
_BY_SUBJECT = re.compile(r"\s*Subject LIKE '([^']*)'\s*")
_BY_FILE = re.compile(
    r"(?:id = (\d+) AND |Queue = '([^']*)' AND )?UpdatedBy = '([^']*)' AND Filename = '([^']*)'"
    r"(?: AND Creator != '([^']*)')?"
)
#: What a condition on requestors is made of, as in RT's own parser (RT::SQL).
_TOKEN = re.compile(r"\s*('(?:\\.|[^'\\])*'|\(|\)|=|[\w.]+)", re.DOTALL)
_ACTIVE = ("new", "open", "stalled")
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
        number, queue, creator, name, maker = match.groups()
        hits = [
            ticket
            for ticket in world.tickets.values()
            if (number is None or ticket.id == int(number))
            and (queue is None or ticket.queue == queue)
            and ticket.creator != maker
            and _has_file(world, ticket, creator, name)
        ]
    elif match := _BY_FIELD.fullmatch(query):
        hits = [t for t in world.tickets.values() if t.fields.get(match[1]) == match[2]]
    elif query == "Status = '__Active__'":
        hits = [t for t in world.tickets.values() if t.status in _ACTIVE]
    elif "Requestor." in query:
        conditions = _Conditions(world, query)
        hits = [t for t in world.tickets.values() if conditions.hold(t)]
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


def in_order(world: World, found: list[Ticket], asked: Mapping[str, str]) -> list[Ticket]:
    """Put what was found into the order that was asked for, by either API."""
    by = asked.get("orderby", "")
    if by.lstrip("-") != "LastUpdated":
        return found
    down = by.startswith("-") or asked.get("order") == "DESC"
    return sorted(found, key=world.last_updated, reverse=down)


class _Conditions:
    """Conditions on fields, joined by AND and OR, with parentheses."""

    def __init__(self, world: World, query: str) -> None:
        self._world = world
        self._tokens = list(_tokens(query))
        self._at = 0
        self._ticket = Ticket(0, "")

    def hold(self, ticket: Ticket) -> bool:
        self._ticket, self._at = ticket, 0
        found = self._any()
        if self._at < len(self._tokens):
            raise WrongQuery(f"Wrong query, expecting an AGGREGATOR at {self._at}")
        return found

    def _any(self) -> bool:
        found = self._all()
        while self._takes("OR"):
            found = self._all() or found
        return found

    def _all(self) -> bool:
        found = self._one()
        while self._takes("AND"):
            found = self._one() and found
        return found

    def _one(self) -> bool:
        if self._takes("("):
            found = self._any()
            if not self._takes(")"):
                raise WrongQuery("Unclosed parenthesis")
            return found
        field, operator, value = self._next(), self._next(), self._next()
        if not value.startswith("'"):
            raise WrongQuery("Wrong query, expecting a VALUE")
        return self._is(field, operator, re.sub(r"\\(.)", r"\1", value[1:-1], flags=re.DOTALL))

    def _is(self, field: str, operator: str, value: str) -> bool:
        ticket, people = self._ticket, [self._world.people[x] for x in self._ticket.requestors]
        match field, operator:
            case "Status", "=":
                return ticket.status in (_ACTIVE if value == "__Active__" else (value,))
            case "Queue", "=":
                return ticket.queue.casefold() == value.casefold()
            case "Requestor.Name", "=" if value.isdecimal():  # RT takes it for a user's number
                return any(self._world.number_of(one.login) == int(value) for one in people)
            case "Requestor.Name", _:
                return any(_compare(operator, one.login, value) for one in people)
            case "Requestor.EmailAddress", _:
                return any(_compare(operator, one.address, value) for one in people)
        raise WrongQuery(f"Wrong query, expecting a KEYWORD or OPERATOR: {field} {operator}")

    def _takes(self, token: str) -> bool:
        found = self._at < len(self._tokens) and self._tokens[self._at] == token
        self._at += found
        return found

    def _next(self) -> str:
        if self._at >= len(self._tokens):
            raise WrongQuery("Incomplete query")
        self._at += 1
        return self._tokens[self._at - 1]


def _compare(operator: str, ours: str, value: str) -> bool:
    ours, value = ours.casefold(), value.casefold()
    match operator:
        case "=":
            return ours == value and not value.startswith("cf.")  # RT takes that for a custom field
        case "STARTSWITH":
            return ours.startswith(value)
        case "ENDSWITH":
            return ours.endswith(value)
    raise WrongQuery(f"Wrong query, expecting an OPERATOR: {operator}")


def _tokens(query: str) -> Iterator[str]:
    at = 0
    while query[at:].strip():
        found = _TOKEN.match(query, at)
        if found is None:
            raise WrongQuery(f"Wrong query at '{query[at:]}'")
        yield found[1]
        at = found.end()
