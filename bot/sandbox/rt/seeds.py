"""The people and tickets that the stand-in begins with: one of each kind that makes a difference."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime, timedelta

from bot.sandbox.rt.world import ALL_RIGHTS, Part, Person, Ticket, World

PRINTER = 12345
RESOLVED = 12346
REJECTED = 12347
DELETED = 12348
MERGED = 12349  # into PRINTER
FORBIDDEN = 12350
NO_REQUESTOR = 12351
SEVERAL = 12352
NO_ADDRESS = 12353
TEACHING = 12354
READ_ONLY = 12355
OWNED = 12356

_ADA, _ALAN, _MARY, _PLOTTER = "s1234567", "s7654321", "msomerv", "plotter"

_PEOPLE = (
    Person(_ADA, "Ada Lovelace", "ada@help.test"),
    Person(_ALAN, "Alan Turing", "alan@help.test"),
    Person(_MARY, "Mary Somerville", "mary@help.test"),
    Person(_PLOTTER, "Plotter in AT 4.02"),
    Person("grace", "Grace Hopper", "grace@help.test"),
)

_TICKETS: tuple[Ticket, ...] = (
    Ticket(PRINTER, "Cannot print from the lab in AT 5.05", requestors=[_ADA]),
    Ticket(RESOLVED, "Where is my scratch space?", status="resolved", requestors=[_ALAN]),
    Ticket(REJECTED, "You have won a prize", status="rejected", requestors=[_ALAN]),
    Ticket(DELETED, "Test, please ignore", status="deleted", requestors=[_MARY]),
    Ticket(MERGED, "Printer in AT 5.05 again", status="new", requestors=[_ADA]),
    Ticket(FORBIDDEN, "A matter for the head of school", queue="Private", requestors=[_MARY]),
    Ticket(NO_REQUESTOR, "Disk of the mail server is 91 % full", status="new"),
    Ticket(SEVERAL, "Our group's web page is gone", requestors=[_ADA, _ALAN], ccs=[_MARY]),
    Ticket(NO_ADDRESS, "Paper out", status="new", requestors=[_PLOTTER]),
    Ticket(TEACHING, "Compiler missing in the exam image", queue="Teaching", requestors=[_MARY]),
    Ticket(READ_ONLY, "Order 40 monitors", queue="Purchasing", requestors=[_ALAN]),
    Ticket(OWNED, "VPN drops every hour", requestors=[_ALAN], owner="grace"),
)


def populate(world: World) -> None:
    """Fill an empty world."""
    world.add_person(Person(world.account, "Live Chat", "livechat@help.test"))
    for person in _PEOPLE:
        world.add_person(person)
    world.rights |= {
        "Support": ALL_RIGHTS,
        "Teaching": ALL_RIGHTS,
        "Purchasing": frozenset({"SeeQueue", "ShowTicket"}),
        "Private": frozenset(),
    }
    begin = datetime.now(UTC).replace(microsecond=0) - timedelta(days=3)
    for number, ticket in enumerate(deepcopy(_TICKETS)):  # every world has its own
        ticket.created = begin + timedelta(hours=5 * number)
        world.add_ticket(ticket)
        _opening(world, ticket)
    world.merge(MERGED, into=PRINTER)


def _opening(world: World, ticket: Ticket) -> None:
    """Give a ticket the words it was opened with."""
    created = world.transactions[-1]
    text = Part("", "text/plain", f"{ticket.subject}.\n\nCan you help?\n".encode())
    world.attach(created, text)
