"""A chat's log made readable: edits and removals worked in, as text, as JSON, and a first summary.

Whoever is quoted here wrote freely, so nothing a person typed may look like our own framing: names
are cut to one line, and in plain text every line of a message stands further in than any speaker's.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from functools import lru_cache
from typing import Any

from bot.domain.chat import Chat
from bot.domain.messages import Author, Kind, Message, Notice, Quote, Role

SCHEMA = "livechat.transcript/1"
MAX_NAME = 80

#: How the three roles are called wherever people read a record.
ROLES = {Role.VISITOR: "visitor", Role.OPERATOR: "computing support", Role.SYSTEM: "live chat"}

_NOTICES = {
    Notice.VISITOR_JOINED: "{} joined",
    Notice.OPERATOR_JOINED: "{} joined",
    Notice.ENDED_BY_VISITOR: "{} ended the chat",
    Notice.ENDED_BY_OPERATOR: "{} ended the chat",
    Notice.OPERATORS_LOST: "computing support could not be reached any more; the chat ended",
    Notice.NOT_SHOWN: "message #{target} could not be shown to computing support during the chat",
    Notice.NOT_SURE: "message #{target} may not have been seen by computing support",
    Notice.MOVED: "{} took the chat to another ticket",
    Notice.FILED: "the chat was put on the ticket",
}
_INDENT = "    "


@dataclass(frozen=True, slots=True)
class Line:
    """What became of one utterance or notice.

    ``text`` is as it was last edited, empty when ``removed``; for a notice it is a sentence.
    ``edited`` and ``removed`` are when that last happened.
    """

    seq: int
    author: Author
    text: str
    at: datetime
    quote: Quote | None = None
    notice: bool = False
    edited: datetime | None = None
    removed: datetime | None = None

    @property
    def name(self) -> str:
        """The author's name, fit to stand in a line of ours."""
        return plain_name(self.author.name)

    @property
    def role(self) -> str:
        """The author's role in words; the person a notice is about has not said it."""
        return ROLES[Role.SYSTEM if self.notice else self.author.role]


def resolve(log: Iterable[Message]) -> tuple[Line, ...]:
    """Work edits and removals into the lines they are about, in order of ``seq``.

    Only an author's own changes count; an edit after a removal brings the line back, as "undo"
    in Teams does. A quote of words that were taken back is dropped too.
    """
    lines: dict[int, Line] = {}
    withdrawn: dict[int, str] = {}
    for message in sorted(log, key=lambda m: m.seq):
        if message.kind is Kind.SAID:
            lines[message.seq] = Line(
                message.seq, message.author, message.text, message.at, message.quote
            )
        elif message.kind is Kind.NOTICE:
            text = _notice(message)
            lines[message.seq] = Line(message.seq, message.author, text, message.at, notice=True)
        elif (before := lines.get(message.target or 0)) and _may_change(message, before):
            lines[before.seq] = _changed(before, message, withdrawn)
    return tuple(_without_withdrawn(line, withdrawn.values()) for line in lines.values())


def _may_change(message: Message, line: Line) -> bool:
    same = (message.author.role, message.author.id) == (line.author.role, line.author.id)
    return same and not line.notice


def _changed(line: Line, message: Message, withdrawn: dict[int, str]) -> Line:
    if message.kind is Kind.REMOVED:
        withdrawn.setdefault(line.seq, line.text)
        return replace(line, text="", quote=None, removed=message.at)
    undone = withdrawn.pop(line.seq, None) == message.text
    edited = line.edited if undone else message.at
    return replace(line, text=message.text, edited=edited, removed=None)


def _without_withdrawn(line: Line, withdrawn: Iterable[str]) -> Line:
    """Drop a quote whose preview is the beginning of words that were taken back."""
    if line.quote is None:
        return line
    preview = line.quote.text.rstrip("….").strip()
    if preview and any(text.startswith(preview) for text in withdrawn):
        return replace(line, quote=None)
    return line


def _notice(message: Message) -> str:
    try:
        sentence = _NOTICES[Notice(message.text)]
    except ValueError:  # a notice that a newer version wrote
        return message.text
    who = plain_name(message.author.name) or "somebody"
    return sentence.format(who, target=message.target)


@lru_cache(maxsize=256)  # every line of a record asks for one of a few names
def plain_name(name: str) -> str:
    """Cut a name to one line of at most MAX_NAME characters, without invisible characters.

    Characters that turn the direction of writing could make a name swallow what stands after it.
    """
    seen = "".join(" " if c.isspace() else c for c in name)
    seen = "".join(c for c in seen if unicodedata.category(c) not in {"Cc", "Cf", "Zl", "Zp"})
    seen = " ".join(seen.split())
    return seen if len(seen) <= MAX_NAME else seen[: MAX_NAME - 1] + "…"


