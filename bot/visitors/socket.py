"""One WebSocket of a visitor: he reads the log and adds to it.

Four tasks share it, so that none can hold up another: ``_read`` takes frames in (and answers
pings), ``_act`` does what they ask, one after another, ``_follow`` reads the log whenever the
chat's bell rings, ``_write`` sends. The first that ends, ends the socket: a socket is whole or
closed, and a closed one makes the widget come back and resume by seq.
"""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import structlog
from aiohttp import ClientConnectionResetError, WSMsgType, web

from bot.domain.presence import Presence
from bot.relay.ports import Seat
from bot.relay.visiting import CannotSay, Visiting
from bot.visitors import wire
from bot.visitors.allowance import Bucket, Buckets, Rate
from bot.visitors.attendance import Attendance
from bot.visitors.hub import Hub
from bot.visitors.outgoing import Outgoing, Overflow
from bot.visitors.trouble import describe
from bot.visitors.wire import Close

log = structlog.get_logger(__name__)

FRAMES = Rate(per_minute=600, burst=120)  # of any kind, on one socket; beyond it we read slower


@dataclass(frozen=True, slots=True)
class Pace:
    """Times (seconds) and sizes of sockets."""

    hello: float = 10.0
    silence: float = 180.0  # a browser lets a hidden tab's timers run once a minute
    send: float = 10.0  # a peer that takes nothing for so long is cut
    goodbye: float = 2.0
    recheck: float = 15.0  # how late we are, at worst, if the bell is lost
    heartbeat: float = 20.0
    page: int = 100  # lines of the log read at a time
    waiting_frames: int = 256
    waiting_bytes: int = 1024 * 1024
    frames: Rate = FRAMES
    grace: float = 30.0  # a visitor without a window is not gone before


class Farewell(Exception):
    """The socket is to be closed, for a reason."""

    def __init__(self, code: Close, why: str) -> None:
        super().__init__(why)
        self.code = code
        self.why = why


