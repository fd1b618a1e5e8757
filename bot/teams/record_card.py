"""The card from the end of the talk on: to be sent, held, on its way, on the ticket (pure)."""

from __future__ import annotations

from datetime import tzinfo

from bot.domain.chat import Chat, Filing, State
from bot.domain.messages import Role
from bot.relay.confirming import is_changed
from bot.relay.nonces import nonce
from bot.relay.ports import CardView
from bot.teams import begun_card, doubt, naming
from bot.teams import elements as el
from bot.teams.elements import Json, Part
from bot.teams.elsewhere_card import moving
from bot.teams.filing_card import command, confirmation, send_to_rt
from bot.teams.mailing_card import mailing
from bot.teams.markup import in_card
from bot.teams.matching_words import changed, fits, ticket_facts, visitor
from bot.teams.naming import when

#: Of a record that went by mail into an RT that cannot be asked.
_UNPROVEN = "handed to the mail server, **not confirmed by RT**: please look whether it is there"
#: Of a comment that RT took and does not show to us.
_UNSEEN = "**not read back**: RT does not show it to the live chat; please look"
_EARLIER = "An earlier try may be in RT."
_SHOWN = 16  # digits of a digest


def sending(view: CardView, zone: tzinfo) -> Part:
    """Return what can be done with the record: send it, or first decide about its ticket."""
    chat = view.chat
    if chat.move is None:
        return send_to_rt(view, zone)
    other = chat.move.ticket
    own = el.facts([("Ticket", "none yet")]) if chat.intake else ticket_facts(chat.ticket)
    facts = (own, ticket_facts(other, chat.identity))
    return moving(view, facts, confirmation(view, other))


def ended(view: CardView, zone: tzinfo) -> Part:
    """The talk is over; the record waits for a CO."""
    chat = view.chat
    by = in_card(chat.ended_by.name, 80) if chat.ended_by else ""
    if chat.ended_by and chat.ended_by.role is Role.SYSTEM:
        by = "itself, after a long silence"
    at = f", {when(chat.ended, zone)}" if chat.ended else ""
    unseen, mail = mailing(view, zone)
    body, actions = sending(view, zone)
    return [
        el.paragraph(
            f"**Ended**{f' by {by}' if by else ''}{at}. Nothing more reaches the visitor."
        ),
        *_not_yet(chat),
        *_why_not(chat),
        *begun_card.stranger(chat),
        el.facts(_whose(chat)),
        *unseen,
        *begun_card.own_tickets(chat),
        *body,
        *(
            []
            if chat.move
            else [el.hint(f"Commands: mention the bot with {command(chat)} or “show card”.")]
        ),
    ], [*mail, *actions]


def _not_yet(chat: Chat) -> list[Json]:
    unclear = chat.filing is not None and chat.filing.unclear
    where = "in RT" if chat.intake else "on the ticket"
    return [] if unclear else [el.paragraph(f"The record is not {where} yet.")]


def _whose(chat: Chat) -> list[tuple[str, str]]:
    """Say who was here, and how he fits the ticket; of one that has changed the form says it."""
    pairs = [("Visitor", visitor(chat, naming.visitor(chat))), *begun_card.details(chat)]
    return (
        pairs
        if is_changed(chat) or chat.intake
        else [*pairs, ("Match", fits(chat.identity, chat.ticket))]
    )


def _why_not(chat: Chat) -> list[Json]:
    """Say what kept the last filing from RT."""
    filing = chat.filing
    if filing is None:
        return []
    if filing.found is not None:
        what = changed(chat.ticket, filing.found, filing.changes)
        sent = _EARLIER if filing.unclear else "Nothing was sent."
        return [
            el.warning(
                f"**Stopped: the ticket has changed since it was confirmed.** Ticket "
                f"{in_card(str(chat.ticket.ref))}: {what}. {sent} Below it is shown as it is now."
            )
        ]
    if filing.problem and filing.unclear:
        return [
            el.warning(
                f"**The record may be in RT already.** {in_card(filing.problem)} Look there. Sent to "
                "the same place again, it is looked for first, where RT can be asked, and not added "
                "twice."
            )
        ]
    if filing.problem:
        return [
            el.warning(
                f"**RT refused it.** {in_card(filing.problem)} The record is kept here: press Send to "
                "RT when that is put right, or send it somewhere else."
            )
        ]
    if filing.undone_by is not None:
        sent = f"nothing more was sent. {_EARLIER}" if filing.unclear else "nothing was sent."
        return [el.paragraph(f"Undone by {in_card(filing.undone_by.name, 80)}: {sent}")]
    return []


