"""JSON whose texts can be kept: no half of a character, no NUL (pure).

JSON may escape what no database takes as text. Teams cuts the preview of a quoted message by
UTF-16 units, so half an emoji does come.
"""

from __future__ import annotations

import json
import re
from typing import Any

_SUSPECT = re.compile(rb"\\u(?:[dD][89a-fA-F]|0000)")


def read_json(body: bytes | bytearray) -> Any:
    """Read JSON; halves of characters become "?", NULs go. Raises ValueError, RecursionError."""
    raw = json.loads(body)
    return _cleaned(raw) if _SUSPECT.search(body) else raw


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode().replace("\0", "")
    if isinstance(value, dict):
        return {_cleaned(key): _cleaned(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_cleaned(item) for item in value]
    return value
