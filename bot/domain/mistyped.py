"""What can only have been meant for a command or a note, and is neither: it must not reach a visitor (pure).

A CO who mistypes `send to rt 345: SUMMARY` would show the visitor what is written for RT. The rules
are made of the commands' own table, so that a new command is covered by itself. Whoever is held back
is told so, and sends it on with `say:` in front of it. Where something could be shown that hurts they
hold back too much rather than too little; where not, rather what nobody says to a visitor.

- words that carry what is for RT or for colleagues (bot/domain/confiding.py) are held back however
  they are mistyped, on every line, and also from whoever forgot to mention the bot
- whatever begins with a command's phrase of two words or more, articles left out, or with such a
  phrase mistyped, is a command's, unless it speaks to the visitor: "End the chat when you are done"
- so is a message of at most three words that begins with a command's single word, or one like it,
  if the others are about a chat ("cancel it") and not about something else ("Close the window")
- so is a message that is a chat's end in other words, and no more: "Stop chat"
- and whatever calls the bot by its name without a mention (bot/domain/addressing.py)
- and, though it was meant for the visitor, what asks him for a password (bot/domain/prying.py)

Anything else is for the visitor: "Cancel the print job first, then restart".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

from bot.domain.addressing import ADDRESSED, NAME, addressed
from bot.domain.commands import NOTE, Block, Misput, Press, Unblock, parse_command, without_notes
from bot.domain.confiding import RECORDS, confided, slashed
from bot.domain.forms import COMMANDS, form_of, phrase_of
from bot.domain.messages import EmptyText, TextTooLong, tidy
from bot.domain.prying import PRYING, pries
from bot.domain.slips import LONG, likeness, near, words_of

_PLEASE = frozenset({"please", "pls", "plz", "kindly"})
#: First words of commands with which one begins to speak to a visitor: "send it again", "show me".
_SPOKEN = frozenset({"send", "new", "back", "move", "confirm", "show", "help", "say"})
#: Commands that nobody gives a visitor, whatever stands behind: "invite Ada".
_OURS = frozenset({"invite", "revoke"})
_FEW = 3
#: What a command's one word may be about, besides a number.
_ABOUT = frozenset(
    [
        "it",
        "this",
        "that",
        "these",
        "him",
        "her",
        "them",
        "visitor",
        "user",
        "person",
        "chat",
        "talk",
        "link",
        "invitation",
        "ticket",
        "record",
        "summary",
        "queue",
        "please",
        "pls",
        "now",
        "again",
        "too",
        "all",
        "everything",
        "everybody",
        "until",
        "till",
        "for",
        "card",
    ]
)
#: "Open it" is said of a window: that command is about no one thing.
_OPENED = frozenset(["it", "this", "that", "these", "now", "again", "please", "pls"])
_TO_YOU = re.compile(
    r"\b(?:when(?:ever)?|once|if|before|after|until|till|while|soon as|that|which|so) you\b|\byours?\b"
)
_OF_THEM = re.compile(r"\b(?:s?he|they|him|hers?|his|them|theirs?|visitor|user)\b")
#: What makes another noun of a phrase's last word: "keep the ticket number".
_COMPOUNDS = frozenset(
    ["number", "numbers", "window", "box", "page", "reader", "details", "history", "address"]
)
# "Stop chat", "close the conversation", and no more: a window, or when you are done, is the visitor's.
_ENDS = re.compile(
    r"\W*(?:(?:please|pls|ok|okay|now)\W+)?(?:end|stop|close|finish|quit|leave|exit|terminate)\s+"
    r"(?:(?:the|this|our)\s+)?(?:live\s+)?(?:chat|conversation|talk)\W*(?:(?:now|please|pls)\W*)*",
    re.IGNORECASE,
)
#: Of these nothing is lost if a sentence like them is shown.
_HARMLESS = frozenset({("show", "card"), ("keep", "open")})
#: Of a sentence no more is looked at.
_SENTENCE = 300


def _phrases() -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield each command's words with its form; of several with the same words the first."""
    seen: set[tuple[str, ...]] = set()
    for form, _ in COMMANDS:
        words = phrase_of(form)
        if words and words not in seen:
            seen.add(words)
            yield words, form


_FORMS = tuple(_phrases())
PHRASES = tuple((words, form) for words, form in _FORMS if len(words) > 1)
#: Those by which a command is known on a later line, too; for RECORDS every line was looked at already.
_LATER = tuple(one for one in PHRASES if len(one[0]) >= LONG and one not in RECORDS)
_SINGLE = tuple((words[0], form) for words, form in _FORMS if words[0] not in _SPOKEN)


