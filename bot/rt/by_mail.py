"""The way into an RT by the site's mail gateway, with RT's API to look whether it arrived, if any.

A mail that its server took is on its way for as long as that server likes, and RT answers nothing:
not even that it refused. So no mail is sent twice by us. What was handed in and is not to be seen
is looked for again and again, and then a CO decides.

Blocking: one object per thread (see gateway.py).
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Protocol

from bot.domain.events import Receipt
from bot.domain.identity import Identity
from bot.domain.tickets import NewTicket, Ticket, TicketRef
from bot.relay.outcomes import NotDone, Refused, Unclear, Written
from bot.relay.ports import Dossier
from bot.rt import creating, doctor, failures, record, wire1
from bot.rt.enclosures import Part
from bot.rt.instance import RtInstance
from bot.rt.mail import Sentences, address, hand_in, stands
from bot.rt.record import Comment
from bot.rt.ways import Looking, Way, new_ticket, whole

#: For so long we look for a mail that was handed in before a CO is asked.
PATIENCE = timedelta(hours=1)
_LOOK_EVERY = 0.5

MARKER = "X-Livechat-Marker"
_SENTENCES = Sentences(
    closed="The mail server does not let the live chat send mail to RT. Whoever runs the live chat "
    "must look at the section [mail]; nothing is lost meanwhile.",
    refused="The mail server refused the record. Whoever runs the live chat must look whether RT's "
    "address in its settings is right; then press again.",
    broke_off="The mail server broke off: the record may be on its way to RT or not.",
    later="The mail server did not take the record yet. We shall try again.",
    too_big="The record with its files is too big for the mail server, so nothing was sent. Whoever "
    "runs the live chat must have the server's limit for a mail raised; then press again.",
)


class Reader(Way, Looking, Protocol):
    """A way by which RT can be asked whether a mail arrived."""

    def seen(self, dossier: Dossier, transcript: Part) -> Receipt | None:
        """Find what holds this file, or that of an earlier try, whoever RT takes for its author."""


class ByMail:
    """Writes by mail; reads by ``reader``, if there is one."""

    def __init__(self, rt: RtInstance, zone: tzinfo, reader: Reader | None) -> None:
        assert rt.mail
        self._rt, self._zone, self._route, self._reader = rt, zone, rt.mail, reader
        self._still: Callable[[], bool] = lambda: True

    def begin(self, still: Callable[[], bool]) -> None:
        self._still = still
        if self._reader:
            self._reader.begin(still)

    def close(self) -> None:
        if self._reader:
            self._reader.close()

    def read(self, ref: TicketRef) -> Ticket:
        """Read the ticket; without an API all that is known is its number."""
        if self._reader:
            return self._reader.read(ref)
        return Ticket(
            ref,
            ref,
            "(this RT cannot be asked: look there whether the number is right)",
            queue="",
            status="unknown",
            url=self._rt.page(ref.number),
        )

    def own(self, who: Identity) -> list[Ticket] | None:
        return self._reader.own(who) if self._reader else None

    def find(self, dossier: Dossier) -> Receipt | None:
        if self._reader is None:
            return None
        files = self._files(dossier)[1]
        receipt = self._reader.seen(dossier, _transcript(files))
        if receipt is None or dossier.tried is None:
            return receipt
        return whole(self._reader, receipt, files)

    def kept(self, dossier: Dossier, receipt: Receipt) -> bytes:
        return b""  # what was said told it from others when it was looked for

    def file(self, dossier: Dossier) -> Receipt:
        if dossier.tried is not None:
            raise self._pending(dossier)
        new = new_ticket(dossier)
        self._look_first(dossier.ref, new)
        comment, files = self._files(dossier)
        mail = self._compose(dossier, new, comment, files)
        hand_in(self._route.server, mail, _SENTENCES, still=self._still)
        if self._reader is None:
            number = 0 if new else dossier.ref.number
            url = self._rt.page(number) if number else self._rt.base
            return Receipt(number, 0, url, proven=False)
        return self._wait(dossier, self._reader, files)

    def _files(self, dossier: Dossier) -> tuple[Comment, list[Part]]:
        comment = record.compose(dossier, self._zone, self._rt.form)
        return comment, wire1.marked(comment.parts, wire1.file_name(dossier.marker))

    def _look_first(self, ref: TicketRef, new: NewTicket | None) -> None:
        """Refuse what RT would swallow without a word, as far as we can see it."""
        if new:
            if problem := creating.queue_trouble(self._rt, new):
                raise problem
        elif self._reader:
            ticket = self._reader.read(ref)
            if problem := failures.merge_trouble(ref, ticket.ref.number):
                raise problem

    def _wait(self, dossier: Dossier, reader: Reader, files: list[Part]) -> Receipt:
        """Look for the record until RT's gateway has had time for it."""
        ends = time.monotonic() + self._route.patience
        while True:
            try:
                if receipt := reader.seen(dossier, _transcript(files)):
                    return whole(reader, receipt, files)
            except Written:
                raise
            except (NotDone, Refused) as error:  # it must not look as if nothing had been sent
                raise Unclear(error.sentence) from error
            if time.monotonic() >= ends:
                raise Unclear(
                    "The record was handed to the mail server, and RT does not show it yet. We look "
                    "for it again; it is not sent twice."
                )
            time.sleep(_LOOK_EVERY)

    def _pending(self, dossier: Dossier) -> Unclear | Refused:
        """Say how it stands with a mail that may have been handed in before."""
        where = f"ticket {dossier.ref}" if not new_ticket(dossier) else "RT"
        if self._reader and dossier.tried is not None and dossier.tried < PATIENCE:
            return Unclear(
                "The record may be on its way to RT by mail. We look for it again; it is not sent "
                "twice."
            )
        return Refused(
            f"The record may have been mailed to RT, and we cannot see it there. Look in {where} "
            f"for “{dossier.marker}”; press again only if it is not there."
        )

    # --- what goes out ---------------------------------------------------------------------------

    def _compose(
        self, dossier: Dossier, new: NewTicket | None, comment: Comment, files: list[Part]
    ) -> EmailMessage:
        """Return the mail. RT goes by the first tag in the subject: ours, or none at all."""
        route, server = self._route, self._route.server
        mail = EmailMessage(policy=SMTP)
        mail["From"] = address(server.sender, server.sender_name)
        if new:
            mail["To"] = address(self._queue_address(new))
            if "@" in new.requestor:
                mail["Reply-To"] = address(new.requestor)  # RT takes it for the requestor
            mail["Subject"] = creating.subject(new, dossier.marker)
        else:
            mail["To"] = address(route.to)
            mail["Subject"] = f"[{route.rtname} #{dossier.ref.number}] {comment.subject}"
        mail["Date"] = format_datetime(datetime.now(UTC))
        mail["Message-ID"] = message_id(dossier, server.sender)
        mail[MARKER] = dossier.marker
        mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: RT need not answer us
        subtype = comment.type.partition("/")[2]
        mail.set_content(comment.text, subtype=subtype, cte="quoted-printable")
        for part in files:
            main, _, sub = part.type.partition("/")
            mail.add_attachment(part.content, maintype=main, subtype=sub, filename=part.name)
        return mail

    def _queue_address(self, new: NewTicket) -> str:
        known = {name.casefold(): where for name, where in self._route.queues.items()}
        if found := known.get(new.queue.casefold()):
            return found
        raise Refused(
            f"No address is set for new tickets in the queue “{new.queue}”. Whoever runs the live "
            f"chat must add it to mail_queues; known are: {', '.join(self._route.queues) or 'none'}."
        )

    # --- what mail cannot do ---------------------------------------------------------------------

    def correspond(self, ref: TicketRef, text: str, marker: str, heading: str) -> None:
        if self._reader is None:
            raise Refused(
                f"RT ({self._rt.name}) is written to by mail alone, and mails nothing to people on a "
                "ticket for us."
            )
        self._reader.correspond(ref, text, marker, heading)

    def set_status(self, ref: TicketRef, status: str) -> None:
        if self._reader is None:
            raise Refused(f"A mail sets no status. Set ticket {ref} to “{status}” in RT.")
        self._reader.set_status(ref, status)

    def set_field(self, ref: TicketRef, field: str, value: str) -> None:
        if self._reader is None:
            raise Refused(f"A mail sets no field of a ticket: “{field}” of {ref} was left alone.")
        self._reader.set_field(ref, field, value)

    def knock(self) -> None:
        """The mail server is not asked every minute: a mail that it does not take says so."""
        if self._reader:
            self._reader.knock()

    def check(self) -> list[doctor.Finding]:
        name = f"rt {self._rt.name}: mail"
        said = stands(self._route.server)
        words = said or f"The mail server {self._route.server.host} answers."
        found = [doctor.Finding(name, ok=not said, sentence=words)]
        if self._reader:
            return [*found, *self._reader.check()]
        words = "Nobody can look whether records arrive in RT: set read_api if RT has an API."
        return [*found, doctor.Finding(f"{name} unproven", ok=True, sentence=words)]


def message_id(dossier: Dossier, sender: str) -> str:
    """Return the mail's Message-ID: the same for the same request to file, and nothing guessable."""
    words = re.sub(r"[^\w.-]+", "-", dossier.marker).strip("-")
    return f"<{words}.{dossier.chat.filings}@{sender.rpartition('@')[2]}>"


def _transcript(files: list[Part]) -> Part:
    """The file that tells this record from any other."""
    return files[0]
