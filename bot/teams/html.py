"""What an operator wrote, read out of Teams' HTML as plain text (pure; never raises).

``activity.text`` is no substitute: it loses emoji, line breaks and words like ``<data>``. The HTML
is cleaned with nh3 first, because the standard library's parser fails on hostile input.
Shapes: facts of Teams' own HTML, see docs/teams.md.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape, unescape
from html.parser import HTMLParser

import nh3

from bot.domain.commands import MARKED, NOTE

_SCHEMA = "http://schema.skype.com/"
_ATTRIBUTES = {
    "a": {"href"},
    "ol": {"start"},
    "span": {"itemtype", "itemid", "itemprop"},
    "img": {"itemtype", "alt"},
    "emoji": {"alt"},
    "blockquote": {"itemtype"},
    **{tag: {"itemprop"} for tag in ("p", "strong")},
}
_STRUCK = {"s", "del", "strike"}
_INLINE = _STRUCK | {"b", "strong", "i", "em", "u", "code", "a", "span", "img", "emoji", "at"}
_LINES = {
    *("p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote"),
    *("pre", "codeblock", "table", "thead", "tbody", "tr", "hr"),
}
_TAGS = _INLINE | _LINES | {"br", "td", "th"}
_VERBATIM = {"pre", "codeblock"}
_EMPTY = {"br", "img", "hr", "wbr", "col", "input"}
# Made once: building it takes ten times as long as using it.
_CLEANER = nh3.Cleaner(
    tags=_TAGS,
    attributes=_ATTRIBUTES,
    url_schemes={"http", "https", "mailto"},
    link_rel=None,
)
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]*)")
# One paragraph without any element in it, which most messages are.
_ONE_LINE = re.compile(
    r"<p>((?:[^<>&\x00-\x1f\x7f-\x9f\ufffe\uffff]|&(?:nbsp|amp|lt|gt|quot|#39);)*)</p>"
)
# Smileys, "-5" and "--help" are what was said; a list behind the mention has lines of its own.
_POINT = re.compile(
    r"\s*+(?:(?:[:;](?![-~^'´`]?[()DPpOo/|\\*<>\[\]](?!\w))|,|[–—]|-(?=\s|$))\s*+)++"
)
# White space that is layout: a run with a tab or a line's end in it. Each run is looked at once.
_LAYOUT = re.compile(r"(?<![ \t\r\n\f]) *+[\t\r\n\f][ \t\r\n\f]*+")
# What may stand in front of a mention that begins a line: the marks of a list, another mention.
_BEFORE = re.compile(r"[\W\d]*(?:and)?\W*", re.IGNORECASE)
_NEAR = 40  # characters
_START = re.compile(r"[1-9][0-9]?")  # of four digits nobody would know a note behind it (MARKED)
_SLASHES = re.compile(rf"[ ,:;]*{NOTE}")
_LONGEST = 150_000  # characters; Teams' own limit for a whole message is about 100 KB
_MAX_DEPTH = 250
_DEEPEST = 8  # levels of lists and quotes that are shown


@dataclass(frozen=True, slots=True)
class Mention:
    """Somebody who is mentioned, in the order of the activity's entities."""

    name: str
    is_bot: bool


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: ``quote`` is (author, preview), ``pictures`` how many were pasted.

    ``behind`` is the text without the mentions of others that begin a line, empty if none does.
    ``only_quoted`` tells that the bot is mentioned in the quote, and not by who wrote.
    """

    text: str
    quote: tuple[str, str] | None = None
    pictures: int = 0
    behind: str = ""
    only_quoted: bool = False


def read_html(html: str, mentions: Sequence[Mention]) -> Written:
    """Read the text/html attachment of a message."""
    if plain := _ONE_LINE.fullmatch(html):
        return Written(unescape(plain[1]).replace("\xa0", " ").strip())
    if len(html) > _LONGEST or _too_deep(html):
        return Written(_without_tags(html))
    reader = _Reader(mentions)
    try:
        reader.feed(_CLEANER.clean(html))
        reader.close()
    except (AssertionError, ValueError, RecursionError):  # the parser's; nh3 should prevent them
        return Written(_without_tags(html))
    return reader.written()


def _too_deep(html: str) -> bool:
    """Tell whether elements are nested so deep that parsing them would take seconds."""
    depth, begun = 0, Counter[str]()  # an end without a beginning ends nothing
    for closing, tag in _TAG.findall(html):
        name, step = tag.lower(), -1 if closing else 1
        if name not in _EMPTY and (step > 0 or begun[name]):
            begun[name] += step
            depth += step
        if depth > _MAX_DEPTH:
            return True
    return False


def _without_tags(html: str) -> str:
    """Read what nobody wrote in Teams: no structure, just the words."""
    return unescape(re.sub(r"<[^<>]*>", " ", html)).strip()


class _Reader(HTMLParser):
    """Writes lines. ``_lines[-1]`` is the line being written."""

    def __init__(self, mentions: Sequence[Mention]) -> None:
        super().__init__(convert_charrefs=True)
        self._mentions = mentions
        self._lines: list[str] = [""]
        self._fresh = True  # the current line was begun by a block and may be taken over
        self._stack: list[str] = []
        self._verbatim = 0
        self._cell = False  # a cell of this row was begun
        self._begins = False  # nothing of the cell was read
        self._row = 0  # the line in which the row began
        self._cells: list[tuple[int, int]] = []  # where cells begin: line, and how far into it
        self._lists: list[int] = []  # -1 for bullets, else the number of the last item
        self._links: list[tuple[str, list[str]]] = []
        self._skipping = 0  # depth inside a mention, whose name comes from its entity
        self._quotes = 0  # depth of ordinary quotes
        self._reply: _Reply | None = None
        self._replied: tuple[str, str] | None = None
        self._pictures = 0
        self._quoted = self._called_bot = False  # the bot's mention within the quote, and beside it
        self._led: int | None = None  # the line that begins with a mention of the bot
        self._called: dict[int, int] = {}  # lines that begin with mentions of others: how far

    def written(self) -> Written:
        """Return what was read."""
        lines = [line.rstrip() for line in self._lines]
        behind = list(lines)
        for at, end in self._called.items():
            behind[at] = _without_point(lines[at][end:])
        # "@Alan // he lies", and a cell of a row that does: only a note can be meant.
        noted = {at for at, end in self._cells if _SLASHES.match(lines[at], end)}
        noted |= {at for at in self._called if _SLASHES.match(behind[at])}
        if self._led is not None:
            lines[self._led] = _without_point(lines[self._led])
        for at in noted:
            lines[at] = f"{NOTE} {lines[at]}"
        rest = _text(behind) if self._called else ""
        only_quoted = self._quoted and not self._called_bot
        return Written(_text(lines), self._replied, self._pictures, rest, only_quoted)

    # --- the parser's events ---

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin an element."""
        values = {name: value or "" for name, value in attrs}
        if tag == "br":
            self._break()
        elif tag in {"img", "emoji"}:
            self._image(tag, values)
        elif tag != "hr":
            self._stack.append(tag)
            self._open(tag, values)

    def handle_endtag(self, tag: str) -> None:
        """End an element; nh3 has balanced them."""
        # Only the innermost: looking further would take hostile depth times hostile length.
        if self._stack and self._stack[-1] == tag:
            self._close(self._stack.pop())

    def handle_data(self, data: str) -> None:
        """Take text in."""
        if self._reply is not None:
            self._reply.take(data)
            return
        if self._skipping:
            return
        data = data.replace("\xa0", " ")
        if self._verbatim:
            first, *more = data.split("\n")
            self._put(first)
            for line in more:
                self._break()
                self._put(line)
            return
        # White space in the source is layout, except what Teams wrote as &nbsp; on purpose.
        data = _LAYOUT.sub(" ", data)
        if data.strip() or not (self._fresh or self._begins):
            self._put(data)

    # --- elements ---

    def _open(self, tag: str, values: dict[str, str]) -> None:
        if self._skipping:
            self._skipping += 1
        elif self._reply is not None:
            self._reply.enter(values.get("itemprop", ""))
            if values.get("itemtype") == _SCHEMA + "Mention":
                named = self._named(values.get("itemid", ""))
                self._quoted |= named is not None and named.is_bot
        elif tag == "span" and values.get("itemtype") == _SCHEMA + "Mention":
            self._skipping = int(self._mention(values.get("itemid", "")))
        elif tag == "blockquote" and values.get("itemtype") == _SCHEMA + "Reply":
            self._reply = _Reply()
        elif tag == "a":
            self._links.append((values.get("href", ""), []))
        elif tag in _STRUCK:
            self._put("~~")  # else the visitor would read what is not to be read any more
        elif tag in {"td", "th"}:
            self._begin_cell()
        elif tag in _LINES:
            self._block(tag, values.get("start", ""))

    def _begin_cell(self) -> None:
        if self._cell and self._fresh and len(self._lines) - 1 > self._row:
            self._lines.pop()  # the paragraph in the cell before has ended, its row has not
            if self._led == len(self._lines):
                self._led -= 1
        self._put(" | " if self._cell else "")
        self._cell = self._begins = True
        self._cells.append((len(self._lines) - 1, len(self._lines[-1])))

    def _block(self, tag: str, start: str) -> None:
        if not self._begins:
            self._newline()
        self._begins = False
        if tag in _VERBATIM:
            self._verbatim += 1
        elif tag in {"ul", "ol"}:
            first = int(start) if _START.fullmatch(start) else int(tag == "ol")
            self._lists.append(first - 1)
        elif tag == "li":
            self._put(self._bullet())
            self._fresh = True  # a paragraph in the item goes on in this line
        elif tag == "blockquote":
            self._quotes += 1
        elif tag == "tr":
            self._cell, self._row = False, len(self._lines) - 1

    def _close(self, tag: str) -> None:
        if self._skipping:
            self._skipping -= 1
        elif self._reply is not None:
            if not self._reply.leave():
                self._replied = self._replied or self._reply.quote()
                self._reply = None
        elif tag == "a" and self._links:
            self._link(*self._links.pop())
        elif tag in _STRUCK:
            self._put("~~")
        elif tag in _LINES:
            self._end_block(tag)

    def _end_block(self, tag: str) -> None:
        if tag == "p" and self._fresh and not self._lists:
            self._fresh = False  # an empty paragraph is an empty line
        if tag in _VERBATIM:
            self._verbatim -= 1
        elif tag in {"ul", "ol"} and self._lists:
            self._lists.pop()
        self._newline()
        if tag == "blockquote":
            self._quotes = max(0, self._quotes - 1)

    def _bullet(self) -> str:
        indent = "  " * min(len(self._lists) - 1, _DEEPEST)
        if not self._lists or self._lists[-1] < 0:
            return f"{indent}- "
        self._lists[-1] += 1
        return f"{indent}{self._lists[-1]}. "

    def _mention(self, item: str) -> bool:
        """Tell whether what is written there is left out: who it is stands in the entity."""
        named = self._named(item)
        if named is None or not (named.is_bot or named.name):
            return False
        if not named.is_bot:
            at = len(self._lines) - 1
            before = self._lines[at][self._called.get(at, 0) :]
            begins = len(before) <= _NEAR and _BEFORE.fullmatch(MARKED.sub("", before))
            self._put(named.name)
            if begins:
                self._called[at] = len(self._lines[at])
            return True
        self._called_bot = True
        if not "".join(self._lines).strip():
            self._led = len(self._lines) - 1
        return True

    def _named(self, item: str) -> Mention | None:
        index = int(item) if item.isascii() and item.isdigit() and len(item) < 6 else -1
        return self._mentions[index] if 0 <= index < len(self._mentions) else None

    def _image(self, tag: str, values: dict[str, str]) -> None:
        if self._reply is not None:
            self._reply.take(values.get("alt", ""))
        elif self._skipping:
            return
        elif tag == "emoji" or values.get("itemtype") == _SCHEMA + "Emoji":
            self._put(values.get("alt", ""))
        else:
            self._pictures += 1

    def _link(self, href: str, shown: list[str]) -> None:
        text = "".join(shown).strip()
        if href and not _same_address(href, text):
            self._put(f" ({href})" if text else href)

    # --- lines ---

    def _put(self, text: str) -> None:
        if not text:
            return
        if self._links:
            self._links[-1][1].append(text)
        if not self._lines[-1] and self._quotes:
            self._lines[-1] = "> " * min(self._quotes, _DEEPEST)
        self._lines[-1] += text
        self._fresh = self._begins = False

    def _break(self) -> None:
        if self._reply is not None:
            self._reply.take(" ")
        elif not self._skipping:
            self._lines.append("")
            self._fresh = False

    def _newline(self) -> None:
        if not self._fresh:
            self._lines.append("")
            self._fresh = True


