"""A record as plain text: only lines of ours begin at the left margin, whatever people typed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import datetime, tzinfo
from functools import lru_cache

from bot.domain.chat import Chat
from bot.domain.legible import apart, contained, parts, plain_name, visible
from bot.domain.messages import Notice
from bot.domain.transcript import (
    Attached,
    Line,
    counted,
    details,
    people,
    rated,
    reasons,
    span,
    spoken,
    visitor_name,
)

WIDTH = 78  # columns; a narrower window would let the rest of a line begin at its margin
#: What every line of a message begins with. It must be seen: RT's page runs white space together.
_SAID = "  | "
_MORE = "  … "  # what a line of ours goes on with
_ADDRESS = re.compile(r"https?://[!-~]+")
_WIDE = frozenset("WF")
_WITHOUT_WIDTH = frozenset({"Mn", "Me", "Cf"})
#: Latin, Greek and Cyrillic: a column each, so that most lines need no look at each character.
ONE_COLUMN = re.compile(
    r"[\x00-\x7f\xa0-\xac\xae-\u02ff\u0370-\u0377\u038e-\u03a1\u03a3-\u0482\u048a-\u052f]*"
)
_DOUBTS = {
    Notice.NOT_SHOWN: "not shown to computing support",
    Notice.NOT_SURE: "perhaps not seen by computing support",
}


def as_text(chat: Chat, lines: tuple[Line, ...], zone: tzinfo) -> str:
    """Render the record as plain text; only lines of ours begin at the left margin."""
    about = f"{span(chat, lines, zone)}, {counted(spoken(lines))}"
    above = [f"Live chat with {apart(visitor_name(chat))}", about, people(chat), *reasons(chat)]
    above += [*details(chat), *rated(chat)]
    head = [hanging(line) for line in above]
    if not (chat.filing and chat.filing.new_ticket):
        head.append(f"Ticket {chat.ticket.ref.number}")
    return "\n".join([*head, "", *(line_text(line, zone) for line in lines)])


def line_text(line: Line, zone: tzinfo) -> str:
    """Render one line of the record as plain text, its words behind bars below its speaker."""
    time = clock(line.at, zone)
    if line.notice:
        return f"[{line.seq}] {time} — {' '.join(parts(line.text))}\n"
    said = marks(line, zone)
    speaker = f"[{line.seq}] {time} {line.role}: "
    speaker += f"{apart(_cut(line.name, WIDTH - len(speaker)))}{f' ({said})' if said else ''}\n"
    quoted = f"{plain_name(line.quote.author)}: {line.quote.text}" if line.quote else ""
    body = [*_indented(quoted, "↳ "), *_indented(line.text, "")]
    body += [f"  + {part}" for file in line.files for part in about_file(file)]
    return speaker + "".join(f"{part}\n" for part in body)


def _cut(name: str, most: int) -> str:
    return name if len(name) <= most else name[: most - 1] + "…"


def hanging(line: str) -> str:
    """Break a line of ours in which there are names, so that none of them begins one."""
    first, *more = broken(line, WIDTH - len(_MORE))
    lines = [contained(first), *(f"{_MORE}{contained(part)}" for part in more)]
    return "\n".join(part.rstrip() for part in lines)


def _indented(text: str, mark: str) -> Iterator[str]:
    for line in visible(text).splitlines():
        for piece in broken(line, WIDTH - len(_SAID) - len(mark)):
            yield f"{_SAID}{mark}{contained(piece)}".rstrip()


def broken(line: str, width: int) -> Iterator[str]:
    """Break a line at white space, or within a word, but not within an address."""
    while len(line) * 2 > width and (fitting := _fitting(line, width)) < len(line):
        yield line[:fitting]
        line = line[fitting:]
    yield line


def _fitting(line: str, width: int) -> int:
    """Return how many characters of a line to take so that they fill at most ``width`` columns."""
    most = _filling(line, width)
    if most == len(line):
        return most
    at_space = next((at for at in range(most, 0, -1) if line[at - 1].isspace()), 0)
    if at_space:
        return at_space
    address = _ADDRESS.match(line)
    return address.end() if address else most


def _filling(line: str, width: int) -> int:
    """Return how many characters fit into ``width`` columns, at least one."""
    plain = ONE_COLUMN.match(line, 0, width)
    filled = plain.end() if plain else 0
    if filled == min(len(line), width):
        return filled
    for index in range(filled, len(line)):
        filled += columns(line[index])
        if filled > width:
            return max(index, 1)
    return len(line)


@lru_cache(maxsize=8192)
def columns(character: str) -> int:
    """Return how many columns a character takes: two of most Chinese, none of an accent."""
    if unicodedata.category(character) in _WITHOUT_WIDTH:
        return 0
    return 2 if unicodedata.east_asian_width(character) in _WIDE else 1


def clock(at: datetime, zone: tzinfo) -> str:
    """Tell the time with its zone: ``21 Nov 10:02:05 GMT``."""
    local = at.astimezone(zone)
    return f"{local.day} {local:%b %H:%M:%S} {local.tzname()}"


def marks(line: Line, zone: tzinfo) -> str:
    """Say what became of a message: edited, taken back or mailed, and when; not seen; else nothing."""
    said = []
    if line.removed:
        said.append(f"taken back {clock(line.removed, zone)}")
    elif line.edited:
        said.append(f"edited {clock(line.edited, zone)}")
    if line.mailed:
        said.append(f"mailed to the visitor {clock(line.mailed, zone)}")
    if line.doubt:
        said.append(_DOUBTS[line.doubt])
    return "; ".join(said)


def about_file(file: Attached) -> list[str]:
    """Tell of a file: ``photo.png (image/png, 1.2 MB)``, and what else its sender called it."""
    told = [f"{file.name} ({file.type}, {amount(file.size)})"]
    sent_as = f"sent as {apart(_cut(file.original, 60))}"
    return told if file.original == file.name else [*told, sent_as]


def amount(size: int) -> str:
    """Word a number of bytes: ``512 bytes``, ``34.1 kB``, ``1.2 MB``."""
    if size < 1_000:
        return "1 byte" if size == 1 else f"{size} bytes"
    return f"{size / 1_000:.1f} kB" if size < 999_950 else f"{size / 1_000_000:.1f} MB"
