"""The load: visitors' sockets and Teams' requests at a given rate, half and half, and how long all takes.

The loop is open: what is due is sent, whether or not earlier things were answered.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from statistics import median

from tests.bench.cast import WORDS, chat_id, secret
from tests.bench.pipes import Callers, Closed, WidgetSocket, widget_socket
from tests.bench.teams_end import TeamsEnd

VISITOR, OPERATOR = "visitor", "operator"
_PLACE = "m000x"
#: Every message of a run has a number of its own: a key that a database knows is no new message.
_NUMBERS = itertools.count(1)
_SEATED_AT_ONCE = 50
_PING_EVERY = 20.0  # as the widget does


@dataclass(frozen=True)
class Spread:
    """Seconds: percentiles of a list of times."""

    p50: float
    p95: float
    p99: float
    count: int

    @classmethod
    def median(cls, spreads: list[Spread]) -> Spread:
        """Return the median of each percentile, and how many times there were in all."""
        p50, p95, p99 = (
            median(times) for times in zip(*((s.p50, s.p95, s.p99) for s in spreads), strict=True)
        )
        return cls(p50, p95, p99, sum(s.count for s in spreads))

    @classmethod
    def of(cls, times: list[float]) -> Spread:
        if not times:
            return cls(0.0, 0.0, 0.0, 0)
        ordered = sorted(times)

        def at(part: float) -> float:
            return ordered[min(len(ordered) - 1, int(part * len(ordered)))]

        return cls(at(0.5), at(0.95), at(0.99), len(ordered))


@dataclass
class Window:
    """What came of one stretch of load. Times in seconds; ``cpu`` is of the measured process."""

    rate: float
    seconds: float
    sent: int = 0
    refused: int = 0
    cpu: float = 0.0
    late: list[float] = field(default_factory=list)  # the load's own delay
    times: dict[str, list[float]] = field(
        default_factory=lambda: {"ack": [], "to_teams": [], "answered": [], "to_widget": []}
    )

    def spreads(self) -> dict[str, Spread]:
        """``ack``, ``to_teams`` of visitors; ``answered`` (the 200), ``to_widget`` of operators."""
        return {name: Spread.of(times) for name, times in self.times.items()}

    @property
    def missing(self) -> int:
        """How many of the arrivals that should have come have not."""
        return 2 * self.sent - sum(map(len, self.times.values()))

    @property
    def worst_p99(self) -> float:
        """The slowest way's; or how late the load was itself: then it was not that rate at all."""
        if self.missing or self.refused:
            return float("inf")
        spreads = [*self.spreads().values(), Spread.of(self.late)]
        return max(spread.p99 for spread in spreads)

    @property
    def cpu_each(self) -> float:
        """CPU seconds of the measured process per message that went all its way."""
        done = self.sent - self.missing / 2
        return self.cpu / done if done > 0 else 0.0