def spoken(lines: Iterable[Line]) -> int:
    """Count what people said, taken back or not."""
    return sum(not line.notice for line in lines)


def visitor_name(chat: Chat) -> str:
    """Name the visitor, or say that nobody came."""
    return (plain_name(chat.visitor.name) if chat.visitor else "") or "a visitor"


def span(chat: Chat, lines: tuple[Line, ...], zone: tzinfo) -> str:
    """Say from when to when people talked: ``21 November 2026, 10:02–10:17 GMT``."""
    moments = [line.at for line in lines] or [chat.created]
    first, last = (moment.astimezone(zone) for moment in (min(moments), max(moments)))
    begin = f"{first.day} {first:%B %Y, %H:%M}"
    if first.date() != last.date():
        return f"{begin} {first.tzname()} – {last.day} {last:%B %Y, %H:%M} {last.tzname()}"
    if first.strftime("%H:%M") == last.strftime("%H:%M"):
        return f"{begin} {last.tzname()}"
    return f"{begin}–{last:%H:%M} {last.tzname()}"


def counted(number: int) -> str:
    """Word a number of messages: ``no messages``, ``1 message``, ``14 messages``."""
    return "1 message" if number == 1 else f"{number or 'no'} messages"


def draft_summary(chat: Chat, log: Iterable[Message], zone: tzinfo) -> str:
    """Draft the summary a CO starts from: the ticket's subject, who talked and when."""
    lines = resolve(log)
    names = [plain_name(operator.name) for operator in chat.operators]
    people = " and ".join([visitor_name(chat), ", ".join(filter(None, names)) or "nobody"])
    talk = f"Live chat between {people}, {span(chat, lines, zone)}, {counted(spoken(lines))}."
    subject = " ".join(chat.ticket.subject.split())
    return f"{subject}\n{talk}" if subject else talk


def as_text(chat: Chat, lines: tuple[Line, ...], zone: tzinfo) -> str:
    """Render the record as plain text; only lines of ours begin at the left margin."""
    head = (
        f"Live chat with {visitor_name(chat)}\n"
        f"{span(chat, lines, zone)}, {counted(spoken(lines))}\n"
        f"Ticket {chat.ticket.ref.number}\n"
    )
    return "\n".join([head, *(line_text(line, zone) for line in lines)])


def line_text(line: Line, zone: tzinfo) -> str:
    """Render one line of the record as plain text, its words indented below its speaker."""
    if line.notice:
        return f"[{line.seq}] {clock(line.at, zone)} — {line.text}\n"
    speaker = f"[{line.seq}] {clock(line.at, zone)} {line.role}: {line.name}{marks(line, zone)}\n"
    quoted = f"{line.quote.author}: {line.quote.text}" if line.quote else ""
    said = [f"{_INDENT}| {part}\n" for part in quoted.splitlines()]
    said += [f"{_INDENT}{part}\n" for part in line.text.splitlines()]
    return speaker + "".join(said)


def clock(at: datetime, zone: tzinfo) -> str:
    """Tell the time with its zone: ``21 Nov 10:02:05 GMT``."""
    local = at.astimezone(zone)
    return f"{local.day} {local:%b %H:%M:%S} {local.tzname()}"


def marks(line: Line, zone: tzinfo) -> str:
    """Say in brackets that a message was edited or taken back, and when; else say nothing."""
    if line.removed:
        return f" (taken back {clock(line.removed, zone)})"
    return f" (edited {clock(line.edited, zone)})" if line.edited else ""


def as_json(chat: Chat, lines: tuple[Line, ...]) -> dict[str, Any]:
    """Give the record to programs: schema SCHEMA, times in ISO 8601 UTC, names but no ids."""
    filing = chat.filing
    return {
        "schema": SCHEMA,
        "chat": chat.id,
        "ticket": {"instance": chat.ticket.ref.instance, "number": chat.ticket.ref.number},
        "created": chat.created.isoformat(),
        "ended": chat.ended.isoformat() if chat.ended else None,
        "visitor": chat.visitor.name if chat.visitor else None,
        "operators": [operator.name for operator in chat.operators],
        "summary": {"by": filing.by.name, "text": filing.summary} if filing else None,
        "lines": [_as_json(line) for line in lines],
    }


def _as_json(line: Line) -> dict[str, Any]:
    return {
        "seq": line.seq,
        "at": line.at.isoformat(),
        "kind": "notice" if line.notice else "message",
        "role": line.author.role.value,
        "name": line.author.name,
        "text": line.text,
        "quote": {"name": line.quote.author, "text": line.quote.text} if line.quote else None,
        "edited": line.edited.isoformat() if line.edited else None,
        "removed": line.removed.isoformat() if line.removed else None,
    }