class _Reply:
    """The quoted message on top of an answer."""

    def __init__(self) -> None:
        self._parts: dict[str, list[str]] = {"mri": [], "preview": []}
        self._path: list[str] = []

    def enter(self, part: str) -> None:
        """Enter an element; it belongs to the part of the one around it unless it says its own."""
        around = self._path[-1] if self._path else "preview"
        self._path.append({"copy": "preview", "mri": "mri", "time": "time"}.get(part, around))

    def leave(self) -> bool:
        """Leave an element; False if it is the quote itself, and no other one within it."""
        return bool(self._path and self._path.pop())

    def take(self, text: str) -> None:
        """Take text in."""
        self._parts.get(self._path[-1] if self._path else "preview", []).append(text)

    def quote(self) -> tuple[str, str] | None:
        """Return author and preview, None if there is neither."""
        author, preview = (" ".join("".join(self._parts[p]).split()) for p in ("mri", "preview"))
        return (author, preview) if author or preview else None


def _text(lines: list[str]) -> str:
    return "\n".join(lines).strip("\n").strip()


def _without_point(line: str) -> str:
    """Return what follows a mention of the bot without what parts the two: "@Live Chat: help"."""
    return line[found.end() :] if (found := _POINT.match(line)) else line


def _same_address(href: str, text: str) -> bool:
    return href.removeprefix("mailto:").rstrip("/") == text.removeprefix("mailto:").rstrip("/")


def read_text(text: str, mentions: Sequence[tuple[str, Mention]]) -> Written:
    """Read ``activity.text`` when there is no HTML (Microsoft's Playground sends none).

    ``mentions`` are the entities' texts, as ``<at>Live Chat</at>``, in order: each is looked for
    behind the one before, so that a name that somebody merely typed is left alone.
    """
    done, rest = "", text
    for item, (tag, _) in enumerate(mentions):
        before, found, after = rest.partition(tag) if tag else (rest, "", "")
        if found:
            span = f'<span itemtype="{_SCHEMA}Mention" itemid="{item}">{escape(tag)}</span>'
            done, rest = done + escape(before) + span, after.removeprefix("&nbsp;")
            rest = rest if rest == after else f" {rest}"
    return read_html(f"<pre>{done}{escape(rest)}</pre>", [mention for _, mention in mentions])
