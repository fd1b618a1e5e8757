"""What several steps of a chat do: give it a line, end its talk (pure)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot.domain import effects as f
from bot.domain import events as e
from bot.domain.chat import Chat, ChatFull, changed
from bot.domain.files import File
from bot.domain.identity import Identity
from bot.domain.mailing import Mailing
from bot.domain.messages import MAX_CHAT_BYTES, Author, Kind, Message, Notice, Quote, Role

Step = tuple[Chat, tuple[f.Effect, ...]]


def record(
    chat: Chat,
    event: e.Event,
    author: Author,
    kind: Kind,
    text: str,
    *,
    key: str = "",
    target: int | None = None,
    quote: Quote | None = None,
    file: File | None = None,
    **changes: Any,
) -> tuple[Chat, f.Record]:
    """Give the chat its next line, and ``changes`` beside it. Raises ChatFull."""
    size = chat.size + len(text.encode())
    if size > MAX_CHAT_BYTES and kind is not Kind.NOTICE:
        raise ChatFull
    line = Message(chat.head + 1, author, kind, text, event.at, key, target, quote, file)
    return changed(chat, head=line.seq, size=size, **changes), f.Record(line)


def notice(chat: Chat, event: e.Event, about: Author, word: Notice) -> tuple[Chat, f.Record]:
    """Give the chat a line that is nobody's words."""
    return record(chat, event, about, Kind.NOTICE, word)


def forgotten(chat: Chat) -> Chat:
    """Return the chat without the people and the words of its ticket; the number stays."""
    ticket = replace(chat.ticket, subject="", requestors=(), ccs=(), owner="")
    made = replace(chat.intake, subject="", requestor="") if chat.intake else None
    link, by = chat.invitation, replace(chat.started_by, id="", name="")
    if link is not None:
        link = replace(link, name="", address="", login="", problem="")
    return replace(
        chat,
        ticket=ticket,
        invitation=link,
        started_by=by,
        operators=(),
        former=(),
        visitor=None,
        identity=Identity(chat.identity.proof),
        move=None,
        rebindings=(),
        intake=made,
        size=0,
        rating=None,
        blocked=None,
        details=(),
        own=None,
        mailings=tuple(_nobodys(one) for one in chat.mailings if one.counts),
    )


def _nobodys(one: Mailing) -> Mailing:
    """What is left of a mailing: that RT has what was mailed, or may have it."""
    return replace(one, by=replace(one.by, id="", name=""), ticket="", seqs=(), problem="")


_ENDS = {
    Role.VISITOR: Notice.ENDED_BY_VISITOR,
    Role.OPERATOR: Notice.ENDED_BY_OPERATOR,
    Role.SYSTEM: Notice.ENDED_BY_SILENCE,
}


def end(
    chat: Chat, event: e.Event, by: Author, word: Notice | None = None
) -> tuple[Chat, f.Record]:
    """End the talk; ``word`` says how, if not as whoever ends it usually does."""
    chat = replace(chat, ended_by=by, ended=event.at, closing=None)
    return notice(chat, event, by, word or _ENDS[by.role])