def held(view: CardView, zone: tzinfo) -> Part:
    """It goes to RT in a moment, unless somebody undoes it."""
    chat, filing = view.chat, view.chat.filing
    until = f"{filing.until.astimezone(zone):%H:%M:%S}" if filing and filing.until else "once"
    unclear = filing is not None and filing.unclear
    left = f"nothing of this try has left yet. {_EARLIER}" if unclear else "nothing has left yet."
    body = [
        el.paragraph(
            f"**Goes to RT at {until}**{_sender(chat)}. Until then it can be undone: {left} The "
            "visitor can write no more."
        ),
        el.facts(_destination(chat)),
        el.hint("Commands: mention the bot with “undo” or “show card”."),
    ]
    # It destroys nothing: red would frighten off whom it is there for.
    undo = el.button("Undo", chat.id, "undo", style="positive", nonce=nonce(chat))
    return body, [undo]


def _sender(chat: Chat) -> str:
    by = in_card(chat.filing.by.name, 80) if chat.filing else ""
    return f", sent by {by}" if by else ""


def _destination(chat: Chat) -> list[tuple[str, str]]:
    """Say where a filing goes, and how the visitor fits."""
    made = chat.filing.new_ticket if chat.filing else None
    if made is not None:
        whom = in_card(made.requestor, 120) or "nobody"
        return [("Into", f"a new ticket in {in_card(made.queue, 80)}"), ("Requestor", whom)]
    into = in_card(f"{chat.ticket.ref}: {chat.ticket.subject}")
    pairs = [("Into", into), ("Match", fits(chat.identity, chat.ticket))]
    if chat.filing and chat.filing.set_status:
        pairs.append(("Status", f"is set to “{in_card(chat.filing.set_status, 60)}” then"))
    return pairs


def filing(view: CardView, zone: tzinfo) -> Part:
    """RT is being asked."""
    chat = view.chat
    body = [
        el.paragraph(f"**On its way to RT**{_sender(chat)}. The visitor can write no more."),
        el.facts(_destination(chat)),
    ]
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


def filed(view: CardView, zone: tzinfo) -> Part:
    """RT's receipt."""
    chat = view.chat
    ref = chat.filed_in
    where = "On a new ticket" if chat.filing and chat.filing.new_ticket else "On the ticket"
    said = f"**{where}.** The visitor is told so."
    if unproven := doubt.is_unproven(chat.filing):
        said = "**Mailed to RT, which did not confirm it.** The visitor is told that it is there."
    body = [el.paragraph(said)]
    title = f"Open ticket {ref.number} in RT"
    if chat.filing is None:
        return body, el.link(title, chat.ticket.url)
    if chat.filing.new_ticket and chat.filing.receipt and not chat.filing.receipt.ticket:
        title = "Open RT"  # by mail: nobody tells us the new one's number
    body.append(el.facts(_receipt(chat, chat.filing)))
    if not chat.filing.new_ticket and ref != chat.ticket.ref:
        sent = in_card(str(chat.ticket.ref))
        body.append(el.warning(f"It was sent to {sent}, which RT merged into this one meanwhile."))
    if chat.filing.status_problem:
        problem = in_card(chat.filing.status_problem)
        body.append(el.warning(f"The status was not changed. {problem} Please set it in RT."))
    if chat.state is State.PURGED:
        there = "what was mailed to RT is the only record" if unproven else "RT has the record"
        body.append(el.hint(f"The text of the chat is deleted here; {there}."))
    url = chat.filing.receipt.url if chat.filing.receipt else chat.ticket.url
    return body, el.link(title, url)


def _receipt(chat: Chat, filing: Filing) -> list[tuple[str, str]]:
    receipt = filing.receipt
    pairs = [("Ticket", in_card(str(chat.filed_in)))]
    if filing.new_ticket is not None:
        queue = in_card(filing.new_ticket.queue, 80)
        number = in_card(str(chat.filed_in)) if receipt and receipt.ticket else "number not known"
        pairs = [("Ticket", f"{number}, made for it in {queue}")]
    if receipt is not None:
        proof = "read back from RT" if receipt.proven else _UNSEEN
        proof = f"transaction {receipt.transaction}, {proof}" if receipt.transaction else proof
        pairs.append(("Comment", _UNPROVEN if doubt.is_unproven(filing) else proof))
    if receipt is not None and receipt.sha256:
        digest = f"{receipt.size} bytes, SHA-256 {receipt.sha256[:_SHOWN]}…"
        pairs.append(("Transcript", f"{digest}, read back from RT"))
    itself = "the live chat itself" if filing.by.role is Role.SYSTEM else "a member of the team"
    pairs.append(("Sent by", in_card(filing.by.name, 80) or itself))
    if filing.set_status and not filing.status_problem:
        asked = f"“{in_card(filing.set_status, 60)}”"
        pairs.append(("Status", asked if filing.status_done else f"{asked} is being set"))
    return pairs
