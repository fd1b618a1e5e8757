"""The one question at the end of a chat: whether it helped (pure)."""

from __future__ import annotations

from enum import StrEnum


class Rating(StrEnum):
    """What the visitor answered; AWAITED while nothing, where the site asks at all."""

    AWAITED = ""
    YES = "yes"
    PARTLY = "partly"
    NO = "no"


#: What may be answered.
ANSWERS = frozenset({Rating.YES, Rating.PARTLY, Rating.NO})
