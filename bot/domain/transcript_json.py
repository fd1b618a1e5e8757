"""A record for programs; its schema is docs/transcript.schema.json."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

from bot.domain.chat import Chat, Rebinding
from bot.domain.matching import Match
from bot.domain.messages import Notice
from bot.domain.tickets import TicketRef
from bot.domain.transcript import Line, Revision, spoken

SCHEMA = "livechat.transcript/1"

#: Characters that cannot be seen, turn the writing around, or end a line only for some.
_HIDDEN = re.compile(
    "[\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff"
    "\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_SEEN = {None: "yes", Notice.NOT_SHOWN: "no", Notice.NOT_SURE: "unknown"}


def as_json(chat: Chat, lines: tuple[Line, ...]) -> dict[str, Any]:
    """Give the record to programs: schema SCHEMA, times in ISO 8601 UTC, names but no ids."""
    filing = chat.filing
    return {
        "schema": SCHEMA,
        "chat": chat.id,
        "ticket": _ticket(chat),
        "created": chat.created.isoformat(),
        "ended": _moment(chat.ended),
        "visitor": _visitor(chat),
        "operators": [operator.name for operator in chat.took_part],
        "summary": {"by": filing.by.name, "text": filing.summary} if filing else None,
        "match": _match(filing.match, filing.reason) if filing else None,
        "details": {detail.value: told for detail, told in chat.details},
        "rating": chat.rating or None,
        "moves": [_move(one) for one in chat.rebindings],
        "messages": spoken(lines),
        "lines": [_line(line) for line in lines],
    }


def dump(record: dict[str, Any]) -> bytes:
    """Write a record as UTF-8, with everything escaped that would not show itself in an editor."""
    text = json.dumps(record, ensure_ascii=False, indent=1)
    return _HIDDEN.sub(lambda match: _escaped(match[0]), text).encode()


def is_same_talk(found: bytes, ours: bytes) -> bool:
    """Tell whether two records that ``dump`` wrote are of one talk.

    What stands above it may be another summary by another CO, and ``ours`` may have new notices at
    its end: what was said, and when and by whom, is the same.
    """
    if found == ours:
        return True
    try:
        theirs, mine = json.loads(found), json.loads(ours)
        told, all_of_it = _talk(theirs), _talk(mine)
        same = bool(told) and theirs["chat"] == mine["chat"] and told == all_of_it[: len(told)]
        return same and not any(map(_is_said, all_of_it[len(told) :]))
    except (KeyError, RecursionError, TypeError, ValueError):
        return False


def lacks(found: bytes, ours: bytes) -> bool:
    """Tell whether something that was said by ``ours`` is not in the record ``found`` of that chat.

    A back-up of our database may have been restored, and the talk have gone on since. What cannot be
    read tells nothing.
    """
    try:
        theirs, mine = json.loads(found), json.loads(ours)
        said = set(filter(_is_said, _talk(mine)))
        return bool(theirs["chat"] == mine["chat"] and said.difference(_talk(theirs)))
    except (KeyError, RecursionError, TypeError, ValueError):
        return False


def _talk(record: dict[str, Any]) -> list[tuple[Any, ...]]:
    said = ("seq", "at", "kind", "role", "name", "text")
    return [tuple(line[key] for key in said) for line in record["lines"]]


def _is_said(line: tuple[Any, ...]) -> bool:
    return bool(line[2] == "message")


def _escaped(character: str) -> str:
    half = "\ud800" <= character <= "\udfff"
    return r"\ufffd" if half else json.dumps(character)[1:-1]


def _ticket(chat: Chat) -> dict[str, Any]:
    """Name the ticket; the one that is made for the record has no number when this is written."""
    if chat.filing and chat.filing.new_ticket:
        return {"instance": chat.filing.new_ticket.instance, "number": None}
    return _address(chat.ticket.ref)


def _visitor(chat: Chat) -> dict[str, Any] | None:
    if chat.visitor is None:
        return None
    known = chat.identity
    return {
        "name": chat.visitor.name,
        "verified": known.verified,
        "proof": known.proof.value,
        "login": known.login or None,
        "address": known.address or None,
    }


def _match(match: Match, reason: str) -> dict[str, Any]:
    return {"verdict": match.value, "reason": reason or None}


def _move(moved: Rebinding) -> dict[str, Any]:
    return {
        "at": moved.at.isoformat(),
        "by": moved.by.name,
        "before": _address(moved.before),
        "after": _address(moved.after),
        "match": _match(moved.match, moved.reason),
    }


def _address(ref: TicketRef) -> dict[str, Any]:
    return {"instance": ref.instance, "number": ref.number or None}  # None: there was none


def _line(line: Line) -> dict[str, Any]:
    return {
        "seq": line.seq,
        "at": line.at.isoformat(),
        "kind": "notice" if line.notice else "message",
        "role": line.author.role.value,
        "name": line.author.name,
        "text": line.text,
        "quote": {"name": line.quote.author, "text": line.quote.text} if line.quote else None,
        "edited": _moment(line.edited),
        "removed": _moment(line.removed),
        "mailed": _moment(line.mailed),
        "seen": _SEEN[line.doubt],
        "trail": [_revision(revision) for revision in line.trail],
        "files": [
            {
                "name": file.name,
                "original": file.original,
                "type": file.type,
                "size": file.size,
                "sha256": file.sha256,
            }
            for file in line.files
        ],
    }


def _revision(revision: Revision) -> dict[str, Any]:
    return {"what": revision.what.value, "at": revision.at.isoformat(), "before": revision.before}


def _moment(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
