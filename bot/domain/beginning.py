"""Chats that visitors begin: the question, the wait, and where the record may go (pure)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from bot.domain import effects as f
from bot.domain import events as e
from bot.domain.chat import Chat, Misplaced, NotNow, State
from bot.domain.identity import Proof
from bot.domain.messages import SYSTEM, Kind, Notice
from bot.domain.presence import Presence
from bot.domain.steps import Step, notice, record
from bot.domain.tickets import NewTicket, Ticket, TicketRef

_SENT = frozenset({State.HELD, State.FILING, State.FILED})


def no_ticket(intake: NewTicket) -> Ticket:
    """Return what stands for the ticket of a chat that has none: no ticket has the number 0."""
    ref = TicketRef(intake.instance, 0)
    return Ticket(ref, ref, intake.subject, intake.queue, "")


def check(before: Chat, chat: Chat) -> None:
    """Refuse what would put the record of such a chat into a ticket that is there. Raises Misplaced.

    Whatever asked for it: this is looked at after every event.
    """
    filing = chat.filing
    sent = chat.state in _SENT and before.state not in _SENT
    if sent and filing is not None and filing.new_ticket is None:
        raise Misplaced
    shown = chat.move is not None and chat.move != before.move
    if chat.identity.proof is Proof.ANONYMOUS and (shown or chat.ticket.ref != before.ticket.ref):
        raise Misplaced


def waiting_longer(chats: Sequence[Chat]) -> dict[str, int]:
    """Return, of each chat that waits, how many others have been waiting for longer.

    Who has gone away is not among those others, until he is back: nobody has to wait for him. Who was
    put back has been waiting since then, as his card says.
    """
    since = {chat.id: chat.waits_since for chat in chats if chat.waits and chat.waits_since}
    there = sorted(
        since[chat.id] for chat in chats if chat.id in since and chat.presence is not Presence.GONE
    )
    return {chat_id: bisect_left(there, at) for chat_id, at in since.items()}


def _asked(chat: Chat, event: e.Asked) -> Step:
    if chat.intake is None:
        raise NotNow(chat.state, e.Asked)  # that one is a CO's, about a ticket
    chat = replace(
        chat,
        visitor=event.visitor,
        identity=event.identity,
        presence=Presence.OPEN,
        presence_since=event.at,
        heard=event.at,
        spoken=1,
    )
    chat, line = record(chat, event, event.visitor, Kind.SAID, event.text, key=event.key)
    size = len(event.text.encode("utf-16-le"))
    relay = f.RelayToThread(line.message.seq, first=True, size=size)
    own = (f.FindOwnTickets(),) if event.identity.verified else ()
    return chat, (line, f.OpenThread(), relay, f.TellThread(f.Word.ASKED), *own)


def _own_found(chat: Chat, event: e.OwnTicketsFound) -> Step:
    """Whoever did not sign in is nobody whose tickets could be told from another's."""
    if chat.intake is None or not chat.identity.verified or chat.own == event.own:
        return chat, ()
    return replace(chat, own=event.own), (f.ShowCard(),)


def _unanswered(chat: Chat, event: e.Unanswered) -> Step:
    if chat.waits_since is None or chat.unanswered:
        return chat, ()
    tell = f.TellThread(f.Word.UNANSWERED)
    if chat.is_only_taken:  # whoever took it has it no more: it waits for anybody, as before
        had = chat.operators[0]
        tell = f.TellThread(
            f.Word.UNANSWERED, f"{had.name} had taken it, and has not written.", calls=had
        )
        chat = replace(chat, operators=(), unheard=None)
    chat, line = notice(replace(chat, unanswered=event.at), event, SYSTEM, Notice.UNANSWERED)
    shown = (f.ShowCard(),) if chat.waits else ()  # of one who was invited the card says no more
    return chat, (line, tell, *shown)


def _taken(chat: Chat, event: e.Taken) -> Step:
    """Nobody has answered by that: until somebody writes, the visitor waits for a first word."""
    has = chat.operators[0] if chat.operators else None
    if has is not None and has.id == event.by.id:
        return chat, ()
    others = tuple(one for one in chat.operators if one.id != event.by.id)
    is_new, wordless = len(others) == len(chat.operators), chat.waits or chat.unheard is not None
    effects: list[f.Effect] = [f.ShowCard()]
    if has is not None:
        effects.insert(0, f.TellThread(f.Word.TAKEN_OVER, event.by.name, calls=has))
    chat = replace(chat, operators=(event.by, *others), takes=chat.takes + 1)
    chat = replace(chat, heard=event.at, closing=None)
    if wordless:
        chat = replace(chat, unheard=event.at, unanswered=None)
    if is_new:
        chat, line = notice(chat, event, event.by, Notice.OPERATOR_JOINED)
        effects.insert(0, line)
    return chat, tuple(effects)


def _handed_back(chat: Chat, event: e.HandedBack) -> Step:
    if chat.intake is None:
        raise NotNow(chat.state, e.HandedBack)  # it is about a ticket: that one is a CO's
    if not chat.operators:
        return chat, ()
    # Whose colleague is there leaves the visitor to him. Who is not there speaks for all who were.
    others = tuple(one for one in chat.operators if one.id != event.by.id)
    others = others if len(others) < len(chat.operators) else ()
    chat = replace(
        chat,
        operators=others,
        former=chat.took_part,
        unanswered=None,
        unheard=chat.unheard if others else None,
        returns=chat.returns + 1,
        returned=event.at,
        heard=event.at,
        closing=None,
    )
    chat, line = notice(chat, event, event.by, Notice.HANDED_BACK)
    return chat, (line, f.TellThread(f.Word.HANDED_BACK, event.by.name), f.ShowCard())


STEPS: dict[type[e.Event], Callable[[Chat, Any], Step]] = {
    e.Asked: _asked,
    e.OwnTicketsFound: _own_found,
    e.Unanswered: _unanswered,
    e.HandedBack: _handed_back,
    e.Taken: _taken,
}
