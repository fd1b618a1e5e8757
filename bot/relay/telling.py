"""What the bot answers an operator in the thread, as rows of the outbox."""

from __future__ import annotations

from bot.domain.chat import Chat
from bot.domain.invitations import digest
from bot.relay import rows
from bot.relay.answering import Answer
from bot.relay.delivery import Stream
from bot.relay.inbound import Heard, Operator
from bot.relay.ports import Thread
from bot.relay.relay import Relay
from bot.relay.storage import Unit

#: Answers that one need not hear twice: at most once a minute to the same person, unless he asks
#: the bot itself.
_REPEATS = frozenset({Answer.NOT_JOINED, Answer.NOT_DELIVERED})


class Telling:
    """Schedules notices; bot/teams words them."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay

    async def answer(
        self,
        unit: Unit,
        thread: Thread,
        heard: Heard,
        word: Answer,
        detail: str = "",
        *,
        chat: Chat | None = None,
    ) -> None:
        """Answer the operator who wrote ``heard``."""
        minute = f"{self._relay.now():%Y%m%d%H%M}"
        told = f"told:{word}:{digest(heard.operator.id)[:16]}:{minute}"  # kept for days: not his id
        if word in _REPEATS:
            first = await unit.first_time(thread.conversation_id, told)
            if not (first or heard.mentioned):
                return
        await self.tell(unit, thread, word, detail, chat=chat, to=heard.operator)

    async def tell_chat(self, unit: Unit, chat: Chat, word: Answer, detail: str = "") -> None:
        """Post a notice in a chat's thread."""
        await self.tell(unit, await unit.thread_by_id(chat.thread), word, detail, chat=chat)

    async def tell(
        self,
        unit: Unit,
        thread: Thread,
        word: Answer,
        detail: str = "",
        *,
        chat: Chat | None = None,
        to: Operator | None = None,
    ) -> None:
        """Post a notice in ``thread``, mentioning ``to``."""
        stream = Stream.CHAT.of(chat.id) if chat else Stream.THREAD.of(thread.id)
        chat_id = chat.id if chat else None
        mention = (to.mention_id, to.name) if to else None
        row = rows.notice(stream, thread.id, word, detail, chat_id=chat_id, mention=mention)
        await unit.schedule(row)
