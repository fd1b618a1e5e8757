"""``advance(chat, event) -> (chat, effects)``: everything that can happen to a chat, pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from bot.domain import effects as f
from bot.domain import events as e
from bot.domain.chat import TRANSITIONS, Chat, ChatFull, Filing, NotNow, State
from bot.domain.identity import Identity
from bot.domain.invitations import Fate, Invitation
from bot.domain.messages import (
    MAX_CHAT_BYTES,
    SYSTEM,
    Author,
    Kind,
    Message,
    Notice,
    Quote,
    Role,
)
from bot.domain.presence import Presence

Step = tuple[Chat, tuple[f.Effect, ...]]


def advance(chat: Chat, event: e.Event) -> Step:
    """Return the chat after ``event`` and what must follow.

    Raises NotNow when TRANSITIONS has no row for the event, ChatFull when there is no room.
    """
    after = TRANSITIONS.get((chat.state, type(event)))
    if after is None:
        raise NotNow(chat.state, type(event))
    chat, effects = _STEPS[type(event)](chat, event)
    return (chat if chat.state is after else replace(chat, state=after)), effects


def _record(
    chat: Chat,
    event: e.Event,
    author: Author,
    kind: Kind,
    text: str,
    *,
    key: str = "",
    target: int | None = None,
    quote: Quote | None = None,
    **changes: Any,
) -> tuple[Chat, f.Record]:
    """Give the chat its next line, and ``changes`` beside it."""
    size = chat.size + len(text.encode())
    if size > MAX_CHAT_BYTES and kind is not Kind.NOTICE:
        raise ChatFull
    line = Message(chat.head + 1, author, kind, text, event.at, key, target, quote)
    return replace(chat, head=line.seq, size=size, **changes), f.Record(line)


def _notice(chat: Chat, event: e.Event, about: Author, word: Notice) -> tuple[Chat, f.Record]:
    return _record(chat, event, about, Kind.NOTICE, word)


def _invited(chat: Chat, event: e.Invited) -> Step:
    number = chat.invitation.number + 1 if chat.invitation else 1
    asked = event.requestor
    link = Invitation(number, event.route, asked.called, asked.address, event.expires)
    operators = chat.operators or (event.by,)
    chat = replace(chat, invitation=link, operators=operators)
    return chat, (f.SendInvitation(number), f.ShowCard())


def _invitation_sent(chat: Chat, event: e.InvitationSent) -> Step:
    link = chat.invitation
    if link is None or link.number != event.number:
        return chat, ()
    chat = replace(chat, invitation=replace(link, sent=not event.problem, problem=event.problem))
    if event.problem:
        return chat, (f.TellThread(f.Word.INVITATION_PROBLEM, event.problem), f.ShowCard())
    return chat, (f.ShowCard(),)


def _fated(chat: Chat, fate: Fate) -> Chat:
    link = chat.invitation
    return replace(chat, invitation=replace(link, fate=fate)) if link else chat


def _revoked(chat: Chat, event: e.Revoked) -> Step:
    return _fated(chat, Fate.REVOKED), (f.ShowCard(),)


def _invitation_expired(chat: Chat, event: e.InvitationExpired) -> Step:
    notice = f.TellThread(f.Word.INVITATION_EXPIRED)
    return _fated(chat, Fate.EXPIRED), (notice, f.ShowCard())


def _cancelled(chat: Chat, event: e.Cancelled) -> Step:
    return _fated(chat, Fate.REVOKED), (f.ShowCard(),)


def _visitor_joined(chat: Chat, event: e.VisitorJoined) -> Step:
    chat = replace(
        _fated(chat, Fate.USED),
        visitor=event.visitor,
        identity=event.identity,
        presence=Presence.OPEN,
        presence_since=event.at,
    )
    chat, line = _notice(chat, event, event.visitor, Notice.VISITOR_JOINED)
    return chat, (line, f.TellThread(f.Word.JOINED), f.ShowCard())


def _knocked_again(chat: Chat, event: e.KnockedAgain) -> Step:
    return chat, (f.TellThread(f.Word.KNOCKED_AGAIN),)


def _said(chat: Chat, event: e.Said) -> Step:
    author = event.author
    effects: list[f.Effect] = []
    if author.role is Role.OPERATOR and all(o.id != author.id for o in chat.operators):
        chat = replace(chat, operators=(*chat.operators, author))
        chat, joined = _notice(chat, event, author, Notice.OPERATOR_JOINED)
        effects.append(joined)
    spoken = chat.spoken + (author.role is Role.VISITOR)
    chat, line = _record(
        chat,
        event,
        author,
        Kind.SAID,
        event.text,
        key=event.key,
        quote=event.quote,
        spoken=spoken,
    )
    effects.append(line)
    if author.role is Role.VISITOR:
        size = len(event.text.encode("utf-16-le"))
        effects.append(f.RelayToThread(line.message.seq, spoken == 1, size))
    return chat, tuple(effects)


def _edited(chat: Chat, event: e.Edited) -> Step:
    chat, line = _record(
        chat, event, event.author, Kind.EDITED, event.text, key=event.key, target=event.target
    )
    return chat, (line,)


def _removed(chat: Chat, event: e.Removed) -> Step:
    chat, line = _record(
        chat, event, event.author, Kind.REMOVED, "", key=event.key, target=event.target
    )
    return chat, (line,)


def _presence_changed(chat: Chat, event: e.PresenceChanged) -> Step:
    if event.presence is chat.presence:
        return chat, ()
    chat = replace(chat, presence=event.presence, presence_since=event.at)
    return chat, (f.ShowCard(soon=False),)


def _ended(chat: Chat, event: e.Ended) -> Step:
    if chat.state is not State.OPEN:
        return chat, ()
    chat, line = _end(chat, event, event.by)
    effects: tuple[f.Effect, ...] = (line, f.ShowCard())
    if event.by.role is Role.VISITOR:
        effects = (line, f.TellThread(f.Word.ENDED_BY_VISITOR), f.ShowCard())
    return chat, effects


def _end(chat: Chat, event: e.Event, by: Author) -> tuple[Chat, f.Record]:
    by_visitor = by.role is Role.VISITOR
    word = Notice.ENDED_BY_VISITOR if by_visitor else Notice.ENDED_BY_OPERATOR
    chat = replace(chat, ended_by=by, ended=event.at)
    return _notice(chat, event, by, word)


def _filing_requested(chat: Chat, event: e.FilingRequested) -> Step:
    if chat.state not in (State.OPEN, State.ENDED):
        return chat, ()  # one press or five, one filing
    effects: list[f.Effect] = []
    if chat.state is State.OPEN:
        chat, line = _end(chat, event, event.by)
        effects.append(line)
    filing = Filing(
        event.by, event.at, event.summary, event.set_status, new_ticket=event.new_ticket
    )
    effects += [f.FileTranscript(), f.ShowCard()]
    return replace(chat, filing=filing, filings=chat.filings + 1), tuple(effects)


#: What stands where the CO's summary would, when no CO can give one any more.
_NO_SUMMARY = "No summary was given: the Teams thread of this chat is gone."


def _thread_lost(chat: Chat, event: e.ThreadLost) -> Step:
    if chat.state not in (State.OPEN, State.ENDED):
        return _fated(chat, Fate.REVOKED), ()
    effects: list[f.Effect] = []
    if chat.state is State.OPEN:
        chat = replace(chat, ended_by=SYSTEM, ended=event.at)
        chat, line = _notice(chat, event, SYSTEM, Notice.OPERATORS_LOST)
        effects.append(line)
    filing = Filing(SYSTEM, event.at, _NO_SUMMARY)
    chat = replace(chat, filing=filing, filings=chat.filings + 1)
    return chat, (*effects, f.FileTranscript(), f.TellElsewhere(f.Word.ORPHANED))


def _not_shown(chat: Chat, event: e.NotShown) -> Step:
    """The CO is told the numbers; the visitor, and the record while it is open, by a line each."""
    word = f.Word.NOT_SHOWN if event.sure else f.Word.NOT_SURE
    tell = f.TellThread(word, ", ".join(f"#{seq}" for seq in event.seqs))
    if chat.state not in (State.OPEN, State.ENDED):
        return chat, (tell,)  # the record is on its way: no line may change it now
    lines: list[f.Effect] = []
    notice = Notice.NOT_SHOWN if event.sure else Notice.NOT_SURE
    for seq in event.seqs:
        chat, line = _record(chat, event, SYSTEM, Kind.NOTICE, notice, target=seq)
        lines.append(line)
    return chat, (*lines, tell)


def _interrupted(chat: Chat, event: e.Interrupted) -> Step:
    return chat, (f.TellThread(f.Word.AWAY, event.span),)


def _filing_delayed(chat: Chat, event: e.FilingDelayed) -> Step:
    return _with_filing(chat, problem=event.problem), (f.ShowCard(),)


def _filing_failed(chat: Chat, event: e.FilingFailed) -> Step:
    notice = f.TellThread(f.Word.FILING_FAILED, event.problem)
    return _with_filing(chat, problem=event.problem), (notice, f.ShowCard())


def _transcript_filed(chat: Chat, event: e.TranscriptFiled) -> Step:
    chat = _with_filing(chat, receipt=event.receipt, problem="")
    chat, line = _notice(chat, event, SYSTEM, Notice.FILED)
    effects: list[f.Effect] = [line, f.ShowCard()]
    if chat.filing and chat.filing.set_status:
        effects.append(f.SetTicketStatus(chat.filing.set_status))
    return chat, (*effects, f.Purge())


def _status_set(chat: Chat, event: e.StatusSet) -> Step:
    done = not event.problem
    chat = _with_filing(chat, status_problem=event.problem, status_done=done)
    if not event.problem:
        return chat, (f.ShowCard(),)
    return chat, (f.TellThread(f.Word.STATUS_PROBLEM, event.problem), f.ShowCard())


def _purged(chat: Chat, event: e.Purged) -> Step:
    """Forget the visitor, the summary and whom we invited; the ticket number stays."""
    nobody = replace(chat.ticket, subject="", requestors=(), ccs=(), owner="")
    made = chat.filing.new_ticket if chat.filing else None
    forgotten = replace(made, subject="", requestor="") if made else None
    chat = _with_filing(chat, summary="", new_ticket=forgotten)
    ended_by = chat.ended_by
    if ended_by and ended_by.role is Role.VISITOR:
        ended_by = Author(Role.VISITOR, "", "")
    chat = replace(chat, visitor=None, invitation=None, ticket=nobody, ended_by=ended_by)
    return replace(chat, identity=Identity(chat.identity.proof), size=0), ()


def _with_filing(chat: Chat, **changes: Any) -> Chat:
    return replace(chat, filing=replace(chat.filing, **changes)) if chat.filing else chat


_STEPS: dict[type[e.Event], Callable[[Chat, Any], Step]] = {
    e.Invited: _invited,
    e.InvitationSent: _invitation_sent,
    e.Revoked: _revoked,
    e.InvitationExpired: _invitation_expired,
    e.Cancelled: _cancelled,
    e.VisitorJoined: _visitor_joined,
    e.KnockedAgain: _knocked_again,
    e.Said: _said,
    e.Edited: _edited,
    e.Removed: _removed,
    e.PresenceChanged: _presence_changed,
    e.Ended: _ended,
    e.ThreadLost: _thread_lost,
    e.NotShown: _not_shown,
    e.Interrupted: _interrupted,
    e.FilingRequested: _filing_requested,
    e.FilingDelayed: _filing_delayed,
    e.FilingFailed: _filing_failed,
    e.TranscriptFiled: _transcript_filed,
    e.StatusSet: _status_set,
    e.Purged: _purged,
}
