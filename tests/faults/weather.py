"""Teams on a bad day, and whether the service behaved towards it."""

from __future__ import annotations

from bot.sandbox.stage import Stage
from bot.sandbox.teams.ledger import Entry
from bot.sandbox.teams.storm import Storm

#: How often in proportion each kind of trouble comes.
KINDS = {"throttled": 4.0, "refused": 2.0, "bad_gateway_done": 2.0, "lost_answer": 2.0}
RETRY_AFTER = 1.0  # seconds
_POSTS = frozenset({"send", "reply", "update", "create"})


def storm(stage: Stage, seed: int, share: float = 0.1, **more: float) -> Storm:
    """Let that share of the posts go wrong from now on; ``more`` are further kinds."""
    raging = Storm(seed, share, {**KINDS, **more}, "send reply update", retry_after=RETRY_AFTER)
    stage.teams.faults.storm = raging
    return raging


def throttled_share(stage: Stage) -> float:
    """The share of posts that Teams answered with 429."""
    posts = [entry for entry in stage.teams.ledger.requests if entry.operation in _POSTS]
    return sum(entry.status == 429 for entry in posts) / max(1, len(posts))


def hurried(stage: Stage) -> list[Entry]:
    """Posts that came to a conversation before the time that a 429 there had asked for."""
    closed: dict[str, tuple[float, float]] = {}
    early = []
    for entry in stage.teams.ledger.requests:
        place = entry.conversation.partition(";")[0]
        since, until = closed.get(place, (0.0, 0.0))
        if entry.operation in _POSTS and since < entry.at < until:
            early.append(entry)
        if entry.status == 429:
            told = entry.at + entry.took
            closed[place] = (told + 0.05, told + RETRY_AFTER)  # what was on its way is no hurry
    return early
