"""What one client has been shown of its chat, and what it is to be shown next. Pure."""

from __future__ import annotations

from bot.domain.chat import Chat
from bot.relay.ports import News
from bot.visitors import wire


class Shown:
    """Where a client stands: the last line it was sent, and the view as it has it.

    Frames come out in the order in which they are to be sent; they count as sent.
    """

    __slots__ = ("_face", "_relayed", "cursor")

    def __init__(self) -> None:
        self.cursor: int | None = None  # the last seq sent; None until a hello tells
        self._face = b""  # the view without its numbers; empty until the welcome
        self._relayed = 0

    @property
    def welcomed(self) -> bool:
        """The client was sent a view."""
        return bool(self._face)

    def begin(self, after: int) -> None:
        """The client has everything up to seq ``after`` and waits for its welcome."""
        self.cursor, self._face = after, b""

    def over(self) -> bytes:
        """Tell that what the client has cannot be continued; it says hello again."""
        self.cursor = None
        return wire.write(wire.OVER)

    def hear(self, news: News) -> list[bytes] | None:
        """Return what a commit adds, or None if only the database can tell.

        That is so when lines are missing before these, and when ``news`` is older than what was
        shown already.
        """
        if self.cursor is None:
            return []  # the hello that is awaited asks for everything
        fresh = [line for line in news.lines if line.seq > self.cursor]
        head = self.cursor + len(fresh)
        chat, relayed = news.chat, max(self._relayed, news.relayed or 0)
        if not self._face or (fresh and (fresh[0].seq, fresh[-1].seq) != (self.cursor + 1, head)):
            return None
        if chat is not None and (chat.head != head or wire.view(chat, relayed) is None):
            return None
        self.cursor = head
        return [wire.write(wire.line(line)) for line in fresh] + self.look(chat, relayed)

    def look(self, chat: Chat | None, relayed: int) -> list[bytes]:
        """Return what is new in the view: nothing, how far it is relayed, or all of it.

        ``chat`` is None if it did not change; one that its visitor may not see shows nothing.
        """
        view = wire.view(chat, relayed) if chat else None
        face = self._face if view is None else wire.write(view | {"head": 0, "relayed": 0})
        moved = relayed != self._relayed
        before, self._face, self._relayed = self._face, face, relayed
        if view is not None and not before:
            return [wire.write(wire.welcome(view))]
        if view is not None and face != before:
            return [wire.write(wire.changed(view))]
        return [wire.write(wire.relayed(relayed))] if moved else []
