"""Whose turn it is, when Teams takes less than there is to post (pure)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bot.relay.ports import LATER, Head


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
    last: Callable[[str], float],
    place: Callable[[Head], str],
    spend: Callable[[str, bool], float],
    longest: float,
) -> Turns:
    """Choose at most ``free`` heads.

    ``last`` tells when a head's stream last had a turn, ``place`` the conversation whose budget it
    needs (empty: none). ``spend`` spends one post there, of a card or not, and returns 0, or
    returns the seconds to wait for it. ``longest`` bounds the pause.
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
        return head.rank, last(head.stream), head.id

    waits: dict[tuple[str, bool], float] = {}
    for head in sorted(ready, key=turn):
        if len(chosen) >= free:
            break  # a slot that gets free looks again
        where = (place(head), head.rank == LATER)
        if where[0] and where not in waits and (wait := spend(*where)) > 0:
            waits[where] = wait
        if where not in waits:
            chosen.append(head)
        elif head.rank != LATER:
            crowded.add(where[0])
    return Turns(tuple(chosen), min([pause, *waits.values()]), frozenset(crowded))
