"""What several steps of a chat do: give it a line, end its talk (pure)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot.domain import effects as f
from bot.domain import events as e
from bot.domain.chat import Chat, ChatFull
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
    **changes: Any,
) -> tuple[Chat, f.Record]:
    """Give the chat its next line, and ``changes`` beside it. Raises ChatFull."""
    size = chat.size + len(text.encode())
    if size > MAX_CHAT_BYTES and kind is not Kind.NOTICE:
        raise ChatFull
    line = Message(chat.head + 1, author, kind, text, event.at, key, target, quote)
    return replace(chat, head=line.seq, size=size, **changes), f.Record(line)


def notice(chat: Chat, event: e.Event, about: Author, word: Notice) -> tuple[Chat, f.Record]:
    """Give the chat a line that is nobody's words."""
    return record(chat, event, about, Kind.NOTICE, word)


def end(chat: Chat, event: e.Event, by: Author) -> tuple[Chat, f.Record]:
    """End the talk."""
    by_visitor = by.role is Role.VISITOR
    word = Notice.ENDED_BY_VISITOR if by_visitor else Notice.ENDED_BY_OPERATOR
    return notice(replace(chat, ended_by=by, ended=event.at), event, by, word)
