"""What can only have been meant for a command, and is none: it must not reach a visitor (pure).

A CO who mistypes `send to rt 345: SUMMARY` would show the visitor what is written for RT. The rules
are made of the commands' own table, so that a new command is covered by itself; the last one is for
what is worst to show. They hold back too much rather than too little: whoever is held back is told so.

- whatever begins with a command's phrase of two words or more, articles left out, or with such a
  phrase mistyped, is a command's; one of three words also with a word or two within it, after
  "please", and at the beginning of any later line
- so is a message of at most three words that begins with a command's single word, or one like it
- and whatever has "rt 345:" among the first words of a line, however it begins

Anything else is for the visitor: "Cancel the print job first, then restart".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from bot.domain.commands import without_notes
from bot.domain.forms import COMMANDS

_ARTICLES = frozenset({"the", "teh", "this", "that", "a", "an"})
_PLEASE = frozenset({"please", "pls", "plz", "kindly"})
#: Whoever has these where the phrase has another word has not mistyped it: "new ticket is open".
_OTHER_WORDS = frozenset({"it", "is", "on", "of", "at", "me", "us", "my"})
#: First words of commands with which one begins to speak to a visitor: "send it again", "show me".
_SPOKEN = frozenset({"send", "new", "back", "move", "confirm", "show", "help"})
#: Behind a command's word these make another one: "closed", "blocks", "opener".
_ENDINGS = ("s", "d", "ed", "r", "er", "ing", "t")
_ALIKE = 0.85
_FEW = 3
#: So many words may stand within a long phrase: "send my summary to rt", "move this chat to ticket 7".
_MORE = 2
# A hyphen, a dash or a colon parts words, whether there is a space or not; an address is one word.
_WORD = re.compile(r"\w+@\S+|[^\W_]+")
_HOLE = re.compile(r"[A-Z0-9]")
#: What follows is a summary, whatever became of the words before: "send rt 345: …", "ok, to rt 345: …".
_SUMMED_UP = re.compile(r"^\W*(?:\w+\W+){0,4}rt\W*\d+\s*:", re.MULTILINE)
_RECORD = next(form for form, _ in COMMANDS if form.startswith("send to rt"))


def _said(form: str) -> tuple[str, ...]:
    """Return the words with which a command begins, up to what is to be filled in."""
    words: list[str] = []
    for word in form.split():
        if _HOLE.search(word):
            break
        words.append(word.rstrip(":"))
        if word.endswith(":"):
            break
    return tuple(words)


def _phrases() -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield each command's words with its form; of several with the same words the first."""
    seen: set[tuple[str, ...]] = set()
    for form, _ in COMMANDS:
        words = _said(form)
        if words and words not in seen:
            seen.add(words)
            yield words, form


_FORMS = tuple(_phrases())
PHRASES = tuple((words, form) for words, form in _FORMS if len(words) > 1)
_SINGLE = tuple((words[0], form) for words, form in _FORMS if words[0] not in _SPOKEN)


def mistyped(text: str) -> str | None:
    """Return the form of the command that was meant; None if ``text`` is for the visitor.

    ``text`` is what mentions the bot and is no command (bot/domain/commands.py).
    """
    spoken, _ = without_notes(text)
    first, *later = spoken.strip().lower().split("\n")
    begun = _words(first)
    polite = bool(begun) and begun[0] in _PLEASE
    found = _begins(begun[1:], _FEW) if polite else _begins(begun, 2)
    found = found or _short(spoken) or next(filter(None, map(_exact, later)), None)
    return found or (_RECORD if _SUMMED_UP.search(spoken.lower()) else None)


def _words(line: str) -> list[str]:
    """Return a line's words without articles, as many as a phrase can have and some more."""
    found = (word[0] for word in _WORD.finditer(line))
    kept = []
    for word in found:
        if word not in _ARTICLES:
            kept.append(word)
        if len(kept) > 2 * _FEW:
            break
    return kept


def _begins(words: list[str], least: int) -> str | None:
    """Return the form of the command with whose phrase the words begin, mistyped or not."""
    best, found = 0.0, None
    for phrase, form in PHRASES:
        if len(phrase) >= least and (alike := _likeness(words, phrase)) > best:
            best, found = alike, form
    return found


def _likeness(words: list[str], phrase: tuple[str, ...]) -> float:
    """Tell how much like a phrase the words begin: 1 if so, 0 if that is no slip of the hand.

    A space too many or too few makes one word more or less: "sendto rt", "send it to rt".
    """
    size = len(phrase)
    there = tuple(words[:size])
    if there == phrase:
        return 1.0
    if size >= _FEW and words[:1] == [phrase[0]] and _in_order(words[: size + _MORE], phrase):
        return 1.0
    if not words or words[0][0] not in phrase[0][:2]:
        return 0.0  # "send the chat" is no slip of "end chat"
    wrong = [word for word, right in zip(there, phrase, strict=False) if word != right]
    slip = not _OTHER_WORDS.intersection(wrong)
    counts = (size - 1, size, size + 1) if slip else (size + 1,)
    return max(_ratio(" ".join(words[:count]), " ".join(phrase)) for count in counts)


def _in_order(words: Sequence[str], phrase: tuple[str, ...]) -> bool:
    """Tell whether a phrase's words are among these, one after another."""
    rest = iter(words)
    return all(word in rest for word in phrase)


def _ratio(typed: str, right: str) -> float:
    if len(typed) > 2 * len(right):
        return 0.0
    alike = SequenceMatcher(None, right, typed).ratio()
    return alike if alike >= _ALIKE else 0.0


def _short(text: str) -> str | None:
    """Return the form of the command whose word begins a message of few words."""
    words = text.lower().split()
    if not 0 < len(words) <= _FEW:
        return None
    first = "".join(_WORD.findall(words[0])[:1])
    same = [form for word, form in _SINGLE if word == first]
    near = [form for word, form in _SINGLE if _is_slip(first, word)]
    forms = same or near
    whole = " ".join(words)
    return max(forms, key=lambda form: SequenceMatcher(None, form, whole).ratio(), default=None)


def _is_slip(typed: str, right: str) -> bool:
    """Tell whether one word is another with a slip in it; the first letter is the last to slip."""
    if typed[:1] != right[0] or typed in {right + ending for ending in _ENDINGS}:
        return False
    return sorted(typed) == sorted(right) or _ratio(typed, right) > 0


def _exact(line: str) -> str | None:
    """Return the form of the command whose long phrase begins a later line."""
    words = _words(line)
    long = (one for one in PHRASES if len(one[0]) >= _FEW)
    return next((form for phrase, form in long if tuple(words[: len(phrase)]) == phrase), None)
