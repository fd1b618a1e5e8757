"""The card before anybody is invited: which ticket, whose, and what Invite would do (pure)."""

from __future__ import annotations

from datetime import datetime, tzinfo

from bot.domain.chat import Chat
from bot.domain.invitations import Fate, Route
from bot.domain.legible import one_line
from bot.domain.tickets import Requestor, Ticket
from bot.relay.nonces import nonce
from bot.relay.ports import CardView
from bot.teams import elements as el
from bot.teams.elements import Json, Part
from bot.teams.markup import in_card

MOST = 10  # people shown by name
_CHOSEN_FROM = 2 * MOST  # requestors who can be invited from a card: it must stay small

_ROUTES = {
    Route.COPY: "I copy the link and pass it on",
    Route.MAIL: "Mail it to the requestor",
    Route.CORRESPOND: "Write it on the ticket as correspondence",
}
_ONLY = {
    Route.COPY: "Invite gives you a link to pass on yourself.",
    Route.MAIL: "Invite mails a link to the requestor.",
    Route.CORRESPOND: "Invite writes a link on the ticket as correspondence, which RT mails.",
}
_CLOSED = {"resolved", "rejected", "closed", "done"}


def proposal(view: CardView, zone: tzinfo) -> Part:
    """Return body and actions of a PROPOSED chat's card."""
    chat = view.chat
    ticket = chat.ticket
    body = [el.paragraph(_state(chat))]
    if ticket.merged:
        body.append(
            el.warning(
                f"You asked for {in_card(str(ticket.asked))}, which was merged into "
                f"{in_card(str(ticket.ref))}. Please check that this is the one you mean."
            )
        )
    body.append(el.facts(_facts(chat, zone)))
    drawn = nonce(chat)
    cancel = el.button("Cancel", chat.id, "cancel", nonce=drawn)
    if not ticket.requestors:
        body.append(
            el.warning(
                "This ticket has no requestor. You can make a link and pass it on yourself, or add "
                "a requestor in RT and mention the bot with the number again."
            )
        )
        title, route = "Make a link to pass on", Route.COPY.value
        make = el.button(title, chat.id, "invite", route=route, nonce=drawn)
        return body, [make, cancel]
    # By command nobody can be chosen.
    commands = "“cancel” or “show card”" if len(ticket.requestors) > 1 else "“invite” or “cancel”"
    body += [*_choices(view), el.hint(f"Commands: mention the bot with {commands}.")]
    return body, [_invite(view), cancel]


def _state(chat: Chat) -> str:
    fate = chat.invitation.fate if chat.invitation else None
    before = {
        Fate.REVOKED: "The last link was taken back and no longer works. ",
        Fate.EXPIRED: "The last link was not used in time and no longer works. ",
    }
    if fate in before:
        return (
            f"**Not started.** {before[fate]}Nobody is told anything more until you press Invite."
        )
    return "**Not started.** Nobody is told anything until you press Invite."


def _facts(chat: Chat, zone: tzinfo) -> list[tuple[str, str]]:
    ticket = chat.ticket
    pairs = [("Queue", in_card(ticket.queue)), ("Status", in_card(ticket.status))]
    several = len(ticket.requestors) > 1
    pairs.append(("Requestors" if several else "Requestor", _people(ticket.requestors)))
    if ticket.ccs:
        pairs.append(("Cc", _people(ticket.ccs)))
    pairs.append(("Owner", in_card(ticket.owner) or "nobody"))
    if ticket.created is not None:
        pairs.append(("Created", _age(ticket.created, chat.created, zone)))
    return pairs


def _people(people: tuple[Requestor, ...]) -> str:
    named = "; ".join(_person(one) for one in people[:MOST])
    more = len(people) - MOST
    return (f"{named}; and {more} more" if more > 0 else named) or "nobody"


def _person(one: Requestor) -> str:
    name, address = in_card(one.called, 80), in_card(one.address, 120)
    if not address:
        return f"{name} (no address)"
    return name if one.called == one.address else f"{name} ({address})"


def _age(created: datetime, seen: datetime, zone: tzinfo) -> str:
    local = created.astimezone(zone)
    days = (seen - created).days
    ago = {0: "less than a day ago", 1: "1 day ago"}.get(days, f"{days} days ago")
    return f"{local.day} {local:%b %Y}" + (f", {ago}" if days >= 0 else "")


def _choices(view: CardView) -> list[Json]:
    ticket, routes = view.chat.ticket, _routes(view)
    shown: list[Json] = []
    if len(ticket.requestors) > 1:
        options = [
            (_option(one), str(index)) for index, one in enumerate(ticket.requestors[:_CHOSEN_FROM])
        ]
        shown.append(el.choices("requestor", "Whom do you want to invite?", options))
        if len(ticket.requestors) > _CHOSEN_FROM:
            shown.append(
                el.hint(
                    f"Only the first {_CHOSEN_FROM} of the {len(ticket.requestors)} requestors can be "
                    "invited from here. Write to the others on the ticket in RT."
                )
            )
    elif not ticket.requestors[0].address:
        shown.append(
            el.paragraph(
                "RT knows no address of the requestor, so you will get a link to pass on yourself."
            )
        )
    if len(routes) > 1:
        options = [(_ROUTES[route], route.value) for route in routes]
        shown.append(el.choices("route", "How shall the link get there?", options, routes[0].value))
    elif routes[0] is not Route.COPY or ticket.requestors[0].address:
        shown.append(el.paragraph(_ONLY[routes[0]]))
    if Route.CORRESPOND in routes:
        shown.append(el.warning(_correspondence(ticket)))
    return shown


def _option(one: Requestor) -> str:
    """Word a choice; choices are plain text in every renderer."""
    if not one.address:
        return one_line(f"{one.called} (no address: copy the link)", 200)
    return one_line(
        f"{one.called} ({one.address})" if one.called != one.address else one.called, 200
    )


def _correspondence(ticket: Ticket) -> str:
    others = "every requestor and every Cc named above" if ticket.ccs else "every requestor"
    closed = ticket.status.lower() in _CLOSED
    status = f" (it is {in_card(ticket.status)} now)" if closed else ""
    return (
        f"Correspondence goes to {others}, and reopens a resolved ticket{status}. Whoever of them "
        "opens the link first is the visitor."
    )


def _routes(view: CardView) -> list[Route]:
    """The routes that can work for this ticket, the default one first."""
    known = [Route(route) for route in view.routes if route in set(Route)] or [Route.COPY]
    if any(one.address for one in view.chat.ticket.requestors):
        return known
    return [Route.COPY]


def _invite(view: CardView) -> Json:
    requestors, routes = view.chat.ticket.requestors, _routes(view)
    data = {"nonce": nonce(view.chat)}
    if len(routes) == 1:
        data["route"] = routes[0].value
    if len(requestors) > 1:
        title = "Invite the person chosen"
    else:
        title = f"Invite {one_line(requestors[0].called, 60)}"
        data["requestor"] = "0"
    return el.button(title, view.chat.id, "invite", style="positive", inputs=True, **data)
