"""Visitors under fire: a widget without a browser that comes back to any replica and resumes."""

from __future__ import annotations

import asyncio
import json
import random
import secrets
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import aiohttp

from tests.faults.books import Account, tokens
from tests.faults.manners import PING_EVERY, PONG_WITHIN, WELCOME_WITHIN, Comeback, Patience

_TROUBLE = (aiohttp.ClientError, OSError, TimeoutError)


class Guest:
    """The visitor of one account. It keeps what is not acknowledged and sends it again."""

    def __init__(
        self,
        account: Account,
        bases: Sequence[str],
        origin: str,
        session: aiohttp.ClientSession,
        draw: random.Random,
    ) -> None:
        self.account = account
        self.unsent: dict[str, str] = {}
        self.connected = asyncio.Event()
        self.comebacks: list[Comeback] = []
        self.view: dict[str, Any] = {}
        self.codes: list[int | None] = []
        self._bases, self._session, self._draw = bases, session, draw
        address = f"10.{draw.randrange(256)}.{draw.randrange(256)}.{draw.randrange(1, 255)}"
        self._headers = {
            "Origin": origin,
            "Cookie": f"__Host-livechat={account.secret}",
            "X-Forwarded-For": address,
        }
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._opened_at: float | None = None  # when this socket opened
        self._coming: Comeback | None = None
        self._patience = Patience(draw)
        self._heard_at = 0.0

    async def stay(self) -> None:
        """Be there until cancelled."""
        while True:
            outcome = "closed"
            try:
                await self._visit()
            except _TROUBLE as error:
                outcome = type(error).__name__
            finally:
                pause = self._lose(outcome)
            await asyncio.sleep(pause)

    def _lose(self, outcome: str) -> float:
        """Note that the socket, or the attempt at one, is over; return how long to wait."""
        now = time.monotonic()
        if self.connected.is_set():
            self._coming = Comeback(now)
            self.connected.clear()
        code = self._socket.close_code if self._socket is not None else None
        if self._socket is not None:
            self.codes.append(code)
        lasted = None if self._opened_at is None else now - self._opened_at
        self._socket = self._opened_at = None
        pause = self._patience.next_pause(lasted, code)
        if self._coming is not None:
            self._coming.note(now, f"{outcome}, waits {pause:.2f}")
        return pause

    @property
    def arriving(self) -> bool:
        """Whether the service let it in, and has not told it anything yet."""
        return self._socket is not None and not self.connected.is_set()

    def stumble(self) -> None:
        """Lose the connection, if there is one that works, without a word."""
        if self._socket is not None and self.connected.is_set():
            _abort(self._socket)

    async def _visit(self) -> None:
        base = self._draw.choice(self._bases)
        async with asyncio.timeout(WELCOME_WITHIN):
            socket = await self._session.ws_connect(
                f"{base}/ws", headers=self._headers, protocols=["livechat.v1"], max_msg_size=0
            )
        self._socket, self._opened_at = socket, time.monotonic()
        if self._coming is not None:
            self._coming.note(self._opened_at, f"open at :{base.split(':')[2].split('/')[0]}")
        watch = asyncio.create_task(self._watch(socket))
        try:
            await self._hello(socket)
            async for frame in socket:
                if frame.type is not aiohttp.WSMsgType.TEXT:
                    break
                self._heard_at = time.monotonic()
                await self._take(socket, json.loads(frame.data))
        finally:
            watch.cancel()
            # A dead peer answers no closing handshake: let go of the connection at once.
            _abort(socket)
            with suppress(*_TROUBLE, asyncio.CancelledError):
                await socket.close()

    async def _watch(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Notice a socket that is open and dead, as the widget does."""
        while True:
            await asyncio.sleep(PING_EVERY)
            asked = time.monotonic()
            with suppress(*_TROUBLE):
                await socket.send_json({"t": "ping"})
            await asyncio.sleep(PONG_WITHIN)
            if self._heard_at < asked:
                _abort(socket)
                return

    async def _hello(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        lines = self.account.lines
        after = lines[-1]["seq"] if lines else 0
        await socket.send_json({"t": "hello", "chat": self.account.chat, "after": after})

    async def _take(self, socket: aiohttp.ClientWebSocketResponse, frame: dict[str, Any]) -> None:
        match frame["t"]:
            case "welcome":
                self.view = frame["view"]
                self._arrive()
                for key, text in list(self.unsent.items()):
                    await socket.send_json({"t": "say", "key": key, "text": text})
            case "view":
                self.view = frame["view"]
            case "line":
                self._show(frame)
            case "ack":
                self._acknowledge(frame["key"], frame["seq"])
            case "refused":
                await self._refuse(socket, frame["key"], frame["error"])
            case "over":
                self.account.lines.clear()
                await self._hello(socket)

    def _arrive(self) -> None:
        if self._coming is not None:
            self._coming.seconds = time.monotonic() - self._coming.lost_at
            self.comebacks.append(self._coming)
            self._coming = None
        self.connected.set()

    def _show(self, line: dict[str, Any]) -> None:
        """A widget shows each seq once, and what is missing it never learns of."""
        lines = self.account.lines
        last = lines[-1]["seq"] if lines else 0
        if line["seq"] <= last:
            return
        if line["seq"] != last + 1:
            self.account.gaps.append(f"#{line['seq']} came after #{last}")
        lines.append(line)
        for token in tokens(line["text"])[:1]:
            self.account.read_at.setdefault(token, time.time())

    def _acknowledge(self, key: str, seq: int) -> None:
        account = self.account
        before = account.acknowledged.setdefault(key, seq)
        if before != seq:
            account.gaps.append(f"{account.said[key]} was acknowledged as #{before} and as #{seq}")
        account.acknowledged_at.setdefault(account.said[key], time.time())
        self.unsent.pop(key, None)

    async def _refuse(self, socket: aiohttp.ClientWebSocketResponse, key: str, error: str) -> None:
        if error == "slow_down":
            await asyncio.sleep(1)
            if key in self.unsent:
                await socket.send_json({"t": "say", "key": key, "text": self.unsent[key]})
            return
        self.account.refused[key] = error
        self.unsent.pop(key, None)

    async def say(self, filler: str = "") -> str:
        """Say something new; return its token. It is kept until it is acknowledged."""
        account = self.account
        token, key = account.token("v"), secrets.token_hex(8)
        account.said[key] = token
        account.said_at[token] = time.time()
        self.unsent[key] = text = f"{token} {filler}".strip()
        socket = self._socket
        if socket is not None and self.connected.is_set():
            with suppress(*_TROUBLE):
                await socket.send_json({"t": "say", "key": key, "text": text})
        return token


def _abort(socket: aiohttp.ClientWebSocketResponse) -> None:
    """Let go of the connection at once: a dead peer answers no closing handshake."""
    transport = socket._writer.transport
    if transport is not None:
        transport.abort()
