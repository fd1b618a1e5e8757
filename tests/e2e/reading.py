"""What the pop-up must show of a text, worked out a second time: widget/src/text.ts is the first."""

from __future__ import annotations

import re
import unicodedata

from bot.domain.messages import tidy

#: White space as JavaScript has it.
SPACE = "\t\n\v\f\r \xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
_TRIMMED = re.compile(f"^[{SPACE}]+|[{SPACE}]+$")
_CLOSES = re.compile(f"[{SPACE}]*```[{SPACE}]*")
_OPENS = re.compile(f"[{SPACE}]*```[A-Za-z0-9_+#.-]*[{SPACE}]*")
_CODE = re.compile(r"(`{1,3})([^`\n]+)\1")


def sent(typed: str) -> str:
    """What is stored of what was typed into the composer."""
    return tidy(_TRIMMED.sub("", typed.replace("\r\n", "\n").replace("\r", "\n")))


def shown(text: str) -> list[str]:
    """The texts of a message's blocks, one after the other."""
    blocks: list[str] = []
    kind, lines, opened = "plain", list[str](), ""

    def flush() -> None:
        raw = "\n".join(lines)
        if kind == "code":
            blocks.append(raw or opened)
        elif body := re.sub(r"\A\n|\n\Z", "", raw):
            blocks.append(_CODE.sub(r"\2", body))
        lines.clear()

    for line in text.split("\n"):
        pattern = _CLOSES if kind == "code" else _OPENS
        quote = None if kind == "code" else re.match("> ?", line)
        if pattern.fullmatch(line):
            flush()
            kind, opened = ("plain", "") if kind == "code" else ("code", line)
            continue
        if kind != "code" and bool(quote) != (kind == "quote"):
            flush()
            kind = "quote" if quote else "plain"
        lines.append(line[quote.end() :] if quote else line)
    flush()
    return blocks or [text]


def squeezed(text: str) -> str:
    """A text without white space and without what cannot be seen."""
    return "".join(c for c in text if unicodedata.category(c)[0] not in "CZ")
