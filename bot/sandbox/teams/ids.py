"""Identifiers as Teams writes them."""

from __future__ import annotations

import base64
import hashlib
import time
import uuid

_NAMESPACE = uuid.UUID("8d2b4a52-6c0e-4f0e-9d5b-3f0c1f9c7a11")
_MESSAGE_ID = ";messageid="


class MessageIds:
    """Hands out message ids: milliseconds since 1970 as text, never the same twice."""

    def __init__(self) -> None:
        self._last = 0

    def next(self) -> str:
        self._last = max(self._last + 1, int(time.time() * 1000))
        return str(self._last)


def guid(seed: str) -> str:
    """The same UUID for the same seed, so that restarts keep everybody's identity."""
    return str(uuid.uuid5(_NAMESPACE, seed))


def person_id(seed: str) -> str:
    """An id like ``29:1Q8x...``: Teams' name for a person towards one bot."""
    return "29:1" + _opaque(seed, 48)


def channel_id(seed: str) -> str:
    """An id like ``19:abc@thread.tacv2``."""
    return f"19:{_opaque(seed, 32)}@thread.tacv2"


def group_chat_id(seed: str) -> str:
    """An id like ``19:abc@thread.v2``."""
    return f"19:{_opaque(seed, 32)}@thread.v2"


def personal_chat_id(seed: str) -> str:
    """An id like ``a:1abc``."""
    return "a:1" + _opaque(seed, 64)


def split_thread(conversation_id: str) -> tuple[str, str]:
    """``19:x@thread.tacv2;messageid=17`` -> (``19:x@thread.tacv2``, ``17``); the second is empty without a thread."""
    base, _, root = conversation_id.partition(_MESSAGE_ID)
    return base, root


def in_thread(conversation_id: str, root_id: str) -> str:
    """The id of the thread under ``root_id``; without a root the conversation itself."""
    return f"{conversation_id}{_MESSAGE_ID}{root_id}" if root_id else conversation_id


def _opaque(seed: str, length: int) -> str:
    digest = hashlib.sha512(seed.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().replace("-", "x").replace("_", "y")[:length]
