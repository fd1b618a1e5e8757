"""One table of the tickets that people come with: what looking each up, and filing into it, come to.

The rows are kinds of tickets, named as in the rigs' seed.pl and the stand-in's seeds.py. What differs
by the way into RT stands in BY_MAIL. tests/contract/test_matrix.py plays it in every way; what the
card shows for the same rows is tested beside the cards.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.tickets import Requestor

ADA = Requestor("s1234567", "Ada Lovelace", "ada@help.test")
ALAN = Requestor("s7654321", "Alan Turing", "alan@help.test")
MARY = Requestor("msomerv", "Mary Somerville", "mary@help.test")


@dataclass(frozen=True, slots=True)
class Shown:
    """The ticket is shown: where it lives, in what state, whose it is."""

    lives: str
    status: str
    requestors: tuple[Requestor, ...]


@dataclass(frozen=True, slots=True)
class Filed:
    """One comment, in this ticket and no other; its status is what it was."""

    into: str


@dataclass(frozen=True, slots=True)
class RefusedWith:
    """Nothing is written, and a sentence says why."""

    sentence: str


@dataclass(frozen=True, slots=True)
class NotSeen:
    """A mail went out, nothing is to be seen of it, and we say so; it is not sent again."""


@dataclass(frozen=True, slots=True)
class Row:
    """What comes of a kind of ticket. ``moved`` tells where somebody moves it between the two."""

    ticket: str
    looked_up: Shown | RefusedWith
    filed: Filed | RefusedWith | NotSeen
    moved: str = ""


TABLE = {
    "open": Row("teaching", Shown("teaching", "open", (MARY,)), Filed("teaching")),
    "resolved": Row("resolved", Shown("resolved", "resolved", (ALAN,)), Filed("resolved")),
    "rejected": Row("rejected", RefusedWith("is rejected"), RefusedWith("is rejected")),
    "deleted": Row("deleted", RefusedWith("is deleted"), RefusedWith("is deleted")),
    "merged": Row(
        "merged", Shown("printer", "open", (ADA,)), RefusedWith("merged into #{printer} meanwhile")
    ),
    "moved out of sight": Row(
        "new", Shown("new", "new", (ADA,)), RefusedWith("right ShowTicket"), moved="Private"
    ),
    "moved where we may not write": Row(
        "new", Shown("new", "new", (ADA,)), RefusedWith("right CommentOnTicket"), moved="Purchasing"
    ),
    "forbidden": Row("forbidden", RefusedWith("right ShowTicket"), RefusedWith("right ShowTicket")),
    "may only be read": Row(
        "read_only", Shown("read_only", "open", (ALAN,)), RefusedWith("right CommentOnTicket")
    ),
    "missing": Row("missing", RefusedWith("There is no ticket"), RefusedWith("There is no ticket")),
    "no requestor": Row("no_requestor", Shown("no_requestor", "new", ()), Filed("no_requestor")),
    "requestor is not the visitor": Row("owned", Shown("owned", "open", (ALAN,)), Filed("owned")),
}

#: RT's mail gateway refuses in silence: what RT would have refused is not to be seen there.
BY_MAIL: dict[str, Filed | RefusedWith | NotSeen] = {
    "moved where we may not write": NotSeen(),
    "may only be read": NotSeen(),
}


def filed(case: str, way: str) -> Filed | RefusedWith | NotSeen:
    """What filing comes to in a way into RT."""
    by_mail = BY_MAIL if way.endswith("mail") else {}
    return by_mail.get(case, TABLE[case].filed)
