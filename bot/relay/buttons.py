"""What the buttons of a chat's card do. Pressing one twice, or five times, does it once."""

from __future__ import annotations

from dataclasses import replace

from bot.domain import events as e
from bot.domain.blocking import day_and_time, kept_out
from bot.domain.chat import Chat, Misplaced, NotNow, State
from bot.domain.commands import without_notes
from bot.domain.identity import Identity, Proof
from bot.domain.invitations import Route, digest, make_token
from bot.domain.legible import plain_name
from bot.domain.messages import Author
from bot.domain.tickets import Requestor
from bot.relay.confirming import WrongInput
from bot.relay.inbound import Pressed, Pressing
from bot.relay.mailing import BOX, Mailings
from bot.relay.moving import Moving
from bot.relay.nonces import has_other_words, is_repeat, is_stale
from bot.relay.ports import CardView, Thread
from bot.relay.relay import Relay
from bot.relay.sending import NEW_ONLY, SENDABLE, Sending
from bot.relay.storage import ThreadTaken, Unit

#: Verbs whose cards have boxes to type into, and the boxes.
_TYPED = frozenset({"file", "new", "triage", "rebind", "move", "mail"})
_BOXES = (
    "summary",
    "status",
    "echo",
    "reason",
    "queue",
    "subject",
    "requestor",
    "number",
    "looked",
    BOX,
)
#: Verbs of which no more is to be known than who pressed, and what happens by them.
_EVENTS: dict[str, type[e.Cancelled | e.Revoked | e.StillHere | e.Ended]] = {
    "cancel": e.Cancelled,
    "revoke": e.Revoked,
    "keep": e.StillHere,
    "end": e.Ended,
}
_BLOCKED = (
    "{name} is blocked until {until}, so a link would let nobody in. If it shall be all the same, "
    "mention me with “unblock {id}” and press again."
)
_TAKEN = (
    "Another chat is running in this thread. Finish that one first, "
    "or mention me in a new thread with the ticket's number."
)
_NO_QUEUE = (
    "Only a chat that a visitor began, and that has no ticket yet, can go back to the queue. In this "
    "one whoever writes here goes on with the visitor."
)
_NOT_YET = "Nobody has joined yet. When the visitor is here, mention me with “take”."
_HAS = "{name} has this chat. To have it yourself, mention me with “take over”, or press that on the card."
_NOTED = (
    "Lines that begin with // are notes, and requestors can read what goes to RT. Nothing was sent: take "
    "those lines out of your summary, or begin them otherwise, and press again."
)
_OLD_CARD = (
    "Nothing was sent: since this card was drawn the chat was sent to RT, and more than once. If your "
    "summary is to go, press again on the card as it is now."
)
_INVITED = "Nothing was done: {name} is invited already. If it shall be somebody else, revoke that link first."
_WAS: dict[State, str] = {
    State.PROPOSED: "Nobody is invited yet.",
    State.INVITED: "The invitation is out already.",
    State.OPEN: "The visitor is in the chat: end it, or send it to RT.",
    State.ENDED: "This chat has ended.",
    State.HELD: "This chat goes to RT in a moment. Until then it can be undone.",
    State.FILING: "This chat is on its way to RT.",
    State.FILED: "This chat was sent to RT already.",
    State.PURGED: "This chat was sent to RT already.",
    State.CANCELLED: "This chat was cancelled.",
    State.ERASED: "This chat was erased, because a person asked for that.",
}


