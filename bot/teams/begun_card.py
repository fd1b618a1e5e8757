"""The card of a chat that a visitor began, as long as it has no ticket (pure)."""

from __future__ import annotations

from bot.domain.asking import DETAILS
from bot.domain.chat import Chat
from bot.domain.identity import Proof
from bot.domain.legible import one_line
from bot.domain.tickets import MOST_OWN, SHOWN_OWN, Listed
from bot.relay.ports import CardView
from bot.relay.sending import MAX_SUMMARY
from bot.teams import elements as el
from bot.teams.elements import Json, Part
from bot.teams.elsewhere_card import places
from bot.teams.markup import in_card


def heading(chat: Chat) -> str:
    """Say what the card is about, in one line."""
    subject = in_card(chat.ticket.subject)
    return f"A visitor asks: {subject}" if subject else "A chat that a visitor began"


def spoken(chat: Chat) -> str:
    """The same as plain text."""
    subject = one_line(chat.ticket.subject, 120)
    return f"Live chat, begun by a visitor{f': “{subject}”' if subject else ''}"


def whether_answered(chat: Chat) -> list[Json]:
    """Say whether somebody has answered, and of a stranger that nobody vouches for him."""
    shown = [el.paragraph(who_has(chat))]
    if chat.unanswered and not chat.operators:
        shown.append(el.warning("Nobody has answered for long, and the visitor was told so."))
    return [*shown, *stranger(chat)]


def who_has(chat: Chat) -> str:
    """Say who has the chat."""
    if not chat.operators:
        return "**Waiting for an answer.**"
    first, *others = (in_card(one.name, 80) for one in chat.operators)
    if chat.is_only_taken:
        return f"**{first} has it**, and has not written yet."
    too = f", with {', '.join(others[:10])}" if others else ""
    talk = "Nobody has written to the visitor yet." if chat.unheard else "You are talking."
    return f"**Open.** {talk} {first} has it{too}."


def take(chat: Chat) -> Json:
    """The button for a CO who has it from now on."""
    title = "Take over" if chat.operators else "Take"
    return el.button(title, chat.id, "take", takes=str(chat.takes))


def back(chat: Chat) -> Json:
    """The button for a CO who cannot go on."""
    return el.button("Back to the queue", chat.id, "back", returns=str(chat.returns))


def stranger(chat: Chat) -> list[Json]:
    """Warn of a visitor whom nobody vouches for."""
    known = chat.identity
    if known.proof is not Proof.ANONYMOUS:
        return []
    name, address = in_card(known.name, 80), in_card(known.address, 120)
    return [
        el.warning(
            f"**Not verified.** Gave the name {name} and the address {address}; anybody could. Tell "
            "them nothing that is not for everybody. The record goes into a new ticket only."
        )
    ]


def details(chat: Chat) -> list[tuple[str, str]]:
    """List what the visitor told besides his question."""
    return [(DETAILS[detail], in_card(told, 200)) for detail, told in chat.details]


def own_tickets(chat: Chat) -> list[Json]:
    """List the visitor's open tickets, each with what shows it beside this chat, to be confirmed."""
    own = chat.own
    if own is None or chat.intake is None or chat.move is not None:
        return []
    if not own.asked:
        return [el.hint("RT could not be asked which open tickets the visitor has.")]
    if not own.listed:
        return [el.hint("The visitor has no open ticket in RT among those the chat may work with.")]
    counted = "or more" if own.more >= MOST_OWN - SHOWN_OWN else "more"
    more = [el.apart(f"and {own.more} {counted}")] if own.more else []
    return [
        el.emphasis(
            [
                el.paragraph("**The visitor's open tickets in RT**, the last changed first:"),
                *(part for one in own.listed for part in _own(chat, one)),
                *more,
                el.hint(
                    "Is this chat about one of them? Then have it shown here: nothing is sent by that. "
                    "Command: mention the bot with “move to ticket NUMBER”."
                ),
            ]
        )
    ]


def _own(chat: Chat, one: Listed) -> list[Json]:
    told = " · ".join(in_card(text, 80) for text in (one.status, one.queue) if text)
    number, moves = str(one.ref), str(chat.moves)
    show = el.button(f"Show ticket {one.ref.number}", chat.id, "move", number=number, moves=moves)
    said = f"**{one.ref.number}**: {in_card(one.subject, 200)} ({told})"
    return [el.apart(said), el.row([show])]


def sending(view: CardView, draft: str) -> Part:
    """Return what sends the record: into a new ticket, or where doubtful ones are sorted out."""
    wrong = [el.warning(in_card(view.wrong, 600))] if view.wrong else []
    body = [
        *wrong,
        el.text_box("summary", "Summary", draft, lines=True, longest=MAX_SUMMARY),
        *places(view),
    ]
    if view.wrong:
        return body, []
    return [], [el.folded("Send to RT", body, [])]


def command(chat: Chat) -> str:
    """Word the command that sends it."""
    queue = chat.intake.queue if chat.intake else "QUEUE"
    return f"“new ticket in {in_card(queue, 80)}: SUMMARY”"
