"""What the stand-in for RT remembers: people, tickets, transactions. Everything is in memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count

NOBODY = "Nobody"
STATUSES = ("new", "open", "stalled", "resolved", "rejected", "deleted")

#: What the service's account needs where it shall do everything we ask of RT.
ALL_RIGHTS = frozenset({
    "SeeQueue", "ShowTicket", "ShowTicketComments", "CommentOnTicket", "ReplyToTicket",
    "ModifyTicket", "CreateTicket",
})  # fmt: skip


class Denied(Exception):
    """RT refuses; the text is RT's own word for why."""


@dataclass(frozen=True, slots=True)
class Person:
    """A user of RT. ``login`` is RT's Name."""

    login: str
    name: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A part of a transaction's message; the body has no file name."""

    id: int
    name: str
    kind: str
    content: bytes


@dataclass(slots=True)
class Transaction:
    """A line of a ticket's history; ``data`` is the subject of what was written."""

    id: int
    ticket: int
    kind: str
    creator: str
    created: datetime
    data: str = ""
    attachments: list[Attachment] = field(default_factory=list)


@dataclass(slots=True)
class Ticket:
    """A ticket; ``effective`` is another's number after a merge."""

    id: int
    subject: str
    queue: str = "Support"
    status: str = "open"
    requestors: list[str] = field(default_factory=list)
    ccs: list[str] = field(default_factory=list)
    owner: str = NOBODY
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    effective: int = 0
    creator: str = "RT_System"
    fields: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CustomField:
    """A field of the tickets of some queues, which the account may see, and set unless ``sealed``."""

    name: str
    queues: frozenset[str]
    sealed: bool = False


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail that RT would have sent."""

    to: tuple[str, ...]
    subject: str
    text: str
    sent: datetime


@dataclass(frozen=True, slots=True)
class Part:
    """A file that comes with a message."""

    name: str
    kind: str
    content: bytes


class World:
    """All of it, and the account by which the service comes in.

    ``rights`` says what that account may do, per queue; tests take rights away and give them.
    """

    def __init__(self, account: str) -> None:
        self.account = account
        self.people: dict[str, Person] = {NOBODY: Person(NOBODY, "Nobody in particular")}
        self.rights: dict[str, frozenset[str]] = {}
        self.tickets: dict[int, Ticket] = {}
        self.transactions: list[Transaction] = []
        self.mails: list[Mail] = []
        everywhere = frozenset({"Support", "Teaching"})
        self.fields: tuple[CustomField, ...] = (
            CustomField("Chat ID", frozenset({"Support"})),
            CustomField("Chat rating", everywhere),
            CustomField("Chat sealed", everywhere, sealed=True),
        )
        self._ids = count(101)

    def add_person(self, person: Person) -> None:
        self.people[person.login] = person

    def add_ticket(self, ticket: Ticket) -> None:
        self.tickets[ticket.id] = ticket
        by = ticket.requestors[0] if ticket.requestors else "RT_System"
        self.note(ticket.id, "Create", by, created=ticket.created)

    def person(self, known: str) -> Person | None:
        """Find a person by login or address."""
        if known in self.people:
            return self.people[known]
        same = (p for p in self.people.values() if p.address.casefold() == known.casefold())
        return next(same, None) if known else None

    def may_create(self, queue: str) -> bool:
        return "CreateTicket" in self.rights.get(queue, frozenset())

    def create(
        self,
        queue: str,
        subject: str,
        requestor: Person | None,
        by: str,
        body: Part | None,
        parts: list[Part],
    ) -> Ticket:
        """Make a ticket, by ``by``, who is no requestor by that: it may have none."""
        who = [requestor.login] if requestor else []
        subject = " ".join(subject.split()).encode()[:200].decode(errors="ignore")
        made = Ticket(max(self.tickets, default=0) + 1, subject, queue, "new", who, creator=by)
        self.tickets[made.id] = made
        line = self.note(made.id, "Create", by)
        for part in ([body] if body else []) + parts:
            self.attach(line, part)
        return made

    def queue_number(self, queue: str) -> str:
        """RT refers to a queue by number."""
        return str(1 + list(self.rights).index(queue)) if queue in self.rights else "0"

    def number_of(self, login: str) -> int:
        """RT refers to a user by number, too."""
        return 1 + list(self.people).index(login)

    def last_updated(self, ticket: Ticket) -> datetime:
        """When something last happened to a ticket."""
        return max((one.created for one in self.history(ticket)), default=ticket.created)

    def load(self, number: int) -> Ticket | None:
        """Find a ticket as RT does: a merged one is its target."""
        found = self.tickets.get(number)
        return self.load(found.effective) if found and found.effective else found

    def may(self, ticket: Ticket | None, right: str) -> bool:
        return ticket is not None and right in self.rights.get(ticket.queue, frozenset())

    def history(self, ticket: Ticket) -> list[Transaction]:
        """Everything that happened to a ticket and to what was merged into it, oldest first."""
        numbers = {t.id for t in self.tickets.values() if ticket.id in (t.id, t.effective)}
        return [t for t in self.transactions if t.ticket in numbers]

    def visible(self, transaction: Transaction) -> bool:
        """Whether the account may see a transaction: comments need a right of their own."""
        ticket = self.load(transaction.ticket)
        right = "ShowTicketComments" if transaction.kind == "Comment" else "ShowTicket"
        return self.may(ticket, "ShowTicket") and self.may(ticket, right)

    def transaction(self, number: int) -> Transaction | None:
        return next((t for t in self.transactions if t.id == number), None)

    def note(
        self, ticket: int, kind: str, by: str, data: str = "", created: datetime | None = None
    ) -> Transaction:
        """Append to a ticket's history."""
        when = created or datetime.now(UTC)
        made = Transaction(next(self._ids), ticket, kind, by, when, data)
        self.transactions.append(made)
        return made

    def write(
        self,
        ticket: Ticket,
        kind: str,
        subject: str,
        body: Part | None,
        parts: list[Part],
        by: str = "",
    ) -> Transaction:
        """Add a comment or a correspondence, by the account if nobody else is named."""
        data = f"{subject}\n" if subject else ""
        made = self.note(ticket.id, kind, by or self.account, data)
        for part in ([body] if body else []) + parts:
            self.attach(made, part)
        if kind == "Correspond":
            if ticket.status == "resolved":
                self.set_status(ticket, "open")
            self._mail(ticket, subject, body)
        return made

    def attach(self, transaction: Transaction, part: Part) -> None:
        """Add a message's body or a file to a transaction."""
        made = Attachment(next(self._ids), part.name, part.kind, part.content)
        transaction.attachments.append(made)

    def _mail(self, ticket: Ticket, subject: str, body: Part | None) -> None:
        people = [self.people[login] for login in (*ticket.requestors, *ticket.ccs)]
        to = tuple(person.address for person in people if person.address)
        if to:
            heading = f"[rt.test #{ticket.id}] {subject or ticket.subject}"
            text = body.content.decode(errors="replace") if body else ""
            self.mails.append(Mail(to, heading, text, datetime.now(UTC)))

    def set_status(self, ticket: Ticket, status: str) -> str:
        """Change a status; return RT's word for it, empty when it was so already."""
        if status not in STATUSES:
            raise Denied(f"Status '{status}' isn't a valid status for this ticket.")
        before = ticket.status
        if before == status:
            return ""
        ticket.status = status
        self.note(ticket.id, "Status", self.account)
        return f"Status changed from '{before}' to '{status}'"

    def fields_of(self, ticket: Ticket) -> dict[str, str]:
        """Return a ticket's custom fields, those without a value too."""
        here = [one.name for one in self.fields if ticket.queue in one.queues]
        return {name: ticket.fields.get(name, "") for name in here}

    def set_field(self, ticket: Ticket, name: str, value: str) -> str:
        """Set a custom field; return RT's word for it, empty if there is none of that name."""
        here = (one for one in self.fields if ticket.queue in one.queues)
        found = next((one for one in here if one.name.casefold() == name.casefold()), None)
        if found is None:
            return ""
        if found.sealed:
            raise Denied("Permission Denied")
        before, ticket.fields[found.name] = ticket.fields.get(found.name, ""), value
        self.note(ticket.id, "CustomField", self.account)
        changed = f"{before} changed to {value}" if before else f"{value} added"
        return f"{found.name} {changed}"

    def merge(self, number: int, into: int) -> None:
        """Merge a ticket into another, which gets its people, as in RT."""
        ticket, other = self.tickets[number], self.tickets[into]
        other.requestors += [one for one in ticket.requestors if one not in other.requestors]
        other.ccs += [one for one in ticket.ccs if one not in other.ccs]
        ticket.effective = into
        self.note(number, "AddLink", "RT_System")
