"""What a CO answers to, beside his words: shown if the visitor knows it, else its writer is told."""

from __future__ import annotations

from bot.domain.addressing import NAME
from bot.domain.chat import Chat
from bot.domain.legible import plain_name
from bot.domain.messages import Quote
from bot.domain.quoting import as_known, may_show
from bot.relay.answering import Answer
from bot.relay.inbound import Heard
from bot.relay.relay import Relay
from bot.relay.storage import Unit
from bot.relay.telling import Telling

#: So many lines of a log are looked through for one: for what is quoted the newest, for what became
#: of a message those behind it.
LINES = 1000


async def quoted(
    relay: Relay, telling: Telling, unit: Unit, chat: Chat, heard: Heard
) -> Quote | None:
    """Return the quote that may stand beside what was ``heard``; tell of one that may not."""
    if heard.quote is None:
        return None
    quote = Quote(*heard.quote)
    lines = await unit.log(chat.id, max(chat.head - LINES, 0), LINES)
    if may_show(quote, lines, (relay.rules.bot_name, NAME)):
        return as_known(quote, plain_name(chat.visitor.name)) if chat.visitor else quote
    thread = await unit.thread_by_id(chat.thread)
    await telling.answer(unit, thread, heard, Answer.QUOTE_KEPT, chat=chat)
    return None
