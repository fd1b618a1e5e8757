"""Whose turn it is, when Teams takes less than there is to post (pure)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bot.relay.ports import ORDINARY, Head

#: After so many seconds even a card is as urgent as a message: nothing waits for ever.
_AGED = 30.0


@dataclass(frozen=True, slots=True)
class Turns:
    """``chosen`` may go now; ``pause`` is in how many seconds the next one may.

    ``crowded`` are the places where somebody had to wait for the budget.
    """

    chosen: tuple[Head, ...]
    pause: float
    crowded: frozenset[str]


def choose(
    heads: Iterable[Head],
    free: int,
    *,
    age: Callable[[Head], float],
    last: Callable[[str], float],
    place: Callable[[Head], str],
    spend: Callable[[str], float],
    longest: float,
) -> Turns:
    """Choose at most ``free`` heads.

    ``age`` tells how many seconds a head has waited, ``last`` when its stream last had a turn,
    ``place`` the conversation whose budget it needs (empty: none). ``spend`` spends one post
    there and returns 0, or returns the seconds to wait for it. ``longest`` bounds the pause.
    """
    pause, crowded = longest, set[str]()
    chosen: list[Head] = []
    ready = []
    for head in heads:
        if head.wait > 0:
            pause = min(pause, head.wait)
        else:
            ready.append(head)

    def turn(head: Head) -> tuple[int, float, int]:
        rank = min(head.rank, ORDINARY) if age(head) > _AGED else head.rank
        return rank, last(head.stream), head.id

    waits: dict[str, float] = {}
    for head in sorted(ready, key=turn):
        where = place(head)
        if len(chosen) >= free:
            break  # a slot that gets free looks again
        if where and where not in waits and (wait := spend(where)) > 0:
            waits[where] = wait
        if where in waits:
            crowded.add(where)
            continue
        chosen.append(head)
    return Turns(tuple(chosen), min([pause, *waits.values()]), frozenset(crowded))
