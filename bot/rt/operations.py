"""What we do in an RT, step by step. Blocking; ``rest`` belongs to the calling thread.

Two rules run through it: nothing is written before the ticket was read again (RT answers
"Permission Denied" for much that it is not, and a merge moves what we write), and nothing counts
as written before RT has shown it to us.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol, TypeVar

import structlog

from bot.domain.events import Receipt
from bot.domain.tickets import Ticket, TicketRef
from bot.domain.transcript_json import is_same_talk
from bot.relay.outcomes import NotDone, Refused, Unclear
from bot.rt import failures, readback, wire
from bot.rt.enclosures import Part
from bot.rt.instance import RtInstance
from bot.rt.record import JSON, Comment
from bot.rt.wire import Reply, Sighting, Transaction

T = TypeVar("T")
log = structlog.get_logger(__name__)

COMMENT, CORRESPOND, CREATE = "Comment", "Correspond", "Create"
RIGHTS = {"comment": "CommentOnTicket", "correspond": "ReplyToTicket"}
PAGE = 100  # the most RT gives at a time
MAX_PAGES = 50
CLOCKS = timedelta(hours=1)  # by how much RT's clock may be behind ours


class Rest(Protocol):
    """What the steps need of rest2.Rest2."""

    def get(self, path: str, params: dict[str, str] | None = None) -> Reply: ...
    def post(self, path: str, body: dict[str, Any], files: Sequence[Part] = ()) -> Reply: ...
    def put(self, path: str, body: dict[str, Any]) -> Reply: ...
    def account(self) -> str: ...


def read(rest: Rest, rt: RtInstance, ref: TicketRef) -> Ticket:
    """Read a ticket for the card. Raises NotDone, Refused."""
    seen = _sight(rest, rt, ref)
    found = wire.items(rest.get("tickets", {"query": f"id={seen.number}", **wire.DETAILS}))
    return wire.ticket(ref, seen, found[0] if found else {}, rt.page(seen.number))


def comment(rest: Rest, rt: RtInstance, ref: TicketRef, record: Comment) -> Receipt:
    """Write a record as a comment and read it back. Raises NotDone, Unclear, Refused, Written."""
    number = _write(rest, rt, ref, "comment", record.as_json(), record.parts)
    try:
        once = readback.Once(rest)
        receipt = _receipt(once, rt, ref, number, record.subject)
        missing = readback.missing(once, number, record.parts)
    except (NotDone, Refused) as error:  # it must not look as if nothing had been written
        raise Unclear(error.sentence) from error
    if missing:
        raise failures.not_whole(str(ref), missing)
    return receipt


def correspond(
    rest: Rest, rt: RtInstance, ref: TicketRef, body: dict[str, Any], since: datetime
) -> None:
    """Write to the requestors, unless that was done before. Raises NotDone, Unclear, Refused."""
    if _find(rest, rt, ref, CORRESPOND, body["Subject"], since) is None:
        _write(rest, rt, ref, "correspond", body)


def find_comment(
    rest: Rest, rt: RtInstance, ref: TicketRef, subject: str, since: datetime
) -> Receipt | None:
    """Look for a comment of ours. Raises NotDone, Refused."""
    found = _find(rest, rt, ref, COMMENT, subject, since)
    if found is None:
        return None
    return _receipt(rest, rt, ref, found.id, subject)


def are_hidden(rest: Rest, rt: RtInstance, ref: TicketRef) -> bool:
    """Tell whether a ticket has a record of ours, and shows us no comments. Raises NotDone, Refused.

    One that was made of a record, and has no comment yet, looks the same.
    """
    asked = {"query": f"id = {ref.number} AND {with_ours(rest)}", "per_page": "1"}
    found = wire.listed(rest.get("tickets", asked), f"RT ({rt.name})")
    return bool(found) and not shows_comments(rest, rt, ref)


def with_ours(rest: Rest) -> str:
    """Return what finds tickets with a record of ours: whoever may see a ticket may search by what is
    attached to it, comments or not.
    """
    return f"UpdatedBy = {wire.quoted(rest.account())} AND Filename = '{JSON}'"


def shows_comments(rest: Rest, rt: RtInstance, ref: TicketRef) -> bool:
    """Tell whether a ticket shows us any comment: then it shows all. Raises NotDone, Refused."""
    return any(one.kind == COMMENT for one in _history(rest, rt, ref, long_ago()))


def find_file(
    rest: Rest, rt: RtInstance, ref: TicketRef, marker: str, file: Part, since: datetime
) -> Receipt | None:
    """Look for what was mailed in with this file, or that of an earlier try. Raises NotDone, Refused.

    Where RT cut or dropped it, whose author is our account is ours.
    """
    account = rest.account().casefold()
    for line in _history(rest, rt, ref, since - CLOCKS):
        if line.kind != CREATE and not (line.kind == COMMENT and marker in line.data):
            continue
        found = replace(
            file, content=readback.content(rest, line.id, file.name, f"{file.name}.txt")
        )
        ours = bool(account) and line.creator.casefold() == account
        if file.is_left(found.content, ours=ours) or is_same_talk(found.content, file.content):
            ticket, kept = _home(rest, rt, ref, line.id), (len(found.content), found.sha256)
            return Receipt(ticket, line.id, rt.page(ticket, line.id), *kept)
    return None


def set_status(rest: Rest, rt: RtInstance, ref: TicketRef, status: str) -> None:
    """Set a status and look whether RT did. Raises NotDone, Unclear, Refused."""
    seen = _sight(rest, rt, ref)
    if problem := failures.merge_trouble(ref, seen.number):
        raise problem
    if seen.status == status.lower():
        return
    words = wire.put_messages(rest.put(f"ticket/{ref.number}", {"Status": status}))
    try:
        now = _look(rest, rt, ref).status
    except NotDone as error:
        raise Unclear(error.sentence) from error
    if now != status.lower():
        raise failures.status_refused(ref, status, now, words)


def set_field(rest: Rest, rt: RtInstance, ref: TicketRef, field: str, value: str) -> None:
    """Set a custom field and look whether RT did, which says nothing of a field that it does not know.

    A ticket that was rejected or deleted since it got its record takes it, if RT does. Raises
    NotDone, Unclear, Refused.
    """
    seen, name = _look(rest, rt, ref), field.casefold()
    if problem := failures.field_trouble(ref, seen.number, field, there=name in seen.fields):
        raise problem
    if seen.fields[name] == (value,):
        return
    words = wire.put_messages(rest.put(f"ticket/{ref.number}", {"CustomFields": {field: value}}))
    try:
        now = _look(rest, rt, ref).fields.get(name)
    except NotDone as error:
        raise Unclear(error.sentence) from error
    if now != (value,):
        raise failures.field_refused(ref, field, words, "ModifyCustomField")


# --- reading ---------------------------------------------------------------------------------------


def _sight(rest: Rest, rt: RtInstance, ref: TicketRef) -> Sighting:
    """Read a ticket that may take a chat. Raises NotDone, Refused."""
    seen = _look(rest, rt, ref)
    if problem := failures.state_trouble(TicketRef(ref.instance, seen.number), seen.status):
        raise problem
    return seen


def _look(rest: Rest, rt: RtInstance, ref: TicketRef) -> Sighting:
    reply = rest.get(f"ticket/{ref.number}")
    if problem := failures.ticket_trouble(reply, ref):
        raise problem
    return _understood(wire.sighting, reply.data, rt)


def _understood(parse: Callable[[Any], T], data: Any, rt: RtInstance) -> T:
    """Read what should be RT's. Raises NotDone for what cannot be."""
    try:
        return parse(data)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise wire.not_rt(f"RT ({rt.name})", wrote=False) from error