def held_back(text: str, *, mentioned: bool, name: str = NAME) -> str | None:
    """Return the form of what was meant, `//` for a note; None if ``text`` is for the visitor.

    ``text`` is a message that is no command; without a mention none is, however it is written.
    `@` is returned if it calls the bot by its ``name``, and Teams took that for no mention; `?` if
    it asks the visitor for a password. What is longer than a message may be is not looked at: it is
    refused for that, and may have very many lines.
    """
    spoken, _ = without_notes(text)
    if _is_too_long(spoken):
        return None
    if addressed(spoken, name, _asks):
        return ADDRESSED
    form = mistyped(text) if mentioned else confided(text, mentioned=False) or _bare(text)
    if form or slashed(text):
        return form or NOTE
    return PRYING if pries(spoken) else None


def _is_too_long(words: str) -> bool:
    try:
        tidy(words)
    except (EmptyText, TextTooLong) as error:
        return isinstance(error, TextTooLong)
    return False


def _bare(text: str) -> str | None:
    """Return the form of a command that is all that was said, if it can be nothing else."""
    words = without_notes(text)[0].strip()
    command = parse_command(words, {}) if len(words) <= _SENTENCE else None
    if len(words.split()) < 2 or not isinstance(command, Press | Block | Misput | Unblock):
        return None
    return mistyped(words)


def _asks(text: str) -> bool:
    """Tell whether what stands behind the bot's name is for the bot."""
    return parse_command(text, {}) is not None or mistyped(text) is not None or slashed(text)


def mistyped(text: str) -> str | None:
    """Return the form of the command that was meant; None if ``text`` is for the visitor.

    ``text`` is what mentions the bot and is no command (bot/domain/commands.py).
    """
    spoken, _ = without_notes(text)
    first, *later = spoken.strip().split("\n")
    if _ENDS.fullmatch(spoken[:_SENTENCE]):
        return form_of("end", "chat")
    return confided(text) or _begins(first) or _short(spoken) or _on_a_line(later)


def _begins(line: str) -> str | None:
    """Return the form of the command with whose phrase a line begins, mistyped or not."""
    words, least = words_of(line), 2
    if words and words[0] in _PLEASE:
        words, least = words[1:], LONG
    best: tuple[float, tuple[str, ...], str | None] = (0.0, (), None)
    for phrase, form in PHRASES:
        if len(phrase) >= least and (alike := likeness(words, phrase)) > best[0]:
            best = (alike, phrase, form)
    return None if _is_spoken(line[:_SENTENCE].lower(), words, best[1]) else best[2]


def _is_spoken(line: str, words: list[str], phrase: tuple[str, ...]) -> bool:
    """Tell whether what begins with a phrase, but not in its very words, is said to the visitor."""
    size = len(phrase)
    exact = " ".join(line.split()).startswith(" ".join(phrase))
    if exact or _OF_THEM.search(line) or phrase in dict(RECORDS):
        return False
    compound = bool(_COMPOUNDS.intersection(words[size : size + 1]))
    harmless = phrase in _HARMLESS and len(words) > size + 1
    return compound or harmless or _TO_YOU.search(line) is not None


def _short(text: str) -> str | None:
    """Return the form of the command whose word begins a message of few words."""
    if not 0 < len(text.split()) <= _FEW:
        return None
    words = re.findall(r"[^\W_]+", text.lower())
    first, rest = "".join(words[:1]), words[1:]
    same = [form for word, form in _SINGLE if word == first]
    slips = [form for word, form in _SINGLE if near(first, word)]
    alike = [form for form in same or slips if _is_about(phrase_of(form)[0], rest)]
    whole = " ".join(words)
    return max(alike, key=lambda form: SequenceMatcher(None, form, whole).ratio(), default=None)


def _is_about(command: str, rest: list[str]) -> bool:
    """Tell whether what stands behind a command's word may be what it is about."""
    if command in _OURS or (command == "unblock" and len(rest) == 1):
        return True
    about = _ABOUT - _OPENED if command == "open" else _ABOUT
    return all(word in about or any(c.isdigit() for c in word) for word in rest if word != "the")


def _on_a_line(lines: list[str]) -> str | None:
    """Return the form of the command whose long phrase begins a later line."""
    for words in map(words_of, dict.fromkeys(lines)):
        for phrase, form in _LATER:
            if tuple(words[: len(phrase)]) == phrase:
                return form
    return None
