"""Having RT mail a visitor who has left what he was not shown: asked for by a CO, once, for sure.

It goes as correspondence, to every requestor and Cc of the ticket, and nobody can take it back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bot.domain import answers, transcript
from bot.domain.chat import Chat, NotNow, State
from bot.domain.files import Standing
from bot.domain.legible import plain_name
from bot.domain.mailing import MailAsked, MailEnded, Mailing
from bot.domain.matching import Change, are_same, changes, fingerprint
from bot.domain.messages import Author, Kind, Message, Notice
from bot.domain.presence import Presence
from bot.domain.tickets import Ticket
from bot.domain.transcript import Line
from bot.domain.transcript_text import line_text
from bot.relay.answering import Answer
from bot.relay.confirming import WrongInput, confirm, is_changed
from bot.relay.delivery import Delivery
from bot.relay.filing import happens, insisting
from bot.relay.handlers import After
from bot.relay.outcomes import NotDone, Refused, Unclear
from bot.relay.ports import Tickets
from bot.relay.relay import Relay
from bot.relay.rows import number_of
from bot.relay.sending import SENDABLE
from bot.relay.storage import Unit
from bot.relay.telling import Telling

#: The name of the box that confirms the ticket: another form of the same card has an "echo" of its own.
BOX = "mail_echo"
#: By it a mail on a ticket is found again: it stays as it is.
_HEADING = "From your live chat"
_PAGE = 500
#: States in which there is a log to mail from.
_KEPT = frozenset({State.OPEN, State.ENDED, State.HELD, State.FILING})
_NO_TICKET = (
    "this chat has no ticket of its own, and RT mails only people on a ticket. Send its record into a new one, "
    "and answer there."
)
_STRANGER = (
    "nobody vouches that the visitor is who they say, so what RT mails might reach somebody else."
)
_CHANGED = (
    "its ticket is not any more what was confirmed. Decide on the card about the record first."
)
_NOBODY = (
    "nobody who is requestor or Cc of ticket {ticket} is known to be the visitor, with an e-mail address. "
    "What RT mails would reach others."
)
_HERE = "Nothing was mailed: the visitor has the chat open, and reads there what you write."
_NOTHING = (
    "Nothing was mailed: there is nothing of computing support's that the visitor was not shown, or was "
    "not mailed already."
)
_BACK = "The visitor came back before it left, and reads it in the chat."
_ALL_GONE = "By the time it was to leave, the visitor had seen all of it, or it was taken back."
_TOO_LATE = "The chat's record was sent to RT before it left. Answer on the ticket in RT."
_MOVED = "The chat was taken to another ticket, or that was confirmed anew, before it left."
_OTHERS = (
    "Other people are in Cc of ticket {ticket} now, and would get it. The card names them: look, and "
    "press again."
)
_DIFFERS = (
    "Ticket {ticket} is not any more what was confirmed: {what}. Answer on the ticket in RT, if it is still "
    "the visitor's."
)
_WHAT = {
    Change.MERGED: "it was merged into another one",
    Change.QUEUE: "it is in another queue",
    Change.REQUESTORS: "its requestors are others",
    Change.MATCH: "the visitor is nobody on it",
}
_PERHAPS = " An earlier try may have gone out all the same: look on the ticket in RT."


def obstacle(chat: Chat) -> str:
    """Say why nothing can be mailed to the chat's visitor, whoever asks; "" if it can be."""
    if chat.intake is not None or not chat.ticket.ref.number:
        return _NO_TICKET
    if chat.only_new:
        return _STRANGER
    if is_changed(chat):
        return _CHANGED
    if not answers.reaches(chat.identity, chat.ticket):
        return _NOBODY.format(ticket=chat.ticket.ref)
    return ""


