"""Taking a chat to another ticket: shown first, done only when a CO confirms it (pure)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from bot.domain import effects as f
from bot.domain import events as e
from bot.domain.chat import Chat, Move, Rebinding
from bot.domain.filing import audit, with_filing
from bot.domain.messages import Notice
from bot.domain.steps import Step, notice


def _proposed(chat: Chat, event: e.MoveProposed) -> Step:
    move = Move(chat.moves + 1, event.ticket, event.by)
    return replace(chat, move=move, moves=move.number), (f.ShowCard(),)


def _dropped(chat: Chat, event: e.MoveDropped) -> Step:
    return replace(chat, move=None), (f.ShowCard(),)


def _moved(chat: Chat, event: e.Moved) -> Step:
    if chat.move is None or chat.move.number != event.number:
        return chat, ()  # done already, or another ticket is shown by now
    before, after = chat.ticket.ref, chat.move.ticket
    there: list[f.Effect] = []
    if chat.waits:  # without an intake he is one of those who wait no more: somebody has him
        chat = replace(chat, operators=(event.by,), takes=chat.takes + 1)
        chat = replace(chat, unheard=event.at, unanswered=None)  # without a word yet, as by Take
        chat, line = notice(chat, event, event.by, Notice.OPERATOR_JOINED)
        there.append(line)
    rebinding = Rebinding(event.by, event.at, before, after.ref, event.match, event.reason)
    rebindings = (*chat.rebindings, rebinding)
    chat = replace(chat, ticket=after, move=None, rebindings=rebindings, intake=None, own=None)
    # What was refused or stopped was about the other ticket; the summary is kept.
    chat = with_filing(chat, problem="", found=None, changes=(), left=True)
    chat, line = notice(chat, event, event.by, Notice.MOVED)
    way = f"{before} → {after.ref}" if before.number else str(after.ref)
    tell = f.TellThread(f.Word.MOVED, way)
    return chat, (*there, line, *audit(event.by, event.match, after, "move"), tell, f.ShowCard())


STEPS: dict[type[e.Event], Callable[[Chat, Any], Step]] = {
    e.MoveProposed: _proposed,
    e.MoveDropped: _dropped,
    e.Moved: _moved,
}
