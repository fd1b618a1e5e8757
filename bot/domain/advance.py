"""``advance(chat, event) -> (chat, effects)``: everything that can happen to a chat, pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from bot.domain import answers, beginning, filing, moving, quiet
from bot.domain import effects as f
from bot.domain import events as e
from bot.domain.chat import TRANSITIONS, Chat, NotNow, State
from bot.domain.files import File, Standing
from bot.domain.invitations import Fate, Invitation
from bot.domain.messages import SYSTEM, Kind, Notice, Role
from bot.domain.presence import Presence
from bot.domain.quiet import heard, hearing, unasked
from bot.domain.rating import Rating
from bot.domain.steps import Step, end, forgotten, notice, record


def advance(chat: Chat, event: e.Event) -> Step:
    """Return the chat after ``event`` and what must follow.

    Raises NotNow when TRANSITIONS has no row for the event, ChatFull when there is no room, and
    Misplaced when the record would go where it must not.
    """
    after = TRANSITIONS.get((chat.state, type(event)))
    if after is None:
        raise NotNow(chat.state, type(event))
    before = chat
    chat, effects = _STEPS[type(event)](chat, event)
    chat = chat if chat.state is after else replace(chat, state=after)
    if chat.only_new:
        beginning.check(before, chat)
    return chat, effects


def _invited(chat: Chat, event: e.Invited) -> Step:
    number = chat.invitation.number + 1 if chat.invitation else 1
    asked = event.requestor
    link = Invitation(
        number, event.route, asked.called, asked.address, event.expires, login=asked.login
    )
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
    return forgotten(_fated(chat, Fate.REVOKED)), (f.ShowCard(),)


def _visitor_joined(chat: Chat, event: e.VisitorJoined) -> Step:
    chat = replace(
        _fated(chat, Fate.USED),
        visitor=event.visitor,
        identity=event.identity,
        presence=Presence.OPEN,
        presence_since=event.at,
        heard=event.at,
        unheard=event.at,
        rating=Rating.AWAITED if event.rates else None,
    )
    chat, line = notice(chat, event, event.visitor, Notice.VISITOR_JOINED)
    return chat, (line, f.TellThread(f.Word.JOINED), f.ShowCard())


def _knocked_again(chat: Chat, event: e.KnockedAgain) -> Step:
    return chat, (f.TellThread(f.Word.KNOCKED_AGAIN),)


def _turned_away(chat: Chat, event: e.TurnedAway) -> Step:
    return chat, (f.TellThread(f.Word.TURNED_AWAY, event.login),)


def _said(chat: Chat, event: e.Said) -> Step:
    author, before = event.author, chat
    changes, effects = hearing(chat, event)
    if author.role is Role.OPERATOR:
        chat, shown = _introduced(chat, event)
        effects += shown
        changes |= {"unheard": None, "answered": chat.head + 1}
    else:
        changes["spoken"] = chat.spoken + 1
    chat, line = record(
        chat,
        event,
        author,
        Kind.SAID,
        event.text,
        key=event.key,
        quote=event.quote,
        file=event.file,
        **changes,
        **_with(chat, event.file),
    )
    effects.append(line)
    if author.role is Role.VISITOR:
        size = len(event.text.encode("utf-16-le"))
        alone = event.file is not None
        effects.append(f.RelayToThread(line.message.seq, chat.spoken == 1, size, alone))
    return chat, (*effects, *answers.drawn_if_unseen(before, chat))


def _introduced(chat: Chat, event: e.Said) -> tuple[Chat, list[f.Effect]]:
    """Announce an operator whom the visitor has not met. The card says who answers, and if nobody has."""
    author, awaited = event.author, chat.waits or chat.is_only_taken
    if any(one.id == author.id for one in chat.operators):
        return chat, [f.ShowCard(soon=awaited)] if chat.unheard else []
    chat = replace(chat, operators=(*chat.operators, author), takes=chat.takes + chat.waits)
    chat, joined = notice(chat, event, author, Notice.OPERATOR_JOINED)
    return chat, [joined, f.ShowCard(soon=awaited)]


def _with(chat: Chat, file: File | None) -> dict[str, int]:
    """Count a file in."""
    if file is None or file.standing is Standing.LINK:
        return {}
    return {"files": chat.files + 1, "file_bytes": chat.file_bytes + file.size}


def _file_came(chat: Chat, event: e.FileCame) -> Step:
    word = Notice.FILE_HERE if event.came else Notice.FILE_MISSING
    chat, line = record(chat, event, SYSTEM, Kind.NOTICE, word, target=event.seq)
    return replace(chat, file_bytes=chat.file_bytes + event.size), (line,)


def _edited(chat: Chat, event: e.Edited) -> Step:
    before, (chat, effects) = chat, heard(chat, event)
    chat, line = record(
        chat,
        event,
        event.author,
        Kind.EDITED,
        event.text,
        key=event.key,
        target=event.target,
        answered=chat.head + 1,
    )
    return chat, (line, *effects, *answers.drawn_if_unseen(before, chat))


def _removed(chat: Chat, event: e.Removed) -> Step:
    chat, line = record(
        chat, event, event.author, Kind.REMOVED, "", key=event.key, target=event.target
    )
    return chat, (line,)


def _presence_changed(chat: Chat, event: e.PresenceChanged) -> Step:
    seen = max(chat.seen, min(event.seen, chat.head))
    if event.presence is chat.presence:
        return replace(chat, seen=seen), ()
    chat = replace(chat, presence=event.presence, presence_since=event.at, seen=seen)
    if event.presence is Presence.OPEN:
        chat = replace(chat, closing=None)
    return chat, (f.ShowCard(soon=False),)


def _ended(chat: Chat, event: e.Ended) -> Step:
    if chat.state is not State.OPEN:
        return chat, ()
    chat, line = end(chat, event, event.by)
    effects: tuple[f.Effect, ...] = (line, f.ShowCard())
    if event.by.role is not Role.OPERATOR:
        by_visitor = event.by.role is Role.VISITOR
        word = f.Word.ENDED_BY_VISITOR if by_visitor else f.Word.ENDED_BY_SILENCE
        effects = (line, f.TellThread(word), f.ShowCard())
    return chat, effects


def _rated(chat: Chat, event: e.Rated) -> Step:
    """Keep the answer, once, and only while nothing of the record has left."""
    return (replace(chat, rating=event.rating) if chat.may_be_rated else chat), ()


def _blocked(chat: Chat, event: e.Blocked) -> Step:
    """The record says who ended the talk, not that somebody was blocked: that passes, RT stays."""
    effects: tuple[f.Effect, ...] = ()
    if chat.state is State.OPEN:
        chat, line = end(chat, event, event.by)
        effects = (line, f.ShowCard())
    return replace(chat, blocked=event.until), effects


def _unblocked(chat: Chat, _event: e.Unblocked) -> Step:
    return replace(chat, blocked=None), ()


def _thread_lost(chat: Chat, event: e.ThreadLost) -> Step:
    if chat.state not in (State.OPEN, State.ENDED):
        return forgotten(_fated(chat, Fate.REVOKED)), ()
    effects: list[f.Effect] = []
    if chat.state is State.OPEN:
        chat, line = end(chat, event, SYSTEM, Notice.OPERATORS_LOST)
        effects.append(line)
    chat = unasked(chat, event, "the Teams thread of this chat is gone.")
    return chat, (*effects, f.FileTranscript(), f.TellElsewhere(f.Word.ORPHANED))


def _not_shown(chat: Chat, event: e.NotShown) -> Step:
    """The CO is told the numbers; the visitor, and the record while it is open, by a line each."""
    word = f.Word.NOT_SHOWN if event.sure else f.Word.NOT_SURE
    tell = f.TellThread(word, ", ".join(f"#{seq}" for seq in event.seqs))
    if chat.state not in (State.OPEN, State.ENDED, State.HELD):
        return chat, (tell,)  # the record is on its way: no line may change it now
    lines: list[f.Effect] = []
    notice = Notice.NOT_SHOWN if event.sure else Notice.NOT_SURE
    for seq in event.seqs:
        chat, line = record(chat, event, SYSTEM, Kind.NOTICE, notice, target=seq)
        lines.append(line)
    return chat, (*lines, tell)


def _interrupted(chat: Chat, event: e.Interrupted) -> Step:
    return chat, (f.TellThread(f.Word.AWAY, event.span),)


_STEPS: dict[type[e.Event], Callable[[Chat, Any], Step]] = {
    e.Invited: _invited,
    e.InvitationSent: _invitation_sent,
    e.Revoked: _revoked,
    e.InvitationExpired: _invitation_expired,
    e.Cancelled: _cancelled,
    e.VisitorJoined: _visitor_joined,
    e.KnockedAgain: _knocked_again,
    e.TurnedAway: _turned_away,
    e.Said: _said,
    e.Edited: _edited,
    e.Removed: _removed,
    e.PresenceChanged: _presence_changed,
    e.Ended: _ended,
    e.Rated: _rated,
    e.Blocked: _blocked,
    e.Unblocked: _unblocked,
    e.ThreadLost: _thread_lost,
    e.NotShown: _not_shown,
    e.FileCame: _file_came,
    e.Interrupted: _interrupted,
    **beginning.STEPS,
    **filing.STEPS,
    **quiet.STEPS,
    **moving.STEPS,
    **answers.STEPS,
}
