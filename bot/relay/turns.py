"""Whose turn it is, when Teams takes less than there is to post (pure)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bot.relay.delivery import LATER, Head

#: Cards that have waited for so long are asked for before words: the budget lets one of them go now
#: and then, and behind words that wait there would never be anything left for it (seconds).
_LONG = 5.0


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
    now: float,
    last: Callable[[str], float],
    place: Callable[[Head], str],
    spend: Callable[[str, bool], float],
    longest: float,
) -> Turns:
    """Choose at most ``free`` heads.

    ``now`` is a steady clock's, by which ``last`` tells when a head's stream last had a turn. Among
    equals that one is next which has waited longest for a turn: since its last one, or since there is
    something to post, whichever is later. By the last turn alone, one who writes seldom would have his
    turn at once, and those who wait for theirs would wait for him, too. ``place`` tells the
    conversation whose budget a head needs (empty: none). ``spend`` spends one post there, of a card
    or not, and returns 0, or returns the seconds to wait for it. ``longest`` bounds the pause.
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
        rank = -1 if head.rank == LATER and head.age >= _LONG else head.rank
        return rank, max(last(head.stream), now - max(head.age, 0.0)), head.id

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
