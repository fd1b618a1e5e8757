"""Making other people's words harmless where Teams reads markup (pure)."""

from __future__ import annotations

import html
import re

from bot.domain.legible import one_line

# Everything with a meaning in the markdown of Adaptive Cards (and of Teams' own renderers), and "&"
# and "<", which some clients read as HTML.
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-!|~&])")
_SCHEME = re.compile(r"(?i)\b(https?|mailto|ftp)(:)")
_THREAD = re.compile(r"https://teams\.microsoft\.com/l/message/[\w%.~@/:;?=&-]+")
# What the line above a relayed message ends in: a time and a number. In writing from right to left
# the other way round looks the same.
_TIME, _NUMBER = r"\d{1,2}\s*[:.∶：]\s*\d{2}", r"[#＃﹟]\s*\d"
_HEADER = re.compile(rf"{_TIME}.{{0,8}}{_NUMBER}|(?:{_NUMBER}+|\d[#＃﹟]).{{0,8}}{_TIME}")
# Teams breaks lines at all of these.
_BREAK = re.compile(r"[\n\v\f\x1c-\x1e\x85\u2028\u2029]")
# Our own line below relayed messages.
_SLOW = re.compile(r"(?i)^\W*teams is slow\b")


def in_card(text: str, limit: int = 300) -> str:
    """Escape ``text`` for a TextBlock or Fact: one line, no markdown, no link, no date function."""
    line = one_line(text, limit)
    # A zero-width space keeps "{{DATE(…)}}" and bare addresses from being taken for more.
    line = line.replace("{{", "{\u200b{")
    line = _SCHEME.sub("\\1\u200b\\2", line)
    return _MARKDOWN.sub(r"\\\1", line)


def in_xml(text: str) -> str:
    """Escape ``text`` for a message of textFormat xml."""
    return html.escape(text, quote=False).replace("\n", "<br/>")


def linked(xml: str) -> str:
    """Make addresses of threads in Teams links, in a text that ``in_xml`` has escaped."""
    return _THREAD.sub(r'<a href="\g<0>">open it</a>', xml)


def unforged(text: str) -> str:
    """Mark lines of a visitor's text that look like a line of ours above or below a message.

    Teams shows no indentation, so such a line gets a bar in front; everything else stays as it is.
    """
    return "\n".join(f"| {line}" if _is_ours(line) else line for line in _lines(text))


def barred(text: str) -> str:
    """Mark the first line of an unforged text, of which the beginning was cut off."""
    first = text.partition("\n")[0]
    return f"| {text}" if _is_ours(first) and not first.startswith("| ") else text


def _is_ours(line: str) -> bool:
    return bool(_HEADER.search(line) or _SLOW.search(line))


def _lines(text: str) -> list[str]:
    return _BREAK.split(text)
