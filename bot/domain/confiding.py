"""What is written for RT or for colleagues, and is mistyped: the last to be shown to a visitor (pure).

The record's commands, a block and a confirmed move carry a CO's words about the visitor. They are
known on every line, however they are mistyped, and as notes are lines whose two slashes have a slip.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from bot.domain.commands import ABUSE, NOTE, lines_of, without_notes
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
#: Letters with which a phrase that looks like one of them begins (bot/domain/slips.py, likeness).
_BEGIN = frozenset(letter for words, _ in RECORDS for letter in words[0][:2])
# What follows is a summary, whatever became of the words before: "send rt 345: …", "ok, to rt 345: …".
_SUMMED_UP = re.compile(r"^\W*(?:\w+\W+){0,4}rt\W*\d+\s*:", re.IGNORECASE)
# So is what has such a heading, and behind a mention what has one of these.
_HEADED = re.compile(r"\W*(?:(?:to\s+)?rt\W{0,5}\d{0,10}|internal|private)\s{0,5}:", re.IGNORECASE)
_FOR = r"(?:\s+(?:for|to|on)\s+(?!you)\w+)?\s*:"
_NOTED = re.compile(rf"\W*notes?{_FOR}", re.IGNORECASE)
_SUMMARY = re.compile(rf"\W*(?:comments?|summary){_FOR}", re.IGNORECASE)
# "add it to rt: …", "file in rt 345 …", "put it into RT"; "write to RT about it" is said to somebody.
_PUT = frozenset(
    ["file", "add", "log", "put", "write", "post", "record", "save", "note", "enter", "paste"]
)
_INTO = frozenset(["to", "in", "into", "on", "onto"])
_PUT_IN_RT = re.compile(r"\brt\s*(?:#?\d|[:;–—]|-\s|\W*$)")
# "Send to ticket 345" is what the card's button says: whoever types that means it, and a colon behind
# it begins a summary. "Add it to ticket 345, please" is said to somebody.
_ON_TICKET = re.compile(
    r"\W*(?:(?:please|pls|ok|okay|so|then|now)\W+){0,2}"
    r"(?:send|file|add|log|put|write|post|save|enter|paste)\b(?:\W+\w+){0,4}?"
    r"\W+(?:to|in|into|on|onto)\s+(?:the\s+|this\s+)?ticket\b\W{0,3}\d{0,10}\s*(?:[:;–—]|-\s)"
    r"|\W*send\W{0,3}\d{0,10}\s*:",
    re.IGNORECASE,
)
_TO_TICKET = (("send", "to", "ticket"), ("send", "anyway", "to", "ticket"))
_MAKES = frozenset({"create", "make"})
#: What else begins with none of these words, nor with one like them, has a colon or a dash in it.
_OPENERS = _PUT | _MAKES | {"rt"}
_SLIPPED = (("send", 1), ("new", 1), ("block", 1), ("confirm", 2))
# A colleague's name, in one word or two, that was typed and not picked from Teams' list. What one is
# to do with a folder is no name: "@Ada open /projects".
_TO_FOLDER = r"(?:open|use|try|check|cd|ls|the|your|under|from|into)\s+/(?!(?:s?he|they)\b)\w"
_NAMED = tuple(
    re.compile(rf"[^\w\n/@\uff20]*[@\uff20]\s?{names}[^\w\s/]{{0,3}}\s+(?:[–—-]\s+)?")
    for names in (r"\w[\w.'’-]*", rf"\w[\w.'’-]*\s(?!{_TO_FOLDER})\w[\w.'’-]*")
)
_MARKED = re.compile(r"[:;–—]|.-\s")
#: A line's parts, each of which may begin with what is for RT: "Hi Alan, send to rt 345: …".
_PART = re.compile(r"[,.;!?…]\s+")
_PARTS = 300
#: Without a mention it is a command that was forgotten to be one only if a place or a text follows.
_FILLED_IN = re.compile(r"[\d:;–—]|\s-\s")
_NEAR = 60
_SLASH = re.compile(r"[/\\\N{FULLWIDTH SOLIDUS}]")
# One slash alone, or with a neighbour of its key: "/ he lies", "./ he lies"; a path goes on at once.
_SLASHED = re.compile(
    r"^(?:[^\w\s]?//?|/\s+/|\\{1,2}|\N{FULLWIDTH SOLIDUS}+)(?:\s|$)", re.MULTILINE
)
# Two slashes behind signs of any kind: "❗ // he lies".
# A share between quotation marks is none: "“//files.example/share” is full".
_SHARE = r"(?<=[\"'`(<“„‘«])//[\w.-]+/[^\s\"'`)>“”‘’«»]+[\"'`)>“”‘’»]"
_BEHIND_SIGNS = re.compile(rf"^[^\w\n/]*(?!{_SHARE})//", re.MULTILINE)
_ONE_SLASH = re.compile(r"^/(?P<word>[^\W\d_]+)(?=[\s,;:!?]|$)", re.MULTILINE)
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
_MANY = frozenset(["they", "them", "their", "user", "visitor", "person"])
#: "They" are others, too, of whom one speaks to a visitor.
_OF_HIM = frozenset(["he", "she", "him", "her", "his", "hers", "hes", "shes", "visitor", "user"])
_OF_THEM = _PEOPLE | frozenset(["he", "she", "they", "his", "hers", "their", "shes", "hes"])
#: Words of their own that are one letter from "block".
_NEIGHBOURS = frozenset({"clock", "black", "lock", "flock"})
_ABUSE = re.compile(ABUSE)
_TO_YOU = frozenset({"you", "your", "yours"})
_CAUSES = frozenset({"cause", "cos", "coz", "cuz", "bc"})


def confided(text: str, *, mentioned: bool = True) -> str | None:
    """Return the form of what was meant and would show the visitor words that are not for him.

    Of words that do not mention the bot, what is a command as it stands is found, too.
    """
    lines = _lines(text)
    found = (_in_line(line, mentioned) or _in_parts(line, mentioned) for line in lines)
    return next(filter(None, found), None)


def slashed(text: str) -> bool:
    """Tell whether a line was to be a note, and one of its slashes slipped."""
    if not _SLASH.search(text):
        return False
    spoken = "\n".join(_lines(text))
    if _SLASHED.search(spoken) or _BEHIND_SIGNS.search(spoken):
        return True
    return any(found["word"].lower() not in _ROOTS for found in _ONE_SLASH.finditer(spoken))


def _lines(text: str) -> Collection[str]:
    """Return the lines that are no notes; one that begins with a colleague's name also without it."""
    lines = lines_of(without_notes(text)[0])
    if "@" not in text and "\uff20" not in text:
        return lines
    named = (name.match(line) for line in lines for name in _NAMED)
    return dict.fromkeys([*lines, *(found.string[found.end() :] for found in named if found)])


