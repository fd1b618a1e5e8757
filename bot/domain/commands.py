"""What a CO says to the bot itself, after the mention."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from itertools import takewhile

from bot.domain.tickets import (
    NoTicketNumber,
    SeveralTicketNumbers,
    TicketRef,
    parse_ticket,
)

#: A line that begins so stays among the operators.
NOTE = "//"
# White space, and what nobody sees: marks of direction, letters that are drawn as nothing.
_BLANK = r"(?:[^\S\n]|[\u115f\u1160\u200b-\u200f\u2060\u3164\ufeff\uffa0])"
_MARK = r"[-*•·–—>]|\d{1,3}[.)]"
#: The marks of a list or a quote, which Teams puts there, and what nobody sees.
MARKS = rf"{_BLANK}*(?:(?:{_MARK}){_BLANK}+)*"
_TYPED = r"\(?(?:\d{1,3}|[^\W\d_])[.)]"
_KEYCAP = r"\d\ufe0f?\u20e3"
_STRUCK = "~~"  # around what is struck through (bot/teams/html.py)
#: What may stand in front of a line: these, and people's own: "a) …", "(2) …", "1️⃣ …".
MARKED = re.compile(
    rf"^{_BLANK}*(?:(?:{_MARK}|{_TYPED}){_BLANK}+|(?:{_KEYCAP}|{_STRUCK}){_BLANK}*)*"
)
_NOTE_LINE = re.compile(f"{MARKED.pattern}{NOTE}")

#: Whole texts, lower case, that are commands; each does what a button of the card does.
_WORDS = {
    "invite": "invite",
    "cancel": "cancel",
    "revoke link": "revoke",
    "end chat": "end",
    "keep open": "keep",
    "take": "take",
    "back to queue": "back",
    "show card": "look",
    "undo": "undo",
    "keep ticket": "stay",
    "mail answers": "mail",
}


def _hole(name: str, words: str, ends: str) -> str:
    """Return the pattern of white space and as few ``words`` as will do, until what ``ends`` them.

    White space may lie there too, and a run of it is never tried in pieces: there are more of those
    than anybody can wait for. Where nothing else is filled in, its last character is the words.
    """
    nothing = rf"\n*+(?:{ends})"
    blank = rf"\s++|\s+(?=[^\S\n]{nothing})"
    return rf"(?:{blank})(?P<{name}>{words})(?:(?<=\S)|(?={nothing}))"


_REASON = _hole("reason", r"[^:\n]{1,300}?", ":")
# What stands between "send to rt" and the colon confirms the ticket (bot/domain/matching.py).
_FILE = re.compile(
    r"\s*send\s+to\s+rt\b(?:\s*$|\s+(?P<bare>#?[0-9]{1,10})\s*$"
    rf"|(?:\s++(?P<echo>[^:\n]{{1,80}}?)(?<=\S))??(?:\s++because{_REASON})?\s*+:)",
    re.IGNORECASE,
)
# Of a record that may be in RT already, somebody has to have looked (bot/relay/confirming.py).
_LOOKED = r"(?:\s*+,\s*+(?P<looked>not\s+in\s+rt))?\s*+(?::|$)"
_QUEUE = _hole("queue", r"[^:\n]{1,100}?", r"[,:]|\Z")
# "open", "open until 17:00", "close": whether visitors may begin chats (bot/domain/reception.py).
_OPEN = re.compile(r"\s*open(?:\s+until\s+(?P<until>\S[^\n]{0,20}?))?\s*$", re.IGNORECASE)
# "block 2h because …": the word "because" tells it from what is said to a visitor.
_BLOCK = re.compile(
    r"\s*block\s+(?P<span>\d{1,5}\s*[a-z]{1,7})(?:\s+because\s+(?P<reason>\S.*))?\s*$",
    re.IGNORECASE | re.DOTALL,
)
# What can only have been meant for one: a number with one word behind it, with a word for what
# people are blocked for, or with "because" ("block the port because …" is said to a visitor).
_SPAN = r"\d{1,5}(?:\s*(?:min|m|h|d)[a-z]*)?"
#: How words begin that say what people are blocked for.
ABUSE = r"(?:spamm|abus|insult|swear|rude|threat|harass|troll|flood|offen)"
_MISPUT = re.compile(
    r"\s*block\s+(?:because\b|(?:(?:him|her|them|(?:(?:the|this)\s+)?visitor)\s+)?(?:for\s+)?"
    rf"{_SPAN}(?:\s*$|\s*[:;,–-]|\s+because\b"
    rf"|\s+(?:for\s+)?(?:being\s+)?{ABUSE}[a-z]*\b|\s+[^\W\d]+\s*$))",
    re.IGNORECASE,
)
# What stands behind it confirms the ticket, as in "send to rt 345:".
_MAIL = re.compile(r"\s*mail\s+answers\s++(?P<echo>[^:\n]{1,80}?)\s*+$", re.IGNORECASE)
_SAY = re.compile(r"\s*say\s*:(?P<words>.*)$", re.IGNORECASE | re.DOTALL)
_UNBLOCK = re.compile(r"\s*unblock\s+(?P<id>[0-9a-f]{6})\s*$", re.IGNORECASE)
_TRIAGE = re.compile(rf"\s*send\s+to\s+triage{_LOOKED}", re.IGNORECASE)
_NEW = re.compile(rf"\s*new\s+ticket\s+in{_QUEUE}{_LOOKED}", re.IGNORECASE)
_MOVE = re.compile(
    r"\s*move\s+to(?:\s+ticket)?\s+(?P<number>\S.{0,300}?)(?<=\S)\s*+$", re.IGNORECASE
)
_WHY = _hole("reason", r".{1,300}?", r"\Z")
_REBIND = re.compile(
    r"\s*confirm\s+move(?:\s++(?P<echo>\S.{0,80}?)(?<=\S))??"
    rf"(?:\s++because{_WHY})?\s*+$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class StartChat:
    """Show this ticket, to start a chat about it."""

    ticket: TicketRef


@dataclass(frozen=True, slots=True)
class Press:
    """Do what a button of the card does, with ``typed`` in its boxes: (name, text) each."""

    verb: str
    summary: str = ""
    typed: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Help:
    """Say what the bot can do."""


@dataclass(frozen=True, slots=True)
class TooMany:
    """Several tickets were named; we do not guess."""

    found: tuple[TicketRef, ...]


@dataclass(frozen=True, slots=True)
class Receive:
    """Let visitors begin chats, ``until`` a time as it was typed (empty: the closing hour)."""

    until: str = ""


@dataclass(frozen=True, slots=True)
class Close:
    """Let visitors begin no more chats."""


@dataclass(frozen=True, slots=True)
class Block:
    """Keep the visitor of the thread's chat out for a ``span``, as it was typed."""

    span: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Misput:
    """To keep somebody out was meant, and is not said so that it can be done."""


