"""The one card of a chat: what it shows and offers in each state (pure).

Every button has a command that does the same (domain/forms.py), for clients on which buttons fail.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import tzinfo
from typing import Any

from bot.domain.chat import Chat, State
from bot.domain.invitations import Fate, Invitation, Route
from bot.domain.legible import one_line
from bot.domain.presence import Presence
from bot.domain.steps import forgotten
from bot.relay.nonces import nonce
from bot.relay.ports import CardView, Listening
from bot.teams import begun_card, naming, record_card
from bot.teams import elements as el
from bot.teams.elements import CONTENT_TYPE, KEEP, Json, Part
from bot.teams.filing_card import command
from bot.teams.mailing_card import mailing
from bot.teams.markup import in_card
from bot.teams.matching_words import fits, visitor
from bot.teams.naming import when
from bot.teams.ticket_card import proposal

__all__ = ["CONTENT_TYPE", "KEEP", "card"]


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
    Route.CORRESPOND: "As correspondence on the ticket, mailed by RT to every requestor and every Cc",
}


def card(view: CardView, zone: tzinfo) -> dict[str, Any]:
    """Return the card; ``zone`` is the zone of the times that people see."""
    chat = view.chat
    body, actions = _STATES[chat.state](view, zone)
    about, spoken = _headed(chat)
    return el.adaptive_card([*about, *body], actions, f"{spoken}. {naming.state_of(chat)}")


def retired(chat: Chat) -> dict[str, Any]:
    """Return what stands in the place of a card that was posted anew."""
    about, spoken = _headed(forgotten(chat))  # nobody edits it when the text is deleted
    moved = "This card was posted anew further down. That one says how things stand"
    body = [*about, el.paragraph(f"{moved}; “show card” posts it once more.")]
    return el.adaptive_card(body, [], f"{spoken}. {moved}.")


def _headed(chat: Chat) -> tuple[list[Json], str]:
    """Say what a card is about: as its first line, and in plain text."""
    if not chat.ticket.ref.number:
        return [el.heading(begun_card.heading(chat))], begun_card.spoken(chat)
    subject = one_line(chat.ticket.subject, 120)
    spoken = f"Live chat, ticket {chat.ticket.ref}{f': {subject}' if subject else ''}"
    head = f"Ticket {in_card(str(chat.ticket.ref))}"
    return [el.heading(f"{head}: {in_card(chat.ticket.subject)}" if subject else head)], spoken


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
        *(
            begun_card.whether_answered(chat)
            if chat.intake is not None
            else [el.paragraph(begun_card.who_has(chat))]
        ),
        el.facts(_people(chat, zone)),
        *begun_card.own_tickets(chat),
        el.paragraph(LISTENING[view.listening]),
    ]
    unseen, mail = mailing(view, zone)
    more, actions = record_card.sending(view, zone)
    body += [*unseen, *more]
    actions = [*mail, *actions]
    if chat.move is None:  # else the choice says by which commands it is made
        back = "“back to queue”, " if chat.intake is not None and chat.operators else ""
        take = "“take over”" if chat.operators else "“take”"
        body.append(
            el.hint(
                f"Commands: mention the bot with {take}, {back}“end chat”, {command(chat)} or “show "
                "card”."
            )
        )
    actions.append(begun_card.take(chat))
    if chat.intake is not None and chat.operators:
        actions.append(begun_card.back(chat))
    actions.append(el.button("End the chat", chat.id, "end"))
    if chat.closing:
        body.append(
            el.warning(
                f"Nobody has written for long. The chat ends by itself at {when(chat.closing, zone)} "
                "unless somebody does; its record then goes into RT without a summary."
            )
        )
        actions.append(el.button("Keep it open", chat.id, "keep"))
    return body, actions


def _people(chat: Chat, zone: tzinfo) -> list[tuple[str, str]]:
    since = when(chat.presence_since, zone) if chat.presence_since else "a while"
    here = ", ".join(in_card(one.name, 80) for one in chat.operators[:10])
    before = ", ".join(in_card(one.name, 80) for one in chat.former[:10])
    nobody = f"nobody now; {before} before" if before else "nobody yet"
    return [
        ("Visitor", visitor(chat, naming.visitor(chat))),
        *([] if chat.intake else [("Match", fits(chat.identity, chat.ticket))]),
        ("Presence", _PRESENCE[chat.presence].format(since=since)),
        ("Answering", here or nobody),
        *begun_card.details(chat),
    ]


def _cancelled(view: CardView, zone: tzinfo) -> Part:
    link = view.chat.invitation
    closed = " The link no longer works." if link and link.fate is not Fate.USED else ""
    mailed = link is not None and link.route is Route.CORRESPOND
    stands = " The invitation may stand on the ticket." if mailed else ""
    body = [
        el.paragraph(
            f"**Cancelled** before anybody joined.{closed} Nothing of a chat was put on the "
            f"ticket.{stands}"
        ),
        el.hint("To begin again, mention the bot with the ticket number."),
    ]
    return body, []


def _erased(view: CardView, zone: tzinfo) -> Part:
    chat = view.chat
    at = f" {when(chat.ended, zone)}" if chat.ended else ""
    sent = "Nothing of it was put into RT."
    if chat.mailings:
        sent = "RT was given some of it to mail: **look on the ticket what is there.**"
    if chat.filing:
        sent = "Its record had been sent to RT by then: **look whether it is there.**"
    body = [
        el.paragraph(
            f"**Erased**{at}, because a person asked for that under data protection law. {sent} "
            "Nothing of it is kept here."
        ),
        el.hint("To begin again, mention the bot with the ticket number."),
    ]
    return body, []


_STATES: dict[State, Callable[[CardView, tzinfo], Part]] = {
    State.PROPOSED: proposal,
    State.INVITED: _invited,
    State.OPEN: _open,
    State.ENDED: record_card.ended,
    State.HELD: record_card.held,
    State.FILING: record_card.filing,
    State.FILED: record_card.filed,
    State.PURGED: record_card.filed,
    State.CANCELLED: _cancelled,
    State.ERASED: _erased,
}
