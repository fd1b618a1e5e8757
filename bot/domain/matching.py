"""Whether visitor and ticket belong together, what a CO types to confirm it, and what changed (pure).

RT cannot undo what is written into a ticket, and its requestors may read comments: so a record goes
only where a person has looked, and the less we know, the more he is asked for.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable
from enum import StrEnum

from bot.domain.identity import Identity
from bot.domain.tickets import Requestor, Ticket, TicketRef

#: How many digits of a ticket's number confirm it.
ECHOED = 3
#: What is longer is nobody's name; to compare it would take seconds, if it is full of accents.
LONGEST_NAME = 1000
#: A reason of fewer characters is none.
SHORTEST_REASON = 10


class Match(StrEnum):
    """How a chat's visitor fits a ticket; each worse one asks the CO for more."""

    GREEN = "green"  # verified, and requestor or Cc
    AMBER = "amber"  # nobody vouches for him, and nothing speaks against it
    RED = "red"  # what we know of him is somebody else


class Change(StrEnum):
    """In what a ticket is not any more what a CO confirmed."""

    MERGED = "merged"
    QUEUE = "queue"
    REQUESTORS = "requestors"
    MATCH = "match"  # the visitor fits it worse than what was confirmed


def match(identity: Identity, ticket: Ticket) -> Match:
    """Tell how ``identity`` fits ``ticket``.

    Of somebody unverified the identity tells whom his link was for, or who he says he is: that
    proves nothing, but if that person is not on the ticket, it speaks against it. A ticket with
    nobody on it has nobody to compare with.
    """
    known = bool(identity.login or identity.address)
    people = (*ticket.requestors, *ticket.ccs)
    if not people or not known:
        return Match.AMBER
    if not is_on(identity, ticket):
        return Match.RED
    return Match.GREEN if identity.verified else Match.AMBER


def is_worse(found: Match, confirmed: Match) -> bool:
    """Tell whether ``found`` asks for more than what was ``confirmed``."""
    order = list(Match)
    return order.index(found) > order.index(confirmed)


def is_on(identity: Identity, ticket: Ticket) -> bool:
    """Tell whether ``identity`` is a requestor or Cc of ``ticket``, by login or address."""
    return any(is_person(identity, one) for one in (*ticket.requestors, *ticket.ccs))


def is_requestor(identity: Identity, ticket: Ticket) -> bool:
    """Tell whether ``identity`` is a requestor of ``ticket``, by login or address."""
    return any(is_person(identity, one) for one in ticket.requestors)


def is_person(identity: Identity, one: Requestor) -> bool:
    """Tell whether ``identity`` is that person in RT, by login or address."""
    ours = {_fold(identity.login), _fold(identity.address)} - {""}
    # RT names a user that it made of a mail by the address.
    return bool(ours & {_fold(one.login), _fold(one.address)})


def _fold(text: str) -> str:
    return text.strip().casefold()


# --- what is typed ---------------------------------------------------------------------------------


def digits(ticket: Ticket) -> str:
    """Return the digits that confirm a ticket: its number's last ones."""
    return str(ticket.ref.number)[-ECHOED:]


def surnames(ticket: Ticket) -> tuple[str, ...]:
    """Return the requestors' surnames; of whom RT has no name with letters, login or address."""
    return tuple(dict.fromkeys(_surname(one) for one in ticket.requestors))


def _surname(one: Requestor) -> str:
    name = " ".join(one.name.split())
    if not _letters(name):
        return one.login or one.address
    first, comma, _ = name.partition(",")  # "Lovelace, Ada"
    if comma and _letters(first):
        return first
    return next(word for word in reversed(name.split()) if _letters(word))


def confirms(typed: str, ticket: Ticket, others: Iterable[TicketRef] = ()) -> bool:
    """Tell whether ``typed`` confirms ``ticket``: its last digits, its number, or a surname.

    Where one of the ``others`` that may be meant ends in the same digits, only the whole number.
    """
    plain, number = typed.strip().lstrip("#"), str(ticket.ref.number)
    if any(str(other.number).endswith(digits(ticket)) for other in others if other != ticket.ref):
        return plain == number
    return plain in (digits(ticket), number) or names(typed, ticket)


def names(typed: str, ticket: Ticket) -> bool:
    """Tell whether ``typed`` is a requestor's surname, or his whole name."""
    whole = (one.name or one.called for one in ticket.requestors)
    said = _letters(typed) if len(typed) <= LONGEST_NAME else ""
    return bool(said) and said in {_letters(name) for name in (*surnames(ticket), *whole)}


def _letters(text: str) -> str:
    """What of a name counts: "Müller" is "muller", "O'Brien" is "obrien"."""
    split = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in split if c.isalnum())


# --- what changed ----------------------------------------------------------------------------------


def changes(confirmed: Ticket, found: Ticket) -> tuple[Change, ...]:
    """Return in what ``found`` differs from ``confirmed`` so that it has to be confirmed again."""
    differs = {
        Change.MERGED: confirmed.ref != found.ref,
        # An account that may not see a queue's name has never shown it.
        Change.QUEUE: _fold(confirmed.queue) != _fold(found.queue),
        Change.REQUESTORS: not are_same(confirmed.requestors, found.requestors),
    }
    return tuple(change for change, really in differs.items() if really)


def are_same(some: Iterable[Requestor], others: Iterable[Requestor]) -> bool:
    """Tell whether RT means the same people, whatever their order."""
    return _keys(some) == _keys(others)


def _keys(people: Iterable[Requestor]) -> frozenset[str]:
    return frozenset(_fold(one.login) or _fold(one.address) for one in people)


def fingerprint(ticket: Ticket) -> str:
    """Return a few characters that stand for what ``changes`` compares, for a button to carry."""
    parts = [str(ticket.ref), _fold(ticket.queue), *sorted(_keys(ticket.requestors))]
    return hashlib.sha256("\n".join(parts).encode("utf-8", "replace")).hexdigest()[:12]