class Buttons:
    """The card's verbs (see Operating.presses)."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._sending = Sending(relay)
        self._moving = Moving(relay)
        self._mailings = Mailings(relay)

    async def press(self, pressed: Pressed) -> Pressing:
        """Do what the button says, in a transaction of its own."""

        async def work(unit: Unit) -> Pressing:
            thread = await unit.thread(pressed.thread)
            if pressed.verb == "invite":  # it looks at the thread's other chats: locked in order
                await unit.chats_in(thread.id)
            chat = await unit.chat(pressed.chat_id)
            if chat is None or chat.thread != thread.id:
                # A card that was forwarded, or that outlived its chat.
                return Pressing(
                    None,
                    "I know no such chat in this thread. If its record was sent, it is on the ticket in RT.",
                )
            return await self.apply(unit, thread, chat, pressed)

        try:
            return await self._relay.store.write(work)
        except ThreadTaken:
            return Pressing(None, _TAKEN)

    async def apply(self, unit: Unit, thread: Thread, chat: Chat, pressed: Pressed) -> Pressing:
        """Do what the button says within a transaction; may raise ThreadTaken for ``invite``.

        An old press come again does nothing; it is answered as it was, with the card as it is. Words
        that may be new are shown again.
        """
        if is_stale(chat, pressed.verb, pressed.values):
            if has_other_words(chat, pressed.verb, pressed.values):
                return Pressing(self._again(chat, thread, pressed, _OLD_CARD), _OLD_CARD)
            return Pressing(self._relay.view(chat, thread), _overtaken(chat, pressed))
        try:
            after = await self._apply(unit, chat, pressed)
        except NotNow:
            repeat = is_repeat(chat, pressed.verb, pressed.values)
            return Pressing(self._relay.view(chat, thread), "" if repeat else _WAS[chat.state])
        except Misplaced:
            return Pressing(self._relay.view(chat, thread), NEW_ONLY)
        except WrongInput as wrong:
            return Pressing(self._again(chat, thread, pressed, str(wrong)), str(wrong))
        return Pressing(self._relay.view(after, thread))

    async def _apply(self, unit: Unit, chat: Chat, pressed: Pressed) -> Chat:
        now, by = self._relay.now(), pressed.operator.author
        match pressed.verb:
            case "look":
                return chat
            case "invite":
                return await self._invite(unit, chat, pressed)
            case "back":
                return await self._hand_back(unit, chat, by)
            case "take":
                return await self._take(unit, chat, pressed)
        if event := _EVENTS.get(pressed.verb):
            return await self._relay.happen(unit, chat, event(now, by))
        return await self._of_record(unit, chat, pressed, by)

    async def _hand_back(self, unit: Unit, chat: Chat, by: Author) -> Chat:
        if chat.state is State.OPEN and chat.intake is None:
            raise WrongInput(_NO_QUEUE)
        return await self._relay.happen(unit, chat, e.HandedBack(self._relay.now(), by))

    async def _take(self, unit: Unit, chat: Chat, pressed: Pressed) -> Chat:
        """The first one has it; a button says who had it when it was drawn (bot/relay/nonces.py)."""
        by, values = pressed.operator.author, pressed.values
        if chat.state is State.INVITED:
            raise WrongInput(_NOT_YET)
        others = [one for one in chat.operators[:1] if one.id != by.id]
        if chat.state is State.OPEN and others and not {"takes", "over"} & values.keys():
            raise WrongInput(_HAS.format(name=plain_name(others[0].name)))
        return await self._relay.happen(unit, chat, e.Taken(self._relay.now(), by))

    async def _of_record(self, unit: Unit, chat: Chat, pressed: Pressed, by: Author) -> Chat:
        """Do what is about the record, about where it goes, or about a mail."""
        sending, moving, values = self._sending, self._moving, pressed.values
        if without_notes(values.get("summary", ""))[1]:
            raise WrongInput(_NOTED)
        match pressed.verb:
            case "file":
                return await sending.file(unit, chat, by, values)
            case "new":
                return await sending.new(unit, chat, by, values)
            case "triage":
                return await sending.triage(unit, chat, by, values)
            case "mail":
                return await self._mailings.ask(unit, chat, by, values)
            case "undo":
                return await sending.undo(unit, chat, by)
            case "move":
                return await moving.ask(unit, chat, pressed)
            case "rebind":
                return await moving.confirm(unit, chat, by, values)
            case "stay":
                return await moving.stay(unit, chat, by)
        raise WrongInput("I do not know that button. Mention me with the word help.")

    def _again(self, chat: Chat, thread: Thread, pressed: Pressed, wrong: str) -> CardView:
        """Show a card with what was typed into it: an answer with a card empties its boxes."""
        view = self._relay.view(chat, thread)
        if pressed.verb not in _TYPED or chat.state not in SENDABLE:
            return view  # no card of another state has a place for it: the sentence is shown
        typed = {name: pressed.values[name] for name in _BOXES if name in pressed.values}
        return replace(view, wrong=wrong, typed={**typed, "verb": pressed.verb})

    async def _invite(self, unit: Unit, chat: Chat, pressed: Pressed) -> Chat:
        now, by = self._relay.now(), pressed.operator.author
        if chat.state is not State.PROPOSED:
            raise NotNow(chat.state, e.Invited)
        asked = _requestor(chat, pressed.values)
        route = self._route(pressed.values, asked)
        await self._check_blocks(unit, asked)
        if await unit.live_chat(chat.thread):
            raise WrongInput(_TAKEN)
        expires = now + self._relay.rules.invitation_ttl
        chat = await self._relay.happen(unit, chat, e.Invited(now, by, asked, route, expires))
        assert chat.invitation is not None
        token = make_token(self._relay.rules.secret, chat.id, chat.invitation.number)
        await unit.invite(digest(token), chat.id, chat.invitation.number, expires)
        return chat

    async def _check_blocks(self, unit: Unit, asked: Requestor) -> None:
        """Send nobody a link that would not let him in."""
        rules = self._relay.rules
        proof = Proof.SSO if rules.admission.demands_of(asked.login) else Proof.LINK
        who = Identity(proof, asked.login, asked.called, asked.address)
        block = kept_out(await unit.blocks(), self._relay.now(), who)
        if block is not None:
            until = day_and_time(block.until, rules.zone)
            raise WrongInput(
                _BLOCKED.format(name=plain_name(asked.called), until=until, id=block.id)
            )

    def _route(self, values: dict[str, str], asked: Requestor) -> Route:
        """The route asked for, else the default; who has no address gets a link to copy.

        Correspondence would reach everybody on the ticket but him.
        """
        offered = self._relay.rules.routes
        wanted = values.get("route", "")
        route = Route(wanted) if wanted in offered else offered[0]
        return route if asked.address else Route.COPY


def _requestor(chat: Chat, values: dict[str, str]) -> Requestor:
    """The requestor chosen on the card; the only one if there is one; nobody if there is none."""
    people = chat.ticket.requestors
    choice = values.get("requestor", "")
    if choice.isascii() and choice.isdigit() and int(choice) < len(people):
        return people[int(choice)]
    if len(people) > 1:
        raise WrongInput("This ticket has several requestors. Choose on the card whom to invite.")
    return people[0] if people else Requestor(login="", name="the requestor")


def _overtaken(chat: Chat, pressed: Pressed) -> str:
    """Tell whoever chose a requestor on an older card that a colleague has invited another one."""
    invited = chat.invitation
    if pressed.verb != "invite" or chat.state is not State.INVITED or invited is None:
        return ""
    try:
        asked = _requestor(chat, pressed.values)
    except WrongInput:  # nobody was chosen
        return ""
    same = (asked.login, asked.called) == (invited.login, invited.name)
    return "" if same else _INVITED.format(name=plain_name(invited.name))
