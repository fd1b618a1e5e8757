"""The one card of a chat: what it shows and offers in each state (pure).

Every button has a command that does the same (words.COMMANDS), for clients on which buttons fail.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, tzinfo
from typing import Any

from bot.domain.chat import Chat, Filing, State
from bot.domain.invitations import Fate, Invitation, Route
from bot.domain.messages import Role
from bot.domain.presence import Presence
from bot.relay.nonces import nonce
from bot.relay.ports import CardView, Listening
from bot.teams import elements as el
from bot.teams import words
from bot.teams.elements import CONTENT_TYPE, KEEP, Json
from bot.teams.filing_card import send_to_rt
from bot.teams.markup import in_card, one_line
from bot.teams.ticket_card import proposal

__all__ = ["CONTENT_TYPE", "KEEP", "card"]

Part = tuple[list[Json], list[Json]]

LISTENING = {
    Listening.MENTION: (
        "Only messages that mention the bot reach the visitor. Everything else in this thread "
        "stays between you."
    ),
    Listening.THREAD: (
        "Every message in this thread reaches the visitor, except lines that begin with //."
    ),
}
_PRESENCE = {
    Presence.OPEN: "has the chat open",
    Presence.HIDDEN: "has another window in front since {since}",
    Presence.GONE: "has left the page, gone since {since}: nobody reads this now",
}
_ROUTES = {
    Route.COPY: "The link is yours to pass on.",
    Route.MAIL: "By mail to {address}",
    Route.CORRESPOND: "As correspondence on the ticket, mailed by RT to {address} and all Ccs",
}


def card(view: CardView, zone: tzinfo) -> dict[str, Any]:
    """Return the card; ``zone`` is the zone of the times that people see."""
    chat = view.chat
    body, actions = _STATES[chat.state](view, zone)
    subject = one_line(chat.ticket.subject, 120)
    status = words.STATES[chat.state]
    spoken = f"Live chat, ticket {chat.ticket.ref}{f': {subject}' if subject else ''}. {status}"
    head = f"Ticket {in_card(str(chat.ticket.ref))}"
    if subject:
        head = f"{head}: {in_card(chat.ticket.subject)}"
    return el.adaptive_card([el.heading(head), *body], actions, spoken)


def _proposed(view: CardView, zone: tzinfo) -> Part:
    return proposal(view, zone)


def _invited(view: CardView, zone: tzinfo) -> Part:
    chat, link = view.chat, view.chat.invitation
    body = [el.paragraph("**Invited.** Nobody has joined yet.")]
    if link is not None:
        body += _invitation(link, zone)
    if view.link:
        box = el.text_box("link", "Link to copy (for this person only)", view.link, longest=2000)
        body.append(box)
    body.append(el.hint("Commands: mention the bot with “revoke link”, “cancel” or “show card”."))
    drawn = nonce(chat)
    return body, [
        el.button("Revoke the link", chat.id, "revoke", nonce=drawn),
        el.button("Cancel", chat.id, "cancel", style="destructive", nonce=drawn),
    ]


def _invitation(link: Invitation, zone: tzinfo) -> list[Json]:
    how = _ROUTES[link.route].format(address=in_card(link.address) or "the requestor")
    pairs = [("For", in_card(link.name) or "the requestor"), ("How", how)]
    if link.route is not Route.COPY and not link.problem:
        pairs.append(("Sent", "yes" if link.sent else "on its way"))
    pairs.append(("Good until", when(link.expires, zone)))
    shown: list[Json] = [el.facts(pairs)]
    if link.problem:
        shown.append(
            el.warning(
                f"It did not go out. {in_card(link.problem)} Copy the link below and pass it on "
                "yourself, or revoke it and invite again."
            )
        )
    return shown


def _open(view: CardView, zone: tzinfo) -> Part:
    chat = view.chat
    body = [
        el.paragraph("**Open.** You are talking."),
        el.facts(_people(chat, zone)),
        el.paragraph(LISTENING[view.listening]),
        el.hint("Commands: mention the bot with “end chat”, “send to rt: SUMMARY” or “show card”."),
    ]
    actions = [send_to_rt(view, zone), el.button("End the chat", chat.id, "end")]
    if chat.closing:
        body.append(
            el.warning(
                f"Nobody has written for long. The chat ends by itself at {when(chat.closing, zone)} "
                "unless somebody does; its record then goes onto the ticket without a summary."
            )
        )
        actions.append(el.button("Keep it open", chat.id, "keep"))
    return body, actions


def _people(chat: Chat, zone: tzinfo) -> list[tuple[str, str]]:
    name = in_card(words.visitor(chat))
    since = when(chat.presence_since, zone) if chat.presence_since else "a while"
    here = ", ".join(in_card(one.name, 80) for one in chat.operators[:10])
    return [
        ("Visitor", f"{name} (unverified: whoever held the link)"),
        ("Presence", _PRESENCE[chat.presence].format(since=since)),
        ("Answering", here or "nobody yet"),
    ]


def _ended(view: CardView, zone: tzinfo) -> Part:
    chat = view.chat
    by = in_card(chat.ended_by.name, 80) if chat.ended_by else ""
    if chat.ended_by and chat.ended_by.role is Role.SYSTEM:
        by = "itself, after a long silence"
    at = f", {when(chat.ended, zone)}" if chat.ended else ""
    body = [
        el.paragraph(
            f"**Ended**{f' by {by}' if by else ''}{at}. Nothing more reaches the visitor."
        ),
        el.paragraph("The record is not on the ticket yet."),
    ]
    if chat.filing is not None and chat.filing.problem:
        body.append(
            el.warning(f"RT refused it. {in_card(chat.filing.problem)} The record is kept here.")
        )
    body.append(el.hint("Commands: mention the bot with “send to rt: SUMMARY” or “show card”."))
    return body, [send_to_rt(view, zone)]


def _held(view: CardView, zone: tzinfo) -> Part:
    chat, filing = view.chat, view.chat.filing
    until = clock(filing.until, zone) if filing and filing.until else "a moment"
    by = in_card(filing.by.name, 80) if filing else ""
    body = [
        el.paragraph(
            f"**Goes to RT at {until}**{f', sent by {by}' if by else ''}. Until then it can be undone; "
            "nothing has been sent yet. The visitor can write no more."
        ),
        el.facts([("Into", target(chat))]),
        el.hint("Commands: mention the bot with “undo” or “show card”."),
    ]
    undo = el.button("Undo", chat.id, "undo", style="destructive", nonce=nonce(chat))
    return body, [undo]


def target(chat: Chat) -> str:
    """Say where a filing goes, ready for a card."""
    made = chat.filing.new_ticket if chat.filing else None
    if made is None:
        return f"ticket {in_card(str(chat.ticket.ref))}"
    whom = f"requestor {in_card(made.requestor, 120)}" if made.requestor else "without a requestor"
    return f"a new ticket in {in_card(made.queue, 80)}, {whom}"


def _filing(view: CardView, zone: tzinfo) -> Part:
    chat = view.chat
    by = in_card(chat.filing.by.name, 80) if chat.filing else ""
    sender = f", sent by {by}" if by else ""
    body = [el.paragraph(f"**On its way to RT**{sender}. The visitor can write no more.")]
    if chat.filing is not None and chat.filing.problem:
        body.append(
            el.warning(
                f"{in_card(chat.filing.problem)} You need do nothing: it is tried again by "
                "itself, and the record is kept "
                "here until RT has it."
            )
        )
    body.append(el.hint("Command: mention the bot with “show card”."))
    return body, [el.button("Look again", chat.id, "look")]


def _filed(view: CardView, zone: tzinfo) -> Part:
    filing, ref = view.chat.filing, view.chat.ticket.ref
    body = [el.paragraph("**On the ticket.** The visitor is told so.")]
    if filing is None:
        return body, el.link(f"Open ticket {ref.number} in RT", view.chat.ticket.url)
    body.append(el.facts(_receipt(view.chat, filing)))
    if filing.status_problem:
        problem = in_card(filing.status_problem)
        body.append(el.warning(f"The status was not changed. {problem} Please set it in RT."))
    if view.chat.state is State.PURGED:
        body.append(el.hint("The text of the chat is deleted here; RT has the record."))
    url = filing.receipt.url if filing.receipt else view.chat.ticket.url
    return body, el.link(f"Open ticket {ref.number} in RT", url)


#: Of a record that went by mail into an RT that cannot be asked.
_UNPROVEN = "handed to the mail server, **not confirmed by RT**: please look whether it is there"


def _receipt(chat: Chat, filing: Filing) -> list[tuple[str, str]]:
    pairs = [("Ticket", in_card(str(chat.ticket.ref)))]
    if filing.receipt is not None:
        number = filing.receipt.transaction
        proof = f"transaction {number}, read back from RT" if filing.receipt.proven else _UNPROVEN
        pairs.append(("Comment", proof))
    itself = "the live chat itself" if filing.by.role is Role.SYSTEM else "a member of the team"
    pairs.append(("Sent by", in_card(filing.by.name, 80) or itself))
    if filing.set_status and not filing.status_problem:
        asked = f"“{in_card(filing.set_status, 60)}”"
        pairs.append(("Status", asked if filing.status_done else f"{asked} is being set"))
    return pairs


def _cancelled(view: CardView, zone: tzinfo) -> Part:
    link = view.chat.invitation
    closed = " The link no longer works." if link and link.fate is not Fate.USED else ""
    body = [
        el.paragraph(
            f"**Cancelled** before anybody joined.{closed} Nothing was put on the ticket."
        ),
        el.hint("To begin again, mention the bot with the ticket number."),
    ]
    return body, []


def clock(at: datetime, zone: tzinfo) -> str:
    """Word a time of today to the second: ``10:42:07``."""
    return f"{at.astimezone(zone):%H:%M:%S}"


def when(at: datetime, zone: tzinfo) -> str:
    """Word a time: ``21 Nov, 10:42``."""
    local = at.astimezone(zone)
    return f"{local.day} {local:%b, %H:%M}"


_STATES: dict[State, Callable[[CardView, tzinfo], Part]] = {
    State.PROPOSED: _proposed,
    State.INVITED: _invited,
    State.OPEN: _open,
    State.ENDED: _ended,
    State.HELD: _held,
    State.FILING: _filing,
    State.FILED: _filed,
    State.PURGED: _filed,
    State.CANCELLED: _cancelled,
}
