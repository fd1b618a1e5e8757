"""The figures as tables (Markdown, for docs/performance.md), and what the issue asks of them. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tests.bench.databases import SQLITE
from tests.bench.figures import Figures
from tests.bench.load import Spread

_WAYS = {
    "ack": "visitor → acknowledged",
    "to_teams": "visitor → Teams",
    "answered": "Teams → 200",
    "to_widget": "Teams → visitor",
}

#: Among so many sockets what the process needs besides does not count any more.
_MANY = 5000


@dataclass(frozen=True)
class Goal:
    """One thing that is asked for: ``found`` against ``wanted``, ``most`` or at least.

    ``steady`` figures hardly depend on what else the machine does.
    """

    name: str
    found: float
    wanted: float
    most: bool = True
    unit: str = "×"
    steady: bool = False

    @property
    def met(self) -> bool:
        return self.found <= self.wanted if self.most else self.found >= self.wanted

    def __str__(self) -> str:
        word = "at most" if self.most else "at least"
        verdict = "met" if self.met else "MISSED"
        found, wanted = f"{self.found:.2f}", f"{self.wanted:g}"
        return f"{self.name}: {found} {self.unit} ({word} {wanted}): {verdict}"


def floor_of(found: Iterable[Figures], database: str) -> Figures:
    """The floor that counts: of its two forms the one that takes less CPU at the same rate."""
    floors = [f for f in found if f.database == database and f.name.startswith("floor")]
    return min(floors, key=lambda f: f.cpu_each)


def goals(found: list[Figures]) -> list[Goal]:
    """Hold the service to the issue's "Done when" 7."""
    asked: list[Goal] = []
    for service in (f for f in found if f.name == "service"):
        floor = floor_of(found, service.database)
        asked += _against(service, floor)
        if service.database == SQLITE:
            asked.append(
                Goal("sqlite, highest rate", service.highest, 1000, most=False, unit="a second")
            )
        else:
            best = max(f.highest for f in found if f.database == service.database and f != service)
            part = service.highest / best if best else 0.0
            asked.append(Goal(f"{service.database}, highest rate", part, 0.5, most=False))
        for side, most in (("visitor", 2), ("operator", 1)):
            if side in service.commits:
                name = f"{service.database}, commits per {side} message"
                asked.append(Goal(name, service.commits[side], most + 0.25, unit="", steady=True))
        number, bytes_each = max(service.memory.items(), default=(0, 0.0))
        if number >= _MANY:
            name = f"memory per idle socket at {number:,}"
            asked.append(Goal(name, bytes_each / 1024, 25, unit="KB", steady=True))
    return asked


def _against(service: Figures, floor: Figures) -> list[Goal]:
    at = f"{service.database}, {service.windows[0].rate:.0f} a second"
    cpu = service.cpu_each / floor.cpu_each
    asked = [Goal(f"{at}, CPU per message", cpu, 2.5, steady=True)]
    ours, least = service.spreads(), floor.spreads()
    for way, name in _WAYS.items():
        if least[way].p50 and least[way].p99:
            asked.append(Goal(f"{at}, p50 {name}", ours[way].p50 / least[way].p50, 2))
            asked.append(Goal(f"{at}, p99 {name}", ours[way].p99 / least[way].p99, 3))
    return asked


def show(found: list[Figures]) -> str:
    """Everything, the goals last."""
    parts = [_messages(found), _commits(found), _sockets(found), _goals(found)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _messages(found: list[Figures]) -> str:
    head = ["", "CPU per message", *_WAYS.values(), "highest rate"]
    rows = []
    for f in found:
        spreads = f.spreads()
        times = [_ms(spreads[way]) for way in _WAYS]
        cpu = f"{f.cpu_each * 1000:.2f} ms"
        rows.append([f"{f.database}, {f.name}", cpu, *times, f"{f.highest:.0f}/s"])
    rate = found[0].windows[0].rate if found else 0
    title = f"At {rate:.0f} messages a second, half each way; p50 / p95 / p99 in ms:"
    return f"{title}\n\n{_table(head, rows)}"


def _ms(spread: Spread) -> str:
    return f"{spread.p50 * 1000:.1f} / {spread.p95 * 1000:.1f} / {spread.p99 * 1000:.1f}"


def _commits(found: list[Figures]) -> str:
    rows = [
        [f.database, side, f"{commits:.2f}"] for f in found for side, commits in f.commits.items()
    ]
    head = ["", "message of", "durable commits"]
    return f"Of the service, message by message:\n\n{_table(head, rows)}" if rows else ""


def _sockets(found: list[Figures]) -> str:
    rows = [
        [f.name, f"{number:,}", f"{each / 1024:.1f} KB", _idle(f, number)]
        for f in found
        for number, each in f.memory.items()
    ]
    head = ["", "idle sockets", "memory each", "CPU of one core"]
    return f"Idle sockets, each asking every 20 s:\n\n{_table(head, rows)}" if rows else ""


def _idle(f: Figures, number: int) -> str:
    return f"{f.idle_cpu:.1%}" if number == max(f.memory) else ""


def _goals(found: list[Figures]) -> str:
    return "\n".join(str(goal) for goal in goals(found))
