"""Which quoted words may stand beside an answer: those that the visitor has said or read (pure).

A CO answers anything in the thread with Teams' quote: a colleague's note, what was said to an earlier
visitor, a notice of the bot. Of the quoted post Teams tells the author's name and how it begins. So
what stands in a post around a visitor's words is written here, where it is read again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import zip_longest

from bot.domain.commands import spoken
from bot.domain.files import File
from bot.domain.legible import bare, plain_name, shown
from bot.domain.messages import Kind, Message, Quote, Role
from bot.domain.previews import shapes
from bot.domain.transcript_text import amount

#: The line above a visitor's words in the thread.
_ABOVE = re.compile(r"· \d{2}:\d{2} · #(\d{1,9})(?: \(resent\))?(?: \(\d+/\d+\))?")
#: What names there may not hold, and what is put before lines that look like one of ours.
_MARKS = str.maketrans("", "", "·#|")
#: And the one below, where Teams is slow.
_BELOW = re.compile(r"\s+Teams is slow: \d+ s behind\.?\s*$")
#: Characters of a line within which a preview ends (Teams' are short; we read 500 of one).
_BEGINNING = 2000


def above(line: Message, at: datetime, *, resent: bool) -> str:
    """Write the line above a visitor's words; ``at`` is when he wrote them, by the site's clock."""
    label = " (resent)" if resent else ""
    return f"{_called(line.author.name)} · {at.hour:02}:{at.minute:02} · #{line.seq}{label}"


@lru_cache(maxsize=1024)
def _called(name: str) -> str:
    # It must not bring a time and number of its own.
    return (plain_name(name) or "Visitor").replace("·", " ").replace("#", " ")


def in_part(above: str, number: int, of: int) -> str:
    """Write that line above a part of his words, numbered from 1."""
    return f"{above} ({number}/{of})"


def below(behind: int) -> str:
    """Write the line below them: how many seconds we are behind."""
    return f"Teams is slow: {behind} s behind."


def named(file: File) -> str:
    """Write what his file is called."""
    return f"File: {file.name} ({amount(file.size)})"


def may_show(quote: Quote, lines: Sequence[Message], names: Iterable[str]) -> bool:
    """Tell whether the visitor knows what is quoted. ``names`` are those by which the bot is mentioned.

    ``lines`` are the chat's.
    """
    gone = {line.target: line.seq for line in lines if line.kind is Kind.REMOVED}
    # What was edited since is there again: so Teams undoes a removal.
    there = [line for line in lines if line.seq > gone.get(line.target or line.seq, 0)]
    if heads := list(_ABOVE.finditer(quote.text)):
        return _relayed(quote.text, heads, there)
    wanted = [(_letters(words), bare(words)) for words in _without_mention(quote.text, names)]
    return any(
        _begins(line.text[:_BEGINNING].casefold(), letters, words)
        for line in there
        if line.author.role is Role.OPERATOR and _is_by(quote.author, line)
        for letters, words in wanted
    )


def as_known(quote: Quote, visitor: str) -> Quote:
    """Return a quote as ``visitor`` knows it: his own words, without the line that we write above them."""
    name = r"\s+".join(map(re.escape, _called(visitor).split()))
    above = re.compile(rf"{name}\s*{_ABOVE.pattern}\s*")
    said = _BELOW.sub("", above.sub("", quote.text)).strip()
    return Quote(visitor, said) if visitor and said and above.match(quote.text) else quote


def _begins(said: str, letters: str, words: str) -> bool:
    """Tell whether a preview is how ``said`` begins; it has no links' addresses, nor a list's marks.

    Most lines differ in their first letter: the rest of them is not looked at.
    """
    if words and _is_start(words, (c for c in said if c.isprintable() and not c.isspace())):
        return True
    return bool(letters) and any(_is_start(letters, filter(str.isalnum, s)) for s in shapes(said))


def _is_start(wanted: str, said: Iterator[str]) -> bool:
    return all(next(said, "") == character for character in wanted)


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


def _is_by(name: str, line: Message) -> bool:
    # Teams may show more of a name: "Grace Hopper (she/her)".
    return name.casefold().startswith(line.author.name.casefold())


def _relayed(text: str, heads: list[re.Match[str]], lines: list[Message]) -> bool:
    """Tell whether a post of the bot's carries words of this chat's visitor, and nothing else."""
    said = {line.seq: line for line in lines if line.author.role is Role.VISITOR}
    found = [said.get(int(head[1])) for head in heads]
    before, at = "", 0
    for line, head, following in zip_longest(found, heads, found[1:]):
        if line is None:
            return False
        called = _posted(_called(line.author.name))
        if _posted(text[at : head.start()]) != before + called:
            return False
        before, at = _posted(_said(line)), head.end()
        if following is None:
            return _posted(_BELOW.sub("", text[at:])) in before
    return False


def _posted(text: str) -> str:
    """What is left of somebody's words in the thread and in their preview alike."""
    return bare(shown(text)).translate(_MARKS)


def _said(line: Message) -> str:
    return f"{line.text} {named(line.file)}" if line.file else line.text


def _without_mention(text: str, names: Iterable[str]) -> Iterable[str]:
    yield text
    for name in names:
        if name and text.casefold().startswith(name.casefold()):
            yield spoken(text[len(name) :].lstrip(" ,:;–—-"))
