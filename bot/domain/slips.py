"""Words as fingers type them: what was meant by a word that is none, and by words near a phrase (pure)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

_ALIKE = 0.85
#: Behind a command's word these make another one: "closed", "blocks", "opener".
_ENDINGS = ("s", "d", "ed", "r", "er", "ing", "t")
_ARTICLES = frozenset({"the", "teh", "this", "that", "a", "an"})
#: Whoever has these where the phrase has another word has not mistyped it: "new ticket is open".
_OTHER_WORDS = frozenset(
    ["it", "is", "on", "of", "at", "me", "us", "my", "go", "do", "so", "no", "rtf", "print"]
)
#: Nor does whoever asks for something for himself: "show me the card".
_FOR_ONESELF = frozenset({"me", "us", "my"})
#: A phrase of so many words is known also with others within it.
LONG = 3
#: So many: "send my summary to rt", "move this chat to ticket 7".
_WITHIN = 2
# A hyphen, a dash or a colon parts words, whether there is a space or not, and so does a digit
# ("rt345", "2h"); an address is one word.
_WORD = re.compile(r"(?<!\w)\w++@\S+|[^\W\d_]+|\d+")
#: As many words as a phrase can have, and some more.
_MOST = 7


def words_of(line: str) -> list[str]:
    """Return a line's first words, in lower case and without articles."""
    kept = []
    for word in _WORD.finditer(line.lower()):
        if word[0] not in _ARTICLES:
            kept.append(word[0])
        if len(kept) == _MOST:
            break
    return kept


def likeness(words: Sequence[str], phrase: tuple[str, ...]) -> float:
    """Tell how much like a phrase the words begin: 1 if so, 0 if that is no slip of the hand.

    A space too many or too few makes one word more or less: "sendto rt", "send it to rt".
    """
    size = len(phrase)
    if not words or words[0][0] not in phrase[0][:2]:
        return 0.0  # "send the chat" is no slip of "end chat"
    there = tuple(words[:size])
    if there == phrase:
        return 1.0
    if size >= LONG and there[:1] == phrase[:1] and _in_order(words[: size + _WITHIN], phrase):
        return 1.0
    if _FOR_ONESELF.intersection(there):
        return 0.0
    wrong = [word for word, right in zip(there, phrase, strict=False) if word != right]
    slip = not _OTHER_WORDS.intersection(wrong)
    counts = (size, size + 1) if slip else (size + 1,)
    joined = 0.9 if within("".join(words[: size - 1]), "".join(phrase)) else 0.0
    alike = (_ratio(" ".join(words[:n]), " ".join(phrase)) for n in counts if len(words) >= n)
    return max(joined, *alike, 0.0)


def _in_order(words: Sequence[str], phrase: tuple[str, ...]) -> bool:
    """Tell whether a phrase's words are among these, one after another."""
    rest = iter(words)
    return all(word in rest for word in phrase)


def _ratio(typed: str, right: str) -> float:
    # No more than the letters of both can be alike, and to count those that are is dear.
    both = min(len(typed), len(right) - len(set(right).difference(typed)))
    if 2 * both < _ALIKE * (len(typed) + len(right)):
        return 0.0
    alike = SequenceMatcher(None, right, typed).ratio()
    return alike if alike >= _ALIKE else 0.0


def near(typed: str, right: str) -> bool:
    """Tell whether one word is another with a slip in it; the first letter is the last to slip."""
    if typed[:1] != right[0] or typed in {right + ending for ending in _ENDINGS}:
        return False
    return sorted(typed) == sorted(right) or _ratio(typed, right) > 0


def within(typed: str, right: str, most: int = 1) -> bool:
    """Tell whether a word is another with at most so many slips: a letter more, less, wrong, or early."""
    if typed in _OTHER_WORDS or abs(len(typed) - len(right)) > most:
        return typed == right
    # A slip takes one letter away at most; most words are told apart by that.
    return len(set(right).difference(typed)) <= most and _is_slip(typed, right, most)


def are(typed: Sequence[str], phrase: Sequence[str]) -> bool:
    """Tell whether words are a phrase's, each with at most one slip, and not all with one."""
    if len(typed) < len(phrase):
        return False
    slips = 0
    for word, right in zip(typed, phrase, strict=False):
        if word != right:
            if not within(word, right):
                return False
            slips += 1
    return slips < len(phrase)


def _is_slip(typed: str, right: str, most: int) -> bool:
    """Tell whether two words differ by so many slips; neighbours that changed places are one."""
    if typed == right or not most:
        return typed == right
    at = 0
    while typed[at : at + 1] == right[at : at + 1]:
        at += 1
    typed, right, fewer = typed[at:], right[at:], most - 1
    return (
        _is_slip(typed[1:], right, fewer)
        or _is_slip(typed, right[1:], fewer)
        or _is_slip(typed[1:], right[1:], fewer)
        or (typed[:2] == right[1::-1] and _is_slip(typed[2:], right[2:], fewer))
    )
