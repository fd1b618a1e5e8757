"""Long polling: docs/widget-protocol.md, "Where no WebSocket gets through"."""

from __future__ import annotations

import asyncio
import hashlib
import re
import time
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from bot.relay.joining import Joining
from bot.relay.ports import Seat
from bot.relay.visiting import CannotSay
from bot.visitors import guard, wire
from bot.visitors.allowance import Buckets, Rate
from bot.visitors.around import answer
from bot.visitors.guard import Refusal
from bot.visitors.pace import FRAMES
from bot.visitors.polls import Polls, Window
from bot.visitors.routes import Allowances
from bot.visitors.socket import Shared
from bot.visitors.wire import Close

ASKS = Rate(per_minute=240, burst=60)  # of one chat, in all its windows
MAX_BODY_BYTES = 128 * 1024
MAX_FRAMES = 32
MAX_ANSWER = 256 * 1024  # bytes of lines, about; the rest comes with the next answer

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SEEN = re.compile(r"[0-9a-f]{0,16}")
_REFUSALS = {
    Close.NO_SESSION: (401, "no_session"),
    Close.OTHER_CHAT: (409, "other_chat"),
    Close.GONE: (410, "gone"),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: where the window stands, and what it says."""

    window: str
    seen: str  # the mark of the view that it has; empty when it has none
    hello: wire.Hello
    frames: list[wire.Frame]


class PollRoutes:
    """The handler for windows that ask."""

    def __init__(
        self,
        shared: Shared,
        joining: Joining,
        origins: frozenset[str],
        allowances: Allowances,
    ) -> None:
        self._joining = joining
        self._shared = shared
        self._origins = origins
        self._allowances = allowances
        self._asks, self._frames = Buckets(ASKS), Buckets(FRAMES)
        self._polls = Polls(shared.hub, shared.attendance, shared.pace.linger)

    def table(self) -> list[web.RouteDef]:
        """Return the routes, relative to the prefix."""
        return [web.post("/api/poll", self.poll)]

    async def poll(self, request: web.Request) -> web.Response:
        """Do what the frames ask for, and answer with what is new, when there is something."""
        guard.check_post(request, self._origins)
        seat = await guard.seat_of(request, self._joining)
        guard.check_rate(self._asks, seat.chat_id)
        asked = _read(await guard.read_body(request, MAX_BODY_BYTES))
        for _ in asked.frames:
            guard.check_rate(self._frames, seat.chat_id)
        if asked.hello.chat != seat.chat_id:
            raise Refusal(409, "other_chat")
        self._check_room(seat, asked.window)
        with self._polls.asked(seat, asked.window) as window:
            return await self._answer(seat, asked, window)

    def _check_room(self, seat: Seat, name: str) -> None:
        """Refuse a new window when we are leaving, or full, or the chat has too many."""
        hub = self._shared.hub
        known = self._polls.find(seat, name) is not None
        many = hub.count_of(seat.chat_id) >= self._allowances.sockets_of_chat
        if hub.closing or (not known and (many or hub.count() >= self._allowances.sockets)):
            raise Refusal(503, "busy", retry_after=1)

    async def _answer(self, seat: Seat, asked: Asked, window: Window) -> web.Response:
        window.turn += 1
        window.rung.set()  # an older request of this window is answered now
        turn, until = window.turn, time.monotonic() + self._shared.pace.poll
        done = [await self._do(seat, window, frame) for frame in asked.frames]
        frames = [frame for frame in done if frame is not None]
        while True:
            window.rung.clear()
            seen, new = await self._look(seat, window, asked)
            late = time.monotonic() >= until or window.turn != turn
            if window.closed is None and not (new or asked.frames or late):
                await _within(until - time.monotonic(), window)
                await self._check(seat, window)
                continue
            if window.closed is not None and not frames:
                raise Refusal(*_REFUSALS.get(window.closed, (503, "busy")), retry_after=1)
            return answer(200, {"frames": [*frames, *new], "seen": seen})

    async def _check(self, seat: Seat, window: Window) -> None:
        """Go on only for a seat that is still good."""
        gone = seat.expires <= self._shared.now()
        if window.doubt:
            window.doubt = False
            gone |= not await self._shared.visiting.seated(seat)
        if gone:
            raise Refusal(401, "no_session")

    async def _do(self, seat: Seat, window: Window, frame: wire.Frame) -> dict[str, Any] | None:
        shared = self._shared
        match frame:
            case wire.Say():
                return await self._say(seat, frame)
            case wire.Window():
                shared.attendance.note(seat.chat_id, window, frame.presence)
            case wire.Here():
                await shared.visiting.here(seat)
            case wire.End():
                await shared.visiting.end(seat)
            case wire.Ping():
                return wire.PONG
            case wire.Hello():
                raise Refusal(400, "broken")
        return None

    async def _say(self, seat: Seat, say: wire.Say) -> dict[str, Any]:
        if self._shared.says.take(seat.chat_id, time.monotonic()):
            return wire.refused(say.key, "slow_down")
        try:
            return wire.ack(say.key, await self._shared.visiting.say(seat, say.key, say.text))
        except CannotSay as refusal:
            return wire.refused(say.key, refusal.code)

    async def _look(
        self, seat: Seat, window: Window, asked: Asked
    ) -> tuple[str, list[dict[str, Any]]]:
        """Return the mark of the chat's view, and what of view and log is new to the window."""
        visiting, after = self._shared.visiting, asked.hello.after
        looked = await visiting.look(seat)
        longer = await self._shared.waits.longer_than(looked[0]) if looked else None
        view = wire.view(*looked, longer) if looked else None
        if looked is None or view is None:
            raise Refusal(410, "gone")
        if after > looked[0].head:
            return asked.seen, [wire.OVER]
        self._shared.attendance.has(seat.chat_id, window, after)
        seen = _mark(view)
        lines: list[dict[str, Any]] = []
        if after < looked[0].head:
            page = await visiting.log(seat, after, self._shared.pace.page)
            lines = _some([wire.line(line) for line in page])
        if not asked.seen:
            return seen, [wire.welcome(view), *lines]
        return seen, lines if seen == asked.seen else [*lines, wire.changed(view)]


async def _within(seconds: float, window: Window) -> None:
    try:
        async with asyncio.timeout(seconds):
            await window.rung.wait()
    except TimeoutError:
        pass


def _read(body: dict[str, Any]) -> Asked:
    """Read a request's body. Raises Refusal."""
    window, seen, frames = body.pop("window", ""), body.pop("seen", ""), body.pop("frames", None)
    texts = isinstance(window, str) and isinstance(seen, str)
    if body or not texts or not isinstance(frames, list) or not 0 < len(frames) <= MAX_FRAMES:
        raise Refusal(400, "broken")
    if not _NAME.fullmatch(window) or not _SEEN.fullmatch(seen):
        raise Refusal(400, "broken")
    try:
        first, *rest = [wire.frame_in(f) for f in frames if isinstance(f, dict)]
    except (ValueError, wire.BrokenFrame):
        raise Refusal(400, "broken") from None
    if len(rest) + 1 != len(frames) or not isinstance(first, wire.Hello):
        raise Refusal(400, "broken")
    if any(isinstance(frame, wire.Hello) for frame in rest):
        raise Refusal(400, "broken")
    return Asked(window, seen, first, rest)


def _mark(view: dict[str, Any]) -> str:
    """Name a view without what lines tell by themselves."""
    told = {name: value for name, value in view.items() if name != "head"}
    return hashlib.sha256(wire.write(told)).hexdigest()[:16]


def _some(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave out what would make one answer too large: at least one line is in it."""
    size = 0
    some: list[dict[str, Any]] = []
    for line in lines:
        size += len(wire.write(line))
        if some and size > MAX_ANSWER:
            break
        some.append(line)
    return some