def _in_line(line: str, mentioned: bool) -> str | None:
    words = _without_please(words_of(line))
    if not (_may_begin(words) or _MARKED.search(line)):
        return None
    found = _record(words, line) or _move(words, mentioned) or _block(words, line)
    if mentioned:
        return found or _headed(words, line)
    return found if found and _is_told(found, line) else _forgotten(words, line)


def _is_told(found: str, line: str) -> bool:
    """Tell whether a place, a text or words about the visitor follow, so that only the mention is missing."""
    return found == MOVE or _FILLED_IN.search(line[:_NEAR]) is not None or _is_about_him(line)


def _is_about_him(line: str) -> bool:
    every = _every(line)
    return bool(every & _OF_HIM) and not every & _TO_YOU


def _in_parts(line: str, mentioned: bool) -> str | None:
    """Return what a line's second part, or a later one, begins with: "Hi Alan, send to rt 345: …"."""
    for part in _PART.split(line[:_PARTS])[1:]:
        words = _without_please(words_of(part))
        if not _may_begin(words):
            continue
        found = _of_record(words) or _move(words, mentioned) or _block(words, part)
        if found and (mentioned or _is_told(found, part)):
            return found
    return None


def _may_begin(words: Sequence[str]) -> bool:
    """Tell whether the first word is like one of ours. Nearly no line's is: all else costs much more."""
    if not words:
        return False
    first = words[0]
    known = first[0] in _BEGIN or first in _OPENERS
    return known or any(within(first, word, most) for word, most in _SLIPPED)