class Mailings:
    """The verb ``mail`` (see Operating.presses)."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay

    async def ask(self, unit: Unit, chat: Chat, by: Author, values: Mapping[str, str]) -> Chat:
        """Send what the visitor was not shown on its way. Raises WrongInput, NotNow."""
        if chat.state not in SENDABLE:
            raise NotNow(chat.state, MailAsked)
        if answers.under_way(chat):
            return chat
        if why := obstacle(chat):
            raise WrongInput(f"Nothing was mailed: {why}")
        if chat.presence is Presence.OPEN:
            raise WrongInput(_HERE)
        since, behind = answers.known_to(chat), list[Message]()
        while page := await unit.log(chat.id, behind[-1].seq if behind else since, _PAGE):
            behind += page
        if not answers.written(behind, since, chat.head):
            raise WrongInput(_NOTHING)
        typed = {**values, "echo": values.get(BOX, values.get("echo", ""))}
        confirmed = confirm(chat, chat.ticket, typed, known=True)
        return await self._relay.happen(
            unit, chat, MailAsked(self._relay.now(), by, confirmed.match)
        )


class _Overtaken(Exception):
    """Nothing is mailed any more: why, for the CO, unless it is known or over already."""


class AnswersHandler:
    """Has RT mail it, exactly once: a try that may have arrived is looked for by its marker.

    It stands in the stream of the record, before it: so the text is here still, whatever is sent to RT
    meanwhile, and the record tells what became of it.
    """

    def __init__(self, relay: Relay, tickets: Tickets) -> None:
        self._relay = relay
        self._tickets = tickets
        self._telling = Telling(relay)

    async def deliver(self, delivery: Delivery) -> After | None:
        """Mail it, unless he has come back, or the ticket is another than the one confirmed."""
        try:
            chat, _ = await self._ready(delivery)
            now = await self._tickets.read(chat.ticket.ref)
            chat, lines = await self._ready(delivery)  # RT took a while to answer
            return await self._mail(delivery, chat, lines, now)
        except _Overtaken as why:
            return self._then(delivery, problem=str(why)) if str(why) else None
        except (NotDone, Unclear) as error:
            if isinstance(error, Unclear) and not _may_be_there(delivery):
                raise  # the next try looks whether it is there
            raise insisting(self._relay, delivery, error) from error

    async def _ready(self, delivery: Delivery) -> tuple[Chat, list[Line]]:
        """Return the chat and what is to be mailed as they are now. Raises _Overtaken."""
        found = await self._relay.store.look(delivery.chat_id or "")
        if found is None:
            raise _Overtaken
        chat, one = found[0], answers.under_way(found[0])
        if chat.state not in _KEPT:
            raise _Overtaken(_TOO_LATE)
        if one is None or one.number != number_of(delivery):
            raise _Overtaken
        lines = await self._lines(delivery, chat, one)
        if not _may_be_there(delivery) and chat.presence is Presence.OPEN:
            raise _Overtaken(_BACK)
        if not lines:
            raise _Overtaken(_ALL_GONE)
        if fingerprint(chat.ticket) != one.ticket:
            raise _Overtaken(_MOVED)
        return chat, lines

    async def _mail(self, delivery: Delivery, chat: Chat, lines: list[Line], now: Ticket) -> After:
        if problem := _differs(chat, now):
            return self._then(delivery, problem=problem, found=now)
        way_back = self._relay.rules.link_base if await self._may_return(chat) else ""
        text = answers_text(chat, [self._told(line) for line in lines], way_back)
        marker = f"[answers-{chat.id}-{number_of(delivery)}]"
        await self._tickets.correspond(chat.ticket.ref, text, marker, _HEADING)
        return self._then(delivery, seqs=tuple(line.seq for line in lines))

    async def gave_up(self, delivery: Delivery, error: Refused) -> After | None:
        """Back to the CO."""
        return self._then(delivery, problem=error.sentence)

    async def delayed(self, delivery: Delivery, error: NotDone | Unclear) -> After | None:
        """Tell the CO once that it takes longer."""
        chat_id = delivery.chat_id or ""

        async def after(unit: Unit) -> None:
            if not await unit.first_time(f"answers:{delivery.id}", "slow"):
                return
            if chat := await unit.chat(chat_id):
                await self._telling.tell_chat(unit, chat, Answer.MAIL_SLOW, error.sentence)

        return after

    async def _lines(self, delivery: Delivery, chat: Chat, one: Mailing) -> list[Line]:
        """Return what is to be mailed, as it stands now; of what may have gone, also what he saw since."""
        log: list[Message] = []
        while page := await self._relay.store.log(chat.id, log[-1].seq if log else 0, _PAGE):
            log += page
        since = one.since if _may_be_there(delivery) else max(one.since, chat.seen)
        wanted = answers.written(log, since, one.upto)
        pictures = {
            line.seq: _PICTURE
            for line in log
            if line.file and line.file.standing is not Standing.LINK
        }
        for line in log:
            if line.kind is Kind.NOTICE and line.text == Notice.FILE_MISSING and line.target:
                pictures[line.target] = _MISSING
        lines = [line for line in transcript.resolve(log) if line.seq in wanted]
        return [replace(line, text=pictures.get(line.seq, line.text)) for line in lines]

    def _told(self, line: Line) -> str:
        """Word a message as the record does. What it quotes may be the visitor's, and others read this."""
        return line_text(replace(line, quote=None), self._relay.rules.zone)

    async def _may_return(self, chat: Chat) -> bool:
        """Tell whether the visitor's browser still opens this chat."""
        if chat.state is not State.OPEN:
            return False
        ids = await self._relay.store.write(lambda unit: unit.seats(chat.id))
        seats = [await self._relay.store.find_seat(one) for one in ids]
        return any(seat and seat.expires > self._relay.now() for seat in seats)

    def _then(
        self,
        delivery: Delivery,
        *,
        seqs: tuple[int, ...] = (),
        problem: str = "",
        found: Ticket | None = None,
    ) -> After:
        unclear = bool(problem) and _may_be_there(delivery)
        said = problem + _PERHAPS if unclear else problem
        now = self._relay.now()
        event = MailEnded(now, number_of(delivery), seqs, said, unclear, found)
        return lambda unit: happens(self._relay, unit, delivery.chat_id or "", event)


