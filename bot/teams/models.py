"""botbuilder's models as JSON, without msrest's serializer, which takes half of a send's time."""

from __future__ import annotations

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


@cache
def _fields(model: Any) -> tuple[tuple[str, str], ...]:
    """The names of a model's attributes, here and in JSON."""
    return tuple(
        (name, field["key"])
        for name, field in model._attribute_map.items()  # noqa: SLF001 - as its serializer reads it
        if field["key"]  # additional_properties has none
    )