def _find(
    rest: Rest, rt: RtInstance, ref: TicketRef, kind: str, subject: str, since: datetime
) -> Transaction | None:
    """Find what our account wrote under ``subject``, newest first."""
    account = rest.account()
    for line in _history(rest, rt, ref, since - CLOCKS):
        ours = not account or line.creator.casefold() == account.casefold()
        if line.kind == kind and line.data == subject and ours:
            return line
    return None


def _history(rest: Rest, rt: RtInstance, ref: TicketRef, since: datetime) -> Iterator[Transaction]:
    """Read a ticket's history, newest first, back to ``since``.

    RT gives no number of pages to an account without all rights, and a page is short wherever
    something on it is not for us: only an empty page, or an older one, ends the reading. If the
    first page is empty then we cannot see the ticket, and do not know.
    """
    for page in range(1, MAX_PAGES + 1):
        lines = _page(rest, rt, ref, page)
        if not lines and page == 1:
            _look(rest, rt, ref)
            raise NotDone(f"RT shows nothing of ticket {ref}'s history, so we cannot look there.")
        yield from lines
        oldest = min((line.created for line in lines if line.created), default=None)
        if not lines or (oldest and oldest < since):
            return


def _page(rest: Rest, rt: RtInstance, ref: TicketRef, page: int) -> list[Transaction]:
    asked = {"fields": "Type,Data,Creator,Created", "orderby": "id", "order": "DESC"}
    reply = rest.get(
        f"ticket/{ref.number}/history", asked | {"per_page": str(PAGE), "page": str(page)}
    )
    if problem := failures.ticket_trouble(reply, ref):
        raise problem
    found = wire.listed(reply, f"RT ({rt.name})")
    return [_understood(wire.transaction, item, rt) for item in found]


# --- writing ---------------------------------------------------------------------------------------


def _write(
    rest: Rest,
    rt: RtInstance,
    ref: TicketRef,
    what: str,
    body: dict[str, Any],
    files: Sequence[Part] = (),
) -> int:
    """Add a comment or a correspondence; return its transaction."""
    seen = _sight(rest, rt, ref)
    if problem := failures.merge_trouble(ref, seen.number):
        raise problem
    reply = rest.post(f"ticket/{ref.number}/{what}", body, files)
    if trouble := failures.message_trouble(reply, ref, RIGHTS[what]):
        raise trouble
    return wire.transaction_id(reply)


def _receipt(
    rest: readback.Rest, rt: RtInstance, ref: TicketRef, number: int, subject: str
) -> Receipt:
    """Read a comment back: which ticket it really is in, and its transcript. Raises NotDone."""
    reply = rest.get(f"transaction/{number}")
    if reply.status == 403:
        log.error("rt_cannot_read_back", rt=rt.name, ticket=ref.number, right="ShowTicketComments")
        return Receipt(ref.number, number, rt.page(ref.number, number), proven=False)
    line = _understood(wire.transaction, reply.data, rt)
    if line.data != subject:
        raise NotDone(f"RT shows something else where our record in ticket {ref} should be.")
    ticket = line.ticket or ref.number
    return Receipt(ticket, number, rt.page(ticket, number), *readback.digest(rest, number, JSON))


def _home(rest: Rest, rt: RtInstance, ref: TicketRef, number: int) -> int:
    """Return the ticket that a transaction of ``ref``'s history is in: after a merge, another one."""
    reply = rest.get(f"transaction/{number}")
    shown = reply.status == 200
    return (shown and _understood(wire.transaction, reply.data, rt).ticket) or ref.number


def long_ago() -> datetime:
    """Return a date before anything of ours, for looking through a whole history."""
    return datetime(2000, 1, 1, tzinfo=UTC)
