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

from bot.domain import transcript
from bot.domain.transcript import Line
from bot.rt.fitting import cut

MAX_PREVIEW = 120  # characters of a message that is answered to
#: Where a line begins that RT takes for the beginning of a quote, which hides it or all that follows.
_FOLDS = re.compile(r"^(?=\s*(?:>|-{3}|_{6}))", re.MULTILINE)
NBSP = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True, slots=True)
class Heading:
    """What stands above the transcript."""

    title: str
    author: str
    summary: str


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


class HtmlForm:
    """A table within a blockquote, below the summary."""

    def __init__(self, heading: Heading, zone: tzinfo) -> None:
        self._heading = heading
        self._zone = zone

    def row(self, line: Line, most: int) -> str:
        text, shortened = cut(line.text, most, _html_cost)
        name = "" if line.notice else line.name
        mark = transcript.marks(line, self._zone).strip()
        time = transcript.clock(line.at, self._zone)
        return _render(
            "row",
            _Shown(
                line.seq, time, name, line.role, text, shortened, mark, line.notice, _preview(line)
            ),
        )

    def page(self, first: Sequence[str], left_out: int, last: Sequence[str], most: int) -> str:
        heading = self._heading
        summary, shortened = cut(heading.summary, most, _html_cost)
        return _render(
            "page", heading.title, heading.author, summary, shortened, first, left_out, last
        )


class TextForm:
    """Lines that begin with "> ", below the summary."""

    def __init__(self, heading: Heading, zone: tzinfo) -> None:
        self._heading = heading
        self._zone = zone

    def row(self, line: Line, most: int) -> str:
        text, shortened = cut(line.text, most, _text_cost)
        text += " … (the rest is in the attachment)" if shortened else ""
        lines = transcript.line_text(replace(line, text=text), self._zone).splitlines()
        return "".join(f"> {part}\n" for part in lines) + ">\n"

    def page(self, first: Sequence[str], left_out: int, last: Sequence[str], most: int) -> str:
        heading = self._heading
        summary, shortened = cut(heading.summary, most, _text_cost)
        summary = _FOLDS.sub("· ", summary)
        summary += " … (the rest is in the attachment)" if shortened else ""
        middle = [f"> … {left_out} more in the attachment …\n>\n"] if left_out else []
        head = f"{heading.title}\n\nSummary by {heading.author}:\n{summary}\n\n"
        return head + "".join([*first, *middle, *last])


def _preview(line: Line) -> str:
    """Show what a message answers to, on one line."""
    if line.quote is None:
        return ""
    text = " ".join(line.quote.text.split())
    short = text if len(text) <= MAX_PREVIEW else text[:MAX_PREVIEW] + "…"
    return f"{transcript.plain_name(line.quote.author)}: {short}"


def _html_cost(character: str) -> int:
    """Return how many bytes a character may take once it is HTML."""
    return {"\n": 4, "\t": 8, " ": 2}.get(character) or (
        5 if character in "&<>\"'" else len(character.encode())
    )


def _text_cost(character: str) -> int:
    return 8 if character == "\n" else len(character.encode())


def _parts(text: str) -> list[str]:
    """Split a text into lines whose spaces HTML does not run together."""
    lines = (line.expandtabs(4).replace("  ", f"{NBSP} ") for line in text.splitlines())
    return [NBSP + line[1:] if line.startswith(" ") else line for line in lines]


def _render(macro: str, *values: object) -> str:
    module: Any = _templates.get_template("record.html").module
    rendered: str = getattr(module, macro)(*values)
    return rendered


_templates = Environment(
    loader=PackageLoader("bot.rt"), autoescape=True, undefined=StrictUndefined, auto_reload=False
)
_templates.filters["parts"] = _parts
