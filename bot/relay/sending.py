"""Sending a chat to RT: what was confirmed, where to, and until when it may be undone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bot.domain import events as e
from bot.domain.chat import Chat, NotNow, State
from bot.domain.identity import Proof
from bot.domain.legible import straight
from bot.domain.matching import Match
from bot.domain.messages import Author, EmptyText, TextTooLong, tidy
from bot.domain.quiet import asked_of_rt
from bot.domain.tickets import NewTicket
from bot.relay.confirming import (
    Confirmation,
    WrongInput,
    check_not_in_rt,
    confirm,
    is_changed,
    target,
)
from bot.relay.relay import Relay
from bot.relay.storage import Unit

#: What a CO may write on top of the transcript, in characters; the record has to stay readable.
MAX_SUMMARY = 4000
MAX_SUBJECT = 200
SENDABLE = frozenset({State.OPEN, State.ENDED})
#: From Send to RT on: whose summary it is, is settled.
SENT = frozenset({State.HELD, State.FILING, State.FILED, State.PURGED})

#: RT files a mail by such a tag in its subject.
_TAG = re.compile(r"\[(?=[^\[\]]*+\])[^\[\]]*#\s*\d[^\[\]]*\]")
NEW_ONLY = (
    "Not done: this chat has no ticket, so its record goes into a new one. Mention me with “new "
    "ticket in QUEUE: SUMMARY”, or press that button on the card."
)
_OTHER_WORDS = (
    "You have sent this chat to RT already, and it goes as you sent it then, without this summary. As "
    "long as the card has Undo, press that and send it again; else add it on the ticket."
)
_TOO_LATE = {
    State.FILING: "Too late: the record is on its way to RT, and may be there.",
    State.FILED: "Too late: the record was sent to RT.",
    State.PURGED: "Too late: the record was sent to RT.",
}


class Sending:
    """The verbs ``file``, ``new``, ``triage`` and ``undo`` (see Operating.presses)."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay

    async def file(self, unit: Unit, chat: Chat, by: Author, values: Mapping[str, str]) -> Chat:
        """Send it to the chat's own ticket. Raises WrongInput."""
        if chat.only_new:
            raise WrongInput(NEW_ONLY)
        self._check_first(chat, by)
        status = values.get("status", "")
        if status and status not in self._relay.statuses(chat):
            raise WrongInput("That status is not offered here. Choose one from the list.")
        ticket, changed = target(chat), is_changed(chat)
        confirmed = Confirmation(Match.AMBER)
        if chat.state in SENDABLE:
            confirmed = confirm(chat, ticket, values, known=not changed)
        return await self._send(
            unit,
            chat,
            by,
            values,
            set_status=status,
            match=confirmed.match,
            reason=confirmed.reason,
            ticket=ticket if changed else None,
        )

    async def new(self, unit: Unit, chat: Chat, by: Author, values: Mapping[str, str]) -> Chat:
        """Send it into a ticket that is made for it. Raises WrongInput."""
        self._check_first(chat, by)
        offered = {queue.casefold(): queue for queue in self._relay.queues(chat)}
        queue = offered.get(values.get("queue", "").strip().casefold())
        if queue is None:
            known = ", ".join(offered.values()) or "none"
            raise WrongInput(f"Tickets can be made in these queues only: {known}.")
        subject = plain_subject(values.get("subject", "") or f"Live chat: {chat.ticket.subject}")
        whom = _requestor(chat, values.get("requestor", ""))
        made = NewTicket(chat.ticket.ref.instance, queue, subject, whom)
        return await self._send(unit, chat, by, values, new_ticket=made)

    async def triage(self, unit: Unit, chat: Chat, by: Author, values: Mapping[str, str]) -> Chat:
        """Send it into a new ticket in the queue where doubtful cases are sorted out."""
        self._check_first(chat, by)
        made = triage_ticket(self._relay, chat)
        if made is None:
            raise WrongInput("No triage queue is set up for this RT.")
        return await self._send(unit, chat, by, values, new_ticket=made)

    async def undo(self, unit: Unit, chat: Chat, by: Author) -> Chat:
        """Take back what has not left. Raises WrongInput when it may have."""
        try:
            return await self._relay.happen(unit, chat, e.FilingUndone(self._relay.now(), by))
        except NotNow:
            if chat.filing is not None and chat.filing.undone_by is not None:
                return chat
            raise WrongInput(_TOO_LATE.get(chat.state, "There is nothing to undo.")) from None

    def _check_first(self, chat: Chat, by: Author) -> None:
        first = chat.filing
        if first and chat.state in SENT and first.by.id != by.id:
            raise WrongInput(f"{first.by.name or 'Somebody'} has sent this chat to RT already.")

    async def _send(
        self, unit: Unit, chat: Chat, by: Author, values: Mapping[str, str], **more: Any
    ) -> Chat:
        """Hold it for as long as it may be undone; without such a time it goes at once."""
        now, undo, summary = self._relay.now(), self._relay.rules.undo, _summary(values)
        if chat.state in SENDABLE:
            if chat.filing and not chat.filing.goes_to(more.get("new_ticket")):
                check_not_in_rt(chat, looked=values.get("looked", ""))
            more["unseen"] = await unit.unposted(chat.id)
        elif summary and _sent_with(chat) not in (None, summary):
            raise WrongInput(_OTHER_WORDS)
        if undo:
            event: e.Event = e.FilingHeld(now, by, summary, until=now + undo, **more)
        else:
            event = e.FilingRequested(now, by, summary, **more)
        return await self._relay.happen(unit, chat, event)


