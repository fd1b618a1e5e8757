"""What a unit of work leaves to be told once it is durable (relay/delivery.py, Committed)."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.domain.chat import Chat
from bot.domain.messages import Message
from bot.relay.delivery import Committed, Delivery, Lane, News, Span


@dataclass(slots=True)
class Chapter:
    """What is new of one chat."""

    chat: Chat | None = None
    relayed: int | None = None
    lines: list[Message] = field(default_factory=list)


class Gathering:
    """Collects a unit's news; several units' are joined when they share a commit."""

    def __init__(self) -> None:
        self._chapters: dict[str, Chapter] = {}
        self.lanes: set[Lane] = set()
        self.born: list[Delivery] = []
        self.forgot = False
        self.spans: list[Span] = []

    def of(self, chat_id: str) -> Chapter:
        """Return what is new of a chat, to be added to."""
        chapter = self._chapters.get(chat_id)
        if chapter is None:
            chapter = self._chapters[chat_id] = Chapter()
        return chapter

    def join(self, later: Gathering) -> None:
        """Add what a later unit of the same commit gathered."""
        for chat_id, new in later._chapters.items():
            mine = self.of(chat_id)
            mine.chat = new.chat or mine.chat
            mine.relayed = mine.relayed if new.relayed is None else new.relayed
            mine.lines += new.lines
        self.lanes |= later.lanes
        self.born += later.born
        self.forgot |= later.forgot
        self.spans += later.spans

    def committed(self) -> Committed:
        """Return it in the relay's words."""
        news = tuple(
            News(chat_id, new.chat, new.relayed, tuple(new.lines))
            for chat_id, new in self._chapters.items()
        )
        born, spans = tuple(self.born), tuple(self.spans)
        return Committed(news, frozenset(self.lanes), born, forgot=self.forgot, spans=spans)

    def __bool__(self) -> bool:
        return bool(self._chapters or self.lanes or self.born or self.forgot)
