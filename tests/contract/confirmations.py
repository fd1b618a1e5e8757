"""One table of what a CO sees, has to confirm, and gets, for every kind of ticket he can ask for.

Its rows are those of cases.py at the level of the card, and what may happen to a ticket between the
card and the filing. tests/contract/test_confirming.py plays it on RTs of every kind. There is
no column for REST 2.0 on RT 4.4: it has none without an extension that Debian does not package, so
RT 4.4 is entered by REST 1.0 and by mail.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.tickets import Requestor
from tests.contract.cases import ADA, ALAN, MARY, Filed, NotSeen, RefusedWith

WHY = "She asked about the same printer in this ticket."


@dataclass(frozen=True, slots=True)
class Card:
    """What the card shows before anybody is invited; ``lives`` is whose number stands in its head."""

    lives: str
    subject: str
    requestor: str
    queue: str = "Support"
    status: str = "open"
    cc: str = ""
    says: str = ""


@dataclass(frozen=True, slots=True)
class Nothing:
    """Green: the ticket stands above the button, and pressing it is enough."""


@dataclass(frozen=True, slots=True)
class Number:
    """Amber: the ticket's last digits; a surname would do as well."""


@dataclass(frozen=True, slots=True)
class SurnameAndReason:
    """Red: the requestor's surname and a typed reason, which stays in the record."""

    surname: str


Demand = Nothing | Number | SurnameAndReason


@dataclass(frozen=True, slots=True)
class Stopped:
    """Nothing is sent: the card says in what the ticket changed, and demands a new confirmation."""

    says: str
    demand: Demand
    then: Filed | RefusedWith | NotSeen


@dataclass(frozen=True, slots=True)
class Row:
    """``then``: what comes of the filing, if the ticket is shown at all.

    ``meanwhile``: what somebody makes of the ticket after the talk (a field and its new value).
    ``visitor``: as whom the visitor signed in; else it is whoever held the link.
    """

    ticket: str
    asked: Card | RefusedWith
    demand: Demand = Number()
    then: Filed | RefusedWith | NotSeen | Stopped | None = None
    meanwhile: tuple[str, str] | None = None
    visitor: Requestor | None = None


_PRINTER = "Cannot print from the lab in AT 5.05"
_ADA, _ALAN = "Ada Lovelace (ada@help.test)", "Alan Turing (alan@help.test)"
_MARY = "Mary Somerville (mary@help.test)"
_SHOWN = Card("printer", _PRINTER, _ADA)
_OWNED = Card("owned", "VPN drops every hour", _ALAN)
_NEW = Card("new", "To be moved", _ADA, status="new")

TABLE = {
    "open": Row("printer", _SHOWN, then=Filed("printer")),
    "open, the visitor is its requestor": Row(
        "printer", _SHOWN, Nothing(), Filed("printer"), visitor=ADA
    ),
    "resolved": Row(
        "resolved",
        Card("resolved", "Where is my scratch space?", _ALAN, status="resolved"),
        then=Filed("resolved"),
    ),
    "rejected": Row("rejected", RefusedWith("is rejected")),
    "deleted": Row("deleted", RefusedWith("is deleted")),
    "merged": Row(
        "merged",
        Card("printer", _PRINTER, _ADA, says="You asked for rt#{merged}, which was merged into"),
        then=Filed("printer"),
    ),
    "of another queue": Row(
        "teaching",
        Card("teaching", "Compiler missing in the exam image", _MARY, "Teaching"),
        then=Filed("teaching"),
    ),
    "forbidden": Row("forbidden", RefusedWith("right ShowTicket")),
    "may only be read": Row(
        "read_only",
        Card("read_only", "Order 40 monitors", _ALAN, "Purchasing"),
        then=RefusedWith("right CommentOnTicket"),
    ),
    "missing": Row("missing", RefusedWith("There is no ticket")),
    "no requestor": Row(
        "no_requestor",
        Card(
            "no_requestor",
            "Disk of the mail server is 91 % full",
            "nobody",
            status="new",
            says="This ticket has no requestor",
        ),
        then=Filed("no_requestor"),
    ),
    "several requestors, and a Cc who is the visitor": Row(
        "several",
        Card("several", "Our group's web page is gone", f"{_ADA}; {_ALAN}", cc=_MARY),
        Nothing(),
        Filed("several"),
        visitor=MARY,
    ),
    "requestor is not the visitor": Row(
        "owned", _OWNED, SurnameAndReason("Turing"), Filed("owned"), visitor=ADA
    ),
    # --- changed between the card and the filing ---
    "merged meanwhile": Row(
        "new",
        _NEW,
        then=Stopped("it was merged into rt#{other}", Number(), Filed("other")),
        meanwhile=("merge", "other"),
    ),
    # RT gives the other ticket her as a requestor too: she is known there, and it is asked again.
    "merged meanwhile, the visitor is its requestor": Row(
        "new",
        _NEW,
        Nothing(),
        Stopped("rt#{other}; its requestors were Ada Lovelace and are", Nothing(), Filed("other")),
        meanwhile=("merge", "other"),
        visitor=ADA,
    ),
    "resolved meanwhile": Row("new", _NEW, then=Filed("new"), meanwhile=("Status", "resolved")),
    "rejected meanwhile": Row(
        "new", _NEW, then=RefusedWith("is rejected"), meanwhile=("Status", "rejected")
    ),
    "deleted meanwhile": Row(
        "new", _NEW, then=RefusedWith("is deleted"), meanwhile=("Status", "deleted")
    ),
    "moved to another queue": Row(
        "new",
        _NEW,
        then=Stopped("from the queue “Support” to “Teaching”", Number(), Filed("new")),
        meanwhile=("Queue", "Teaching"),
    ),
    "moved where we may not write": Row(
        "new",
        _NEW,
        then=Stopped(
            "from the queue “Support” to “Purchasing”",
            Number(),
            RefusedWith("right CommentOnTicket"),
        ),
        meanwhile=("Queue", "Purchasing"),
    ),
    "moved out of sight": Row(
        "new", _NEW, then=RefusedWith("right ShowTicket"), meanwhile=("Queue", "Private")
    ),
    "given to another requestor": Row(
        "new",
        _NEW,
        then=Stopped(
            "its requestors were Ada Lovelace and are Alan Turing now",
            SurnameAndReason("Turing"),
            Filed("new"),
        ),
        meanwhile=("Requestors", ALAN.login),
    ),
}

#: RT's mail gateway refuses in silence: what RT would have refused is not to be seen there.
_SILENT = RefusedWith("right CommentOnTicket")


def by_way(then: Filed | RefusedWith | NotSeen, way: str) -> Filed | RefusedWith | NotSeen:
    """What an outcome is in a way into RT."""
    return NotSeen() if then == _SILENT and way.endswith("mail") else then
