"""Figures for Prometheus: how the service is, never who talks with whom or about which ticket.

docs/operations.md says what each one means. What the database knows is the same at every process;
the rest is this process's own, since its start. Labels come from lists of ours and from the
settings' names of RTs, so there is no way for anything that people write to get here.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import accumulate

from aiohttp import web
from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from bot.domain.chat import State
from bot.domain.matching import Match
from bot.domain.messages import Role
from bot.relay.counts import Counts, count
from bot.relay.delivery import Committed, Lane
from bot.relay.outcomes import NotDone
from bot.relay.relay import CONFIRMED
from bot.relay.spans import FIRST_ANSWER, TALK
from bot.relay.storage import Unit
from bot.rt.watch import WELL
from bot.store import SqlStore

_DAY = timedelta(days=1)


#: Seconds up to which spans are told apart, and what they are.
_SPANS = {
    FIRST_ANSWER: (
        (15, 30, 60, 120, 300, 600, 1200, 3600),
        "How long visitors waited for a first answer.",
    ),
    TALK: (
        (60, 300, 600, 1200, 1800, 3600, 7200, 14400),
        "How long talks lasted that have ended.",
    ),
}
_BEGAN = (Role.OPERATOR, Role.VISITOR)


class Lengths:
    """How often something took how long."""

    def __init__(self, limits: Sequence[int]) -> None:
        self._limits = limits
        self._counts = [0] * (len(limits) + 1)
        self.total = 0.0

    def add(self, seconds: float) -> None:
        """Count one."""
        self._counts[bisect_left(self._limits, seconds)] += 1
        self.total += seconds

    def buckets(self) -> list[tuple[str, float]]:
        """Return how many took at most so long, as Prometheus wants it."""
        limits = [*(f"{limit:.1f}" for limit in self._limits), "+Inf"]
        return list(zip(limits, accumulate(self._counts), strict=True))


class Process(ProcessCollector):
    """Memory, processor and files, also under systemd's ProcSubset=pid, which hides /proc/stat:
    without the time of the boot the client would tell nothing at all.
    """

    def _boot_time(self) -> float:
        return time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)


class Metrics:
    """Collects when it is asked; asking costs four small queries."""

    def __init__(
        self,
        store: SqlStore,
        now: Callable[[], datetime],
        sockets: Callable[[], int],
        rts: Callable[[], Mapping[str, str]],
        teams: Callable[[], Mapping[tuple[str, int], int]],
    ) -> None:
        """``sockets`` counts open pop-ups, ``rts`` tells how each RT is (bot/rt/watch.py), ``teams``
        how often Teams has answered what, by method and status.
        """
        self._store, self._now = store, now
        self._sockets, self._rts, self._teams = sockets, rts, teams
        self.troubles: Counter[tuple[Lane, str]] = Counter()
        self._lengths = {
            (what, began): Lengths(limits)
            for what, (limits, _) in _SPANS.items()
            for began in _BEGAN
        }
        self._found: list[Metric] = []
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)
        self.runner: web.AppRunner | None = None
        Process(registry=self._registry)

    def ring(self, committed: Committed) -> None:
        """Count what this process has committed."""
        for span in committed.spans:
            # By a clock that was set back nothing takes less than no time.
            self._lengths[span.what, span.began].add(max(span.seconds, 0.0))

    def collect(self) -> list[Metric]:
        """Give the client what was found last."""
        return self._found

    async def text(self) -> bytes:
        """Return all figures as Prometheus reads them."""
        own = list(self._own())
        what = "Whether the database answers, and takes in what is written."
        try:
            await self._store.write(_nothing)  # a file that was moved away is still read
            kept = [_gauge("database_up", what, 1), *await self._kept()]
        except NotDone:
            kept = [_gauge("database_up", what, 0)]
        self._found = [*kept, *own]
        return generate_latest(self._registry)

    async def serve(self, port: int) -> None:
        """Give them out on this machine. Raises OSError."""
        app = web.Application()
        app.add_routes([web.get("/metrics", self._answer)])
        self.runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", port).start()

    async def close(self) -> None:
        """Give them out no more."""
        if self.runner is not None:
            await self.runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        if "X-Forwarded-For" in request.headers:  # a web server passes it on, which nobody wants
            raise web.HTTPNotFound
        return web.Response(body=await self.text(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    def _own(self) -> Iterator[Metric]:
        """What this process knows by itself."""
        yield _gauge("sockets", "Open connections of pop-ups.", self._sockets())
        yield _counter("commits", "Commits that changed a chat or the outbox.", self._store.commits)
        ups = {(name,): int(state == WELL) for name, state in self._rts().items()}
        yield _gauges("rt_up", "Whether an RT let us in when last looked at.", ("rt",), ups.items())
        asked = {(method, str(status)): n for (method, status), n in self._teams().items()}
        what = "Requests to Teams, by HTTP status; 0: no answer, or a broken one."
        yield _counters("teams_requests", what, ("method", "status"), asked.items())
        troubles = {(lane.value, what): n for (lane, what), n in self.troubles.items()}
        what = "Deliveries that were put off, refused, or met a fault of ours."
        yield _counters("delivery_troubles", what, ("lane", "what"), troubles.items())
        for name, (_, what) in _SPANS.items():
            took = HistogramMetricFamily(f"livechat_{name}_seconds", what, labels=("began",))
            for began in _BEGAN:
                lengths = self._lengths[name, began]
                took.add_metric((began.value,), lengths.buckets(), lengths.total)
            yield took

    async def _kept(self) -> list[Metric]:
        """What the database knows. Raises NotDone."""
        counts = await self._store.counts(self._now() - _DAY)
        backlog = await self._store.backlog()
        states = {(state.value,): counts.get(state.value, 0) for state in State}
        sure = {(m.value,): counts.get(f"tally {CONFIRMED} {m.value}", 0) for m in Match}
        waiting = {(lane.value,): backlog.get(lane, (0, 0.0))[0] for lane in Lane}
        oldest = {(lane.value,): backlog.get(lane, (0, 0.0))[1] for lane in Lane}
        what = "Tickets that a CO confirmed for a visitor in the last 24 hours, by how they fit."
        return [
            _gauges("chats", "Chats that are here, by state.", ("state",), states.items()),
            *_of(await count(self._store, self._now())),
            _gauges("confirmations_last_day", what, ("match",), sure.items()),
            _gauges(
                "outbox_waiting", "Deliveries due or tried already.", ("lane",), waiting.items()
            ),
            _gauges(
                "outbox_oldest_seconds",
                "For how long the oldest is due or tried.",
                ("lane",),
                oldest.items(),
            ),
        ]


async def _nothing(_unit: Unit) -> None:
    """Write, and leave everything as it is."""


def _of(counts: Counts) -> Iterator[Metric]:
    """What the daily line tells."""
    yield _gauge("filings_waiting", "Chats that are over and not in RT.", counts.waiting)
    oldest = counts.oldest.total_seconds()
    yield _gauge("filings_oldest_seconds", "How long the oldest of them is over.", oldest)
    yield _gauge("filed_last_day", "Records that RT took in the last 24 hours.", counts.filed)
    yield _gauge("purged_last_day", "Chats purged in the last 24 hours.", counts.purged)
    what = "Chats whose words and files should be gone, and are not: for long, a fault."
    yield _gauge("leftovers", what, counts.late)


def _gauge(name: str, what: str, value: float) -> Metric:
    return GaugeMetricFamily(f"livechat_{name}", what, value=value)


def _counter(name: str, what: str, value: float) -> Metric:
    return CounterMetricFamily(f"livechat_{name}", what, value=value)


def _gauges(
    name: str, what: str, labels: tuple[str, ...], values: Iterable[tuple[Sequence[str], float]]
) -> Metric:
    family = GaugeMetricFamily(f"livechat_{name}", what, labels=labels)
    for those, value in values:
        family.add_metric(those, value)
    return family


def _counters(
    name: str, what: str, labels: tuple[str, ...], values: Iterable[tuple[Sequence[str], float]]
) -> Metric:
    family = CounterMetricFamily(f"livechat_{name}", what, labels=labels)
    for those, value in values:
        family.add_metric(those, value)
    return family
