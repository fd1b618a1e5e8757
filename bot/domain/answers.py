"""What operators wrote that the visitor was not shown, and having RT mail it to him (pure)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from bot.domain import effects as f
from bot.domain import events as e
from bot.domain.chat import Chat, State
from bot.domain.filing import audit
from bot.domain.identity import Identity
from bot.domain.legible import plain_name
from bot.domain.mailing import MailAsked, MailEnded, Mailing
from bot.domain.matching import fingerprint, is_person
from bot.domain.messages import Kind, Message, Notice, Role
from bot.domain.presence import Presence
from bot.domain.steps import Step, notice
from bot.domain.tickets import Ticket


def known_to(chat: Chat) -> int:
    """Return the last line that the visitor was shown, as far as a window of his confirmed it, or that
    was mailed to him.
    """
    return max(chat.seen, *(one.upto for one in chat.mailings if one.counts), 0)


def under_way(chat: Chat) -> Mailing | None:
    """Return the mailing that is not over, if there is one."""
    return next((one for one in chat.mailings if one.over is None), None)


def are_unseen(chat: Chat) -> bool:
    """Tell whether the visitor is not looking, and may not have been shown what operators wrote."""
    return chat.presence is not Presence.OPEN and chat.answered > known_to(chat)


def drawn_if_unseen(before: Chat, after: Chat) -> tuple[f.ShowCard, ...]:
    """Return what tells the CO that by now the visitor has not seen all: once, not at each answer."""
    return (f.ShowCard(soon=False),) if are_unseen(after) and not are_unseen(before) else ()


def written(log: Iterable[Message], since: int, upto: int) -> set[int]:
    """Return the operators' messages that were said or edited in these lines, and stand.

    ``log`` has at least all lines behind ``since``.
    """
    found: set[int] = set()
    for line in log:
        if line.seq <= since or line.author.role is not Role.OPERATOR:
            continue
        seq = line.target or line.seq
        if line.kind is Kind.REMOVED:
            found.discard(seq)
        elif line.kind in (Kind.SAID, Kind.EDITED) and line.seq <= upto:
            found.add(seq)
    return found


def reaches(identity: Identity, ticket: Ticket) -> bool:
    """Tell whether what RT mails to the people on ``ticket`` reaches whom we take the visitor for."""
    people = (one for one in (*ticket.requestors, *ticket.ccs) if is_person(identity, one))
    return any(one.address or "@" in one.login for one in people)


def _asked(chat: Chat, event: MailAsked) -> Step:
    if under_way(chat):
        return chat, ()  # one press or five, one mail
    number, about = len(chat.mailings) + 1, fingerprint(chat.ticket)
    one = Mailing(number, event.by, event.at, known_to(chat), chat.head, about)
    chat = replace(chat, mailings=(*chat.mailings, one))
    noted = audit(event.by, event.match, chat.ticket, "mail")
    return chat, (f.MailAnswers(number), *noted, f.ShowCard())


def _over(chat: Chat, event: MailEnded) -> Step:
    failed = f.TellThread(f.Word.NOT_MAILED, event.problem)
    if chat.state in (State.FILED, State.PURGED):
        return chat, (failed,) if event.problem else ()
    was = under_way(chat)
    if was is None or was.number != event.number:
        return chat, ()
    one = replace(was, over=event.at, seqs=event.seqs, problem=event.problem, unclear=event.unclear)
    chat = replace(chat, mailings=(*chat.mailings[:-1], one))
    if event.found is not None and fingerprint(event.found) == fingerprint(chat.ticket):
        # Others in Cc: the card names them now, for whoever presses again.
        chat = replace(chat, ticket=replace(chat.ticket, ccs=event.found.ccs))
    if event.problem:
        return chat, (failed, f.ShowCard())
    chat, line = notice(chat, event, one.by, Notice.MAILED)
    count = "1 message" if len(one.seqs) == 1 else f"{len(one.seqs)} messages"
    detail = f"{count}, as {plain_name(one.by.name)} asked."
    return chat, (line, f.TellThread(f.Word.MAILED, detail), f.ShowCard())


STEPS: dict[type[e.Event], Callable[[Chat, Any], Step]] = {
    MailAsked: _asked,
    MailEnded: _over,
}
