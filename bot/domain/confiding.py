"""What is written for RT or for colleagues, and is mistyped: the last to be shown to a visitor (pure).

The record's commands, a block and a confirmed move carry a CO's words about the visitor. They are
known on every line, however they are mistyped, and as notes are lines whose two slashes have a slip.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.domain.commands import without_notes
from bot.domain.forms import form_of
from bot.domain.slips import are, likeness, within, words_of

RECORD = form_of("send", "to", "rt")
BLOCK = form_of("block")
MOVE = form_of("confirm", "move")
#: The phrases behind which stands what is for RT, with their forms.
RECORDS = tuple(
    (words, form_of(*words))
    for words in (("send", "to", "rt"), ("send", "to", "triage"), ("new", "ticket", "in"))
)
# What follows is a summary, whatever became of the words before: "send rt 345: …", "ok, to rt 345: …".
_SUMMED_UP = re.compile(r"^\W*(?:\w+\W+){0,4}rt\W*\d+\s*:", re.IGNORECASE)
_LABEL = re.compile(r"\W*(?:(?:to\s+)?rt|internal|private)\s*:", re.IGNORECASE)
#: Without a mention it is a command that was forgotten to be one only if a place or a text follows.
_FILLED_IN = re.compile(r"[\d:;–—]|\s-\s")
_NEAR = 60
# One slash alone, or with a neighbour of its key: "/ he lies", "./ he lies"; a path goes on at once.
_SLASHED = re.compile(
    r"^[^\S\n]*(?:[^\w\s]?//?|/\s+/|\\{1,2}|\N{FULLWIDTH SOLIDUS}+)(?:\s|$)", re.MULTILINE
)
_ONE_SLASH = re.compile(r"^[^\S\n]*/(?P<word>[^\W\d_]+)(?=[\s,;:!?]|$)", re.MULTILINE)
#: Where a path begins; of other words behind one slash nobody knows.
_ROOTS = frozenset(
    [
        "bin",
        "boot",
        "data",
        "dev",
        "disk",
        "etc",
        "home",
        "lib",
        "library",
        "media",
        "mnt",
        "net",
        "opt",
        "proc",
        "root",
        "run",
        "sbin",
        "scratch",
        "share",
        "srv",
        "sys",
        "system",
        "tmp",
        "users",
        "usr",
        "var",
        "volumes",
        "windows",
        "applications",
    ]
)
_PLEASE = frozenset({"please", "pls", "plz", "kindly", "ok", "okay", "so", "then", "and", "now"})
#: What stands where a queue or a surname would stand, and is none.
_NO_QUEUE = frozenset(["number", "numbers", "is", "was", "will", "has", "for"])
_NOBODY = frozenset(["it", "them", "with", "by", "in", "on", "your"])
_UNITS = frozenset(
    [
        "m",
        "min",
        "mins",
        "minute",
        "minutes",
        "h",
        "hr",
        "hrs",
        "hour",
        "hours",
        "d",
        "day",
        "days",
        "w",
        "week",
        "weeks",
    ]
)
_PEOPLE = frozenset(["him", "her", "them", "visitor", "user", "person", "guy", "student", "idiot"])
_OF_THEM = _PEOPLE | frozenset(["he", "she", "they", "his", "hers", "their", "shes", "hes"])
#: Words of their own that are one letter from "block".
_NEIGHBOURS = frozenset({"clock", "black", "lock", "flock"})
_ABUSE = re.compile(r"(?:spamm|abus|insult|swear|rude|threat|harass|troll|flood|offen)")
_TO_YOU = frozenset({"you", "your", "yours"})
_CAUSES = frozenset({"cause", "cos", "coz", "cuz", "bc"})


def confided(text: str, *, mentioned: bool = True) -> str | None:
    """Return the form of what was meant and would show the visitor words that are not for him.

    Of words that do not mention the bot, what is a command as it stands is found, too.
    """
    lines = without_notes(text)[0].split("\n")
    return next(filter(None, (_in_line(line, mentioned) for line in lines)), None)


def slashed(text: str) -> bool:
    """Tell whether a line was to be a note, and one of its slashes slipped."""
    spoken = without_notes(text)[0]
    if _SLASHED.search(spoken):
        return True
    return any(found["word"].lower() not in _ROOTS for found in _ONE_SLASH.finditer(spoken))


def _in_line(line: str, mentioned: bool) -> str | None:
    words = words_of(line)
    while words and words[0] in _PLEASE:
        words = words[1:]
    found = _record(words, line) or _move(words, mentioned) or _block(words, line)
    if mentioned:
        return found or (RECORD if _SUMMED_UP.match(line) or _LABEL.match(line) else None)
    return found if found == MOVE or _FILLED_IN.search(line[:_NEAR]) else None


def _record(words: Sequence[str], line: str) -> str | None:
    for phrase, form in RECORDS:
        if are(words, phrase) or likeness(words, phrase):
            return form
    # "new ticket Support: …" has lost a word.
    new = are(words, ("new", "ticket")) and "tickets" not in words and ":" in line[:_NEAR]
    return RECORDS[-1][1] if new and not _NO_QUEUE.intersection(words[2:3]) else None


def _move(words: Sequence[str], mentioned: bool) -> str | None:
    """`confirm move SURNAME because WHY`; "confirm Lovelace because" has lost a word."""
    if not words or not within(words[0], "confirm", 2):
        return None
    whose = words[1:2] and words[1] not in _NOBODY and any(map(_is_because, words[2:4]))
    meant = are(words, ("confirm", "move")) or (mentioned and whose)
    return MOVE if meant else None


def _block(words: Sequence[str], line: str) -> str | None:
    """`block 2h because WHY`, with slips; "block 30 minutes in your calendar" is advice."""
    if not words or not within(words[0], "block"):
        return None
    rest = list(words[1:])
    whom = bool(rest) and rest[0] in _PEOPLE
    rest = rest[1:] if whom else rest
    if rest and rest[0] == "for":
        rest = rest[1:]
    if rest and _is_because(rest[0]):
        return BLOCK if whom or words[0] == "block" else None
    if not rest or not rest[0].isdecimal():
        return None
    every = set(re.findall(r"[^\W\d_]+", line.lower()))
    if whom or _OF_THEM & every or any(map(_is_because, every)) or any(map(_ABUSE.match, every)):
        return BLOCK
    timed = len(rest) > 1 and rest[1] in _UNITS and words[0] not in _NEIGHBOURS
    return BLOCK if timed and not _TO_YOU & every else None


def _is_because(word: str) -> bool:
    return word in _CAUSES or within(word, "because", 2)
