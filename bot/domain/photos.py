"""Photos without what the camera wrote into them, above all the place where they were taken (pure)."""

from __future__ import annotations

import re
import struct

#: A marker, also behind what is packed: there 0xFF stands for itself, or only parts what is packed.
_MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd8\xff]")
_END = 0xD9
_APPLICATION = range(0xE0, 0xF0)
_COMMENT = 0xFE
#: What a picture is drawn with: JFIF's measures, colours, and Adobe's word on how those are kept.
_DRAWN_WITH = {0xE0: b"", 0xE2: b"ICC_PROFILE\0", 0xEE: b"Adobe"}
#: A photo has a few dozen parts; who sends more than this need not be served.
_MOST_PARTS = 10_000
_NOTES = b"Exif\0\0"
_TURN = 0x0112


def bare(content: bytes) -> bytes:
    """Return a JPEG without notes, and without what some cameras put behind the picture.

    How it is to be turned stays. Whatever is no JPEG is returned as it is.
    """
    if not content.startswith(b"\xff\xd8\xff"):
        return content
    parts: list[bytes] = []
    turn, at = 1, 2
    for _ in range(_MOST_PARTS):
        found = _MARKER.search(content, at)
        if found is None:
            break
        start, marker = found.start(), found[0][1]
        parts.append(content[at:start])
        at = start
        if marker == _END:
            parts.append(found[0])
            at = len(content)
            break
        end = start + 2 + int.from_bytes(content[start + 2 : start + 4])
        body = content[start + 4 : end]
        if marker == 0xE1 and body.startswith(_NOTES):
            turn = _turn(body.removeprefix(_NOTES))
        if _is_drawn_with(marker, body):
            parts.append(content[start:end])
        at = max(end, start + 4)
    return b"".join((b"\xff\xd8", _turned(turn), *parts, content[at:]))


def _is_drawn_with(marker: int, body: bytes) -> bool:
    if marker in _APPLICATION:
        return marker in _DRAWN_WITH and body.startswith(_DRAWN_WITH[marker])
    return marker != _COMMENT


def _turn(tiff: bytes) -> int:
    """Return how a picture is to be turned, by its notes: from 1, not at all, to 8."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2], "")
    try:
        (first,) = struct.unpack_from(f"{order}I", tiff, 4)
        (many,) = struct.unpack_from(f"{order}H", tiff, first)
        for n in range(many if order else 0):
            tag, _, _, value = struct.unpack_from(f"{order}HHIH", tiff, first + 2 + 12 * n)
            if tag == _TURN and 1 <= value <= 8:
                return int(value)
    except struct.error:
        pass  # broken notes say nothing
    return 1


def _turned(turn: int) -> bytes:
    """Return notes that say this alone."""
    if turn == 1:
        return b""
    entry = struct.pack(">HHHIHHI", 1, _TURN, 3, 1, turn, 0, 0)
    body = _NOTES + b"MM\0*\0\0\0\x08" + entry
    return b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body
