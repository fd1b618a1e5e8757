"""botbuilder's models as JSON, without msrest's serializer, which takes half of a send's time."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from msrest.serialization import Model


def as_json(value: Any) -> Any:
    """Return ``value`` in what ``json`` takes; fields that are None are left out.

    Raises TypeError for anything that is not a model, a container, a time or a plain value.
    """
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, PlainPost):
        return value.json
    if isinstance(value, Model):
        kind: Any = type(value)
        fields = ((key, getattr(value, name, None)) for name, key in _fields(kind))
        found = {key: as_json(one) for key, one in fields if one is not None}
        return {**as_json(value.additional_properties or {}), **found}
    if isinstance(value, dict):
        return {str(key): as_json(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(one) for one in value]
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    raise TypeError(f"{type(value).__name__} is nothing that can be sent")


class PlainPost:
    """A message of plain text, ready to be sent: what the adapter looks at, and the JSON.

    It stands in for an ``Activity``, whose making and reading takes longer than the request.
    """

    type = "message"
    channel_id = "msteams"
    reply_to_id = None
    __slots__ = ("conversation", "id", "json")

    def __init__(self, conversation_id: str, service_url: str, bot_id: str, text: str) -> None:
        self.id: str | None = None
        self.conversation = _Named(conversation_id)
        self.json: dict[str, Any] = {
            "type": "message",
            "channelId": "msteams",
            "serviceUrl": service_url,
            "conversation": {"id": conversation_id},
            "from": {"id": bot_id},
            "textFormat": "plain",
            "text": text,
        }

    def show(self, picture: bytes) -> None:
        """Let a JPEG be seen below the text."""
        url = f"data:image/jpeg;base64,{base64.b64encode(picture).decode()}"
        image = {"contentType": "image/jpeg", "contentUrl": url, "name": "picture.jpg"}
        self.json["attachments"] = [image]


@dataclass(frozen=True, slots=True)
class _Named:
    id: str


@cache
def _fields(model: Any) -> tuple[tuple[str, str], ...]:
    """The names of a model's attributes, here and in JSON."""
    return tuple(
        (name, field["key"])
        for name, field in model._attribute_map.items()  # noqa: SLF001 - as its serializer reads it
        if field["key"]  # additional_properties has none
    )