_PICTURE = "(a picture, which will be on your request with the record of the chat)"
_MISSING = "(a picture that did not come through)"


def _may_be_there(delivery: Delivery) -> bool:
    """Tell whether a try before this one may have reached RT."""
    return delivery.attempt > 1


def _differs(chat: Chat, now: Ticket) -> str:
    """Say what keeps the mail from a ticket as it is now; "" if nothing does."""
    differs = changes(chat.ticket, now)
    if not answers.reaches(chat.identity, now):
        differs += (Change.MATCH,)
    if differs:
        what = ", and ".join(_WHAT[change] for change in differs)
        return _DIFFERS.format(ticket=chat.ticket.ref, what=what)
    if not are_same(now.ccs, chat.ticket.ccs):
        return _OTHERS.format(ticket=chat.ticket.ref)
    return ""


def answers_text(chat: Chat, messages: list[str], way_back: str) -> str:
    """Return the mail as plain text; ``way_back`` is where the chat goes on, if it can."""
    name = plain_name(chat.visitor.name) if chat.visitor else ""
    request = f"request #{chat.ticket.ref.number}"
    back = (
        "The chat is still open. To go on there, open this page in the browser in which you had it:\n\n"
        f"{way_back}\n\nOr reply"
        if way_back
        else "To go on, reply"
    )
    return (
        f"Dear {name},\n\n"
        f"Computing support has written this in the live chat about your {request}. You may not have seen "
        "it there:\n\n"
        f"{chr(10).join(messages)}\n"
        f"{back} to this e-mail: your answer reaches computing support on your {request}.\n"
    )
