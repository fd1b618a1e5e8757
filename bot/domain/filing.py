"""A chat's way into RT, step by step: held, on its way, stopped, filed, purged (pure)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from bot.domain import effects as f
from bot.domain import events as e
from bot.domain.chat import Chat, Filing, State
from bot.domain.matching import Change, Match, changes, is_worse, match
from bot.domain.messages import SYSTEM, Author, Notice, Role
from bot.domain.rating import ANSWERS
from bot.domain.steps import Step, end, forgotten, notice
from bot.domain.tickets import Ticket

#: Stands for a new ticket's requestor: who it was is forgotten, not that somebody hears of the ticket.
_FORGOTTEN = "somebody"
_MERGED_AWAY = "RT merged the ticket into another while the record was on its way."


def _requested(chat: Chat, event: e.FilingRequested) -> Step:
    return _begun(chat, event, f.FileTranscript(), None)


def _held(chat: Chat, event: e.FilingHeld) -> Step:
    release = f.ReleaseFiling(chat.filings + 1, event.until)
    return _begun(chat, event, release, event.until)


def _begun(chat: Chat, event: e.FilingRequested, then: f.Effect, until: Any) -> Step:
    """Note what was confirmed: from here on it is what may happen, and nothing else."""
    if chat.state not in (State.OPEN, State.ENDED):
        return chat, ()  # one press or five, one filing
    effects: list[f.Effect] = []
    if chat.state is State.OPEN:
        chat, line = end(chat, event, event.by)
        effects.append(line)
    was = chat.filing
    filing = Filing(
        event.by,
        event.at,
        event.summary,
        event.set_status,
        new_ticket=event.new_ticket,
        match=event.match,
        reason=event.reason,
        until=until,
        before=chat.ticket if event.ticket else None,
        # Pressed again, it is no clearer; who sends it elsewhere has looked (bot/relay/sending.py).
        unclear=was is not None and was.unclear and was.goes_to(event.new_ticket),
    )
    ticket = event.ticket or chat.ticket
    chat = replace(chat, filing=filing, filings=chat.filings + 1, ticket=ticket, move=None)
    effects += audit(event.by, event.match, ticket, "file") if event.new_ticket is None else []
    if event.unseen:
        effects.append(f.TellThread(f.Word.UNSEEN, ", ".join(f"#{seq}" for seq in event.unseen)))
    return chat, (*effects, then, f.ShowCard())


def audit(by: Author, match: Match, ticket: Ticket, word: str) -> list[f.Effect]:
    """Return what notes a confirmation that somebody may have to answer for."""
    if by.role is not Role.OPERATOR or match is Match.GREEN:
        return []
    return [f.Audit(word, ticket.ref, match, by.id)]


def _released(chat: Chat, event: e.FilingReleased) -> Step:
    return chat, (f.FileTranscript(), f.ShowCard())


def _undone(chat: Chat, event: e.FilingUndone) -> Step:
    chat = with_filing(chat, undone_by=event.by)
    if chat.filing and (before := chat.filing.before):  # what was confirmed of the ticket, too
        now, fits = chat.ticket, [match(chat.identity, one) for one in (chat.ticket, before)]
        differs = changes(before, now) + ((Change.MATCH,) if is_worse(*fits) else ())
        chat = with_filing(chat, found=now, changes=differs, before=None)
        chat = replace(chat, ticket=before)
    return chat, (f.ShowCard(),)


def _delayed(chat: Chat, event: e.FilingDelayed) -> Step:
    return with_filing(chat, problem=event.problem), (f.ShowCard(),)


def _failed(chat: Chat, event: e.FilingFailed) -> Step:
    was = chat.filing
    unclear = event.unclear or bool(was and was.unclear)
    chat = with_filing(chat, problem=event.problem, refused=event.at, unclear=unclear)
    if was and was.unasked and was.problem == event.problem:
        return chat, (f.ShowCard(),)  # it is tried for ever, and told once
    return chat, (f.TellThread(f.Word.FILING_FAILED, event.problem), f.ShowCard())


def _stopped(chat: Chat, event: e.FilingStopped) -> Step:
    was = chat.filing
    unclear = event.unclear or bool(was and was.unclear)
    chat = with_filing(chat, found=event.found, changes=event.changes, problem="")
    chat = with_filing(chat, refused=event.at, unclear=unclear)
    if was and was.unasked and was.changes == event.changes:
        return chat, (f.ShowCard(),)  # the same
    return chat, (f.TellThread(f.Word.FILING_STOPPED), f.ShowCard())


def _filed(chat: Chat, event: e.TranscriptFiled) -> Step:
    chat = with_filing(chat, receipt=event.receipt, problem="")
    chat, line = notice(chat, event, SYSTEM, Notice.FILED)
    effects: list[f.Effect] = [line, f.ShowCard()]
    if chat.filing and not chat.filing.new_ticket and chat.filed_in != chat.ticket.ref:
        # Merged while the record was on its way: RT's API can neither be asked not to, nor undo it.
        effects.append(f.TellThread(f.Word.FILED_ELSEWHERE, str(chat.filed_in)))
        chat = with_filing(chat, status_problem=_MERGED_AWAY) if chat.filing.set_status else chat
    elif chat.filing and chat.filing.set_status:
        effects.append(f.SetTicketStatus(chat.filing.set_status))
    return chat, (*effects, *_rated(chat), f.Purge())


def _rated(chat: Chat) -> list[f.Effect]:
    """The answer goes where the record was meant to go, and is: no ticket merged in has asked for it."""
    filing, receipt = chat.filing, chat.filing.receipt if chat.filing else None
    if filing is None or receipt is None:
        return []
    if not (receipt.proven or receipt.transaction or receipt.taken):
        return []  # it was mailed, and nobody knows whether it arrived
    meant = filing.new_ticket is not None or chat.filed_in == chat.ticket.ref
    if not meant or chat.rating is None or chat.rating not in ANSWERS:
        return []
    return [f.SetRating(chat.filed_in, chat.rating)]


def _status_set(chat: Chat, event: e.StatusSet) -> Step:
    done = not event.problem
    chat = with_filing(chat, status_problem=event.problem, status_done=done)
    if not event.problem:
        return chat, (f.ShowCard(),)
    return chat, (f.TellThread(f.Word.STATUS_PROBLEM, event.problem), f.ShowCard())


def _rating_not_set(chat: Chat, event: e.RatingNotSet) -> Step:
    return chat, (f.TellThread(f.Word.RATING_PROBLEM, event.problem),)


def _purged(chat: Chat, event: e.Purged) -> Step:
    """Forget who talked and what was said; what stays is the receipt, and who sent it to RT."""
    made = chat.filing.new_ticket if chat.filing else None
    whose = _FORGOTTEN if made and made.requestor else ""
    made = replace(made, subject="", requestor=whose) if made else None
    chat = with_filing(chat, summary="", reason="", found=None, before=None, new_ticket=made)
    ended_by = Author(chat.ended_by.role, "", "") if chat.ended_by else None
    return replace(forgotten(chat), invitation=None, ended_by=ended_by), ()


def _erased(chat: Chat, event: e.Erased) -> Step:
    """Forget all but the ticket's number, and whether RT may have the record all the same.

    Of a record that is in RT only its senders are still to be forgotten.
    """
    if chat.state is State.PURGED:
        nobody = Author(Role.OPERATOR, "", "")
        undone = nobody if chat.filing and chat.filing.undone_by else None
        return with_filing(chat, by=nobody, undone_by=undone), (f.ShowCard(),)
    was = chat.filing
    unclear = chat.state is State.FILING or (was is not None and was.unclear)
    filing = Filing(SYSTEM, was.requested, "", unclear=True) if was and unclear else None
    chat = replace(forgotten(chat), invitation=None, filing=filing, closing=None)
    chat = replace(chat, ended=event.at, ended_by=SYSTEM, files=0, file_bytes=0)
    return chat, (f.TellThread(f.Word.ERASED), f.ShowCard())


def with_filing(chat: Chat, **changes: Any) -> Chat:
    """Return the chat with these changes in its filing, if it has one."""
    return replace(chat, filing=replace(chat.filing, **changes)) if chat.filing else chat


STEPS: dict[type[e.Event], Callable[[Chat, Any], Step]] = {
    e.FilingRequested: _requested,
    e.FilingHeld: _held,
    e.FilingReleased: _released,
    e.FilingUndone: _undone,
    e.FilingDelayed: _delayed,
    e.FilingFailed: _failed,
    e.FilingStopped: _stopped,
    e.TranscriptFiled: _filed,
    e.StatusSet: _status_set,
    e.RatingNotSet: _rating_not_set,
    e.Purged: _purged,
    e.Erased: _erased,
}
