"""The two forms of a record: HTML that RT keeps, and plain text that RT folds. Pure.

What people wrote never begins a line of the HTML: RT would take "> …", "-----Original Message-----"
or "______" there for the beginning of a quote, and hide what follows.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from bot.domain.legible import apart, contained, parts, plain_name, visible
from bot.domain.transcript import Line
from bot.domain.transcript_text import about_file, clock, hanging, line_text, marks
from bot.rt.fitting import cut

MAX_PREVIEW = 120  # characters of a message that is answered to
#: Where a line begins that RT or a mail program takes for the beginning of a quote or a signature,
#: which hides it or all that follows.
_FOLDS = re.compile(r"^(?=\s*(?:>|--|_{6}|On\b.*:\s*$))", re.MULTILINE)
_REST = "… the rest is in the attachment"
_SPACES = re.compile(r" {2,}|^ ")
NBSP = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True, slots=True)
class Heading:
    """What stands around the transcript: on top of it all but ``whole``, which says what the
    attached copy of the whole record is known by.
    """

    title: str
    people: str
    reasons: tuple[str, ...]
    author: str
    summary: str
    whole: str


@dataclass(frozen=True, slots=True)
class _Shown:
    """A line as the template takes it."""

    seq: int
    time: str
    name: str
    role: str
    text: str
    cut: bool
    mark: str
    notice: bool
    quote: str
    files: list[str]


class HtmlForm:
    """A list of who spoke and what was said within a blockquote, below the summary."""

    def __init__(self, heading: Heading, zone: tzinfo) -> None:
        self._heading = heading
        self._zone = zone

    def row(self, line: Line, most: int) -> str:
        text, shortened = cut(line.text, most, _html_cost)
        shown = _Shown(
            seq=line.seq,
            time=clock(line.at, self._zone),
            name="" if line.notice else apart(line.name),
            role=line.role,
            text=" ".join(parts(text)) if line.notice else text,
            cut=shortened,
            mark=marks(line, self._zone),
            notice=line.notice,
            quote=_preview(line),
            files=[", ".join(about_file(file)) for file in line.files],
        )
        return _render("row", shown)

    def page(self, first: Sequence[str], left_out: int, last: Sequence[str], most: int) -> str:
        summary, shortened = cut(self._heading.summary, most, _html_cost)
        return _render("page", self._heading, summary, shortened, first, left_out, last)


class TextForm:
    """Lines that begin with "> ", below the summary."""

    def __init__(self, heading: Heading, zone: tzinfo) -> None:
        self._heading = heading
        self._zone = zone

    def row(self, line: Line, most: int) -> str:
        text, shortened = cut(line.text, most, _text_cost)
        lines = line_text(replace(line, text=text), self._zone).splitlines()
        lines += [_REST] if shortened else []
        return "".join(f"> {part}".rstrip() + "\n" for part in lines) + ">\n"

    def page(self, first: Sequence[str], left_out: int, last: Sequence[str], most: int) -> str:
        heading = self._heading
        summary, shortened = cut(heading.summary, most, _text_cost)
        ours = (heading.title, heading.people, *heading.reasons)
        above = [*map(hanging, ours), "", f"Summary by {heading.author}:"]
        above += [_FOLDS.sub("· ", part) for part in parts(summary)]
        above += [*([_REST] if shortened else []), "", ""]
        middle = [f"> … {left_out} more in the attachment …\n>\n"] if left_out else []
        return "\n".join(above) + "".join([*first, *middle, *last, f"> {heading.whole}\n"])


def _preview(line: Line) -> str:
    """Show what a message answers to, on one line."""
    if line.quote is None:
        return ""
    text = " ".join(visible(line.quote.text).split())
    short = text if len(text) <= MAX_PREVIEW else text[:MAX_PREVIEW] + "…"
    return f"{apart(plain_name(line.quote.author))}: {contained(short)}"


def _html_cost(character: str) -> int:
    """Return how many bytes a character may take once it is HTML."""
    if character in "\n\t &<>\"'":
        return {"\n": 4, "\t": 8, " ": 2}.get(character, 5)
    return _text_cost(character)


def _text_cost(character: str) -> int:
    """Return how many bytes a character may take: a sign in its stead, and what ends its effect."""
    if character == "\n":
        return 8
    return 6 if not character.isprintable() else len(character.encode())


def _parts(text: str) -> list[str]:
    """Split a text into lines whose spaces HTML does not run together."""
    return [_SPACES.sub(_kept, line) for line in parts(text)]


def _kept(spaces: re.Match[str]) -> str:
    number = len(spaces[0])
    return f"{NBSP} " * (number // 2) + NBSP * (number % 2)


def _render(macro: str, *values: object) -> str:
    module: Any = _templates.get_template("record.html").module
    rendered: str = getattr(module, macro)(*values)
    return rendered


_templates = Environment(
    loader=PackageLoader("bot.rt"), autoescape=True, undefined=StrictUndefined, auto_reload=False
)
_templates.filters["parts"] = _parts
