"""What one client has been shown of its chat, and what it is to be shown next. Pure."""

from __future__ import annotations

from dataclasses import fields
from operator import attrgetter
from typing import Any

from bot.domain.chat import Chat
from bot.domain.messages import Message, Role
from bot.relay.delivery import News
from bot.visitors import wire

#: All but what words change: while it stays, so does all of the view but its numbers.
_NUMBERS = {"head", "size", "spoken", "heard", "answered"}
_besides = attrgetter(*(field.name for field in fields(Chat) if field.name not in _NUMBERS))


def is_his(news: News) -> bool:
    """Tell whether it is the visitor's own words, whose acknowledgement comes with them."""
    return bool(news.lines) and news.lines[-1].author.role is Role.VISITOR


class Shown:
    """Where a client stands: the last line it was sent, and the view as it has it.

    Frames come out in the order in which they are to be sent; they count as sent.
    """

    __slots__ = ("_chat", "_face", "_longer", "_relayed", "answered", "asked", "cursor")

    def __init__(self) -> None:
        self.cursor: int | None = None  # the last seq sent; None until a hello tells
        self.answered = 0  # the last one sent of an operator's
        self.asked = 0  # the last one that it was asked to confirm
        self._face: tuple[Any, ...] = ()  # the view without its numbers; empty until the welcome
        self._relayed = 0
        self._longer: int | None = None  # how many have been waiting longer, while he waits
        self._chat: Chat | None = None  # of which that view is

    @property
    def welcomed(self) -> bool:
        """The client was sent a view."""
        return bool(self._face)

    @property
    def is_unasked(self) -> bool:
        """It was sent words of an operator's, and not yet asked whether it has them."""
        return self.answered > self.asked

    def begin(self, after: int) -> None:
        """The client has everything up to seq ``after`` and waits for its welcome."""
        self.cursor, self._face, self._chat, self.asked = after, (), None, after

    def over(self) -> bytes:
        """Tell that what the client has cannot be continued; it says hello again."""
        self.cursor = None
        return wire.write(wire.OVER)

    def hear(self, news: News) -> list[bytes] | None:
        """Return what a commit adds, or None if only the database can tell.

        That is so when lines are missing before these, and when ``news`` is older than what was
        shown already, or may be: bells of two commits can overtake each other, and a change that
        brings no line does not tell which of them came first.
        """
        if self.cursor is None:
            return []  # the hello that is awaited asks for everything
        fresh = [line for line in news.lines if line.seq > self.cursor]
        head = self.cursor + len(fresh)
        if not self._face or (fresh and (fresh[0].seq, fresh[-1].seq) != (self.cursor + 1, head)):
            return None
        relayed = max(self._relayed, news.relayed or 0)
        view = None
        if news.chat is not None and self._is_another(news.chat):
            longer = self._longer if news.chat.waits else None
            if news.chat.waits and longer is None:
                return None
            view = wire.view(news.chat, relayed, longer)
            if view is None or (not fresh and _face(view) != self._face):
                return None
        if news.chat is not None:
            if news.chat.head != head:
                return None
            self._chat = news.chat
            if not news.chat.waits:
                self._longer = None
        for line in fresh:
            self.sent(line)
        return [wire.write(wire.line(line)) for line in fresh] + self._changes(view, relayed)

    def sent(self, line: Message) -> None:
        """The client is sent this line."""
        self.cursor = line.seq
        if line.author.role is Role.OPERATOR:
            self.answered = line.seq

    def _is_another(self, chat: Chat) -> bool:
        """Tell whether a chat's view may have other things to show than the one that was sent."""
        known = self._chat
        return known is None or _besides(known) != _besides(chat)

    def look(self, chat: Chat, relayed: int, longer: int | None = None) -> list[bytes]:
        """Return what is new in the view of a chat that its visitor may see."""
        self._chat, self._longer = chat, longer
        return self._changes(wire.view(chat, relayed, longer), relayed)

    def _changes(self, view: dict[str, Any] | None, relayed: int) -> list[bytes]:
        """Return nothing, how far it is relayed, or all of the view, which is None if it is not new."""
        moved, self._relayed = relayed != self._relayed, relayed
        face = _face(view) if view else self._face
        if view and face != self._face:
            frame = wire.changed(view) if self._face else wire.welcome(view)
            self._face = face
            return [wire.write(frame)]
        return [wire.write(wire.relayed(relayed))] if moved else []


def _face(view: dict[str, Any]) -> tuple[Any, ...]:
    names = "state", "ticket", "you", "ended_by", "closing", "rating", "blocked"
    return *(view[name] for name in names), view.get("waiting_longer"), *view["operators"]
