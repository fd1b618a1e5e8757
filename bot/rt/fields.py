"""Whether the field for the visitor's answer is in RT, as far as REST 2.0 shows.

Whether the account may set it RT tells only when it is set. Nothing is written to find out. Blocking.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import quote

from bot.rt.instance import RtInstance
from bot.rt.operations import Rest
from bot.rt.wire import custom_fields, items

_ACTIVE = {"query": "Status = '__Active__'", "per_page": "1"}


class Look(NamedTuple):
    """What was seen of the field in one place: a sentence, and whether it is missing there."""

    missing: bool
    sentence: str


def looked_for(rest: Rest, rt: RtInstance) -> list[Look]:
    """Look for it in every queue that the settings name, or else on a ticket. Raises NotDone."""
    if not rt.rating_field:
        return []
    named = dict.fromkeys([*rt.queues, *rt.makes_in])
    told = [_in_queue(rest, queue) for queue in named] if named else [_on_a_ticket(rest)]
    return [_look(rt.rating_field, *one) for one in told if one is not None]


def _look(field: str, where: str, names: set[str]) -> Look:
    if field.casefold() in names:
        said = f"The field “{field}” is {where}; whether it may be set is seen when it is."
        return Look(missing=False, sentence=said)
    return Look(
        missing=True,
        sentence=f"RT shows us no field “{field}” {where}: what visitors answer will stand in the "
        "record only. Apply it there and give the account SeeCustomField and ModifyCustomField on "
        "it: docs/rt.md, “The visitor's answer”.",
    )


def _in_queue(rest: Rest, queue: str) -> tuple[str, set[str]] | None:
    """The fields that tickets in a queue have; None where RT does not tell."""
    data = rest.get(f"queue/{quote(queue, safe='')}").data
    listed = data.get("TicketCustomFields") if isinstance(data, dict) else None
    if not isinstance(listed, list):
        return None
    return f"in the queue {queue}", set(_names(listed))


def _on_a_ticket(rest: Rest) -> tuple[str, set[str]] | None:
    found = items(rest.get("tickets", _ACTIVE))
    if not found:
        return None
    data = rest.get(f"ticket/{found[0].get('id')}").data
    names = custom_fields(data.get("CustomFields")) if isinstance(data, dict) else {}
    return f"on ticket #{found[0].get('id')}", set(names)


def _names(listed: list[Any]) -> Iterator[str]:
    return (str(one.get("name") or "").casefold() for one in listed if isinstance(one, dict))
