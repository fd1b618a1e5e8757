"""The cast: Ada is the visitor, Grace and Alan are COs; and a ticket of Ada's."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.domain.advance import advance
from bot.domain.beginning import no_ticket
from bot.domain.chat import Chat
from bot.domain.effects import Effect
from bot.domain.events import (
    Asked,
    Event,
    FilingHeld,
    FilingRequested,
    Invited,
    Receipt,
    TranscriptFiled,
    VisitorJoined,
)
from bot.domain.identity import Identity, Proof
from bot.domain.invitations import Route
from bot.domain.messages import Author, Role
from bot.domain.tickets import NewTicket, Requestor, Ticket, TicketRef

NOW = datetime(2026, 11, 21, 10, 42, 7, 123000, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
SOON = NOW + timedelta(minutes=1)

ADA = Author(Role.VISITOR, "chat-1:1", "Ada Lovelace")
GRACE = Author(Role.OPERATOR, "00000000-0000-0000-0000-00000000000a", "Grace Hopper")
ALAN = Author(Role.OPERATOR, "00000000-0000-0000-0000-00000000000b", "Alan Turing")

ADAS = Requestor("s1234567", "Ada Lovelace", "ada@help.test")
TICKET = Ticket(
    ref=TicketRef("rt", 12345),
    asked=TicketRef("rt", 12345),
    subject="Cannot print from the lab in AT 5.05",
    queue="Support",
    status="open",
    requestors=(ADAS,),
    created=NOW - timedelta(days=2),
    url="https://rt.test/Ticket/Display.html?id=12345",
)
RECEIPT = Receipt(12345, 99, "https://rt.test/Ticket/Display.html?id=12345#txn-99")


def proposed(thread: int = 1) -> Chat:
    """A chat that Grace was just shown."""
    return Chat("chat-1", thread, TICKET, GRACE, NOW)


def invited(thread: int = 1) -> Chat:
    """A chat to which Ada was sent a link."""
    return after(proposed(thread), Invited(NOW, GRACE, ADAS, Route.COPY, LATER))


def talking(thread: int = 1) -> Chat:
    """A chat in which Ada sits."""
    return after(invited(thread), VisitorJoined(NOW, ADA))


def filing(status: str = "") -> Chat:
    """A chat on its way to RT."""
    return after(talking(), FilingRequested(NOW, GRACE, "Toner was empty.", status))


def held(status: str = "", summary: str = "Toner was empty.") -> Chat:
    """A chat that Grace sent to RT, and may still undo that."""
    return after(talking(), FilingHeld(NOW, GRACE, summary, status, until=SOON))


def filed(status: str = "") -> Chat:
    """A chat whose record is in RT."""
    return after(filing(status), TranscriptFiled(NOW, RECEIPT))


INTAKE = NewTicket("rt", "Live chat", "Why does it beep?")
STRANGER = Identity(Proof.ANONYMOUS, "", "Ada Lovelace", "ada@elsewhere.test")
SIGNED_IN = Identity(Proof.SSO, "s1234567", "Ada Lovelace", "ada@help.test")


def untold(thread: int = 1) -> Chat:
    """A chat that a visitor is about to begin, while Grace has said that they may."""
    return Chat("chat-1", thread, no_ticket(INTAKE), GRACE, NOW, intake=INTAKE)


def asking(who: Identity = STRANGER) -> Chat:
    """A chat that Ada has begun, and nobody has answered."""
    return after(
        untold(), Asked(NOW, ADA, who, "question", "Why does it beep?\nIt is the big one.")
    )


def after(chat: Chat, *events: Event) -> Chat:
    """The chat after these events."""
    for event in events:
        chat = advance(chat, event)[0]
    return chat


def effects(chat: Chat, event: Event) -> tuple[Effect, ...]:
    """What follows from an event."""
    return advance(chat, event)[1]


def with_ticket(chat: Chat, **changes: object) -> Chat:
    """The chat about a ticket that differs in these fields."""
    return replace(chat, ticket=replace(chat.ticket, **changes))  # type: ignore[arg-type]
