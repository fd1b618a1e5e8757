"""The part of the card that sends the record to RT: a last look, and what has to be typed (pure)."""

from __future__ import annotations

from datetime import tzinfo

from bot.domain.chat import Chat, State
from bot.domain.commands import is_note
from bot.domain.legible import one_line, plain_name
from bot.domain.matching import ECHOED, SHORTEST_REASON, Match, fingerprint, match
from bot.domain.tickets import Ticket
from bot.domain.transcript import span
from bot.relay.confirming import MAX_REASON, is_changed, target
from bot.relay.nonces import nonce
from bot.relay.ports import CardView
from bot.relay.sending import MAX_SUMMARY
from bot.teams import begun_card, naming
from bot.teams import elements as el
from bot.teams.elements import Json, Part
from bot.teams.elsewhere_card import ELSEWHERE, elsewhere, wrong
from bot.teams.markup import in_card
from bot.teams.matching_words import send_command, ticket_facts

_DRAFT = 2_000  # characters of a draft that a card carries
_OURS = frozenset({"file", "new", "triage", "move"})


def send_to_rt(view: CardView, zone: tzinfo) -> Part:
    """Return what sends the record: a button that unfolds it, or all of it at once.

    What was typed in vain, and a ticket that has changed, must not be hidden behind a button.
    """
    if view.chat.intake is not None:
        return begun_card.sending(view, view.typed.get("summary") or _draft(view.chat, zone))
    body, actions = _form(view, zone)
    is_wrong = view.wrong and view.typed.get("verb") in _OURS
    if is_wrong or is_changed(view.chat):
        warned = [el.warning(in_card(view.wrong, 600))] if is_wrong else []
        return [*warned, *body], actions
    return [], [el.folded("Send to RT", body, actions)]


def _form(view: CardView, zone: tzinfo) -> Part:
    chat = view.chat
    ticket = target(chat)
    draft = view.typed.get("summary") or _draft(chat, zone)
    options = [("Comment only, leave the status as it is", el.KEEP)]
    options += [
        (f"Comment, and set the status to {one_line(s, 60)}", s) for s in view.statuses[:20]
    ]
    status = view.typed.get("status") or el.KEEP
    body = [
        ticket_facts(ticket, chat.identity),
        el.text_box("summary", "Summary", draft, lines=True, longest=MAX_SUMMARY),
        el.choices("status", "Then", options, status),
        *confirmation(view, ticket),
        el.hint(
            "Your summary and the whole transcript go on this ticket as one comment, which "
            f"requestors can read.{' This ends the chat.' if chat.state is State.OPEN else ''}"
        ),
    ]
    number = ticket.ref.number
    title = f"Send anyway to ticket {number}" if is_changed(chat) else f"Send to ticket {number}"
    send = el.button(
        title,
        chat.id,
        "file",
        style="positive",
        inputs=True,
        nonce=nonce(chat),
        ticket=fingerprint(ticket),
    )
    # Below its own boxes, and above those of another ticket: a button belongs to what is above it.
    buttons = el.row([send, el.toggle("Somewhere else", ELSEWHERE)])
    return [*body, *wrong(view, "file"), buttons, elsewhere(view)], []


def command(chat: Chat) -> str:
    """Word the command that does the same, with what it has to confirm."""
    if chat.intake is not None:
        return begun_card.command(chat)
    return f"“{send_command(chat.identity, target(chat))}”"


def confirmation(view: CardView, ticket: Ticket) -> list[Json]:
    """Return the boxes that confirm a ticket: none, one, or two."""
    typed = view.typed
    digits = min(ECHOED, len(str(ticket.ref.number)))
    match match(view.chat.identity, ticket):
        case Match.GREEN:
            return []
        case Match.AMBER:
            label = f"To confirm: the ticket's last {digits} digits, or the requestor's surname"
            return [el.text_box("echo", label, typed.get("echo", ""), longest=100)]
        case Match.RED:
            whose = "the requestor's surname" if ticket.requestors else "the ticket's number"
            why = f"Why it belongs there all the same ({SHORTEST_REASON} characters or more; RT keeps it)"
            return [
                el.warning("The visitor seems to be somebody else than the people on this ticket."),
                el.text_box("echo", f"To confirm: {whose}", typed.get("echo", ""), longest=100),
                el.text_box("reason", why, typed.get("reason", ""), longest=MAX_REASON),
            ]


def _draft(chat: Chat, zone: tzinfo) -> str:
    """Draft the summary: a failed filing's own words, else the subject and who talked when."""
    if chat.filing is not None and chat.filing.summary:
        return chat.filing.summary[:MAX_SUMMARY]
    names = ", ".join(plain_name(one.name) for one in chat.took_part[:10]) or "nobody"
    talk = (
        f"Live chat between {plain_name(naming.visitor(chat))} and {names}, {span(chat, (), zone)}."
    )
    subject = one_line(chat.ticket.subject, 300)
    if is_note(subject):  # which a summary does not take to RT
        subject = f"Subject: {subject}"
    return f"{subject}\n{talk}"[:_DRAFT].strip()
