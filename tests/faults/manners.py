"""How the widget comes back, read out of its own source: our visitors do the same."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from pathlib import Path

_SOURCE = Path(__file__).parents[2] / "widget/src/link.ts"


def _constants() -> dict[str, int]:
    found = re.findall(r"^const ([A-Z_]+) = ([\d_]+);", _SOURCE.read_text("utf-8"), re.MULTILINE)
    return {name: int(number.replace("_", "")) for name, number in found}


_OF = _constants()
#: Seconds: how often a socket is asked whether it lives, and how long its answer may take.
PING_EVERY, PONG_WITHIN = _OF["PING_EVERY"] / 1000, _OF["PONG_WITHIN"] / 1000
WELCOME_WITHIN, LASTED = _OF["WELCOME_WITHIN"] / 1000, _OF["LASTED"] / 1000
_SOON = _OF["SOON"]
#: Close codes after which everybody comes at once.
CROWD = (1012, 1013)


def span(attempt: int, *, crowd: bool) -> float:
    """The longest pause before attempt number ``attempt`` (from 0), in seconds: ``waitBefore``."""
    if attempt > _SOON + 6:
        return 30.0
    first = 2.0 if crowd else 1.0 if attempt else 0.5
    return min(8.0, first * 2.0 ** max(0, attempt - _SOON))


@dataclass
class Comeback:
    """A way from the loss of a socket to the next welcome."""

    lost_at: float
    seconds: float = 0.0
    steps: list[str] = field(default_factory=list)

    def note(self, now: float, what: str) -> None:
        """Note what became of an attempt, or how long we wait."""
        self.steps.append(f"{now - self.lost_at:.2f} {what}")

    def __str__(self) -> str:
        return f"{self.seconds:.1f} s: {'; '.join(self.steps)}"


@dataclass
class Patience:
    """Which attempt it is, as the widget's link counts."""

    draw: random.Random
    attempt: int = 0

    def next_pause(self, lasted: float | None, code: int | None) -> float:
        """Seconds to wait after a socket that lived ``lasted`` seconds, or never opened."""
        if lasted is not None and lasted > LASTED:
            self.attempt = 0
        pause = self.draw.uniform(0, span(self.attempt, crowd=code in CROWD))
        self.attempt += 1
        return pause