def _without_please(words: list[str]) -> list[str]:
    while words and words[0] in _PLEASE:
        words = words[1:]
    return words


def _every(line: str) -> set[str]:
    return set(re.findall(r"[^\W\d_]+", line.lower()))


def _headed(words: Sequence[str], line: str) -> str | None:
    """What behind a mention nobody says to the visitor: "rt he lies", "summary: he lies"."""
    if _NOTED.match(line):
        return NOTE
    whose = [word for word in words[1:3] if not word.isdecimal()][:1]
    of_them = words[:1] == ["rt"] and bool(_OF_THEM.intersection(whose))
    heading = _SUMMED_UP.match(line) or _HEADED.match(line) or _SUMMARY.match(line)
    return RECORD if of_them or heading or _is_button(words) else None


def _is_button(words: Sequence[str]) -> bool:
    """Tell whether a line is what the button says that sends the record, and no more."""
    named = words[:-1] if words[-1:] and words[-1].isdecimal() else words
    return tuple(named) in _TO_TICKET


def _forgotten(words: Sequence[str], line: str) -> str | None:
    """What has no number or colon, but is the whole of a line: "send to rt", and the text below."""
    short = RECORDS if len(words) == 3 else ()
    whole = next((form for phrase, form in short if are(words, phrase)), None)
    heading = RECORD if _HEADED.match(line) else None
    return whole or heading or (_headed(words, line) if _is_about_him(line) else None)


def _record(words: Sequence[str], line: str) -> str | None:
    if form := _of_record(words):
        return form
    # "new ticket Support: …" has lost a word.
    new = are(words, ("new", "ticket")) and "tickets" not in words
    new = new and not _NO_QUEUE.intersection(words[2:3])
    if (new or _is_made(words, line)) and (":" in line[:_NEAR] or _OF_THEM & _every(line)):
        return RECORDS[-1][1]
    told = any(tuple(words[: len(one)]) == one for one in _TO_TICKET) and _is_about_him(line)
    on_ticket = told or _ON_TICKET.match(line)
    return RECORD if on_ticket or _is_put(words, line.lower()) else None


def _is_made(words: Sequence[str], line: str) -> bool:
    """Tell whether a ticket is to be made: "create a ticket in Support: …"; visitors make theirs."""
    made = words[:1] and words[0] in _MAKES and "ticket" in words[1:3]
    return bool(made) and not _TO_YOU & _every(line)


def _of_record(words: Sequence[str]) -> str | None:
    for phrase, form in RECORDS:
        if are(words, phrase) or likeness(words, phrase):
            return form
    return None


def _is_put(words: Sequence[str], line: str) -> bool:
    """Tell whether something is to be put into RT; to log in there is something else."""
    at = words.index("rt") if "rt" in words else 0
    if at < 2 or words[0] not in _PUT or words[at - 1] not in _INTO:
        return False
    every = _every(line)
    of_them = bool(_OF_THEM & every - _MANY) or (bool(_MANY & every) and not _TO_YOU & every)
    signs_in = words[0] == "log" and words[1:at] in (["in", "to"], ["into"])
    return of_them or (not signs_in and _PUT_IN_RT.search(line[:_NEAR]) is not None)


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
    every = _every(line)
    if whom or _OF_THEM & every or any(map(_is_because, every)) or any(map(_ABUSE.match, every)):
        return BLOCK
    timed = len(rest) > 1 and rest[1] in _UNITS and words[0] not in _NEIGHBOURS
    return BLOCK if timed and not _TO_YOU & every else None


def _is_because(word: str) -> bool:
    return word in _CAUSES or within(word, "because", 2)
