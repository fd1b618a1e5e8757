"""The part of the card that puts the record on the ticket (pure)."""

from __future__ import annotations

from datetime import tzinfo

from bot.domain.chat import Chat
from bot.domain.legible import plain_name
from bot.domain.transcript import span
from bot.relay.nonces import nonce
from bot.relay.ports import CardView
from bot.teams import elements as el
from bot.teams import words
from bot.teams.elements import Json
from bot.teams.markup import in_card, one_line

LONGEST_SUMMARY = 4_000  # characters, as many as the relay takes
_DRAFT = 2_000  # characters of a draft that a card carries


def send_to_rt(view: CardView, zone: tzinfo) -> Json:
    """Return the button that unfolds the summary box, the status and a last look."""
    chat = view.chat
    ticket = chat.ticket
    who = ", ".join(in_card(one.called, 80) for one in ticket.requestors[:10]) or "nobody"
    draft = _draft(chat, zone)
    options = [("Comment only, leave the status as it is", el.KEEP)]
    options += [
        (f"Comment, and set the status to {one_line(s, 60)}", s) for s in view.statuses[:20]
    ]
    body = [
        el.facts(
            [
                ("Ticket", in_card(str(ticket.ref))),
                ("Subject", in_card(ticket.subject)),
                ("Requestor", who),
            ]
        ),
        el.text_box("summary", "Summary", draft, lines=True, longest=LONGEST_SUMMARY),
        el.choices("status", "Then", options, el.KEEP),
        el.hint(
            "Your summary and the whole transcript go on this ticket as one comment, which "
            "requestors can read. This ends the chat."
        ),
    ]
    title, drawn = f"Send to ticket {ticket.ref.number}", nonce(chat)
    send = el.button(title, chat.id, "file", style="positive", inputs=True, nonce=drawn)
    return el.folded("Send to RT", body, [send])


def _draft(chat: Chat, zone: tzinfo) -> str:
    """Draft the summary: a failed filing's own words, else the subject and who talked when."""
    if chat.filing is not None and chat.filing.summary:
        return chat.filing.summary[:LONGEST_SUMMARY]
    names = ", ".join(plain_name(one.name) for one in chat.operators[:10]) or "nobody"
    talk = (
        f"Live chat between {plain_name(words.visitor(chat))} and {names}, {span(chat, (), zone)}."
    )
    return f"{one_line(chat.ticket.subject, 300)}\n{talk}"[:_DRAFT].strip()
