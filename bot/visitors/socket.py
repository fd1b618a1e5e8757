"""One WebSocket of a visitor: he reads the log and adds to it.

Reading goes on in the request's own task, and answers pings. Everything else is there only while
there is something to do, so that an idle socket is small: a task that does what was asked, one
thing after another; a task that reads the log on from the database, when a commit's news is not
enough; a task that waits for a slow peer. None can hold up another. Whichever fails, ends the
socket: a socket is whole or closed, and a closed one makes the widget come back and resume by seq.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from aiohttp import WSMsgType, web

from bot.domain.presence import Presence
from bot.relay.delivery import News
from bot.relay.ports import Seat
from bot.relay.visiting import CannotSay, Visiting
from bot.visitors import wire
from bot.visitors.allowance import Bucket, Buckets
from bot.visitors.attendance import Attendance
from bot.visitors.farewell import Farewell, farewell_for
from bot.visitors.hub import Hub
from bot.visitors.outgoing import Outgoing, Overflow
from bot.visitors.pace import Pace
from bot.visitors.shown import Shown, is_his
from bot.visitors.waits import Waits
from bot.visitors.wire import Close

log = structlog.get_logger(__name__)

_DIGITS = 16  # of a line's number


@dataclass(frozen=True, slots=True)
class Shared:
    """What all sockets of a process have in common."""

    visiting: Visiting
    hub: Hub
    attendance: Attendance
    says: Buckets
    pace: Pace
    now: Callable[[], datetime]
    waits: Waits


class Socket:
    """Serves one accepted WebSocket until it closes; see ``run``."""

    __slots__ = (
        "_acting",
        "_asked",
        "_behind",
        "_dead_at",
        "_doubt",
        "_doubt_at",
        "_due",
        "_farewell",
        "_following",
        "_frames",
        "_greeted",
        "_heard",
        "_out",
        "_seat",
        "_shared",
        "_shown",
        "_spoke",
        "_task",
        "_todo",
        "_transport",
        "_ws",
    )

    def __init__(
        self, ws: web.WebSocketResponse, transport: asyncio.Transport, seat: Seat, shared: Shared
    ) -> None:
        pace, now = shared.pace, time.monotonic()
        self._ws = ws
        self._transport = transport
        self._seat = seat
        self._shared = shared
        self._shown = Shown()
        self._out = Outgoing(
            ws,
            transport,
            frames=pace.waiting_frames,
            size=pace.waiting_bytes,
            failed=self._fail,
        )
        self._frames = Bucket(pace.frames, now)
        self._todo: list[wire.Say | wire.Here | wire.End] = []
        self._greeted = False  # a hello was right, once
        self._behind = False  # the log is to be read on
        self._doubt = False  # and whether the seat is still good
        self._heard = self._spoke = now  # the last sign of life, and the last of the page itself
        self._asked = 0.0  # when we last asked whether somebody is there
        self._dead_at = 0.0  # unless something is heard before; 0 while nothing is wrong
        self._doubt_at = now + pace.doubt
        self._due = 0.0  # nothing is overdue before
        self._task: asyncio.Task[None] | None = None
        self._acting: asyncio.Task[None] | None = None
        self._following: asyncio.Task[None] | None = None
        self._farewell: Farewell | None = None

    # --- what the hub sees -----------------------------------------------------------------------

    @property
    def chat_id(self) -> str:
        """The chat it shows: its seat's, for as long as it lives."""
        return self._seat.chat_id

    @property
    def seat_id(self) -> str:
        """The seat it was opened with."""
        return self._seat.id

    def hear(self, news: News) -> None:
        """Show what a commit brought."""
        if self._following is not None:
            self._behind = True  # what it reads may be older than this
            return
        try:
            frames = self._shown.hear(news) if self._out.has_room else None
            self._out.show(frames or (), at_once=not is_his(news))
            if self._shown.is_unasked:
                self._due = 0.0
        except Exception as error:  # noqa: BLE001 - ours, or Overflow; whoever committed is not to blame
            self._fail(error)
            return
        if frames is None:
            self.wake()

    def wake(self, *, doubt: bool = False) -> None:
        """Read the log on; with ``doubt``, look first whether the seat is still good."""
        self._behind = True
        self._doubt |= doubt
        if self._following is None and self._farewell is None and self._task is not None:
            self._following = self._begin(self._follow())

    def dismiss(self, code: Close) -> None:
        """Close, with ``code``."""
        self._fail(Farewell(code, "dismissed"))

    def tend(self, now: float) -> None:
        """See to what is overdue, about once a second; ``now`` is monotonic."""
        if now < self._due and not self._out.since:
            return
        pace, shown = self._shared.pace, self._shown
        limit = pace.hello if shown.cursor is None else pace.silence
        if self._out.since and now > self._out.since + pace.send:
            self._fail(Farewell(Close.TRY_LATER, "reads too slowly"))
        elif now > self._spoke + limit:
            self._fail(Farewell(Close.SILENT, "silent"))
        elif self._expired:
            self._fail(Farewell(Close.NO_SESSION, "the seat expired"))
        elif now <= self._heard + pace.heartbeat:
            self._dead_at = 0.0
            self._ask()
        elif not self._dead_at or self._heard > self._asked:
            self._asked, pinged = now, self._out.control(WSMsgType.PING)
            self._dead_at = now + (pace.pong if pinged else pace.send)
        elif now >= self._dead_at:
            self._fail(Farewell(Close.SILENT, "dead", dead=True))
        if now > self._doubt_at:
            self._doubt_at = now + pace.doubt
            self.wake(doubt=True)
        # What is heard meanwhile only puts it off.
        dead_at = self._dead_at or self._heard + pace.heartbeat
        self._due = 0.0 if shown.is_unasked else min(dead_at, self._spoke + limit, self._doubt_at)

    def _ask(self) -> None:
        """Have the browser confirm that it has all lines: it answers a ping in its turn, by itself."""
        last = self._shown.cursor or 0
        behind = self._shown.is_unasked and self._out.idle
        if behind and self._out.control(WSMsgType.PING, str(last).encode()):
            self._shown.asked = last

    def _confirmed(self, payload: bytes) -> None:
        """Note how far it has the log; what is no answer of ours tells nothing."""
        if payload.isdigit() and len(payload) <= _DIGITS and int(payload) <= self._shown.asked:
            self._shared.attendance.has(self.chat_id, self, int(payload))

    @property
    def _expired(self) -> bool:
        return self._seat.expires <= self._shared.now()

    # --- life and death --------------------------------------------------------------------------

    async def run(self) -> None:
        """Serve until either side closes; nothing of it is left afterwards."""
        self._task = asyncio.current_task()
        self._shared.hub.watch(self)
        try:
            await self._read_on()
            await self._finish()
            await self._close(self._farewell or Farewell(Close.BYE, "left"))
        finally:
            self._out.close()
            for task in filter(None, (self._acting, self._following)):
                task.cancel()
            undone = sum(isinstance(frame, wire.Say) for frame in self._todo)
            self._shared.says.give_back(self.chat_id, undone)  # they are said again
            self._shared.attendance.left(self.chat_id, self)
            self._shared.hub.unwatch(self)
            self._task = None

    async def _read_on(self) -> None:
        """Read until there is a reason to end."""
        try:
            await self._read()
        except asyncio.CancelledError:
            if self._farewell is None or self._task is None or self._task.uncancel():
                raise  # it was not us
        except Exception as error:  # noqa: BLE001 - sorted there
            self._farewell = self._farewell or farewell_for(error, self.chat_id)
        else:
            self._farewell = self._farewell or Farewell(Close.BYE, "left")

    def _begin(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        if task is self._following:
            self._following = None
        if not task.cancelled() and (error := task.exception()) is not None:
            self._fail(error)
        elif self._behind:
            self.wake()  # rung just when it had done reading

    def _fail(self, error: BaseException) -> None:
        """End the socket because of ``error``, unless it is ending already."""
        if self._farewell is None and self._task is not None:
            self._farewell = farewell_for(error, self.chat_id)
            self._task.cancel()

    async def _finish(self) -> None:
        """Do what was asked before the visitor left: his last words are not lost with his tab."""
        if self._acting is not None and self._farewell and self._farewell.code == Close.BYE:
            await asyncio.wait([self._acting], timeout=self._shared.pace.send)

    async def _close(self, farewell: Farewell) -> None:
        log.info("socket_closed", chat=self.chat_id, code=int(farewell.code), why=farewell.why)
        self._out.close()
        if farewell.dead:
            self._transport.abort()
        with suppress(TimeoutError, ConnectionError):
            async with asyncio.timeout(self._shared.pace.goodbye):
                await self._ws.close(code=farewell.code)
        # A peer that reads nothing would keep what is buffered for it, and the connection.
        if self._transport.get_write_buffer_size():
            self._transport.abort()

    # --- in --------------------------------------------------------------------------------------

    async def _read(self) -> None:
        while True:
            message = await self._ws.receive()
            now = self._heard = time.monotonic()
            match message.type:
                case WSMsgType.TEXT:
                    self._spoke = now
                    self._take(message.data)
                case WSMsgType.PING:
                    self._out.control(WSMsgType.PONG, message.data)
                case WSMsgType.PONG:
                    self._confirmed(bytes(message.data))
                case WSMsgType.BINARY:
                    raise Farewell(Close.BROKEN, "binary")
                case _:
                    return
            if pause := self._frames.take(now):
                await asyncio.sleep(pause)

    def _take(self, text: str) -> None:
        """Answer at once what needs no database; leave the rest to ``_act``."""
        try:
            frame = wire.read_frame(text)
        except wire.BrokenFrame as error:
            raise Farewell(Close.BROKEN, str(error)) from None
        if isinstance(frame, wire.Hello):
            self._hello(frame)
        elif not self._greeted:
            raise Farewell(Close.BROKEN, "the first frame was no hello")
        elif isinstance(frame, wire.Ping):
            self._out.push(wire.write(wire.PONG))
        elif isinstance(frame, wire.Window):
            self._shared.attendance.note(self.chat_id, self, frame.presence)
        elif isinstance(frame, wire.Say) and self._shared.says.take(self.chat_id, self._heard):
            self._out.push(wire.write(wire.refused(frame.key, "slow_down")))
        elif len(self._todo) >= self._shared.pace.waiting_acts:
            raise Overflow
        else:
            self._todo.append(frame)
            self._acting = self._acting or self._begin(self._act())

    def _hello(self, hello: wire.Hello) -> None:
        if self._shown.cursor is not None:
            raise Farewell(Close.BROKEN, "a second hello")
        if hello.chat != self.chat_id:
            raise Farewell(Close.OTHER_CHAT, "hello to another chat")
        self._shown.begin(hello.after)
        if not self._greeted:
            self._greeted = True
            # Until it says more: a window is there.
            self._shared.attendance.note(self.chat_id, self, Presence.HIDDEN)
        self.wake(doubt=True)  # it may have been given up before we were told of such things

    # --- doing -----------------------------------------------------------------------------------

    async def _act(self) -> None:
        try:
            while self._todo:
                frame = self._todo.pop(0)
                if self._expired:
                    raise Farewell(Close.NO_SESSION, "the seat expired")
                if isinstance(frame, wire.End):
                    await self._shared.visiting.end(self._seat)
                elif isinstance(frame, wire.Here):
                    await self._shared.visiting.here(self._seat)
                else:
                    self._out.push(wire.write(await self._say(frame)))
        finally:
            self._acting = None

    async def _say(self, say: wire.Say) -> dict[str, Any]:
        try:
            message = await self._shared.visiting.say(self._seat, say.key, say.text)
        except CannotSay as refusal:
            return wire.refused(say.key, refusal.code)
        return wire.ack(say.key, message)

    # --- out -------------------------------------------------------------------------------------

    async def _follow(self) -> None:
        """Read the log on, until there is nothing more to read."""
        while self._behind:
            self._behind = False
            if self._doubt:
                self._doubt = False
                await self._check_seat()
            if self._shown.cursor is not None:
                await self._catch_up()

    async def _check_seat(self) -> None:
        """See that the cookie we were opened with still seats its bearer in this chat."""
        if not await self._shared.visiting.seated(self._seat):
            raise Farewell(Close.NO_SESSION, "no seat any more")

    async def _catch_up(self) -> None:
        """Send what is new, as the database has it."""
        shown, visiting = self._shown, self._shared.visiting
        looked = await visiting.look(self._seat)
        if looked is None or wire.view(*looked) is None:
            raise Farewell(Close.GONE, "the chat is gone")
        chat, relayed = looked
        longer = await self._shared.waits.longer_than(chat)
        if shown.cursor is None or shown.cursor > chat.head:
            await self._out.put(shown.over())
            return
        if not shown.welcomed:
            self._shared.attendance.has(self.chat_id, self, shown.cursor)
            await self._put(shown.look(chat, relayed, longer))
        while shown.cursor < chat.head and await self._send_page(shown.cursor):
            pass
        self._due = 0.0
        await self._put(shown.look(chat, relayed, longer))

    async def _send_page(self, after: int) -> bool:
        """Send lines after seq ``after``, as many as there is room for; False if they are the last.

        Whoever reads slowly gets the rest of a page when there is room again, from the database:
        two hundred who do not read at all would hold as many pages, megabytes each.
        """
        await self._out.room()
        page = await self._shared.visiting.log(self._seat, after, self._shared.pace.page)
        for line in page:
            if not self._out.has_room:
                return True
            self._out.push(wire.write(wire.line(line)))
            self._shown.sent(line)
        return len(page) == self._shared.pace.page

    async def _put(self, frames: list[bytes]) -> None:
        for frame in frames:
            await self._out.put(frame)
