"""Where else a record can go: a new ticket, the triage queue, another ticket (pure)."""

from __future__ import annotations

from bot.domain.identity import Proof
from bot.domain.legible import one_line
from bot.domain.matching import fingerprint
from bot.relay.nonces import nonce
from bot.relay.ports import CardView
from bot.teams import elements as el
from bot.teams.elements import Json, Part
from bot.teams.markup import in_card

#: The part of the card that "Somewhere else" shows.
ELSEWHERE = "elsewhere"


def elsewhere(view: CardView) -> Json:
    """Return the part, which is hidden unless somebody has just typed into it."""
    items = [*_other(view), *looked(view), *new_ticket(view), *triage(view)]
    shown = view.typed.get("verb") in ("new", "triage", "move")
    part = el.emphasis(items)
    return {**part, "id": ELSEWHERE, "isVisible": shown}


def places(view: CardView) -> list[Json]:
    """Return the parts for a chat that has no ticket; a stranger's goes into none that there is."""
    known = view.chat.identity.verified
    return [
        *looked(view),
        *new_ticket(view),
        *triage(view),
        *(_other(view) if known else []),
    ]


def wrong(view: CardView, verb: str) -> list[Json]:
    """Say what is wrong just above the button that was pressed, too: it is far from the form's top."""
    pressed = view.wrong and view.typed.get("verb") == verb
    return [el.warning(in_card(view.wrong, 600))] if pressed else []


def _other(view: CardView) -> list[Json]:
    chat, number = view.chat, view.typed.get("number", "")
    return [
        el.paragraph("**Into another ticket.** It is shown first; nothing is sent by this."),
        el.text_box("number", "The other ticket's number", number, longest=200),
        *wrong(view, "move"),
        el.row(
            [el.button("Show that ticket", chat.id, "move", inputs=True, moves=str(chat.moves))]
        ),
    ]


def looked(view: CardView) -> list[Json]:
    """Ask whether the record is in RT already, where it may be."""
    filing = view.chat.filing
    if filing is None or not filing.unclear or not (view.queues or view.triage):
        return []
    label = "The record may be in RT already. Look there; type “not in RT” if it is not"
    return [el.text_box("looked", label, view.typed.get("looked", ""), longest=20)]


def triage(view: CardView) -> list[Json]:
    """Return what sends it to be sorted out, if there is such a queue."""
    if not view.triage:
        return []
    title = f"Send to triage ({one_line(view.triage, 60)})"
    chat = view.chat
    return [
        el.apart(
            "**When in doubt.** A new ticket without a requestor, in the queue where such "
            "records are sorted out."
        ),
        *wrong(view, "triage"),
        el.row([el.button(title, chat.id, "triage", inputs=True, nonce=nonce(chat))]),
    ]


def new_ticket(view: CardView) -> list[Json]:
    """A ticket made for the record: whose it is must be chosen, unless the visitor is verified."""
    if not view.queues:
        return []
    chat, typed, known = view.chat, view.typed, view.chat.identity
    whose = [("Nobody", "nobody")]
    if known.verified:
        whose.insert(0, (f"The visitor: {one_line(known.login or known.address, 120)}", "visitor"))
    elif known.proof is Proof.ANONYMOUS and known.address:
        whose.append(
            (f"Who they say they are: {one_line(known.address, 120)} (not verified)", "given")
        )
    elif chat.invitation is not None and (chat.invitation.address or chat.invitation.login):
        link = chat.invitation.address or chat.invitation.login
        whose.append((f"Whom the link was for: {one_line(link, 120)} (not verified)", "invited"))
    subject = typed.get("subject") or one_line(f"Live chat: {chat.ticket.subject}", 200)
    queues = [(one_line(queue, 80), queue) for queue in view.queues[:50]]
    queue = typed.get("queue") or view.queues[0]
    requestor = typed.get("requestor") or whose[0][1]
    return [
        el.apart("**Into a new ticket.** The summary above goes with it."),
        el.choices("queue", "Queue", queues, queue),
        el.text_box("subject", "Subject", subject, longest=200),
        el.choices("requestor", "Requestor", whose, requestor),
        *wrong(view, "new"),
        el.row(
            [el.button("Make a ticket and send", chat.id, "new", inputs=True, nonce=nonce(chat))]
        ),
    ]


def moving(view: CardView, facts: tuple[Json, Json], boxes: list[Json]) -> Part:
    """Return body and actions of the choice between a chat's ticket and another one.

    ``facts`` show both tickets, ``boxes`` are what has to be typed for the other one.
    """
    chat, move = view.chat, view.chat.move
    assert move is not None
    warned = [el.warning(in_card(view.wrong, 600))] if view.wrong else []
    body = [
        el.apart("**Take this chat to another ticket?** Nothing has changed yet. Now it is about:"),
        el.emphasis([facts[0]]),
        el.paragraph("It **would be** about this one, and the visitor would be told so:"),
        el.emphasis([facts[1]]),
        *warned,
        *boxes,
        el.hint(
            "Commands: mention the bot with “confirm move DIGITS OR SURNAME” (“… because WHY” if "
            "the visitor is nobody on it) or “keep ticket”."
        ),
    ]
    number = str(move.number)
    yes = el.button(
        f"Take it to ticket {move.ticket.ref.number}",
        chat.id,
        "rebind",
        style="positive",
        inputs=True,
        move=number,
        ticket=fingerprint(move.ticket),
        nonce=nonce(chat),
    )
    number_now = chat.ticket.ref.number
    keep = f"Keep ticket {number_now}" if number_now else "Do not take it there"
    no = el.button(keep, chat.id, "stay", move=number, nonce=nonce(chat))
    return body, [yes, no]
