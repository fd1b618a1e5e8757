"""Opening and closing the door for visitors who begin chats themselves."""

from __future__ import annotations

from bot.domain.chat import State
from bot.domain.commands import Close, Receive
from bot.domain.reception import Admits, BadHour, Reception, closes
from bot.relay.answering import Answer
from bot.relay.inbound import Heard, Operator
from bot.relay.ports import Scope, Thread
from bot.relay.relay import Relay
from bot.relay.storage import Unit
from bot.relay.telling import Telling

_OFF = "Visitors cannot begin chats at this site: visitor_start.who in the configuration says so."
_IN_CHANNEL = "Say that in the team's channel, so that your colleagues see it."
BY_CLOCK = "It has closed by itself: the time was over."
NO_ANSWER = (
    "It has closed by itself: a visitor's question has found nobody. When somebody is there to "
    "answer, mention me with “open” again."
)
FORGOTTEN = (
    "It has closed by itself: whoever opened it is to be forgotten here. Mention me with “open” to open "
    "it again."
)
NO_THREAD = "It has closed by itself: Teams does not let me open a thread for a visitor's question."


class Receiving:
    """What a CO says about it, and what time does."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._telling = Telling(relay)

    async def command(
        self, unit: Unit, thread: Thread, heard: Heard, command: Receive | Close
    ) -> None:
        """Open or close, and say how it is now."""
        tell = self._telling.answer
        if self._relay.rules.door.admits is Admits.NOBODY:
            await tell(unit, thread, heard, Answer.RECEPTION_NOT, _OFF)
        elif isinstance(command, Close):
            await unit.receive(None)
            await tell(unit, thread, heard, Answer.RECEPTION_CLOSED)
        elif thread.scope is not Scope.CHANNEL:
            await tell(unit, thread, heard, Answer.RECEPTION_NOT, _IN_CHANNEL)
        else:
            await self._open(unit, thread, heard, command.until)

    async def _open(self, unit: Unit, thread: Thread, heard: Heard, asked: str) -> None:
        now, rules, by = self._relay.now(), self._relay.rules, heard.operator
        try:
            until = closes(asked, rules.door.closes_at, now.astimezone(rules.zone))
        except BadHour as wrong:
            await self._telling.answer(unit, thread, heard, Answer.RECEPTION_NOT, str(wrong))
            return
        opened = Reception(by.author, by.mention_id, thread.id, now, until)
        await unit.receive(opened)
        word, hour = Answer.RECEPTION_OPEN, f"{until:%H:%M}"
        await self._telling.answer(unit, thread, heard, word, hour)

    async def tidy(self) -> None:
        """Close what is over, and what finds nobody."""
        found = await self._relay.store.reception()
        if found is None:
            return
        over = found.until <= self._relay.now()
        if not over and not await self._is_nobody_there(found):
            return

        async def work(unit: Unit) -> None:
            if await unit.reception() == found:  # nobody has said anything else meanwhile
                await self.close(unit, found, BY_CLOCK if over else NO_ANSWER)

        await self._relay.store.write(work)

    async def _is_nobody_there(self, found: Reception) -> bool:
        """Tell whether a question has waited in vain since it was opened."""
        chats = await self._relay.store.in_states(State.OPEN)
        return any(c.waits and c.unanswered and c.unanswered >= found.since for c in chats)

    async def close(self, unit: Unit, found: Reception, why: str, *, call: bool = True) -> None:
        """Close it although nobody said so, and tell the thread; ``call`` whoever opened it."""
        await unit.receive(None)
        thread = await unit.thread_by_id(found.thread)
        to = Operator(found.by.id, found.by.name, found.mention)
        word = Answer.RECEPTION_CLOSED
        await self._telling.tell(unit, thread, word, why, to=to if call else None)
