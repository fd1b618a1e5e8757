"""What RT makes of a message on a ticket's page: cleaned, folded, or not shown at all. Pure.

The rules were measured on RT 5: its list of tags, blockquotes and lines that begin with ">" behind
"Show quoted text", nothing at all of a body over 25 KB, text attachments in the page, unfolded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby

import nh3
from markupsafe import Markup, escape

from bot.sandbox.rt.world import Attachment

MAX_INLINE_BODY = 25 * 1024
TOO_LARGE = "Message body is not shown because it is too large."

TAGS = {
    *("a", "b", "u", "p", "br", "i", "hr", "small", "em", "font", "span", "strong", "sub", "sup"),
    *("s", "del", "strike", "h1", "h2", "h3", "h4", "h5", "h6", "ins", "div", "ul", "ol", "li"),
    *("dl", "dt", "dd", "pre", "blockquote", "bdo"),
    *("table", "thead", "tbody", "tfoot", "tr", "td", "th"),
}
ATTRIBUTES = {
    "*": {"dir", "lang", "colspan", "rowspan", "align", "valign", "cellpadding", "cellspacing",
          "border", "width", "height", "color", "size", "face", "style"},
    "a": {"href"},
}  # fmt: skip

STYLES = {
    "margin",
    "padding",
    "color",
    "background-color",
    "font-size",
    "font-weight",
    "text-align",
}

_FOLD = Markup('<details class="quoted"><summary>Show quoted text</summary>')
_LINK = re.compile(r"https?://[^\s<>\"']+")


def shown(attachment: Attachment) -> Markup:
    """Render a part of a message as it stands in the ticket's page; empty for one that does not."""
    if not attachment.kind.startswith("text/"):
        return Markup("")
    if len(attachment.content) > MAX_INLINE_BODY:
        return Markup("<p><em>{}</em></p>").format(TOO_LARGE)
    text = attachment.content.decode(errors="replace")
    if attachment.kind == "text/html":
        return _html(text, fold=not attachment.name)
    return _plain(text, fold=not attachment.name)


def _html(text: str, *, fold: bool) -> Markup:
    clean = nh3.clean(
        text,
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes={"http", "https", "ftp", "mailto"},
        filter_style_properties=STYLES,
    )
    if not fold:
        return Markup(clean)  # noqa: S704  nh3 cleaned it
    folded = clean.replace("<blockquote>", f"{_FOLD}<blockquote>")
    return Markup(folded.replace("</blockquote>", "</blockquote></details>"))  # noqa: S704


def _plain(text: str, *, fold: bool) -> Markup:
    pieces = []
    for quoted, lines in groupby(text.splitlines(), key=lambda line: line.startswith(">")):
        piece = Markup("<br>").join(_clicky(line) for line in lines)
        pieces.append(_FOLD + piece + Markup("</details>") if quoted and fold else piece)
    return Markup("<br>").join(pieces)


def _clicky(line: str) -> Markup:
    """Make links of what looks like one."""
    pieces: list[Markup] = []
    done = 0
    for match in _LINK.finditer(line):
        link = Markup('<a href="{0}" rel="noopener">{0}</a>').format(match[0])
        pieces += [escape(line[done : match.start()]), link]
        done = match.end()
    return Markup("").join([*pieces, escape(line[done:])])


def files(attachments: Iterable[Attachment]) -> list[Attachment]:
    """Return the parts that RT lists with a link."""
    return [attachment for attachment in attachments if attachment.name]