@dataclass(frozen=True, slots=True)
class Unblock:
    """Let somebody in again."""

    id: str


@dataclass(frozen=True, slots=True)
class Blocks:
    """Say who is kept out."""


@dataclass(frozen=True, slots=True)
class Chats:
    """Say which chats there are."""


@dataclass(frozen=True, slots=True)
class Say:
    """Show the visitor these ``words``, whatever they look like."""

    words: str


Command = (
    Say
    | StartChat
    | Press
    | Help
    | TooMany
    | Receive
    | Close
    | Chats
    | Block
    | Misput
    | Unblock
    | Blocks
)


_ALONE: dict[str, Command] = {word: Press(verb) for word, verb in _WORDS.items()}
_ALONE |= {"take over": Press("take", "", (("over", "yes"),))}
_ALONE |= {"": Help(), "help": Help(), "close": Close(), "chats": Chats()}


def is_note(text: str) -> bool:
    """Tell whether ``text`` is for the operators only: every line of it is a note."""
    words, notes = without_notes(text)
    return notes > 0 and not words.strip()


def without_notes(text: str) -> tuple[str, int]:
    """Return ``text`` without the lines that begin with ``//``, and how many those were.

    In a list or a quote they begin so behind its mark. Word and others part lines by other signs:
    behind these a note begins, too, and it ends where the line does.
    """
    if NOTE not in text:
        return text, 0
    kept, notes = [], 0
    for line in text.split("\n"):
        parts = line.splitlines(keepends=True)
        words = list(takewhile(lambda part: not _NOTE_LINE.match(part), parts))
        notes += len(words) < len(parts)
        if words or not parts:
            kept.append("".join(words))
    return "\n".join(kept), notes


def lines_of(text: str) -> Collection[str]:
    """Return a text's lines without the marks of a list or a quote, each once: most may be empty.

    Word and others part them by other signs; what is a line both with and without these stands
    there as both.
    """
    lines = dict.fromkeys((*text.split("\n"), *text.splitlines()))
    return dict.fromkeys(
        # Most begin with a word and with no mark, which is soon seen.
        line if (first := line[:2]).isalpha() and first.isascii() else MARKED.sub("", line)
        for line in lines
    )


def spoken(text: str) -> str:
    """Return what of a message that mentions the bot, and is for the visitor, he is to read."""
    return said["words"].strip() if (said := _SAY.match(text)) else text


def parse_command(text: str, rt_hosts: dict[str, str]) -> Command | None:
    """Read a command; None if ``text`` is none, which in a chat means it is for the visitor."""
    if _SAY.match(text):
        return Say(spoken(text))
    word = " ".join(text.split()).lower()
    word = word.rstrip(".! ") or word  # "End chat!"
    if word in _ALONE:
        return _ALONE[word]
    if blocking := _blocking(text, word):
        return blocking
    if opened := _OPEN.match(text):
        return Receive(opened["until"] or "")
    if press := _record(text) or _move(text, rt_hosts):
        return press
    try:
        return StartChat(parse_ticket(text, rt_hosts))
    except SeveralTicketNumbers as several:
        return TooMany(several.found)
    except NoTicketNumber:
        return None


def _blocking(text: str, word: str) -> Block | Misput | Unblock | Blocks | None:
    if word == "blocks":
        return Blocks()
    if found := _UNBLOCK.match(text):
        return Unblock(found["id"].lower())
    if found := _BLOCK.match(text):
        return Block(found["span"], " ".join((found["reason"] or "").split()))
    return Misput() if _MISPUT.match(text) else None


def _record(text: str) -> Press | None:
    """Read what sends the record somewhere, or answers; what stands behind the colon is the summary."""
    for verb, pattern in (("file", _FILE), ("triage", _TRIAGE), ("new", _NEW), ("mail", _MAIL)):
        if found := pattern.match(text):
            typed = found.groupdict()
            if bare := typed.pop("bare", None):
                typed["echo"] = bare
            return Press(verb, text[found.end() :].strip(), _typed(typed))
    return None


def _move(text: str, rt_hosts: dict[str, str]) -> Press | None:
    """Read what is about another ticket; "move to the window" is said to a visitor."""
    if found := _REBIND.match(text):
        return Press("rebind", "", _typed(found.groupdict()))
    if not (found := _MOVE.match(text)):
        return None
    try:
        parse_ticket(found["number"], rt_hosts)
    except NoTicketNumber:
        return None
    except SeveralTicketNumbers:
        pass  # whoever is asked for the move says that it is one too many
    return Press("move", "", _typed(found.groupdict()))


def _typed(found: dict[str, str | None]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in found.items() if value)
