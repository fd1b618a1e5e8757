"""Whoever calls the bot by its name speaks to the bot, also where Teams took the name for no mention (pure).

Teams makes a mention of "@Live Chat" only if the name is picked from the list that it shows; else it
stays what was typed, and may have a slip in it. What follows is as little for the visitor as behind a
mention. An address is no such call, nor is a colleague's name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from functools import lru_cache
from itertools import islice

from bot.domain.commands import lines_of
from bot.domain.slips import within

#: The bot's name as the product has it; a site may have given it another one.
NAME = "Live Chat"
#: Stands for the form where it is the mention that went wrong.
ADDRESSED = "@"
_NICKNAMES = frozenset({"bot", "thebot", "chatbot", "livebot"})
_OPENING = re.compile(
    r"[^\w@\uff20]*"
    r"(?:(?:hi|hello|hey|dear|ok|okay|oh|please|pls|thanks|and|so|now|then)\b[\s,.!:;–—-]*){0,2}"
    r"(?P<at>[@\uff20])?",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_]+")
#: Of a line no more is looked at to find a name.
_CALL = 80
_LINE = 300
#: Nobody who speaks to a visitor names the bot so often; to look beside each name is dear.
_OFTEN = 100
_LATER = re.compile(r"(?<!\w)[@\uff20]")
#: Behind a name that is part of an address: "livechat/help.html", "bot@help.test".
_ON_A_PATH = re.compile(r"[/\\@]|\.\w")
#: A part of the name that calls it, too: "@Live send to rt 345: …".
_PART = 4
#: Names of so many letters are known with so many slips in them; behind "@" with one more.
_SLIPS = ((8, 1), (5, 0))
_MOST_SLIPS = max(slips for _, slips in _SLIPS) + 1


def addressed(text: str, name: str, asks: Callable[[str], bool]) -> bool:
    """Tell whether a line begins with a call of the bot, whose name is ``name`` or the product's.

    Without "@", or with it further on, it is one only if the bot is asked for something beside it,
    which ``asks`` tells. Whoever names the bot in very many such places speaks to it.
    """
    beside = (words for line in lines_of(text) for words in _beside(line, name))
    return any(
        words is None or times == _OFTEN or asks(words) for times, words in enumerate(beside)
    )


def _beside(line: str, name: str) -> Iterator[str | None]:
    """Yield what may be asked for beside each name of the bot; None where it is called, whatever for."""
    opening = _OPENING.match(line)
    if opening is None:
        return
    at, rest, names = bool(opening["at"]), line[opening.end() :], _names(name)
    behind = list(_behind(rest, names, at=at))
    if at and (behind or _is_part(rest, (name, NAME))):
        yield None
    yield from filter(None, behind)
    line = line[:_LINE]
    for sign in _LATER.finditer(line):
        for words in _behind(line[sign.end() :], names, at=True):
            yield from filter(None, (line[: sign.start()].strip(), words))


def _behind(rest: str, names: Collection[str], *, at: bool) -> Iterator[str]:
    """Yield what stands behind the bot's name, for each way to read one."""
    joined = ""
    for word in islice(_WORD.finditer(rest[:_CALL].lower()), 5):
        joined += word[0]
        if not at and _ON_A_PATH.match(rest, word.end()):
            return
        glued = at and joined == word[0] and any(_is_glued(joined, name) for name in names)
        if glued or joined in _NICKNAMES or _is_one(joined, names, at=at):
            yield rest[word.end() :].strip(" \t\xa0,.:;!–—-")


def _is_one(joined: str, names: Collection[str], *, at: bool) -> bool:
    for name in names:
        # Hardly any word is as long as a name, and this is asked of each message's first five.
        if abs(len(joined) - len(name)) <= _MOST_SLIPS and _is_name(joined, name, at=at):
            return True
    return False


def _is_name(joined: str, name: str, *, at: bool) -> bool:
    if not name:
        return False
    slips = next((slips for size, slips in _SLIPS if len(name) >= size), -1)
    return joined == name or within(joined, name, max(0, slips + at))


def _is_glued(word: str, name: str) -> bool:
    """Tell whether a word is the name and something more: "livechatbot"."""
    return len(name) >= _SLIPS[-1][0] and word.startswith(name)


def _is_part(rest: str, names: tuple[str, ...]) -> bool:
    first = _WORD.match(rest.lower().lstrip())
    parts = {word for name in names for word in _WORD.findall(name.lower()) if len(word) >= _PART}
    return first is not None and first[0] in parts


@lru_cache(maxsize=8)
def _names(name: str) -> frozenset[str]:
    """The letters of a name, which a site sets once, and of the product's."""
    return frozenset(map(_letters, (name, NAME)))


def _letters(name: str) -> str:
    return "".join(_WORD.findall(name.lower()))
