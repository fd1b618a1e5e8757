"""RT's answers, told apart: pure. Every rule here was measured on a real RT (tests/real_rt); what is
said of its refusals is in failures.py.

RT's status line alone means little: a denied PUT is 200, a comment on a ticket that does not exist
is 400 "Permission Denied", and a dead session is a redirect to the front page.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.domain.tickets import Requestor, Ticket, TicketRef
from bot.relay.outcomes import NotDone, OutsideError, Unclear
from bot.rt.enclosures import Part

_TRANSACTION = re.compile(r"/transaction/(\d+)/?$")
_NEVER = "1970-01-01"  # RT's way to say that a date is not set
_NOBODY = "Nobody"
MAX_QUOTED = 200
MAX_WAIT = 600.0  # seconds

#: What the details of a ticket are asked with; fields[X] says what to tell of the people in X.
PERSON = "Name,RealName,EmailAddress"
DETAILS = {
    "fields": "Subject,Status,Queue,Requestor,Cc,Owner,Created",
    "fields[Requestor]": PERSON,
    "fields[Cc]": PERSON,
    "fields[Owner]": "Name,RealName",
    "fields[Queue]": "Name",
}


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of RT's. ``data`` is its JSON, None if it was none; ``kind`` its media type."""

    status: int
    kind: str
    data: Any = None
    location: str = ""
    retry_after: float | None = None

    @classmethod
    def read(cls, status: int, headers: Mapping[str, str], body: bytes) -> Reply:
        """Make a reply of what came over the wire; ``headers`` ignores case."""
        kind = headers.get("Content-Type", "").partition(";")[0].strip().lower()
        data = None
        if kind == "application/json":
            try:
                data = json.loads(body)
            except (ValueError, RecursionError):  # RT promised JSON and broke off
                kind = ""
        wait = _wait(headers.get("Retry-After", ""))
        return cls(status, kind, data, headers.get("Location", ""), wait)

    @property
    def message(self) -> str:
        """RT's own word for what went wrong, cut short."""
        found = self.data.get("message", "") if isinstance(self.data, dict) else ""
        return " ".join(str(found).split())[:MAX_QUOTED]

    @property
    def logged_out(self) -> bool:
        """Whether RT did not know who we are; then it has done nothing."""
        return self.status in (301, 302, 303, 307, 401)


def _wait(header: str) -> float | None:
    """Read Retry-After, in seconds. Pages about maintenance ask for a day whatever it takes."""
    return min(max(float(header), 1.0), MAX_WAIT) if header.isdecimal() else None


@dataclass(frozen=True, slots=True)
class Sighting:
    """What GET ticket/N says: where the ticket lives now, and what state it is in.

    ``fields`` are the custom fields that we may see, by name (case-folded), with their values.
    """

    number: int
    status: str
    subject: str
    owner: str
    created: datetime | None
    requestors: tuple[Requestor, ...]
    ccs: tuple[Requestor, ...]
    fields: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Transaction:
    """One line of a ticket's history. ``ticket`` is 0 where RT did not say."""

    id: int
    kind: str
    data: str
    creator: str
    created: datetime | None
    ticket: int = 0


# --- what RT tells -------------------------------------------------------------------------------


def not_rt(rt: str, *, wrote: bool) -> OutsideError:
    """Return the error for an answer that is no answer of RT's."""
    if wrote:
        return Unclear(f"{rt} answered with something that we cannot read.")
    return NotDone(
        f"{rt} answered with a web page instead of data. It may be down for maintenance; if it "
        "lasts, its address in the live chat's settings is wrong."
    )


def transaction_id(reply: Reply) -> int:
    """Return the transaction that a 201 made, from its Location; 0 without one."""
    match = _TRANSACTION.search(reply.location)
    return int(match[1]) if match else 0


def sighting(data: Mapping[str, Any]) -> Sighting:
    """Read GET ticket/N. ``id`` there is the target's after a merge.

    Raises KeyError, TypeError or ValueError if it is no ticket.
    """
    return Sighting(
        int(data["id"]),
        str(data["Status"]).lower(),
        str(data.get("Subject") or ""),
        _owner(data.get("Owner")),
        moment(data.get("Created")),
        people(data.get("Requestor")),
        people(data.get("Cc")),
        custom_fields(data.get("CustomFields")),
    )