class Socket:
    """Serves one accepted WebSocket until it closes; see ``run``."""

    def __init__(
        self,
        ws: web.WebSocketResponse,
        transport: asyncio.Transport | None,
        secret: str,
        seat: Seat,
        *,
        visiting: Visiting,
        hub: Hub,
        attendance: Attendance,
        says: Buckets,
        pace: Pace,
    ) -> None:
        self._ws = ws
        self._transport = transport
        self._secret = secret
        self._seat = seat
        self._visiting = visiting
        self._hub = hub
        self._attendance = attendance
        self._says = says
        self._pace = pace
        self._out = Outgoing(pace.waiting_frames, pace.waiting_bytes)
        self._todo: asyncio.Queue[wire.Say | wire.Window | wire.End] = asyncio.Queue(64)
        self._rung = asyncio.Event()
        self._frames = Bucket(pace.frames, time.monotonic())
        self._cursor: int | None = None  # the last seq sent; None until a hello tells
        self._greeted = False  # a hello was right, once
        self._shown: dict[str, Any] | None = None  # the view as the client has it
        self._dismissed: asyncio.Future[Close] = asyncio.get_running_loop().create_future()

    # --- what the hub sees -----------------------------------------------------------------------

    @property
    def chat_id(self) -> str:
        """The chat it shows: its seat's, for as long as it lives."""
        return self._seat.chat_id

    @property
    def seat_id(self) -> str:
        """The seat it was opened with."""
        return self._seat.id

    def wake(self) -> None:
        """Read the log on."""
        self._rung.set()

    def dismiss(self, code: Close) -> None:
        """Close, with ``code``."""
        if not self._dismissed.done():
            self._dismissed.set_result(code)

    # --- life and death --------------------------------------------------------------------------

    async def run(self) -> None:
        """Serve until either side closes; nothing of it is left afterwards."""
        self._hub.watch(self)
        works = (self._read(), self._act(), self._follow(), self._write())
        tasks = [asyncio.create_task(work) for work in works]
        try:
            ends_it: set[asyncio.Future[Any]] = {*tasks, self._dismissed}
            await asyncio.wait(ends_it, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                task.cancel()
            ends = await asyncio.gather(*tasks, return_exceptions=True)
            await self._close(self._reason(ends))
        finally:
            for task in tasks:
                task.cancel()
            self._attendance.left(self.chat_id, self)
            self._hub.unwatch(self)

    def _reason(self, ends: list[BaseException | None]) -> Farewell:
        """Tell why the socket ends, from how its tasks did."""
        if self._dismissed.done():
            return Farewell(self._dismissed.result(), "dismissed")
        for end in ends:
            if isinstance(end, Farewell):
                return end
            if isinstance(end, Overflow):
                return Farewell(Close.TRY_LATER, "overflow")
            if isinstance(end, (ConnectionError, ClientConnectionResetError)):
                return Farewell(Close.BYE, "lost")
            if isinstance(end, Exception):
                log.error("socket_failed", chat=self.chat_id, error=describe(end))
                return Farewell(Close.TRY_LATER, "trouble")
        return Farewell(Close.BYE, "left")

    async def _close(self, farewell: Farewell) -> None:
        log.info("socket_closed", chat=self.chat_id, code=int(farewell.code), why=farewell.why)
        with suppress(TimeoutError, ConnectionError):
            async with asyncio.timeout(self._pace.goodbye):
                await self._ws.close(code=farewell.code)
        # A peer that reads nothing would keep what is buffered for it, and the connection.
        if self._transport is not None and self._transport.get_write_buffer_size():
            self._transport.abort()

    # --- in --------------------------------------------------------------------------------------

    async def _read(self) -> None:
        while True:
            limit = self._pace.hello if self._cursor is None else self._pace.silence
            try:
                # receive()'s own time limit starts anew with every pong, which the browser sends
                # by itself even when its page does not work any more.
                async with asyncio.timeout(limit):
                    message = await self._ws.receive()
            except TimeoutError:
                raise Farewell(Close.SILENT, "silent") from None
            if message.type is WSMsgType.BINARY:
                raise Farewell(Close.BROKEN, "binary")
            if message.type is not WSMsgType.TEXT:
                return
            try:
                self._take(wire.read_frame(message.data))
            except wire.BrokenFrame as error:
                raise Farewell(Close.BROKEN, str(error)) from None
            await asyncio.sleep(self._frames.take(time.monotonic()))

    def _take(self, frame: wire.Frame) -> None:
        """Answer at once what needs no database; leave the rest to ``_act``."""
        if isinstance(frame, wire.Hello):
            self._hello(frame)
        elif not self._greeted:
            raise wire.BrokenFrame("the first frame was no hello")
        elif isinstance(frame, wire.Ping):
            self._answer(wire.PONG)
        elif isinstance(frame, wire.Say) and self._says.take(self.seat_id, time.monotonic()):
            self._answer(wire.refused(frame.key, "slow_down"))
        else:
            try:
                self._todo.put_nowait(frame)
            except asyncio.QueueFull:
                raise Overflow from None

    def _hello(self, hello: wire.Hello) -> None:
        if self._cursor is not None:
            raise wire.BrokenFrame("a second hello")
        if hello.chat != self.chat_id:
            raise Farewell(Close.OTHER_CHAT, "hello to another chat")
        self._cursor, self._shown = hello.after, None
        if not self._greeted:
            self._greeted = True
            # Until it says more: a window is there.
            self._attendance.note(self.chat_id, self, Presence.HIDDEN)
        self.wake()

    # --- doing -----------------------------------------------------------------------------------

    async def _act(self) -> None:
        while True:
            frame = await self._todo.get()
            await self._check_seat()
            match frame:
                case wire.Say():
                    await self._say(frame)
                case wire.Window(presence):
                    self._attendance.note(self.chat_id, self, presence)
                case wire.End():
                    await self._visiting.end(self._seat)

    async def _check_seat(self) -> None:
        """See that the cookie we were opened with still seats its bearer in this chat."""
        seat = await self._visiting.seat(self._secret)
        if seat is None:
            raise Farewell(Close.NO_SESSION, "no seat any more")
        if seat.chat_id != self.chat_id:
            raise Farewell(Close.OTHER_CHAT, "seated elsewhere")

    async def _say(self, say: wire.Say) -> None:
        try:
            message = await self._visiting.say(self._seat, say.key, say.text)
        except CannotSay as refusal:
            self._answer(wire.refused(say.key, refusal.code))
        else:
            self._answer(wire.ack(say.key, message))

    def _answer(self, frame: dict[str, Any]) -> None:
        self._out.push(wire.write(frame))

    # --- out -------------------------------------------------------------------------------------

    async def _follow(self) -> None:
        """Read the log on at every ring, and now and then without one."""
        while True:
            try:
                # Spread, so that a thousand sockets do not ask in the same moment.
                async with asyncio.timeout(self._pace.recheck * random.uniform(0.8, 1.2)):  # noqa: S311
                    await self._rung.wait()
            except TimeoutError:
                await self._check_seat()
            self._rung.clear()
            if self._cursor is not None:
                self._cursor = await self._catch_up(self._cursor)

    async def _catch_up(self, cursor: int) -> int | None:
        """Send what is new after ``cursor``; return the new one, or None if we must start over."""
        looked = await self._visiting.look(self._seat)
        view = wire.view(*looked) if looked else None
        if looked is None or view is None:
            raise Farewell(Close.GONE, "the chat is gone")
        if cursor > looked[0].head:
            await self._out.put(wire.write(wire.OVER))
            return None
        if self._shown is None:
            await self._out.put(wire.write(wire.welcome(view)))
            self._shown = view
        if cursor < looked[0].head:
            cursor = await self._send_lines(cursor)
        if view | {"head": 0} != self._shown | {"head": 0}:
            await self._out.put(wire.write(wire.changed(view)))
        self._shown = view
        return cursor

    async def _send_lines(self, cursor: int) -> int:
        while True:
            page = await self._visiting.log(self._seat, cursor, self._pace.page)
            for message in page:
                await self._out.put(wire.write(wire.line(message)))
                cursor = message.seq
            if len(page) < self._pace.page:
                return cursor

    async def _write(self) -> None:
        while True:
            frame = await self._out.get()
            try:
                async with asyncio.timeout(self._pace.send):
                    await self._ws.send_frame(frame, WSMsgType.TEXT)
            except TimeoutError:
                raise Farewell(Close.TRY_LATER, "reads too slowly") from None
