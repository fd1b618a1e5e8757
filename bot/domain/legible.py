"""What people wrote, made fit to stand among our own words: nothing of it acts, all of it is seen.

Unicode has characters that turn the direction of writing until something ends them (UAX #9), that
break lines where nobody expects it, or that cannot be seen at all. Inside a message they are the
writer's business; what stands beside the message is ours.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

MAX_NAME = 80

# Categories of what nobody sees, and letters that are drawn as nothing (fillers, an empty Braille cell).
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_FILLERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")

_EMBEDDINGS = frozenset("\u202a\u202b\u202d\u202e")
_ISOLATES = frozenset("\u2066\u2067\u2068")
_POP_EMBEDDING, _POP_ISOLATE = "\u202c", "\u2069"
_FIRST_STRONG = "\u2068"
_TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")
_RIGHT_TO_LEFT = frozenset({"R", "AL"})

# Overrides write letters backwards ("exe.gpj" reads "jpg.exe"), which no language needs; the others
# stand for things nobody uses in messages. Tag characters carry whole sentences that nobody sees; at
# home they are in a flag alone.
_TWISTS = re.compile(
    "(\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f)"
    "|[\u202d\u202e\u206a-\u206f\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_LINE = re.compile("[^\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+")

# What neither HTML nor a database's text may hold: controls, halves of characters, non-characters.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def parts(text: str) -> list[str]:
    """Split a text into lines that can stand for themselves: seen as a whole, and turning nothing."""
    return [contained(line) for line in visible(text).splitlines()]


def visible(text: str) -> str:
    r"""Show a control character as the sign for it, ``NUL`` as ``␀``; tabs become spaces.

    Line breaks stay, as ``\n`` where they were ``\r`` or ``\r\n``.
    """
    unified = untwisted(text.replace("\r\n", "\n").replace("\r", "\n"))
    return _UNSEEN.sub(lambda match: _sign(match[0]), unified).expandtabs(4)


def _sign(character: str) -> str:
    code = ord(character)
    if code == 0x7F:
        return "\u2421"
    return chr(0x2400 + code) if code < 0x20 else "\N{REPLACEMENT CHARACTER}"


def untwisted(text: str) -> str:
    """Put a sign that is seen for what makes a text read other than it is, or hides words in it.

    Arabic, Hebrew, Persian and emoji need none of these: their marks, embeddings, isolates and
    joiners stay.
    """
    if text.isascii():
        return text
    return _TWISTS.sub(lambda match: match[1] or "\N{REPLACEMENT CHARACTER}", text)


def shown(text: str) -> str:
    """Return a message as people are shown it: read as it is, and turning nothing beyond its lines.

    Lines, spaces and tabs stay as they are.
    """
    plain = untwisted(text)
    return _LINE.sub(lambda match: contained(match[0]), plain) if _TURNS.search(plain) else plain


def contained(line: str) -> str:
    """End whatever turns the direction of writing within a line at the line's own end.

    An end without a beginning goes: it would end what stands around the line.
    """
    if not _TURNS.search(line):
        return line
    kept: list[str] = []
    ends: list[str] = []
    isolates = 0  # of the ends: nobody has the time to look for one at each character
    for character in line:
        if character in _EMBEDDINGS:
            ends.append(_POP_EMBEDDING)
        elif character in _ISOLATES:
            ends.append(_POP_ISOLATE)
            isolates += 1
        elif character == _POP_ISOLATE:
            if not isolates:
                continue
            while ends.pop() != _POP_ISOLATE:
                pass  # what began within an isolate ends with it
            isolates -= 1
        elif character == _POP_EMBEDDING:
            if not ends or ends[-1] != _POP_EMBEDDING:
                continue
            ends.pop()
        kept.append(character)
    return "".join(kept + ends[::-1])


def hidden(character: str) -> bool:
    """Tell whether nothing of it is seen where it stands."""
    return character in _FILLERS or unicodedata.category(character) in _HIDDEN


def bare(text: str) -> str:
    """Return what of a text Teams shows as it is: its letters, figures and signs, but no spaces.

    Nor the dots behind what Teams has cut off.
    """
    kept = "".join(c for c in text.casefold() if c.isprintable() and not c.isspace())
    return kept.rstrip("….")


def blank(text: str) -> bool:
    """Tell whether nothing of the whole text is seen."""
    return all(character.isspace() or hidden(character) for character in text)


@lru_cache(maxsize=256)  # every line of a record asks for one of a few names
def plain_name(name: str) -> str:
    """Cut a name to one line of at most MAX_NAME characters, without invisible characters.

    Characters that turn the direction of writing could make a name swallow what stands after it.
    """
    return one_line(name, MAX_NAME)


def one_line(text: str, limit: int) -> str:
    """Cut a text to one line of at most ``limit`` characters, without invisible characters."""
    seen = "".join(" " if c.isspace() else c for c in text)
    seen = "".join(c for c in seen if unicodedata.category(c) not in _HIDDEN)
    seen = " ".join(seen.split())
    return seen if len(seen) <= limit else seen[: limit - 1] + "…"


def apart(words: str) -> str:
    """Keep a name that is written from right to left from reordering what stands beside it."""
    if any(unicodedata.bidirectional(character) in _RIGHT_TO_LEFT for character in words):
        return f"{_FIRST_STRONG}{contained(words)}{_POP_ISOLATE}"
    return words


def straight(text: str) -> str:
    """Return a text as one line that turns nothing, wherever it is cut and whatever stands behind it."""
    return " ".join(_TURNS.sub("", visible(text)).split())


def untagged(text: str) -> str:
    """Return a text as one line for a mail's subject, in which RT sees no ticket's tag.

    The first tag in a subject wins, whoever wrote it: ``[rt.test #1]`` becomes ``(rt.test #1)``.
    """
    return straight(text).translate({ord("["): "(", ord("]"): ")"})
