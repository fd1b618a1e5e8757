"""The way into an RT by REST 1.0. The rules are those of operations.py; the marker is a file name.

Blocking: one object per thread (see gateway.py).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import tzinfo
from functools import cache
from urllib.parse import quote

import structlog

from bot.domain.events import Receipt
from bot.domain.identity import Identity
from bot.domain.tickets import NewTicket, Requestor, Ticket, TicketRef
from bot.domain.transcript_json import is_same_talk
from bot.relay.outcomes import NotDone, OutsideError, Refused, Unclear, Written
from bot.relay.ports import Dossier
from bot.rt import creating, doctor, failures, own_tickets, record, wire1
from bot.rt.enclosures import Part
from bot.rt.instance import RtInstance
from bot.rt.operations import RIGHTS
from bot.rt.record import TEXT, Comment
from bot.rt.rest1 import Rest1
from bot.rt.ways import new_ticket, whole
from bot.rt.wire1 import Form

log = structlog.get_logger(__name__)

MAX_PEOPLE = 10  # whose names are asked for; of more the address is enough
#: REST 1.0 tells a transaction's creator only together with its content.
_LINE = "Ticket,Type,Created,Content,Creator"


class ByRest1:
    """By REST 1.0."""

    def __init__(self, rt: RtInstance, zone: tzinfo) -> None:
        self._rt, self._zone = rt, zone
        self.rest = Rest1(rt)

    def begin(self, still: Callable[[], bool]) -> None:
        self.rest.session.still = still

    def close(self) -> None:
        self.rest.close()

    # --- reading ---------------------------------------------------------------------------------

    def read(self, ref: TicketRef) -> Ticket:
        form = self._sight(ref)
        number = wire1.number(form)
        owner = self._person(form.fields.get("Owner", ""))
        return Ticket(
            TicketRef(ref.instance, number),
            ref,
            form.fields.get("Subject", ""),
            form.fields.get("Queue", ""),
            form.fields.get("Status", "").lower(),
            self._people(form, "Requestors"),
            self._people(form, "Cc"),
            "" if owner.login == "Nobody" else owner.called,
            wire1.local_moment(form.fields.get("Created", ""), self._zone),
            self._rt.page(number),
        )

    def own(self, who: Identity) -> list[Ticket] | None:
        person = cache(self._person)  # mostly the same few
        return own_tickets.by_rest1(
            self.rest, self._rt, who, lambda form: self._people(form, "Requestors", person)
        )

    def _sight(self, ref: TicketRef) -> Form:
        """Read a ticket that may take a chat."""
        form = self._look(ref)
        number, status = wire1.number(form), form.fields.get("Status", "").lower()
        if problem := failures.state_trouble(TicketRef(ref.instance, number), status):
            raise problem
        return form

    def _look(self, ref: TicketRef) -> Form:
        form = self.rest.get(f"ticket/{ref.number}/show")
        if problem := wire1.ticket_trouble(form, ref):
            raise problem
        return form

    def _people(
        self, form: Form, role: str, person: Callable[[str], Requestor] | None = None
    ) -> tuple[Requestor, ...]:
        told = wire1.addresses(form, role)
        known = map(person or self._person, told[:MAX_PEOPLE])
        return (*known, *(Requestor("", "", address) for address in told[MAX_PEOPLE:]))

    def _person(self, known: str) -> Requestor:
        if not known or not wire1.one_person(known) or {"/", "'"} & set(known):
            return wire1.unnamed(known)
        page = quote(known, safe="@")  # "grace?@elsewhere.test" would be Grace's
        form = self.rest.get(f"user/{page}", fields="Name,RealName,EmailAddress")
        return wire1.person(form, known)

    # --- finding ---------------------------------------------------------------------------------

    def find(self, dossier: Dossier) -> Receipt | None:
        if new_ticket(dossier):
            receipt = self._find_new(dossier.marker)
        else:
            receipt = self._find_comment(dossier.ref, wire1.file_name(dossier.marker))
        if receipt is None or dossier.tried is None:
            return receipt
        return whole(self, receipt, self._composed(dossier)[1])

    def kept(self, dossier: Dossier, receipt: Receipt) -> bytes:
        if not receipt.transaction:
            return b""  # it is there, and not shown to us
        path, name = f"ticket/{receipt.ticket}", wire1.file_name(dossier.marker)
        line = self.rest.get(f"{path}/history/id/{receipt.transaction}", fields="Attachments")
        files = wire1.enclosed(line)
        return self._content(path, files[name]) if name in files else b""

    def missing(self, receipt: Receipt, files: Sequence[Part]) -> str:
        """Name a file that RT did not keep whole, by the rules of readback.missing. Raises NotDone."""
        if len(files) < 2:
            return ""
        ref, first = TicketRef(self._rt.name, receipt.ticket), files[0]
        same = (receipt.size, receipt.sha256) == (len(first.content), first.sha256)
        if not same and self._like(ref, first) is None:
            hidden = receipt.taken and self._is_kept(ref, first.name)
            return "" if hidden else first.name
        path = f"ticket/{ref.number}"
        line = self.rest.get(f"{path}/history/id/{receipt.transaction}", fields="Attachments")
        kept = wire1.enclosed(line)

        def is_there(part: Part) -> bool:
            if part.name == TEXT:
                return TEXT in kept or not same
            if part.name not in kept or part.content == b"0":  # to Perl nothing, and so RT's answer
                return part.name in kept
            return self._content(path, kept[part.name]) == part.content

        return next((part.name for part in files[1:] if not is_there(part)), "")

    def _content(self, path: str, attachment: int) -> bytes:
        return self.rest.get(f"{path}/attachments/{attachment}/content").raw

    def _find(self, ref: TicketRef, kind: str, name: str) -> Receipt | None:
        """Find what our account wrote with a file of that name, newest first."""
        for attachment in self._files(ref, name):
            receipt = self._receipt(ref, attachment, kind)
            if receipt:
                return receipt
        return None

    def _find_comment(self, ref: TicketRef, name: str) -> Receipt | None:
        found = self._find(ref, "Comment", name)
        if found is None and self._is_kept(ref, name, f"{name}.txt"):
            return self._unseen(ref.number)
        return found

    def _is_kept(self, ref: TicketRef, *names: str) -> bool:
        """Tell whether our account attached a file of such a name, which RT need not show us for that.

        Whoever may see a ticket may search by what is attached to it, comments or not.
        """
        ours = f"id = {ref.number} AND UpdatedBy = '{self.rest.account()}' AND Filename = "
        return bool(self._search(*(f"{ours}'{name}'" for name in names)))

    def seen(self, dossier: Dossier, transcript: Part) -> Receipt | None:
        """Find what holds this file, or that of an earlier try, whoever RT takes for its author."""
        refs = [dossier.ref]
        if new_ticket(dossier):
            refs = self._search(*creating.queries(dossier.marker))
        return next(filter(None, (self._like(ref, transcript, cut=True) for ref in refs)), None)

    def _like(self, ref: TicketRef, transcript: Part, *, cut: bool = False) -> Receipt | None:
        for attachment in self._files(ref, transcript.name):
            if receipt := self._receipt(ref, attachment, like=transcript, cut=cut):
                return receipt
        return None

    def _files(self, ref: TicketRef, name: str) -> list[int]:
        """Return a ticket's attachments of that name, newest first.

        Of a ticket that is not for us the list is empty, which is no proof; nor is no answer at all,
        unless the history says so too.
        """
        self._look(ref)
        form = self.rest.list(f"ticket/{ref.number}/attachments")
        if form.nothing and not wire1.none_told(self.rest.get(f"ticket/{ref.number}/history")):
            raise NotDone(f"RT does not tell what is attached to ticket {ref}. Try again.")
        return wire1.attachments(form, name)

    def _receipt(
        self,
        ref: TicketRef,
        attachment: int,
        kind: str = "",
        like: Part | None = None,
        *,
        cut: bool = False,
    ) -> Receipt | None:
        """Read what brought an attachment; with a ``kind`` it must be of that, and made by us.

        What is to be ``like`` our record must be of the same talk; or, made by us, what RT left of
        it (``cut``).
        """
        path = f"ticket/{ref.number}/attachments/{attachment}"
        number = self.rest.get(path, fields="Transaction").fields.get("Transaction", "")
        if not number.isdecimal():
            return None
        line = self.rest.get(f"ticket/{ref.number}/history/id/{number}", fields=_LINE).fields
        ours = self._ours(line.get("Creator", ""))
        if kind and (line.get("Type") != kind or not ours):
            return None
        content = self._content(f"ticket/{ref.number}", attachment)
        left = cut and like is not None and like.is_left(content, ours=ours)
        if like and not left and not is_same_talk(content, like.content):
            return None
        ticket = int(line.get("Ticket") or ref.number)
        return Receipt(
            ticket,
            int(number),
            self._rt.page(ticket, int(number)),
            len(content),
            hashlib.sha256(content).hexdigest(),
        )

    def _ours(self, creator: str) -> bool:
        account = self.rest.account()
        return not account or creator.casefold() == account.casefold()

    def _search(self, *queries: str) -> list[TicketRef]:
        forms = (self.rest.get("search/ticket", query=one, format="s") for one in queries)
        return [TicketRef(self._rt.name, number) for form in forms for number in wire1.found(form)]

    def _find_new(self, marker: str) -> Receipt | None:
        for ref in self._search(*creating.queries(marker, self._rt.marker_field)):
            if self._ours(self._look(ref).fields.get("Creator", "")):
                # The marker is proof enough: RT may have dropped the file (DropLongAttachments).
                found = self._find(ref, "Create", wire1.file_name(marker))
                return found or self._unseen(ref.number)
        return None

    def _unseen(self, number: int) -> Receipt:
        """What is in ticket ``number``, as RT tells, and not to be read back."""
        return Receipt(number, 0, self._rt.page(number), proven=False, taken=True)

    # --- writing ---------------------------------------------------------------------------------

    def file(self, dossier: Dossier) -> Receipt:
        """Composing a long record takes a good part of a second."""
        comment, files = self._composed(dossier)
        new = new_ticket(dossier)
        number = dossier.ref.number
        if new:
            number = self._create(new, dossier.marker, comment, files)
        else:
            self._write(dossier.ref, "comment", (comment.type, comment.text), files)
        receipt = self._read_back(dossier, number, files)
        if receipt.taken:  # RT has told that it is there: it must not be written again
            right = "ShowTicket" if new else "ShowTicketComments"
            log.error("rt_cannot_read_back", rt=self._rt.name, ticket=number, right=right)
        return receipt

    def _composed(self, dossier: Dossier) -> tuple[Comment, list[Part]]:
        comment = record.compose(dossier, self._zone, self._rt.form)
        return comment, wire1.marked(comment.parts, wire1.file_name(dossier.marker))

    def _write(
        self, ref: TicketRef, what: str, message: tuple[str, str], files: list[Part]
    ) -> None:
        """Add a comment or a correspondence: its media type and text, and files."""
        seen = self._sight(ref)
        if problem := failures.merge_trouble(ref, wire1.number(seen)):
            raise problem
        fields = {
            "id": str(ref.number),
            "Action": what,
            "Content-Type": message[0],
            "Text": message[1],
        }
        form = self.rest.post(f"ticket/{ref.number}/comment", fields, files)
        if trouble := wire1.message_trouble(form, ref, RIGHTS[what]):
            raise trouble

    def _create(self, new: NewTicket, marker: str, comment: Comment, files: list[Part]) -> int:
        """Make a ticket; return its number."""
        if problem := self._creation_trouble(new):
            raise problem
        fields = {
            "id": "ticket/new",
            "Queue": new.queue,
            "Subject": creating.subject(new, marker),
            "Content-Type": comment.type,
            "Text": comment.text,
        }
        if new.requestor:
            fields["Requestor"] = new.requestor  # not Requestors: 409, and a ticket all the same
        if self._rt.marker_field:
            fields[f"CF.{{{self._rt.marker_field}}}"] = marker
        form = self.rest.post("ticket/new", fields, files)
        if number := wire1.created(form):
            return number
        if "permission" in form.remarks.lower() or "not allowed" in form.remarks.lower():
            raise Refused(
                f"RT does not let the live chat's account make a ticket in the queue “{new.queue}”"
                ". Ask whoever administers it for the right CreateTicket, then press again."
            )
        if "Could not create ticket" in form.remarks:
            raise Refused(f"RT refused to make a ticket in “{new.queue}” ({form.said}).")
        raise Unclear(f"RT did not say whether it made a ticket in the queue “{new.queue}”.")

    def _creation_trouble(self, new: NewTicket) -> OutsideError | None:
        if new.requestor and not wire1.one_person(new.requestor):
            return Refused("RT's REST 1.0 takes one login or one plain address for a requestor.")
        return creating.queue_trouble(self._rt, new)

    def _read_back(self, dossier: Dossier, number: int, files: Sequence[Part]) -> Receipt:
        """Look at what RT says it took. A new ticket's subject a script of RT's may have changed."""
        ref, kind, unseen = TicketRef(self._rt.name, number), "Comment", self._unseen(number)
        try:
            if new_ticket(dossier):
                kind = "Create"
                if "not allowed" in self.rest.get(f"ticket/{number}/show").remarks:
                    return unseen
            receipt = self._find(ref, kind, wire1.file_name(dossier.marker))
            return whole(self, receipt or unseen, files)
        except Written:
            raise
        except (NotDone, Refused) as error:  # it must not look as if nothing had been written
            raise Unclear(error.sentence) from error

    def correspond(self, ref: TicketRef, text: str, marker: str, heading: str) -> None:
        name = wire1.file_name(marker)
        if self._find(ref, "Correspond", name) is None:
            self._write(
                ref, "correspond", ("text/plain", text), [Part(name, "application/json", b"{}\n")]
            )

    def set_status(self, ref: TicketRef, status: str) -> None:
        seen = self._sight(ref)
        if problem := failures.merge_trouble(ref, wire1.number(seen)):
            raise problem
        if seen.fields.get("Status", "").lower() == status.lower():
            return
        words = self.rest.post(f"ticket/{ref.number}/edit", {"Status": status}).said
        try:
            now = self._look(ref).fields.get("Status", "").lower()
        except NotDone as error:
            raise Unclear(error.sentence) from error
        if now != status.lower():
            raise failures.status_refused(ref, status, now, words)

    def set_field(self, ref: TicketRef, field: str, value: str) -> None:
        seen = self._look(ref)
        before = wire1.custom_field(seen, field)
        if problem := failures.field_trouble(
            ref, wire1.number(seen), field, there=before is not None
        ):
            raise problem
        if before == value:
            return
        words = self.rest.post(f"ticket/{ref.number}/edit", {f"CF.{{{field}}}": value}).said
        try:
            now = wire1.custom_field(self._look(ref), field)
        except NotDone as error:
            raise Unclear(error.sentence) from error
        if now != value:
            raise failures.field_refused(ref, field, words, "ModifyTicket and ModifyCustomField")

    # --- looking ---------------------------------------------------------------------------------

    def knock(self) -> None:
        self.rest.get("")

    def check(self) -> list[doctor.Finding]:
        return doctor.check_rest1(self.rest, self._rt)
