"""What the buttons of a chat's card do. Pressing one twice, or five times, does it once."""

from __future__ import annotations

from bot.domain import events as e
from bot.domain.chat import Chat, NotNow, State
from bot.domain.invitations import Route, digest, make_token
from bot.domain.messages import Author, EmptyText, Role, TextTooLong, tidy
from bot.domain.tickets import Requestor
from bot.relay.inbound import Operator, Pressed, Pressing
from bot.relay.nonces import is_repeat, is_stale
from bot.relay.ports import Thread
from bot.relay.relay import Relay
from bot.relay.storage import ThreadTaken, Unit

#: What a CO may write on top of the transcript, in characters; the record has to stay readable.
MAX_SUMMARY = 4000

_AT_RT = frozenset({State.FILING, State.FILED, State.PURGED})
_TAKEN = (
    "Another chat is running in this thread. Finish that one first, "
    "or mention me in a new thread with the ticket's number."
)
_WAS: dict[State, str] = {
    State.PROPOSED: "Nobody is invited yet.",
    State.INVITED: "The invitation is out already.",
    State.OPEN: "The visitor is in the chat: end it, or send it to RT.",
    State.ENDED: "This chat has ended.",
    State.FILING: "This chat is on its way to RT.",
    State.FILED: "This chat is in RT already.",
    State.PURGED: "This chat is in RT already.",
    State.CANCELLED: "This chat was cancelled.",
}


class WrongInput(Exception):
    """What was typed into the card cannot be used; the text says what to do."""


def author_of(operator: Operator) -> Author:
    """Return the operator as the author of what he does."""
    return Author(Role.OPERATOR, operator.id, operator.name)


class Buttons:
    """The card's verbs (see Operating.presses)."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay

    async def press(self, pressed: Pressed) -> Pressing:
        """Do what the button says, in a transaction of its own."""

        async def work(unit: Unit) -> Pressing:
            thread = await unit.thread(pressed.thread)
            chat = await unit.chat(pressed.chat_id)
            if chat is None or chat.thread != thread.id:
                # A card that was forwarded, or that outlived its chat.
                return Pressing(None, "I do not know this chat any more; its record is in RT.")
            return await self.apply(unit, thread, chat, pressed)

        try:
            return await self._relay.store.write(work)
        except ThreadTaken:
            return Pressing(None, _TAKEN)

    async def apply(self, unit: Unit, thread: Thread, chat: Chat, pressed: Pressed) -> Pressing:
        """Do what the button says within a transaction; may raise ThreadTaken for ``invite``.

        An old press come again does nothing; it is answered as it was, with the card as it is.
        """
        if is_stale(chat, pressed.verb, pressed.values):
            return Pressing(self._relay.view(chat, thread))
        try:
            after = await self._apply(unit, chat, pressed)
        except NotNow:
            repeat = is_repeat(chat, pressed.verb, pressed.values)
            return Pressing(self._relay.view(chat, thread), "" if repeat else _WAS[chat.state])
        except WrongInput as wrong:
            return Pressing(self._relay.view(chat, thread), str(wrong))
        return Pressing(self._relay.view(after, thread))

    async def _apply(self, unit: Unit, chat: Chat, pressed: Pressed) -> Chat:
        now, by = self._relay.now(), author_of(pressed.operator)
        match pressed.verb:
            case "look":
                return chat
            case "invite":
                return await self._invite(unit, chat, pressed)
            case "cancel":
                return await self._relay.happen(unit, chat, e.Cancelled(now, by))
            case "revoke":
                return await self._relay.happen(unit, chat, e.Revoked(now, by))
            case "keep":
                return await self._relay.happen(unit, chat, e.StillHere(now, by))
            case "end":
                return await self._relay.happen(unit, chat, e.Ended(now, by))
            case "file":
                return await self._file(unit, chat, pressed)
        raise WrongInput("I do not know that button. Mention me with the word help.")

    async def _invite(self, unit: Unit, chat: Chat, pressed: Pressed) -> Chat:
        now, by = self._relay.now(), author_of(pressed.operator)
        if chat.state is not State.PROPOSED:
            raise NotNow(chat.state, e.Invited)
        asked = _requestor(chat, pressed.values)
        route = self._route(pressed.values, asked)
        if await unit.live_chat(chat.thread):
            raise WrongInput(_TAKEN)
        expires = now + self._relay.rules.invitation_ttl
        chat = await self._relay.happen(unit, chat, e.Invited(now, by, asked, route, expires))
        assert chat.invitation is not None
        token = make_token(self._relay.rules.secret, chat.id, chat.invitation.number)
        await unit.invite(digest(token), chat.id, chat.invitation.number, expires)
        return chat

    def _route(self, values: dict[str, str], asked: Requestor) -> Route:
        """The route asked for, else the default; who has no address gets a link to copy."""
        offered = self._relay.rules.routes
        wanted = values.get("route", "")
        route = Route(wanted) if wanted in offered else offered[0]
        if route is Route.MAIL and not asked.address:
            return Route.COPY
        return route

    async def _file(self, unit: Unit, chat: Chat, pressed: Pressed) -> Chat:
        try:
            summary = tidy(pressed.values.get("summary", ""))
        except EmptyText:
            summary = ""
        except TextTooLong:
            summary = "x" * (MAX_SUMMARY + 1)
        if len(summary) > MAX_SUMMARY:
            raise WrongInput(f"The summary is too long: at most {MAX_SUMMARY} characters.")
        status = pressed.values.get("status", "")
        if status and status not in self._relay.statuses(chat):
            raise WrongInput("That status is not offered here. Choose one from the list.")
        by = author_of(pressed.operator)
        first = chat.filing
        if first and chat.state in _AT_RT and first.by.id != by.id:
            raise WrongInput(f"{first.by.name or 'Somebody'} has sent this chat to RT already.")
        event = e.FilingRequested(self._relay.now(), by, summary, status)
        return await self._relay.happen(unit, chat, event)


def _requestor(chat: Chat, values: dict[str, str]) -> Requestor:
    """The requestor chosen on the card; the only one if there is one; nobody if there is none."""
    people = chat.ticket.requestors
    choice = values.get("requestor", "")
    if choice.isascii() and choice.isdigit() and int(choice) < len(people):
        return people[int(choice)]
    if len(people) > 1:
        raise WrongInput("This ticket has several requestors. Choose whom to invite.")
    return people[0] if people else Requestor(login="", name="the requestor")
