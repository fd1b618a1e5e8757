"""Edits and removals in Teams: mirrored, the newest last, whatever order Teams brings them in.

Teams brings an operator's message and its changes side by side, and tries each again by itself:
a change may overtake its original or a change before it. So for ten minutes (the store sweeps
them) the newest change of a message is remembered by Teams' own time. Of changes that were
carried out only time and digest are kept, of one that waits for its original also the text, and
only where a visitor is being talked to.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from itertools import count

from bot.domain import events as e
from bot.domain.chat import Chat, ChatFull, NotNow, State
from bot.domain.commands import (
    Command,
    Help,
    Say,
    is_note,
    parse_command,
    spoken,
    without_notes,
)
from bot.domain.files import File, Standing
from bot.domain.messages import EmptyText, Kind, Message, Role, TextTooLong, tidy
from bot.domain.mistyped import held_back
from bot.relay.answering import Answer
from bot.relay.bringing import key_of
from bot.relay.inbound import Changed, Heard
from bot.relay.ports import Listening, Scope, Thread
from bot.relay.quoting import LINES
from bot.relay.relay import Relay
from bot.relay.storage import Unit
from bot.relay.telling import Telling

_COMMAND = (
    "It reads like a command or a note now, and only a new message can be one. They still see it as it "
    "was; mention me with “say:” in front of your words if they shall see those."
)
_ONCE = (
    "What a message asks me for is done once, so editing it does nothing more. Write it as a new message; "
    "a summary that goes to RT in a moment can be sent anew after “undo”."
)
_UNMENTIONED = (
    "It does not mention me any more, so its new words stay between you. They still see it as it was; "
    "delete it to take it back."
)
_STILL_SEEN = (
    "A picture that you took out is still shown to them; delete the message to take it back."
)
_NOT_SEEN = "They do not see every picture or file that is with it now: send those once more."

#: Takes a message in, as if it had come now; False if it was here before.
TakesIn = Callable[[Unit, Heard, datetime | None], Awaitable[bool]]


class Fate(StrEnum):
    """What is known of a message apart from its line in a chat's log."""

    WAITS = "waits"  # a change came, the original has not
    DONE = "done"  # its newest change was carried out
    GONE = "gone"  # taken back before it was said
    MISSED = "missed"  # its author was told that it did not reach us


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest change of a message: when, by Teams' clock, and to what.

    ``text`` is the new text (None: taken back) while its original is awaited, else a digest;
    ``behind`` what of it stands behind mentions (see Heard).
    """

    fate: Fate
    at: datetime | None = None
    text: str | None = None
    behind: str = ""

    @classmethod
    def read(cls, raw: str) -> Newest:
        """Read what ``written`` wrote."""
        fate, at, text, *behind = json.loads(raw)
        return cls(Fate(fate), datetime.fromisoformat(at) if at else None, text, *behind)

    def written(self) -> str:
        """Return it as the store keeps it."""
        behind = [self.behind] if self.behind else []
        return json.dumps([self.fate, self.at.isoformat() if self.at else "", self.text, *behind])

    def covers(self, at: datetime | None, text: str | None) -> bool:
        """Tell whether a change at that time to that text brings nothing new."""
        if self.at is not None and at is not None and at < self.at:
            return True
        return self.fate is Fate.DONE and self.text == _digest(text)


class Changing:
    """What happens when an operator edits or deletes what he wrote."""

    def __init__(self, relay: Relay, telling: Telling, takes_in: TakesIn) -> None:
        self._relay = relay
        self._telling = telling
        self._takes_in = takes_in

    async def changes(self, unit: Unit, changed: Changed, at: datetime | None) -> None:
        """Take a change in; ``at`` is its time by Teams' clock."""
        where, live, known = changed.thread.conversation_id, None, None
        if thread := await unit.known_thread(where):
            # Locked before we look: its original may be coming in at another process right now.
            live = await unit.live_chat(thread.id)
            known = await self._line(unit, thread, changed.key)
        if known and not await unit.first_time(where, changed.activity_id):
            return
        kept = await self._kept(unit, changed.thread, changed.key)
        if kept is not None and kept.covers(at, changed.text):
            await self._keep(unit, changed, kept)
        elif known is None:
            await self._before_its_original(unit, live, changed, at, kept)
        elif known[0].state is State.OPEN and _is_among_us(changed):
            # Without its words: the same may come with a mention.
            await self._keep(unit, changed, Newest(Fate.DONE, at))
            await self._telling.tell_chat(unit, known[0], Answer.NOT_CHANGED, _UNMENTIONED)
        else:
            await self._keep(unit, changed, Newest(Fate.DONE, at, _digest(changed.text)))
            if known[0].state is State.OPEN and self._is_for_us(changed):
                await self._telling.tell_chat(unit, known[0], Answer.NOT_CHANGED, _COMMAND)
                return
            await self._change(unit, changed, *known)

    async def original(self, unit: Unit, heard: Heard) -> Heard | None:
        """Return a message whose id is known, as it is now, if it is yet to be said; else None."""
        kept = await self._kept(unit, heard.thread, heard.key)
        if kept is None or kept.fate is Fate.MISSED:
            return heard if kept else None
        if kept.fate is not Fate.WAITS:
            await self._keep(unit, heard, kept)
            return None
        fate = Fate.GONE if kept.text is None else Fate.DONE
        await self._keep(unit, heard, Newest(fate, kept.at, _digest(kept.text)))
        return None if kept.text is None else replace(heard, text=kept.text, behind=kept.behind)

    async def missed(self, unit: Unit, thread: Thread, key: str) -> None:
        """Note that message ``key`` was told to be missing, so that it is taken in if it comes."""
        await unit.early(thread.conversation_id, key, Newest(Fate.MISSED).written())

    def _is_for_us(self, changed: Changed) -> bool:
        """Tell whether what was said to the visitor has become a command, or was meant to."""
        if changed.text is None or is_note(changed.text):
            return False
        mentioned = _speaks_to_us(changed)
        command = self._command(changed.text) if mentioned else None
        if command is not None:
            return not isinstance(command, Say)
        name = self._relay.rules.bot_name
        texts = (changed.text, _behind(changed))
        return any(held_back(one, mentioned=mentioned, name=name) for one in texts)

    def _command(self, text: str) -> Command | None:
        command = parse_command(text, dict(self._relay.rules.rt_hosts))
        return None if isinstance(command, Help) else command

    def _is_asked(self, changed: Changed, text: str) -> bool:
        """Tell whether a change is to be taken in like a message of its own.

        In a personal chat nobody mentions the bot: there it is one that is a command by now.
        """
        return changed.mentioned or (_speaks_to_us(changed) and self._command(text) is not None)

    async def _line(self, unit: Unit, thread: Thread, key: str) -> tuple[Chat, Message] | None:
        found = await unit.said_in(thread.id, Role.OPERATOR, key)
        return found or await unit.said_in(thread.id, Role.OPERATOR, mentioned_later(key))

    async def _change(self, unit: Unit, changed: Changed, chat: Chat, line: Message) -> None:
        """Change a line that the visitor has."""
        now, author = self._relay.now(), changed.operator.author
        event: e.Event
        try:
            if changed.text is None or is_note(changed.text):
                # What became a note is taken back: its new words are not for the visitor.
                text = ""
                event = e.Removed(now, author, changed.activity_id, line.seq)
            else:
                said = spoken(changed.text) if _speaks_to_us(changed) else changed.text
                text = tidy(without_notes(said)[0])
                event = e.Edited(now, author, changed.activity_id, line.seq, text)
            if text != await self._seen(unit, chat, line):  # else a note beside it, or its looks
                chat = await self._relay.happen(unit, chat, event)
            if isinstance(event, e.Removed):
                await self._remove_brought(unit, chat, changed, line)
            else:
                await self._compare(unit, chat, changed, line)
        except (EmptyText, TextTooLong, ChatFull, NotNow):
            over = chat.state is not State.OPEN
            word = Answer.CHANGED_LATE if over else Answer.NOT_CHANGED
            await self._telling.tell_chat(unit, chat, word)

    async def _seen(self, unit: Unit, chat: Chat, line: Message) -> str | None:
        """Return the words of a line as the visitor has them, empty if taken back; None if unknown."""
        behind = await unit.log(chat.id, line.seq, LINES)
        about = (one for one in behind if one.target == line.seq and one.kind is not Kind.NOTICE)
        return [line, *about][-1].text if len(behind) < LINES else None

    async def _compare(self, unit: Unit, chat: Chat, changed: Changed, line: Message) -> None:
        """Tell what the visitor sees beside the words that is not there now, or does not see."""
        there = await self._beside(unit, chat, line)
        links = sum(one.standing is Standing.LINK for one in there)
        pictures = len(there) - links
        # Which one is not known: a picture has no name, and its address may be another now.
        if pictures > changed.pictures:
            await self._telling.tell_chat(unit, chat, Answer.NOT_CHANGED, _STILL_SEEN)
        elif pictures < changed.pictures or links < changed.links:
            await self._telling.tell_chat(unit, chat, Answer.NOT_CHANGED, _NOT_SEEN)

    async def _beside(self, unit: Unit, chat: Chat, line: Message) -> list[File]:
        """Return what came with a message and was not taken back."""
        lines = [line] if line.file else []
        for number in count(1):
            if (one := await unit.said(chat.id, Role.OPERATOR, key_of(line.key, number))) is None:
                break
            lines.append(one)
        if not lines:
            return []
        gone = {
            one.target
            for one in await unit.log(chat.id, line.seq, LINES)
            if one.kind is Kind.REMOVED
        }
        return [one.file for one in lines if one.file and one.seq not in gone]

    async def _remove_brought(
        self, unit: Unit, chat: Chat, changed: Changed, line: Message
    ) -> None:
        """Take back what came with a message that was taken back."""
        for number in count(1):
            key = key_of(line.key, number)
            if (brought := await unit.said(chat.id, Role.OPERATOR, key)) is None:
                return
            removed = e.Removed(
                self._relay.now(),
                changed.operator.author,
                key_of(changed.activity_id, number),
                brought.seq,
            )
            chat = await self._relay.happen(unit, chat, removed)

    async def _before_its_original(
        self,
        unit: Unit,
        live: Chat | None,
        changed: Changed,
        at: datetime | None,
        kept: Newest | None,
    ) -> None:
        """A change of words that have not gone to a visitor: not yet, or never."""
        text = None if changed.text is None or is_note(changed.text) else changed.text
        lost = kept is not None and kept.fate in (Fate.MISSED, Fate.GONE)
        if text is not None and (lost or self._is_asked(changed, text)):
            if not await self._say_now(unit, changed, text, at, lost=lost):
                await self._in_vain(unit, changed, live)
        elif text is None or changed.thread.listening is Listening.THREAD:
            waits = Newest(Fate.WAITS, at, text, _behind(changed))
            await self._unsaid(unit, live, changed, waits, kept)
        elif kept is not None:  # any other talk of the team is not kept
            await self._keep(unit, changed, kept)

    async def _unsaid(
        self, unit: Unit, live: Chat | None, changed: Changed, waits: Newest, kept: Newest | None
    ) -> None:
        """A change that says nothing by itself: its original will, if it is yet to come."""
        if kept is None and live is None:
            return
        if await self._is_awaited(unit, changed, kept):
            await self._keep(unit, changed, waits)
            return
        if kept is not None:
            await self._keep(unit, changed, kept)
        if live is None or waits.text is None:
            return
        # Sending old words because of a mended typo could show the visitor what was said before.
        if await unit.first_time(changed.thread.conversation_id, changed.activity_id):
            await self._telling.tell_chat(unit, live, Answer.NEVER_SENT)

    async def _in_vain(self, unit: Unit, changed: Changed, live: Chat | None) -> None:
        """Tell, once, of a change that is neither said nor carried out."""
        if not await unit.first_time(changed.thread.conversation_id, changed.activity_id):
            return
        if live is not None:
            await self._telling.tell_chat(unit, live, Answer.NEVER_SENT)
            return
        thread = await unit.known_thread(changed.thread.conversation_id)
        if thread is not None and self._is_asked(changed, changed.text or ""):
            await self._telling.tell(unit, thread, Answer.NOTHING_HERE, _ONCE, to=changed.operator)

    async def _is_awaited(self, unit: Unit, changed: Changed, kept: Newest | None) -> bool:
        """Tell whether the original is yet to come."""
        if kept is not None:
            return kept.fate in (Fate.WAITS, Fate.MISSED)
        return await unit.first_time(changed.thread.conversation_id, changed.key)

    async def _say_now(
        self, unit: Unit, changed: Changed, text: str, at: datetime | None, *, lost: bool
    ) -> bool:
        """Words become the visitor's by their change: a mention that had been forgotten is added.

        Words that were here and did not go to a visitor then are judged by when they were first
        written: who mends a typo in them does not mean today's visitor. False if that is unknown.
        """
        if lost:
            await self.missed(unit, changed.thread, changed.key)
        mentioned = _speaks_to_us(changed)
        said = Heard(changed.thread, changed.operator, changed.key, text, mentioned)
        if changed.as_new is not None:  # with what is beside the words
            said = replace(changed.as_new, text=text, mentioned=mentioned)
        if not await self._takes_in(unit, said, at):  # it was here, and not for the visitor
            if (first := _written(changed.key)) is None:
                return False
            if not await self._takes_in(unit, replace(said, key=mentioned_later(said.key)), first):
                return False
        await self._keep(unit, changed, Newest(Fate.DONE, at, _digest(changed.text)))
        return True

    async def _kept(self, unit: Unit, thread: Thread, key: str) -> Newest | None:
        known = await unit.early_for(thread.conversation_id, key)
        return Newest.read(known) if known else None

    async def _keep(self, unit: Unit, of: Changed | Heard, newest: Newest) -> None:
        await unit.early(of.thread.conversation_id, of.key, newest.written())


def _written(key: str) -> datetime | None:
    """When a message was first written: its id in Teams is that, in milliseconds since 1970."""
    if not (key.isascii() and key.isdigit() and 12 <= len(key) <= 14):
        return None
    return datetime.fromtimestamp(int(key) / 1000, UTC)


def _behind(changed: Changed) -> str:
    return changed.as_new.behind if changed.as_new else ""


def _speaks_to_us(changed: Changed) -> bool:
    """Tell whether it would be for the bot as a new message (see Heard)."""
    return changed.mentioned or changed.thread.scope is Scope.PERSONAL


def _is_among_us(changed: Changed) -> bool:
    """Tell whether the new words are the operators' own: only a mention takes words to the visitor."""
    only_mentions = changed.thread.listening is Listening.MENTION
    words = changed.text is not None and not is_note(changed.text)
    return only_mentions and words and not _speaks_to_us(changed)


def mentioned_later(key: str) -> str:
    """The key of words that were said because a mention was added to a message known before."""
    return f"{key}:mentioned"


def _digest(text: str | None) -> str:
    return "" if text is None else hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
