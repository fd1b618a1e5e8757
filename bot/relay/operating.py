"""What an operator can do from a thread: write, change what he wrote, press a card's buttons."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain import events as e
from bot.domain.addressing import ADDRESSED
from bot.domain.chat import LIVE, Chat, ChatFull, State
from bot.domain.commands import (
    Block,
    Blocks,
    Chats,
    Close,
    Command,
    Help,
    Misput,
    Press,
    Receive,
    Say,
    StartChat,
    TooMany,
    Unblock,
    is_note,
    parse_command,
    without_notes,
)
from bot.domain.messages import EmptyText, TextTooLong, tidy
from bot.domain.mistyped import held_back
from bot.relay import rows
from bot.relay.answering import Answer
from bot.relay.belonging import existed, meant, was_open
from bot.relay.blocking import Blocking
from bot.relay.bringing import FULL, bring
from bot.relay.buttons import Buttons
from bot.relay.changing import Changing, mentioned_later
from bot.relay.inbound import Changed, Heard, Pressed, Pressing
from bot.relay.missing import Missed, Missing
from bot.relay.ports import Listening, Thread
from bot.relay.quoting import quoted
from bot.relay.receiving import Receiving
from bot.relay.relay import Relay
from bot.relay.sending import SENT
from bot.relay.storage import ThreadTaken, Unit
from bot.relay.telling import Telling
from bot.relay.typed import Typed

#: How long after a chat's end we still warn that what is written in its thread goes nowhere.
_ECHO = timedelta(minutes=15)
#: What can be done in a live chat; any other command is answered with why not.
_COMMANDS = {
    State.INVITED: frozenset({"cancel", "revoke", "look", "take"}),
    State.OPEN: frozenset(
        {"end", "keep", "take", "back", "file", "new", "triage", "look", "move", "rebind", "stay"}
        | {"mail"}
    ),
}
_LATE = (
    "Teams has brought only now what you wrote before they were in this chat. Write it again if it "
    "is meant for them."
)
_EARLIER = "That is about the earlier chat of this thread, about {sent}; nothing else has changed."
_NOT_SHOWN = "Nothing of it was shown to the visitor."
_ELSEWHERE = f"This thread carries a chat: say that in a new post of the channel. {_NOT_SHOWN}"
_ENDED = frozenset({State.ENDED, State.ERASED, *SENT})
#: Of several numbers so many are named: a column of them would be too big for a post.
_NAMED = 10


class Operating:
    """The operators' use cases. Whoever calls has checked that the operator may act.

    Every method returns only after the commit, calls neither Teams nor RT, and recognises a
    repeat by Teams' activity id; answers to the operator go out by the outbox.
    """

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._buttons = Buttons(relay)
        self._telling = Telling(relay)
        self._typed = Typed(relay, self._buttons, self._telling)
        self._changing = Changing(relay, self._telling, self._hears)
        self._missing = Missing(relay, self._telling, self._concerned, self._changing.missed)
        self._receiving = Receiving(relay)
        self._blocking = Blocking(relay)
        self._hosts = dict(relay.rules.rt_hosts)

    async def hears(self, heard: Heard, at: datetime | None = None) -> None:
        """Take in a message: a command, words for the visitor, a note, or nothing for us.

        ``at`` is when it was written, as our clock would have it. A message is taken in however
        old it is: Teams may bring it late, and it is the only copy that will ever come. What keeps
        a replay of an old request out is not its time, which anybody who can replay may choose,
        but the token (an hour), the ids of a week, and that words never reach a visitor who joined
        after they were written (bot/relay/belonging.py).
        """
        await self._write(lambda unit: self._hears(unit, heard, at))

    async def carries_chat(self, thread: Thread) -> bool:
        """Tell whether people in ``thread`` may believe that a visitor reads them."""
        return await self._relay.store.is_live(thread.conversation_id)

    async def changes(self, changed: Changed, at: datetime | None = None) -> None:
        """Take in an edit, a deletion or its undoing, made at ``at`` by Teams' clock."""
        await self._write(lambda unit: self._changing.changes(unit, changed, at))

    async def missed(self, thread: Thread, messages: Sequence[Missed]) -> None:
        """Tell ``thread`` once of messages that were turned away and have not come again.

        With no messages at all it tells whether anything can be written now.
        """
        await self._write(lambda unit: self._missing.tell(unit, thread, messages))

    async def presses(self, pressed: Pressed) -> Pressing:
        """Take in a button; return the card as it now is.

        Verbs and values: ``invite`` {"requestor": index, "route": Route?}, ``cancel``,
        ``revoke``, ``end``, ``keep``, ``look`` (only show the card again);
        ``file`` {"summary": text, "status": RT status or "", "echo": text, "reason": text,
        "ticket": fingerprint of the ticket shown}, ``new`` {"summary", "queue", "subject",
        "requestor": visitor, invited or nobody}, ``triage`` {"summary"}, ``undo``;
        these take "looked" too, "not in RT", for what may be there already; ``take`` {"takes": as
        drawn}; by command without, or with "over" from whoever has it;
        ``move`` {"number": text}, ``rebind`` {"move": number of the move shown, "ticket", "echo",
        "reason"}, ``stay`` {"move"}, ``mail`` {"mailings": how many there were, "ticket", "echo"}.
        ``nonce``, if given, tells what the button was drawn for (bot/relay/nonces.py).
        """
        return await self._buttons.press(pressed)

    async def _write(self, work: Callable[[Unit], Awaitable[object]]) -> None:
        """Do it in one transaction."""
        try:
            await self._relay.store.write(work)
        except ThreadTaken:  # somebody else was quicker: now the use case sees that chat
            await self._relay.store.write(work)

    # --- messages ------------------------------------------------------------------------------

    async def _hears(self, unit: Unit, heard: Heard, at: datetime | None) -> bool:
        """Take a message in; False if it is not for us or was here before."""
        known = await unit.known_thread(heard.thread.conversation_id)
        chats = await unit.chats_in(known.id) if known else []
        if not heard.mentioned and not self._concerns(heard, chats):
            return False  # RSC brings us the whole team's talk: what is not ours is not kept
        same = known is not None and known == known.told(heard.thread)
        thread = known if known and same else await unit.thread(heard.thread)
        if not await unit.first_time(thread.conversation_id, heard.key):
            awaited = await self._changing.original(unit, heard)
            if awaited is None:
                return False
            heard = awaited
        if not is_note(heard.text):
            await self._answer(unit, thread, chats, heard, at)
        return True

    async def _answer(
        self, unit: Unit, thread: Thread, chats: list[Chat], heard: Heard, at: datetime | None
    ) -> None:
        """Do what a message asks for, which is new to us and no note."""
        command = parse_command(heard.text, self._hosts) if heard.mentioned else None
        if isinstance(command, StartChat | Press | Receive | Close | Block | Unblock):
            # Carried out once: whoever mends a typo in it does not ask for it again.
            await unit.first_time(thread.conversation_id, mentioned_later(heard.key))
        live = next((chat for chat in chats if chat.state in LIVE), None)
        if isinstance(command, Chats) and not heard.brings:  # about no chat of this thread's
            await unit.schedule(rows.listing(thread.id, heard.operator))
        elif live is None and isinstance(command, Block | Misput | Unblock | Blocks):
            known = existed(chats, at, self._relay.now())
            await self._blocking.command(unit, thread, known, heard, command)
        elif live is None:
            await self._in_free(unit, thread, chats, heard, command, at=at)
        elif await was_open(unit, live, at, self._relay.now()):
            await self._in_live(unit, thread, chats, heard, command, chat=live)
        else:
            word = Answer.NOT_DELIVERED
            await self._telling.answer(unit, thread, heard, word, _LATE, chat=live)

    def _concerned(self, chats: Sequence[Chat]) -> Chat | None:
        """Return the chat that people in a thread may think they are in, of the newest ones."""
        live = (chat for chat in chats if chat.state in LIVE)
        return next(live, None) or next(filter(self._just_ended, chats), None)

    def _concerns(self, heard: Heard, chats: list[Chat]) -> bool:
        """Tell whether words that do not mention the bot matter to one of the thread's chats."""
        if heard.thread.listening is Listening.MENTION:
            return False
        return self._concerned(chats) is not None

    def _just_ended(self, chat: Chat) -> bool:
        ended: datetime | None = chat.ended
        return chat.state in _ENDED and ended is not None and self._relay.now() - ended < _ECHO

    async def _in_live(
        self,
        unit: Unit,
        thread: Thread,
        chats: list[Chat],
        heard: Heard,
        command: Command | None,
        *,
        chat: Chat,
    ) -> None:
        """Words in a thread that carries ``chat``; ``chats`` are all that it has had, newest first."""
        match command:
            case Press("undo"):  # what can be undone was sent: it is of a chat before this one
                sent = meant("undo", [one for one in chats if one.state in SENT] or [chat])
                about = _NOT_SHOWN if sent is chat else _EARLIER.format(sent=sent.ticket.ref)
                await self._typed.carry_out(unit, thread, sent, heard, command, about)
            case Press(verb):
                about = "" if verb in _COMMANDS[chat.state] else _NOT_SHOWN
                await self._typed.carry_out(unit, thread, chat, heard, command, about)
            case Receive() | Close():
                word = Answer.RECEPTION_NOT
                await self._telling.answer(unit, thread, heard, word, _ELSEWHERE, chat=chat)
            case StartChat() | TooMany():
                await self._telling.answer(unit, thread, heard, Answer.THREAD_TAKEN, chat=chat)
            case Help() if not heard.brings:
                await self._telling.answer(unit, thread, heard, Answer.HELP, chat=chat)
            case Block() | Misput() | Unblock() | Blocks():
                await self._blocking.command(unit, thread, [chat], heard, command)
            case None if form := self._held_back(heard):
                await self._telling.answer(unit, thread, heard, Answer.MISTYPED, form, chat=chat)
            case Say(words) if chat.state is State.OPEN:
                await self._say(unit, thread, chat, replace(heard, text=words))
            case _ if chat.state is State.OPEN:
                await self._say(unit, thread, chat, heard)
            case _:
                await self._telling.answer(unit, thread, heard, Answer.NOT_JOINED, chat=chat)

    def _held_back(self, heard: Heard) -> str | None:
        name, to_us = self._relay.rules.bot_name, heard.mentioned
        texts = filter(None, (heard.text, heard.behind))
        forms = (held_back(one, mentioned=to_us, name=name) for one in texts)
        return next(filter(None, forms), None)

    async def _say(self, unit: Unit, thread: Thread, chat: Chat, heard: Heard) -> None:
        """Words for the visitor: kept for good, or answered with why not."""
        words, notes = without_notes(heard.text)
        brought = heard.pictures or heard.links
        if notes and brought:  # whose they are, the words' or the note's, only their writer knows
            files = ("a file",) * (len(heard.pictures) + len(heard.links))
            heard = replace(heard, pictures=(), links=(), extras=(*heard.extras, *files))
        try:
            text = tidy(words)
        except EmptyText:
            await self._bring(unit, thread, chat, heard, spoken=False)
            return
        except TextTooLong:
            await self._telling.answer(unit, thread, heard, Answer.TOO_LONG, chat=chat)
            return
        quote = await quoted(self._relay, self._telling, unit, chat, heard)
        said = e.Said(self._relay.now(), heard.operator.author, heard.key, text, quote)
        try:
            chat = await self._relay.happen(unit, chat, said)
        except ChatFull:
            await self._telling.answer(unit, thread, heard, Answer.CHAT_FULL, chat=chat)
            return
        await self._bring(unit, thread, chat, heard, spoken=True)
        if notes:
            word = Answer.NOTES_KEPT
            await self._telling.answer(unit, thread, heard, word, str(notes), chat=chat)

    async def _bring(
        self, unit: Unit, thread: Thread, chat: Chat, heard: Heard, *, spoken: bool
    ) -> None:
        """Pictures and links for the visitor; an answer about what does not go to him."""
        most = self._relay.rules.files.most - chat.files
        if len(heard.pictures) > most:
            await self._telling.answer(unit, thread, heard, Answer.FILE_MISSED, FULL, chat=chat)
            heard = replace(heard, pictures=heard.pictures[: max(most, 0)])
        elif heard.extras or not (spoken or heard.pictures or heard.links):
            # A mention with nothing at all behind it asks for help: that was an empty "say:".
            said = heard.mentioned and not heard.brings
            word = Answer.SAY_NOTHING if said else Answer.NOTHING_TO_SEND
            await self._telling.answer(unit, thread, heard, word, chat=chat)
        try:
            await bring(self._relay, unit, chat, heard, spoken=spoken)
        except ChatFull:
            await self._telling.answer(unit, thread, heard, Answer.CHAT_FULL, chat=chat)

    async def _in_free(
        self,
        unit: Unit,
        thread: Thread,
        chats: list[Chat],
        heard: Heard,
        command: Command | None,
        *,
        at: datetime | None,
    ) -> None:
        """Words in a thread without a live chat."""
        over = next((chat for chat in chats if self._just_ended(chat)), None)
        if not heard.mentioned:
            called = self._held_back(heard) == ADDRESSED
            word = Answer.MISTYPED if called else Answer.NOT_DELIVERED
            detail = ADDRESSED if called else ""
            await self._telling.answer(unit, thread, heard, word, detail, chat=over)
            return
        match command:
            case StartChat(ticket):
                await unit.schedule(rows.lookup(rows.wish(ticket, thread.id, heard.operator)))
            case Receive() | Close():
                await self._receiving.command(unit, thread, heard, command)
            case TooMany(found):
                several = ", ".join(map(str, found[:_NAMED])) + (" …" if found[_NAMED:] else "")
                await self._telling.answer(unit, thread, heard, Answer.SEVERAL_NUMBERS, several)
            case Press() if known := existed(chats, at, self._relay.now()):
                await self._typed.for_one_of(unit, thread, known, heard, command)
            case Say() if over is None:
                await self._telling.answer(unit, thread, heard, Answer.NOTHING_HERE)
            case Press():
                await self._telling.answer(unit, thread, heard, Answer.NOTHING_HERE)
            case Help():
                await self._telling.answer(unit, thread, heard, Answer.HELP)
            case None | Say():
                form = None if command else self._held_back(heard)
                nothing = Answer.NOT_DELIVERED if over else Answer.NO_NUMBER
                word = Answer.MISTYPED if form else nothing
                await self._telling.answer(unit, thread, heard, word, form or "", chat=over)
