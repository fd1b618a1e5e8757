"""Looking at what RT kept of a comment's files: it may cut or drop them, without a word.

Blocking; ``rest`` belongs to the calling thread.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from bot.domain.transcript_json import is_same_talk
from bot.rt import wire
from bot.rt.enclosures import Part
from bot.rt.record import TEXT
from bot.rt.wire import Reply

PAGE = 100  # the most RT gives at a time
MAX_PAGES = 20


class Rest(Protocol):
    """What reading back needs of rest2.Rest2."""

    def get(self, path: str, params: dict[str, str] | None = None) -> Reply: ...


class Once:
    """Asks RT once for what is looked at twice while one record is read back."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest
        self._known: dict[tuple[str, str], Reply] = {}

    def get(self, path: str, params: dict[str, str] | None = None) -> Reply:
        """Ask, unless that is known."""
        asked = path, (params or {}).get("page", "")
        if asked not in self._known:
            self._known[asked] = self._rest.get(path, params)
        return self._known[asked]


def digest(rest: Rest, number: int, name: str) -> tuple[int, str]:
    """Return size and SHA-256 of a transaction's file as RT gives it back; 0 and "" if it does not.

    Raises NotDone.
    """
    found = content(rest, number, name)
    return (len(found), hashlib.sha256(found).hexdigest()) if found else (0, "")


def content(rest: Rest, number: int, *names: str) -> bytes:
    """Return a transaction's file, by either of its names, as RT gives it back; nothing if it does not.

    Raises NotDone.
    """
    for item in _listed(rest, number):
        if item.get("Filename") in names and str(item.get("id", "")).isdecimal():
            return _content(rest.get(f"attachment/{item['id']}"))
    return b""


def missing(rest: Rest, number: int, sent: Sequence[Part]) -> str:
    """Name a file that RT did not keep whole; the first one is the transcript. Raises NotDone.

    Only a record that is not whole in its comment's body depends on its files: then it has more
    than the one that every record has. They are read back: of what it cut, RT tells the length that
    it had. An earlier try may have been written under another summary: then what was said is
    compared, and what else repeats the summary is not looked for.
    """
    if len(sent) < 2:
        return ""
    rest = Once(rest)
    names = {item.get("Filename") for item in _listed(rest, number)}
    if not names:
        return ""  # it is not shown to us, not even its body
    first, kept = sent[0], content(rest, number, sent[0].name)
    if not is_same_talk(kept, first.content):
        return first.name

    def is_there(part: Part) -> bool:
        if part.name == TEXT:  # RT may have written it in other bytes
            return TEXT in names or kept != first.content
        return content(rest, number, part.name) == part.content

    return next((part.name for part in sent[1:] if not is_there(part)), "")


def _listed(rest: Rest, number: int) -> Iterator[dict[str, Any]]:
    asked = {"fields": "Filename", "per_page": str(PAGE)}
    for page in range(1, MAX_PAGES + 1):
        reply = rest.get(f"transaction/{number}/attachments", asked | {"page": str(page)})
        found = wire.items(reply)
        yield from found
        if len(found) < PAGE:
            return


def _content(reply: Reply) -> bytes:
    found = reply.data.get("Content") if isinstance(reply.data, dict) else None
    try:
        return base64.b64decode(found) if isinstance(found, str) else b""
    except (binascii.Error, ValueError):
        return b""
