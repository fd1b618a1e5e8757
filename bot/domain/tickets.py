"""What we know of a ticket in Request Tracker, and how people write its number.

RT's own words (ticket, queue, requestor, owner, status) mean here what they mean in RT.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from bot.domain.legible import blank

DEFAULT_INSTANCE = "rt"
#: Of somebody's own tickets so many are looked for, and so many shown.
MOST_OWN, SHOWN_OWN = 50, 5

# "12345", "#12345", "rt#12345", "RT 12345", "physics#12345", "rt:12345"
_NUMBER = re.compile(
    # White space is never tried in other pieces: of a long run of it there are too many.
    r"(?:(?P<instance>[A-Za-z][\w-]{0,31})(?P<mark>\s*[#:]|\s)\s*+|#)?(?P<number>[0-9]{1,10})"
)
# The page of a ticket in RT 4, 5 and 6, and RT's own short link.
_URL = re.compile(
    r"https?://(?P<host>[^\s/?#]++)(?P<path>[^\s?#]*?)/"
    r"(?:Ticket/\w+\.html\?(?:[^\s#]*&)?id=|t(?:icket)?/)(?P<number>[0-9]{1,10})\S*",
    re.IGNORECASE,
)
_BEHIND = re.compile(r"[\s,;]")
_BETWEEN = re.compile(r"[ \t\r\n,;]*")


@dataclass(frozen=True, slots=True)
class TicketRef:
    """A ticket's address: which RT (``instance``, lower case) and which number there."""

    instance: str
    number: int

    def __str__(self) -> str:
        return f"{self.instance}#{self.number}"


@dataclass(frozen=True, slots=True)
class Requestor:
    """A person on a ticket, as RT tells it; any part may be empty.

    ``login`` is RT's user *Name*, ``name`` its RealName, ``address`` its EmailAddress.
    """

    login: str
    name: str = ""
    address: str = ""

    @property
    def called(self) -> str:
        """What to call this person: the real name if RT has one to be seen, else login or address."""
        known = (self.name, self.login, self.address)
        return next((one for one in known if not blank(one)), "")


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket as it was when we last read it.

    ``asked`` is the number somebody gave; ``ref`` is where RT says it lives now. They differ
    after a merge. ``owner`` is empty when nobody owns the ticket.
    """

    ref: TicketRef
    asked: TicketRef
    subject: str
    queue: str
    status: str
    requestors: tuple[Requestor, ...] = ()
    ccs: tuple[Requestor, ...] = ()
    owner: str = ""
    created: datetime | None = None
    url: str = ""

    @property
    def merged(self) -> bool:
        """True when RT answered with another ticket than the one that was asked for."""
        return self.asked.number != self.ref.number


@dataclass(frozen=True, slots=True)
class NewTicket:
    """A ticket that is to be made for a record: where, and for whom.

    ``requestor`` is RT's name of a user or an e-mail address; empty: nobody is the requestor.
    """

    instance: str
    queue: str
    subject: str
    requestor: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """A ticket as a list shows it: nobody who is on it."""

    ref: TicketRef
    subject: str
    queue: str
    status: str


@dataclass(frozen=True, slots=True)
class OwnTickets:
    """The open tickets of a visitor who signed in, the newest change first.

    ``more`` are not listed. ``asked`` false: RT could not be asked.
    """

    listed: tuple[Listed, ...] = ()
    more: int = 0
    asked: bool = True


class NoTicketNumber(ValueError):
    """The text names no ticket."""


class SeveralTicketNumbers(ValueError):
    """The text names more than one ticket, so we do not guess which is meant."""

    def __init__(self, found: tuple[TicketRef, ...]) -> None:
        super().__init__(", ".join(map(str, found)))
        self.found = found


def parse_ticket(text: str, instances: dict[str, str] | None = None) -> TicketRef:
    """Read one ticket reference out of what a CO typed after the mention.

    ``text`` must hold nothing but references (white space around them is fine): a sentence that
    happens to contain digits is not a request to open a chat. ``instances`` maps the host of an
    RT, lower case, to our name of that instance, for pasted URLs; a URL of an unknown host is read
    as the default instance's only when ``instances`` is empty.

    Raises NoTicketNumber or SeveralTicketNumbers.
    """
    hosts = instances or {}
    found: dict[TicketRef, None] = {}  # a column of numbers may have thousands
    references, at = text.strip(), 0
    while at < len(references):
        ref, at = _take(references, at, hosts)
        found[ref] = None
    if not found:
        raise NoTicketNumber(text)
    if len(found) > 1:
        raise SeveralTicketNumbers(tuple(found))
    return next(iter(found))


def _take(text: str, at: int, hosts: dict[str, str]) -> tuple[TicketRef, int]:
    """Read the reference that stands ``at`` a place in ``text``; return it and where to go on."""
    if url := _URL.match(text, at):
        instance = hosts.get(url["host"].lower(), "" if hosts else DEFAULT_INSTANCE)
        match: re.Match[str] = url
    elif number := _NUMBER.match(text, at):
        instance, match = (number["instance"] or DEFAULT_INSTANCE).lower(), number
        if (number["mark"] or "#").isspace() and instance not in (
            DEFAULT_INSTANCE,
            *hosts.values(),
        ):
            raise NoTicketNumber(text)  # "room 5" is a place
    else:
        raise NoTicketNumber(text)
    end = match.end()
    # "12345abc" or "12345." in the middle of a sentence is no reference.
    if not instance or (end < len(text) and not _BEHIND.match(text, end)):
        raise NoTicketNumber(text)
    ref = TicketRef(instance, int(match["number"]))
    if ref.number == 0:
        raise NoTicketNumber(text)
    behind = _BETWEEN.match(text, end)
    return ref, behind.end() if behind else end
