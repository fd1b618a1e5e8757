"""One utterance in a chat, and who made it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.files import File

#: The longest text of one message, in bytes of UTF-8. As UTF-16, which Teams counts, it is at
#: most twice that, well under Teams' limit (it advises to stay below 80 KB).
MAX_MESSAGE_BYTES = 30 * 1024
#: The most text one chat may hold, in bytes of UTF-8.
MAX_CHAT_BYTES = 2 * 1024 * 1024


class Role(StrEnum):
    """On whose behalf something was said."""

    VISITOR = "visitor"
    OPERATOR = "operator"
    SYSTEM = "system"


class Kind(StrEnum):
    """What a line of the chat's log is.

    The log is append-only: an edit or a removal is a line of its own that points at its
    ``target``, so that whoever resumes by ``seq`` misses nothing.
    """

    SAID = "said"
    EDITED = "edited"
    REMOVED = "removed"
    NOTICE = "notice"


class Notice(StrEnum):
    """What a notice says; clients word it in their own language.

    The author of the message is the person the notice is about.
    """

    VISITOR_JOINED = "visitor_joined"
    OPERATOR_JOINED = "operator_joined"
    ENDED_BY_VISITOR = "ended_by_visitor"
    ENDED_BY_OPERATOR = "ended_by_operator"
    ENDED_BY_SILENCE = "ended_by_silence"
    OPERATORS_LOST = "operators_lost"
    UNANSWERED = "unanswered"  # computing support has not answered for long
    HANDED_BACK = "handed_back"  # an operator cannot go on: the visitor waits for another
    NOT_SHOWN = "not_shown"  # Teams does not take the line that ``target`` names
    NOT_SURE = "not_sure"  # Teams did not confirm it, and it may be there all the same
    MOVED = "moved"  # the chat is about another ticket now
    MAILED = "mailed"  # RT mails the visitor what no window of his has confirmed
    FILED = "filed"
    FILE_HERE = "file_here"  # the file of line ``target``, which was coming, is here
    FILE_MISSING = "file_missing"  # it could not be fetched, and will not come


@dataclass(frozen=True, slots=True)
class Author:
    """Who says something: role, a stable id on that side, and a name for people.

    For an operator ``id`` is the Entra object id (never a name or a UPN); for a visitor it is
    the chat's own, made at joining.
    """

    role: Role
    id: str
    name: str


SYSTEM = Author(Role.SYSTEM, "", "")


@dataclass(frozen=True, slots=True)
class Quote:
    """What a message answers to, when Teams told us: the quoted author and a preview."""

    author: str
    text: str


@dataclass(frozen=True, slots=True)
class Message:
    r"""A line of the chat's log; ``seq`` counts from 1 within the chat, without gaps.

    ``key`` identifies the utterance on the side it came from (the widget's own key, Teams'
    activity id), so that a repeat is recognised. ``text`` is plain text with ``\n`` for line
    breaks; for a NOTICE it is a ``Notice``; for REMOVED it is empty. ``target`` is the seq that
    an EDITED or REMOVED line is about, or a notice about a message or its file. ``file`` is what
    came with it; then ``text`` is its description, or its name.
    """

    seq: int
    author: Author
    kind: Kind
    text: str
    at: datetime
    key: str = ""
    target: int | None = None
    quote: Quote | None = None
    file: File | None = None


class EmptyText(ValueError):
    """Nothing but white space was said."""


class TextTooLong(ValueError):
    """One message is longer than MAX_MESSAGE_BYTES."""


#: PowerPoint ends lines with a vertical tab: without it words of two lines would be one.
_ENDS = re.compile(r"\r\n?|[\v\f]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def tidy(text: str) -> str:
    r"""Make ``text`` fit to be kept: one kind of line end, no NUL or other control characters.

    Tabs and line breaks stay; white space at the ends goes. Raises EmptyText, TextTooLong.
    """
    unified = _ENDS.sub("\n", text)
    # Lone surrogates cannot be stored as UTF-8; a browser may send one in JSON.
    unified = unified.encode("utf-8", "replace").decode("utf-8")
    kept = _CONTROL.sub("", unified).strip()
    if not kept:
        raise EmptyText
    if len(kept.encode()) > MAX_MESSAGE_BYTES:
        raise TextTooLong
    return kept
