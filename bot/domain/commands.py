"""What a CO says to the bot itself, after the mention."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.domain.tickets import (
    NoTicketNumber,
    SeveralTicketNumbers,
    TicketRef,
    parse_ticket,
)

#: A line that begins so stays among the operators.
NOTE = "//"

#: Whole texts, lower case, that are commands; each does what a button of the card does.
_WORDS = {
    "": "help",
    "help": "help",
    "invite": "invite",
    "cancel": "cancel",
    "revoke link": "revoke",
    "end chat": "end",
    "keep open": "keep",
    "show card": "look",
}
_FILE = re.compile(r"\s*send\s+to\s+rt\s*(?::\s*|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class StartChat:
    """Show this ticket, to start a chat about it."""

    ticket: TicketRef


@dataclass(frozen=True, slots=True)
class Press:
    """Do what a button of the card does."""

    verb: str
    summary: str = ""


@dataclass(frozen=True, slots=True)
class Help:
    """Say what the bot can do."""


@dataclass(frozen=True, slots=True)
class TooMany:
    """Several tickets were named; we do not guess."""

    found: tuple[TicketRef, ...]


Command = StartChat | Press | Help | TooMany


def is_note(text: str) -> bool:
    """Tell whether ``text`` is for the operators only: every line of it is a note."""
    words, notes = without_notes(text)
    return notes > 0 and not words.strip()


def without_notes(text: str) -> tuple[str, int]:
    """Return ``text`` without the lines that begin with ``//``, and how many those were."""
    lines = text.split("\n")
    kept = [line for line in lines if not line.lstrip().startswith(NOTE)]
    return "\n".join(kept), len(lines) - len(kept)


def parse_command(text: str, rt_hosts: dict[str, str]) -> Command | None:
    """Read a command; None if ``text`` is none, which in a chat means it is for the visitor."""
    word = " ".join(text.split()).lower()
    if word in _WORDS:
        return Help() if _WORDS[word] == "help" else Press(_WORDS[word])
    if file := _FILE.match(text):
        return Press("file", text[file.end() :].strip())
    try:
        return StartChat(parse_ticket(text, rt_hosts))
    except SeveralTicketNumbers as several:
        return TooMany(several.found)
    except NoTicketNumber:
        return None
