"""What an operator can do from a thread: write, change what he wrote, press a card's buttons."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain import events as e
from bot.domain.chat import LIVE, Chat, ChatFull, NotNow, State
from bot.domain.commands import (
    Help,
    Press,
    StartChat,
    TooMany,
    is_note,
    parse_command,
    without_notes,
)
from bot.domain.messages import EmptyText, Quote, Role, TextTooLong, tidy
from bot.relay.buttons import Buttons, author_of
from bot.relay.ports import (
    Answer,
    Changed,
    Delivery,
    Heard,
    Lane,
    Listening,
    Pressed,
    Pressing,
    Thread,
)
from bot.relay.relay import Relay
from bot.relay.storage import ThreadTaken, Unit

#: How long after a chat's end we still warn that what is written in its thread goes nowhere.
_ECHO = timedelta(minutes=15)
#: What is a command in a live chat; any other word is for the visitor.
_COMMANDS = {
    State.INVITED: frozenset({"cancel", "revoke", "look"}),
    State.OPEN: frozenset({"end", "file", "look"}),
}
_ENDED = frozenset({State.ENDED, State.FILING, State.FILED, State.PURGED})


class Operating:
    """The operators' use cases. Whoever calls has checked that the operator may act.

    Every method returns only after the commit, calls neither Teams nor RT, and recognises a
    repeat by Teams' activity id; answers to the operator go out by the outbox.
    """

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._buttons = Buttons(relay)
        self._hosts = dict(relay.rules.rt_hosts)

    async def hears(self, heard: Heard) -> None:
        """Take in a message: a command, words for the visitor, a note, or nothing for us."""
        try:
            chat_id = await self._relay.store.write(lambda unit: self._hears(unit, heard))
        except ThreadTaken:  # somebody else was quicker: now the use case sees that chat
            chat_id = await self._relay.store.write(lambda unit: self._hears(unit, heard))
        if chat_id is not None:
            self._relay.ring(chat_id)

    async def carries_chat(self, thread: Thread) -> bool:
        """Tell whether people in ``thread`` may believe that a visitor reads them."""
        return await self._relay.store.is_live(thread.conversation_id)

    async def changes(self, changed: Changed) -> None:
        """Take in an edit or a deletion."""
        chat_id = await self._relay.store.write(lambda unit: self._changes(unit, changed))
        if chat_id is not None:
            self._relay.ring(chat_id)

    async def presses(self, pressed: Pressed) -> Pressing:
        """Take in a button; return the card as it now is.

        Verbs and values: ``invite`` {"requestor": index, "route": Route?}, ``cancel``,
        ``revoke``, ``end``, ``file`` {"summary": text, "status": RT status or ""}, ``look``
        (only show the card again).
        """
        pressing = await self._buttons.press(pressed)
        self._relay.ring(pressed.chat_id)
        return pressing

    # --- messages ------------------------------------------------------------------------------

    async def _hears(self, unit: Unit, heard: Heard) -> str | None:
        """Return whom to ring: a chat's id, empty for the outbox only, None for nobody."""
        known = await unit.known_thread(heard.thread.conversation_id)
        chats = await unit.chats_in(known.id) if known else []
        if not heard.mentioned and not self._concerns(heard, chats):
            return None  # RSC brings us the whole team's talk: what is not ours is not kept
        thread = await unit.thread(heard.thread)
        if not await unit.first_time(thread.conversation_id, heard.key):
            return None
        if is_note(heard.text):
            return None
        live = next((chat for chat in chats if chat.state in LIVE), None)
        if live:
            return await self._in_live(unit, thread, live, heard)
        return await self._in_free(unit, thread, chats, heard)

    def _concerns(self, heard: Heard, chats: list[Chat]) -> bool:
        """Tell whether words that do not mention the bot matter to one of the thread's chats."""
        if heard.thread.listening is Listening.MENTION:
            return False
        return any(chat.state in LIVE or self._just_ended(chat) for chat in chats)

    def _just_ended(self, chat: Chat) -> bool:
        ended: datetime | None = chat.ended
        return chat.state in _ENDED and ended is not None and self._relay.now() - ended < _ECHO

    async def _in_live(self, unit: Unit, thread: Thread, chat: Chat, heard: Heard) -> str:
        """Words in a thread that carries a chat."""
        command = parse_command(heard.text, self._hosts) if heard.mentioned else None
        match command:
            case Press(verb, summary) if verb in _COMMANDS[chat.state]:
                return await self._twin(unit, thread, chat, heard, verb, summary)
            case StartChat() | TooMany():
                await self._tell(unit, thread, heard, Answer.THREAD_TAKEN, chat=chat)
            case Help() if not heard.extras:
                await self._tell(unit, thread, heard, Answer.HELP, chat=chat)
            case _ if chat.state is State.OPEN:
                await self._say(unit, thread, chat, heard)
            case _:
                await self._tell(unit, thread, heard, Answer.NOT_JOINED, chat=chat)
        return chat.id

    async def _say(self, unit: Unit, thread: Thread, chat: Chat, heard: Heard) -> None:
        """Words for the visitor: kept for good, or answered with why not."""
        words, notes = without_notes(heard.text)
        try:
            text = tidy(words)
        except EmptyText:
            await self._tell(unit, thread, heard, Answer.NOTHING_TO_SEND, chat=chat)
            return
        except TextTooLong:
            await self._tell(unit, thread, heard, Answer.TOO_LONG, chat=chat)
            return
        quote = Quote(*heard.quote) if heard.quote else None
        said = e.Said(self._relay.now(), author_of(heard.operator), heard.key, text, quote)
        try:
            await self._relay.happen(unit, chat, said)
        except ChatFull:
            await self._tell(unit, thread, heard, Answer.CHAT_FULL, chat=chat)
            return
        if heard.extras:
            await self._tell(unit, thread, heard, Answer.NOTHING_TO_SEND, chat=chat)
        if notes:
            await self._tell(unit, thread, heard, Answer.NOTES_KEPT, str(notes), chat=chat)

    async def _in_free(self, unit: Unit, thread: Thread, chats: list[Chat], heard: Heard) -> str:
        """Words in a thread without a live chat."""
        over = next((chat for chat in chats if self._just_ended(chat)), None)
        if not heard.mentioned:
            await self._tell(unit, thread, heard, Answer.NOT_DELIVERED, chat=over)
            return ""
        match parse_command(heard.text, self._hosts):
            case StartChat(ticket):
                await unit.schedule(_lookup(thread, heard, ticket.instance, ticket.number))
            case TooMany(found):
                several = ", ".join(map(str, found))
                await self._tell(unit, thread, heard, Answer.SEVERAL_NUMBERS, several)
            case Press(verb, summary) if chats:
                chat = _meant(verb, chats)
                return await self._twin(unit, thread, chat, heard, verb, summary)
            case Press():
                await self._tell(unit, thread, heard, Answer.NOTHING_HERE)
            case Help():
                await self._tell(unit, thread, heard, Answer.HELP)
            case None if over is not None:
                await self._tell(unit, thread, heard, Answer.NOT_DELIVERED, chat=over)
            case None:
                await self._tell(unit, thread, heard, Answer.NO_NUMBER)
        return ""

    async def _twin(
        self, unit: Unit, thread: Thread, chat: Chat, heard: Heard, verb: str, summary: str
    ) -> str:
        """A typed command that does what a button does (cards fail on some phones)."""
        if verb == "look":
            await self._show_again(unit, chat)
            return chat.id
        values = {"summary": summary} if summary else {}
        pressed = Pressed(thread, heard.operator, verb, chat.id, values)
        pressing = await self._buttons.apply(unit, thread, chat, pressed)
        word = Answer.NOTHING_HERE if pressing.sentence else Answer.DONE
        await self._tell(unit, thread, heard, word, pressing.sentence, chat=chat)
        return chat.id

    async def _show_again(self, unit: Unit, chat: Chat) -> None:
        """Post the card anew, at the end of a thread that has grown long."""
        await unit.save(replace(chat, card=""))
        await unit.schedule(Delivery(Lane.TEAMS, f"card:{chat.id}", "card", {}, chat.id))

    async def _tell(
        self,
        unit: Unit,
        thread: Thread,
        heard: Heard,
        word: Answer,
        detail: str = "",
        *,
        chat: Chat | None = None,
    ) -> None:
        """Answer the operator; what he need not hear twice at most once a minute."""
        minute = f"{self._relay.now():%Y%m%d%H%M}"
        repeats = word in (Answer.NOT_JOINED, Answer.NOT_DELIVERED)
        told = f"told:{word}:{heard.operator.id}:{minute}"
        if repeats and not await unit.first_time(thread.conversation_id, told):
            return
        payload = {
            "word": word.value,
            "detail": detail,
            "thread": thread.id,
            "mention": [heard.operator.mention_id, heard.operator.name],
        }
        stream = f"chat:{chat.id}" if chat else f"thread:{thread.id}"
        delivery = Delivery(Lane.TEAMS, stream, "tell", payload, chat.id if chat else None)
        await unit.schedule(delivery)

    # --- edits and deletions -------------------------------------------------------------------

    async def _changes(self, unit: Unit, changed: Changed) -> str | None:
        known = await unit.known_thread(changed.thread.conversation_id)
        found = await unit.said_in(known.id, Role.OPERATOR, changed.key) if known else None
        if found is None:
            return await self._never_sent(unit, changed)
        if not await unit.first_time(changed.thread.conversation_id, changed.activity_id):
            return None
        chat, line = found
        now, author = self._relay.now(), author_of(changed.operator)
        event: e.Event
        try:
            if changed.text is None or is_note(changed.text):
                # What became a note is taken back: its new words are not for the visitor.
                event = e.Removed(now, author, changed.activity_id, line.seq)
            else:
                text = tidy(without_notes(changed.text)[0])
                event = e.Edited(now, author, changed.activity_id, line.seq, text)
            await self._relay.happen(unit, chat, event)
        except (EmptyText, TextTooLong, ChatFull, NotNow):
            await self._tell_changed(unit, chat)
        return chat.id

    async def _never_sent(self, unit: Unit, changed: Changed) -> str | None:
        """A change of words that never went to a visitor: a forgotten mention sends them now."""
        if changed.text is None or is_note(changed.text):
            return None
        if changed.mentioned:
            key = f"{changed.key}:mentioned"
            late = Heard(changed.thread, changed.operator, key, changed.text, mentioned=True)
            return await self._hears(unit, late)
        known = await unit.known_thread(changed.thread.conversation_id)
        live = await unit.live_chat(known.id) if known else None
        if live is None or changed.thread.listening is Listening.MENTION:
            return None
        # Sending old words because of a mended typo could show the visitor what was said before.
        if await unit.first_time(changed.thread.conversation_id, changed.activity_id):
            await self._tell_changed(unit, live)
        return live.id

    async def _tell_changed(self, unit: Unit, chat: Chat) -> None:
        payload = {"word": Answer.NOT_CHANGED.value, "detail": "", "thread": chat.thread}
        await unit.schedule(Delivery(Lane.TEAMS, f"chat:{chat.id}", "tell", payload, chat.id))


def _meant(verb: str, chats: list[Chat]) -> Chat:
    """Which of a thread's chats, newest first, a typed command is about."""
    wanted = {
        "invite": {State.PROPOSED},
        "cancel": {State.PROPOSED},
        "file": {State.ENDED, State.FILING},
    }.get(verb, set())
    return next((chat for chat in chats if chat.state in wanted), chats[0])


def _lookup(thread: Thread, heard: Heard, instance: str, number: int) -> Delivery:
    payload = {
        "instance": instance,
        "number": number,
        "thread": thread.id,
        "by": {"id": heard.operator.id, "name": heard.operator.name},
        "mention": [heard.operator.mention_id, heard.operator.name],
    }
    return Delivery(Lane.LOOKUP, f"lookup:{thread.id}", "lookup", payload)