class Load:
    """Visitors and an operator before one service."""

    def __init__(self, teams: TeamsEnd, port: int, chats: int) -> None:
        self._port, self._chats = port, chats
        self._sockets: dict[int, WidgetSocket] = {}
        self._sent: dict[str, tuple[float, Window]] = {}
        self._window = Window(0, 0)
        self._tasks: set[asyncio.Task[None]] = set()
        teams.seen = self._seen
        self._cast = teams.cast
        self._template = teams.cast.activity(f"{_PLACE} {WORDS}", 0, "1").decode()
        self._stamp = str(json.loads(self._template)["timestamp"])
        headers = {"Authorization": f"Bearer {teams.token}"}
        self._teams = Callers(port, "/api/messages", headers)
        self._root = self._cast.thread(0).root_id

    # --- sockets -------------------------------------------------------------------------------

    @property
    def open_sockets(self) -> int:
        return sum(socket.transport is not None for socket in self._sockets.values())

    async def connect(self, most: int | None = None) -> None:
        """Open the chats' sockets up to ``most`` of them, and wait until each was welcomed."""
        wanted = self._chats if most is None else most
        for first in range(len(self._sockets), wanted, _SEATED_AT_ONCE):
            numbers = range(first, min(first + _SEATED_AT_ONCE, wanted))
            await asyncio.gather(*map(self._sit, numbers))

    async def _sit(self, number: int) -> None:
        welcomed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def hear(frame: bytes) -> None:
            if self._heard(frame) == "welcome" and not welcomed.done():
                welcomed.set_result(None)

        headers = {
            "Origin": f"http://127.0.0.1:{self._port}",
            "Cookie": f"__Host-livechat={secret(number)}",
            "Sec-WebSocket-Protocol": "livechat.v1",
        }
        socket = await widget_socket(self._port, "/livechat/ws", headers, hear)
        self._sockets[number] = socket
        hello = {"t": "hello", "chat": chat_id(number), "after": 0}
        socket.say(json.dumps(hello).encode())
        await welcomed
        socket.say(b'{"t":"presence","state":"open"}')

    def start_pings(self) -> None:
        """Let every widget ask every 20 s whether anybody is there."""
        self._keep(self._ping())

    async def _ping(self) -> None:
        while True:
            sockets = list(self._sockets.values())
            for socket in sockets:
                if socket.transport:
                    socket.say(b'{"t":"ping"}')
                await asyncio.sleep(_PING_EVERY / max(len(sockets), 1))

    async def close(self) -> None:
        """Hang up."""
        for task in self._tasks:
            task.cancel()
        self._teams.close()
        for socket in self._sockets.values():
            if socket.transport:
                socket.transport.close()
        await asyncio.sleep(0.1)

    # --- sending -------------------------------------------------------------------------------

    async def run(
        self, rate: float, seconds: float, seed: int, sides: tuple[str, ...] = (VISITOR, OPERATOR)
    ) -> Window:
        """Send at ``rate`` a second for ``seconds``; then wait a little for what is under way."""
        window = self._window = Window(rate, seconds)
        numbers = random.Random(seed)
        begin = time.perf_counter()
        due = begin
        while (due := due + numbers.expovariate(rate)) < begin + seconds:
            if (pause := due - time.perf_counter()) > 0:
                await asyncio.sleep(pause)
            window.late.append(time.perf_counter() - due)
            self._send(numbers.choice(sides), numbers.randrange(self._chats))
            if window.sent % 20 == 0:
                await asyncio.sleep(0)  # even when we are behind, answers must be read
        for _ in range(100):
            if window.missing <= 0:
                break
            await asyncio.sleep(0.05)
        return window

    async def run_singly(self, messages: int, side: str, pause: float) -> Window:
        """Send one message after another, each when the one before has long been dealt with."""
        window = self._window = Window(1 / pause, messages * pause)
        for number in range(messages):
            self._send(side, number % self._chats)
            await asyncio.sleep(pause)
        return window

    def _send(self, side: str, number: int) -> None:
        mark = f"m{next(_NUMBERS)}x"
        sent = time.perf_counter()
        self._sent[mark] = sent, self._window
        self._window.sent += 1
        if side == OPERATOR:
            self._keep(self._post(mark, number, sent))
            return
        socket = self._sockets[number]
        if socket.transport:
            frame = f'{{"t":"say","key":"{mark}","text":"{mark} {WORDS}"}}'
            socket.say(frame.encode())

    async def _post(self, mark: str, number: int, sent: float) -> None:
        root = self._cast.thread(number).root_id
        body = self._template.replace(_PLACE, mark).replace(self._root, root)
        body = body.replace('"id": "1"', f'"id": "{int(time.time() * 1000)}{mark[1:-1]}"')
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        body = body.replace(self._stamp, now.replace("+00:00", "Z"))
        window = self._window
        try:
            status = await self._teams.post(body.encode())
        except (Closed, OSError):
            status = 0
        if status == 200:
            window.times["answered"].append(time.perf_counter() - sent)
        else:
            window.refused += 1

    def _keep(self, work: object) -> None:
        task = asyncio.ensure_future(work)  # type: ignore[call-overload]
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # --- arriving ------------------------------------------------------------------------------

    def _heard(self, raw: bytes) -> str:
        """Note what a frame brings; return its kind."""
        frame = json.loads(raw)
        kind = str(frame["t"])
        if kind == "ack":
            self._arrived("ack", frame["key"])
        elif kind == "line" and frame["author"]["role"] == OPERATOR:
            self._arrived("to_widget", frame["text"].partition(" ")[0])
        elif kind == "refused":
            self._window.refused += 1
        return kind

    def _seen(self, mark: bytes) -> None:
        self._arrived("to_teams", mark.decode())

    def _arrived(self, what: str, mark: str) -> None:
        if mark in self._sent:  # else it was said before there was anything to measure
            sent, window = self._sent[mark]
            window.times[what].append(time.perf_counter() - sent)