def custom_fields(found: Any) -> dict[str, tuple[str, ...]]:
    """Read custom fields, those without a value too: values by name, case-folded as RT compares."""
    listed = found if isinstance(found, list) else []
    fields = [one for one in listed if isinstance(one, dict) and one.get("name")]
    return {str(one["name"]).casefold(): _values(one.get("values")) for one in fields}


def _values(found: Any) -> tuple[str, ...]:
    return tuple(map(str, found)) if isinstance(found, list) else ()


def ticket(asked: TicketRef, seen: Sighting, found: Mapping[str, Any], url: str) -> Ticket:
    """Put a ticket together from GET ticket/N and the search that knows names and addresses.

    ``found`` is empty when the account may not search the queue: then people are known by login.
    """
    queue = found.get("Queue")
    return Ticket(
        TicketRef(asked.instance, seen.number),
        asked,
        seen.subject,
        str(queue.get("Name") or "") if isinstance(queue, dict) else "",
        seen.status,
        people(found.get("Requestor")) or seen.requestors,
        people(found.get("Cc")) or seen.ccs,
        _owner(found.get("Owner")) or seen.owner,
        seen.created,
        url,
    )


def quoted(text: str) -> str:
    """Return a text as TicketSQL takes it: nothing in it can end it."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def people(found: Any) -> tuple[Requestor, ...]:
    """Read a role's members. One may come without its list; Nobody is none, nor is a group anybody."""
    members = found if isinstance(found, list) else [found] if found else []
    listed = (one for one in members if isinstance(one, dict) and one.get("type") != "group")
    persons = (_person(member) for member in listed)
    return tuple(person for person in persons if person.login not in ("", _NOBODY))


def _person(member: Mapping[str, Any]) -> Requestor:
    # RT 5 calls a user by name in "id", RT 4's extension by number: Name comes first.
    login = str(member.get("Name") or member.get("id") or "")
    return Requestor(
        login, str(member.get("RealName") or ""), str(member.get("EmailAddress") or "")
    )


def _owner(found: Any) -> str:
    owners = people(found)
    return owners[0].called if owners else ""


def message(body: Mapping[str, Any], files: Iterable[Part]) -> bytes:
    """Return the JSON of a comment with its files, which are never all in memory as text."""
    written = [json.dumps(body).encode().removesuffix(b"}"), b', "Attachments": [']
    for index, part in enumerate(files):
        about = json.dumps({"FileName": part.name, "FileType": part.type}).encode()
        written += [b", " if index else b"", about.removesuffix(b"}"), b', "FileContent": "']
        written += [base64.b64encode(part.content), b'"}']
    return b"".join([*written, b"]}"])


def items(reply: Reply) -> list[dict[str, Any]]:
    """Return the items of a collection's page."""
    found = reply.data.get("items") if isinstance(reply.data, dict) else None
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def listed(reply: Reply, rt: str) -> list[dict[str, Any]]:
    """Return the items of a page that must be one: what is no list proves nothing absent.

    Raises NotDone.
    """
    if not isinstance(reply.data, dict) or not isinstance(reply.data.get("items"), list):
        raise not_rt(rt, wrote=False)
    return items(reply)


def transaction(data: Mapping[str, Any]) -> Transaction:
    """Read a transaction, from a history's page or by itself.

    RT keeps our Subject in Data with a line break at its end. Raises as ``sighting`` does.
    """
    creator, about = data.get("Creator"), data.get("Object")
    on_ticket = isinstance(about, dict) and about.get("type") == "ticket"
    return Transaction(
        int(data["id"]),
        str(data.get("Type") or ""),
        str(data.get("Data") or "").strip(),
        str(creator.get("id") or "") if isinstance(creator, dict) else "",
        moment(data.get("Created")),
        int(about["id"]) if on_ticket and isinstance(about, dict) else 0,
    )


def moment(text: Any) -> datetime | None:
    """Read RT's time: ISO 8601, UTC; 1970 stands for never."""
    if not isinstance(text, str) or text.startswith(_NEVER):
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def put_messages(reply: Reply) -> str:
    """Return RT's words after a PUT, which is 200 whether it was done or denied."""
    words = reply.data if isinstance(reply.data, list) else []
    return " ".join(" ".join(map(str, words)).split())[:MAX_QUOTED] or reply.message
