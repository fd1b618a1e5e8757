"""The page on which a CO starts a chat from a ticket: what it says, and its seal (pure).

It needs no script. Its form carries a seal, made for one CO and one ticket, so that no other page can
send it in his name.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Any, Final

from bot.domain.tickets import Requestor, Ticket
from bot.relay.inbound import Operator
from bot.relay.starting import Running, Started
from bot.visitors.pages import TEMPLATES

POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
GOOD_FOR: Final = timedelta(hours=1)
_MOST = 10  # people named

_page = TEMPLATES.get_template("start.html")


def asking(
    prefix: str,
    ticket: Ticket,
    running: Sequence[Running],
    operator: str,
    hidden: dict[str, str],
    zone: tzinfo,
) -> str:
    """Return the page that shows the ticket and asks; ``hidden`` is what the form carries."""
    title, facts = f"Live chat about ticket {ticket.ref}", _facts(ticket, zone)
    known = {"ticket": ticket, "facts": facts, "running": running, **hidden}
    return _render(prefix, title, operator=operator, **known)


def waiting(prefix: str, operator: Operator, started: Started | None) -> str:
    """Return the page that leads to the thread; ``started`` is None while there is none.

    A chat without a link is in the personal chat of whoever began it.
    """
    link = started.link if started else ""
    where = {"leap": link, "waits": started is None, "personal": False, "whose": ""}
    if started and started.by and not link:
        mine = started.by.id == operator.id
        where |= {"personal": mine, "whose": "" if mine else started.by.name or "Somebody"}
    return _render(prefix, "Your live chat", operator=operator.name, **where)


def trouble(prefix: str, sentence: str) -> str:
    """Return the page that says why it does not go on."""
    return _render(prefix, "No live chat was started", problem=sentence)


def _render(prefix: str, title: str, **what: Any) -> str:
    nothing = {"leap": "", "waits": False, "personal": False, "whose": ""}
    nothing |= {"problem": "", "operator": "", "lang": "en"}
    return _page.render(nothing | {"ticket": None} | what, prefix=prefix, title=title)


def _facts(ticket: Ticket, zone: tzinfo) -> list[tuple[str, str]]:
    several = len(ticket.requestors) > 1
    facts = [
        ("Subject", ticket.subject or "(none)"),
        ("Requestors" if several else "Requestor", _people(ticket.requestors)),
        ("Queue", ticket.queue),
        ("Status", ticket.status),
        ("Owner", ticket.owner or "nobody"),
    ]
    if ticket.ccs:
        facts.insert(2, ("Cc", _people(ticket.ccs)))
    if ticket.created:
        local = ticket.created.astimezone(zone)
        facts.append(("Created", f"{local.day} {local:%B %Y}"))
    return facts


def _people(people: Sequence[Requestor]) -> str:
    named = [
        f"{one.called} ({one.address})" if one.address not in ("", one.called) else one.called
        for one in people[:_MOST]
    ]
    more = len(people) - _MOST
    return "; ".join(named + ([f"{more} more"] if more > 0 else [])) or "nobody"


def seal(secret: bytes, now: datetime, *parts: str) -> str:
    """Return a stamp that only we can have made for ``parts``, good for GOOD_FOR."""
    until = str(int((now + GOOD_FOR).timestamp()))
    return f"{until}.{_mac(secret, until, *parts)}"


def is_sealed(stamp: str, secret: bytes, now: datetime, *parts: str) -> bool:
    """Tell whether ``seal`` made the stamp for these very parts, and not too long ago."""
    until, _, mac = stamp.partition(".")
    if not (until.isascii() and until.isdigit() and len(until) < 12):
        return False
    good = hmac.compare_digest(mac.encode(), _mac(secret, until, *parts).encode())
    return good and int(until) >= now.timestamp()


def _mac(secret: bytes, *parts: str) -> str:
    text = "\0".join(("start page", *parts)).encode()
    return hmac.new(secret, text, hashlib.sha256).hexdigest()
