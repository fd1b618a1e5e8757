"""Visitors' messages laid out in posts that Teams takes (pure).

Each message keeps its name, time and number. Messages that wait together share a post; one that is
too big for a post is split into numbered parts.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from bot.domain import quoting
from bot.domain.legible import shown
from bot.domain.messages import Message
from bot.teams import markup

#: Bytes that a post may take as Teams may count them (``weight``): it refuses a little above
#: 100 KB and advises to stay below 80.
LIMIT = 80_000
#: Posts are not made smaller than this when Teams finds them too big: then it is something else.
SMALLEST = 4_000
_AROUND = 1_500  # ids and addresses around the text, and the line that says how slow Teams is
_HEADER = 400  # the line above a part
_GAP = "\n\n"
_HEAVIEST = 10  # bytes that one character can weigh


@dataclass(frozen=True, slots=True)
class Post:
    """A post to be made. ``done`` of the messages stand in the thread as a whole when it is made;
    ``part`` counts from 1 if it is a part of one message, else it is 0.
    """

    text: str
    done: int
    part: int = 0


def weight(text: str) -> int:
    """Return the most bytes that ``text`` can take in a post.

    Teams counts UTF-16, but of what, is not written: so each character counts as the longer of
    what it becomes in the JSON that we send and in the HTML that Teams keeps.
    """
    longer = 3 * (text.count("<") + text.count(">") + text.count("\n")) + 4 * text.count("&")
    longer += text.count('"') + text.count("\\") + text.count("\t")
    return 2 * longer + len(text.encode("utf-16-le", "surrogatepass"))


def posts(
    messages: Sequence[Message],
    zone: tzinfo,
    *,
    resent: bool,
    behind: int = 0,
    limit: int = LIMIT,
) -> list[Post]:
    """Lay ``messages`` out in as few posts as ``limit`` (bytes, see ``weight``) allows.

    ``behind`` seconds of delay above 0 are told at the end of the last post.
    """
    laid: list[Post] = []
    room = limit - _AROUND
    used = 0
    for count, message in enumerate(messages, 1):
        head = quoting.above(message, message.at.astimezone(zone), resent=resent)
        text = markup.unforged(shown(_said(message)))
        whole = f"{head}\n{text}"
        # Most posts are one short message, which need not be weighed.
        size = weight(whole) if len(messages) > 1 or len(whole) * _HEAVIEST > room else 0
        if size > room:
            laid += _parts(head, text, room - _HEADER, count)
            used = limit  # nothing joins a part
        elif laid and used + weight(_GAP) + size <= room:
            laid[-1] = Post(f"{laid[-1].text}{_GAP}{whole}", count)
            used += weight(_GAP) + size
        else:
            laid.append(Post(whole, count))
            used = size
    if behind > 0 and laid:
        last = laid[-1]
        laid[-1] = Post(f"{last.text}{_GAP}{quoting.below(behind)}", last.done, last.part)
    return laid


def _parts(head: str, text: str, room: int, count: int) -> list[Post]:
    """Split one message; it is done with its last part."""
    chunks = list(_chunks(text, max(room, 1)))
    most = len(chunks)
    return [
        Post(f"{quoting.in_part(head, n, most)}\n{chunk}", count if n == most else count - 1, n)
        for n, chunk in enumerate(chunks, 1)
    ]


def _chunks(text: str, room: int) -> Iterator[str]:
    """Cut ``text`` into pieces of at most ``room``, at line ends or spaces if there are any."""
    while weight(text) > room:
        most = bisect_right(range(len(text)), room, key=lambda end: weight(text[:end])) - 1
        end = _good_cut(text, max(most, 1))
        yield text[:end]
        text = markup.barred(text[end:])
    yield text


def _good_cut(text: str, most: int) -> int:
    """Return where to cut, at most at ``most``: behind a line, else a word, else a character."""
    least = most - most // 4
    for mark in ("\n", " "):
        if (found := text.rfind(mark, least, most)) >= 0:
            return found + 1
    end = most
    while end > least and _belongs_to_the_one_before(text[end : end + 1], text[end - 1]):
        end -= 1
    return max(end, 1)


def _belongs_to_the_one_before(char: str, before: str) -> bool:
    joined = "\u200d" in {char, before}
    return joined or (char != "" and unicodedata.category(char) in {"Mn", "Me", "Mc", "Sk"})


def _said(message: Message) -> str:
    """Return a message's words, and what its file is called, where that is not all they say."""
    if message.file is None:
        return message.text
    named = quoting.named(message.file)
    return named if message.text == message.file.name else f"{message.text}\n{named}"