def triage_ticket(relay: Relay, chat: Chat) -> NewTicket | None:
    """Return the ticket in which a doubtful record would be sorted out; None if there is no queue."""
    queue = relay.rules.triage.get(chat.ticket.ref.instance, "")
    if not queue:
        return None
    subject = plain_subject(f"Live chat to be sorted out: {chat.ticket.subject}")
    return NewTicket(chat.ticket.ref.instance, queue, subject)


def unattended(relay: Relay, chat: Chat) -> NewTicket | None:
    """Return the triage ticket for a record about which nobody decides; None if it has to wait.

    It waits where there is no such queue, where that queue is what did not take it, and where it
    may be in RT already: then somebody has to look.
    """
    made, filing = triage_ticket(relay, chat), asked_of_rt(chat)
    if made is None or filing is None:
        return made
    before = filing.new_ticket
    there = before is not None and before.queue.casefold() == made.queue.casefold()
    return None if there or filing.unclear else made


def plain_subject(text: str) -> str:
    """Cut a subject to one line, without anything that RT could take for a ticket's tag."""
    line = " ".join(_TAG.sub(" ", straight(text)).split())
    return line[:MAX_SUBJECT].rstrip(" :") or "Live chat"


def _requestor(chat: Chat, choice: str) -> str:
    """Whose ticket it is: the visitor's if he is verified, else nobody's but by choice."""
    link, known = chat.invitation, chat.identity
    match choice:
        case "nobody":
            return ""
        case "visitor" | "" if known.verified:
            return known.login or known.address
        case "given" if known.proof is Proof.ANONYMOUS and known.address:
            return known.address
        case "invited" if link is not None:
            return link.address or link.login
        case "":
            return ""
    raise WrongInput("Choose who is to be the requestor of the new ticket.")


def _sent_with(chat: Chat) -> str | None:
    """The summary that is on its way or in RT; None if nobody can tell any more."""
    sent = chat.filing if chat.state in SENT - {State.PURGED} else None
    return sent.summary if sent else None


def _summary(values: Mapping[str, str]) -> str:
    try:
        summary = tidy(values.get("summary", ""))
    except EmptyText:
        return ""
    except TextTooLong:
        summary = "x" * (MAX_SUMMARY + 1)
    if len(summary) > MAX_SUMMARY:
        raise WrongInput(f"The summary is too long: at most {MAX_SUMMARY} characters.")
    return summary
