"""The part of the card that has RT mail a visitor who has left what he was not shown (pure)."""

from __future__ import annotations

from datetime import tzinfo

from bot.domain.answers import are_unseen, under_way
from bot.domain.chat import Chat
from bot.domain.matching import Match, digits, fingerprint, is_person, match
from bot.relay.mailing import BOX, obstacle
from bot.relay.ports import CardView
from bot.teams import elements as el
from bot.teams.elements import Json, Part
from bot.teams.elsewhere_card import wrong
from bot.teams.markup import in_card
from bot.teams.matching_words import people
from bot.teams.naming import when

_UNSEEN = (
    "**Not shown to the visitor:** no window in front of them has confirmed what was last written or "
    "edited here for them."
)


def mailing(view: CardView, zone: tzinfo) -> Part:
    """Return what became of the last mail, and what sends one, if the visitor is away."""
    chat, body = view.chat, _last(view.chat, zone)
    if chat.move is not None or under_way(chat) or not are_unseen(chat):
        return [*body, *wrong(view, "mail")], []
    body.append(el.paragraph(_UNSEEN))
    if why := obstacle(chat):
        return [*body, el.hint(f"RT cannot mail it to them: {in_card(why, 400)}")], []
    persons = (*chat.ticket.requestors, *chat.ticket.ccs)
    alone = all(is_person(chat.identity, one) for one in persons)
    body.append((el.hint if alone else el.warning)(_about(chat)))
    boxes = _boxes(view)
    send = el.button(
        "Mail it to the visitor",
        chat.id,
        "mail",
        inputs=bool(boxes),
        mailings=str(len(chat.mailings)),
        ticket=fingerprint(chat.ticket),
    )
    if said := wrong(view, "mail"):  # what was typed in vain must not be hidden behind a button
        return [*body, *said, *boxes, el.row([send])], []
    return body, [el.folded("Mail it to the visitor", boxes, [send])] if boxes else [send]


def _last(chat: Chat, zone: tzinfo) -> list[Json]:
    if not chat.mailings:
        return []
    one = chat.mailings[-1]
    by = in_card(one.by.name, 80)
    if one.over is None:
        return [el.paragraph(f"**Being mailed:** what they were not shown, as {by} asked.")]
    if one.problem:
        return [el.warning(f"**Not mailed.** {in_card(one.problem, 600)}")]
    return [el.paragraph(f"**Mailed** by RT at {when(one.over, zone)}, as {by} asked.")]


def _about(chat: Chat) -> str:
    """Say whom it reaches, and how it is asked for."""
    ticket, confirmed = chat.ticket, ""
    if match(chat.identity, ticket) is not Match.GREEN:
        confirmed = f" {digits(ticket)}"
    ccs = f", and in Cc {people(ticket.ccs)}" if ticket.ccs else ""
    return (
        f"RT can mail it, as correspondence on the ticket: to {people(ticket.requestors)}{ccs}, and to "
        "whom else RT mails of it (groups on the ticket, watchers of the queue). That reopens a resolved "
        "ticket and cannot be taken back. Command: mention the bot with “mail "
        f"answers{confirmed}”."
    )


def _boxes(view: CardView) -> list[Json]:
    """Return what confirms the ticket, if nobody vouches for the visitor."""
    ticket = view.chat.ticket
    if match(view.chat.identity, ticket) is Match.GREEN:
        return []
    label = (
        f"To confirm: the ticket's last {len(digits(ticket))} digits, or the requestor's surname"
    )
    return [el.text_box(BOX, label, view.typed.get(BOX, ""), longest=100)]
