"""Where else a record can go: a new ticket, the triage queue, another ticket (pure)."""

from __future__ import annotations

from bot.domain.matching import fingerprint
from bot.relay.nonces import nonce
from bot.relay.ports import CardView
from bot.teams import elements as el
from bot.teams.elements import Json
from bot.teams.markup import in_card, one_line

#: The part of the card that "Somewhere else" shows.
ELSEWHERE = "elsewhere"


def elsewhere(view: CardView) -> Json:
    """Return the part, which is hidden unless somebody has just typed into it."""
    chat, typed = view.chat, view.typed
    drawn = nonce(chat)
    items = [
        el.paragraph("**Into another ticket.** It is shown first; nothing is sent by this."),
        el.text_box("number", "The other ticket's number", typed.get("number", ""), longest=200),
        el.row(
            [el.button("Show that ticket", chat.id, "move", inputs=True, moves=str(chat.moves))]
        ),
    ]
    if chat.filing is not None and chat.filing.unclear and (view.queues or view.triage):
        label = "The record may be in RT already. Look there; type “not in RT” if it is not"
        items.append(el.text_box("looked", label, typed.get("looked", ""), longest=20))
    if view.queues:
        items += _new(view, drawn)
    if view.triage:
        title = f"Send to triage ({one_line(view.triage, 60)})"
        items += [
            el.apart(
                "**When in doubt.** A new ticket without a requestor, in the queue where such "
                "records are sorted out."
            ),
            el.row([el.button(title, chat.id, "triage", inputs=True, nonce=drawn)]),
        ]
    shown = typed.get("verb") in ("new", "triage", "move")
    part = el.emphasis(items)
    return {**part, "id": ELSEWHERE, "isVisible": shown}


def _new(view: CardView, drawn: str) -> list[Json]:
    """A ticket made for the record: whose it is must be chosen, unless the visitor is verified."""
    chat, typed, known = view.chat, view.typed, view.chat.identity
    whose = [("Nobody", "nobody")]
    if known.verified:
        whose.insert(0, (f"The visitor: {one_line(known.login or known.address, 120)}", "visitor"))
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
        el.row([el.button("Make a ticket and send", chat.id, "new", inputs=True, nonce=drawn)]),
    ]


def moving(
    view: CardView, facts: tuple[Json, Json], boxes: list[Json]
) -> tuple[list[Json], list[Json]]:
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
    no = el.button(
        f"Keep ticket {chat.ticket.ref.number}", chat.id, "stay", move=number, nonce=nonce(chat)
    )
    return body, [yes, no]
