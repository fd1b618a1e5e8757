"""A storm: trouble by chance, seeded, so that the same seed brings the same trouble to the same requests.

Every request is judged by ``seed``, its conversation and its number among the requests there, and by nothing
else: what happens in one conversation does not depend on how the others' requests fall between its own.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from bot.sandbox.teams.faults import CONNECTOR_OPERATIONS, Fault

Json = dict[str, Any]

#: Kinds of trouble. Those in CALM leave no doubt that nothing was done, those in DOUBT do, and after those in
#: LASTING the thread stays closed.
CALM: dict[str, Callable[[], Fault]] = {
    "throttled": Fault.throttled,
    "refused": lambda: Fault.gateway(503),
    "slow": lambda: Fault.slow(0.5),
}
DOUBT: dict[str, Callable[[], Fault]] = {
    "bad_gateway": lambda: Fault.gateway(502),
    "bad_gateway_done": lambda: Fault.gateway(502, accepted=True),
    "time_out": lambda: Fault.gateway(504),
    "time_out_done": lambda: Fault.gateway(504, accepted=True),
    "web_page": Fault.web_page,
    "lost_request": Fault.lost_request,
    "lost_answer": Fault.lost_answer,
    "silence": Fault.silence,
    "silence_done": lambda: Fault.silence(accepted=True),
}
LASTING: dict[str, Callable[[], Fault]] = {
    "removed": Fault.not_in_roster,
    "blocked": Fault.writes_blocked,
    "not_found": Fault.conversation_not_found,
}
KINDS = {**CALM, **DOUBT, **LASTING}


@dataclass
class Storm:
    """Trouble for a share of the requests.

    seed         the same one, the same trouble
    share        of the requests that it may hit, from 0 to 1
    kinds        kind -> how often in proportion, e.g. {"throttled": 3, "lost_answer": 1}; see KINDS
    on           operation(s), separated by blanks, or "*"
    after, until only requests of a conversation from number ``after`` + 1 to ``until`` (None: without end)
    in_a_row     at most so many of a conversation's requests one after another
    retry_after  seconds that "throttled" asks for
    """

    seed: int
    share: float = 0.1
    kinds: dict[str, float] = field(default_factory=lambda: {"throttled": 1.0, "bad_gateway": 1.0})
    on: str = "send reply"
    after: int = 0
    until: int | None = None
    in_a_row: int = 3
    retry_after: float = 1.0

    def __post_init__(self) -> None:
        unknown = sorted(set(self.kinds) - set(KINDS))
        if unknown or not self.kinds:
            raise ValueError(
                f"A storm has no {', '.join(unknown) or 'kind'}; choose from: {', '.join(KINDS)}"
            )
        if not 0 <= self.share <= 1:
            raise ValueError("share is the part of the requests that is hit, from 0 to 1.")
        Fault(on=self.on)  # complains about unknown operations
        self._met: Counter[str] = Counter()
        self._row: Counter[str] = Counter()
        self._closed: dict[str, Fault] = {}
        self.hits: Counter[str] = Counter()

    @classmethod
    def from_json(cls, value: Json) -> Storm:
        """Raises ValueError for unknown fields, kinds and operations."""
        known = {f.name for f in fields(cls)}
        if unknown := set(value) - known:
            raise ValueError(f"A storm has no {min(unknown)!r}; it has: {', '.join(sorted(known))}")
        return cls(**value)

    def to_json(self) -> Json:
        """The settings, and how often each kind has hit."""
        return asdict(self) | {"hits": dict(self.hits)}

    def take(self, operation: str, conversation: str) -> Fault | None:
        """The fault for this request, None if it goes well. ``conversation``: the id with its thread."""
        if operation in CONNECTOR_OPERATIONS and conversation in self._closed:
            return self._closed[conversation]
        if not Fault(on=self.on).concerns(operation, conversation):
            return None
        self._met[conversation] += 1
        number = self._met[conversation]
        kind = self._kind(conversation, number)
        if kind is None or number <= self.after or (self.until is not None and number > self.until):
            self._row[conversation] = 0
            return None
        return self._hit(kind, conversation)

    def _kind(self, conversation: str, number: int) -> str | None:
        chance = random.Random(f"{self.seed}/{conversation}/{number}")  # noqa: S311 - no secret
        if chance.random() >= self.share or self._row[conversation] >= self.in_a_row:
            return None
        return chance.choices(list(self.kinds), list(self.kinds.values()))[0]

    def _hit(self, kind: str, conversation: str) -> Fault:
        self._row[conversation] += 1
        self.hits[kind] += 1
        fault = KINDS[kind]()
        if kind == "throttled":
            fault.retry_after = self.retry_after
        if kind in LASTING:
            self._closed[conversation] = fault
        return fault
