"""Whether visitors may begin chats: a CO says so, until a time (pure)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum

from bot.domain.messages import Author

#: "17:00", "17.30", "17", "5pm", "5:30 pm"
_HOUR = re.compile(
    r"(?P<hour>[01]?\d|2[0-3])(?:[:.](?P<minute>[0-5]\d))?\s*(?P<half>[ap]m)?", re.IGNORECASE
)


class Admits(StrEnum):
    """Who may begin a chat while it is open."""

    NOBODY = "nobody"
    SIGNED_IN = "signed_in"
    ANYONE = "anyone"


@dataclass(frozen=True, slots=True)
class Reception:
    """That it is open: who said so, in which thread (our id), and until when it stays so.

    ``mention`` is Teams' id of whoever said so.
    """

    by: Author
    mention: str
    thread: int
    since: datetime
    until: datetime


class BadHour(ValueError):
    """It cannot be open until then; the text says what to do."""


def closes(asked: str, closing: time, now: datetime) -> datetime:
    """Return until when it is open: ``asked``, but not beyond today's ``closing`` hour.

    ``now`` is in the zone that ``asked`` and ``closing`` are in. Raises BadHour.
    """
    latest = datetime.combine(now.date(), closing, now.tzinfo)
    if latest <= now:
        raise BadHour(
            f"The live chat closes at {closing:%H:%M}, and that is over for today. To have it open "
            "later, change visitor_start.closes_at."
        )
    if not asked:
        return latest
    # On the night on which an hour comes twice, the one that now is in.
    until = datetime.combine(now.date(), _hour(asked), now.tzinfo).replace(fold=now.fold)
    if until <= now:
        raise BadHour(f"{until:%H:%M} is over already. Say a later time, like “open until 17:00”.")
    return min(until, latest)


def _hour(asked: str) -> time:
    found = _HOUR.fullmatch(asked.strip())
    hour = int(found["hour"]) if found else 0
    if found is None or (found["half"] and not 1 <= hour <= 12):
        raise BadHour("I do not know that time. Say it like “open until 17:00”.")
    if found["half"]:
        hour = hour % 12 + (12 if found["half"].lower() == "pm" else 0)
    return time(hour, int(found["minute"] or 0))
