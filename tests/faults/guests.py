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

PING_EVERY, PATIENCE = 8.0, 5.0
"""Seconds: how often a socket is asked whether it lives, and how long its answer may take."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 8.0
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
        self.reconnects: list[float] = []  # seconds from the loss of a socket to the next welcome
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
        self._lost_at: float | None = None
        self._heard_at = 0.0

    async def stay(self) -> None:
        """Be there until cancelled."""
        pause = _FIRST_PAUSE
        while True:
            try:
                await self._visit()
                pause = _FIRST_PAUSE
            except _TROUBLE:
                pause = min(2 * pause, _LONGEST_PAUSE)
            finally:
                self._lose()
            await asyncio.sleep(self._draw.uniform(0, pause))

    def _lose(self) -> None:
        if self.connected.is_set():
            self._lost_at = time.monotonic()
            self.connected.clear()
        if self._socket is not None:
            self.codes.append(self._socket.close_code)
        self._socket = None

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
        async with asyncio.timeout(PATIENCE):
            socket = await self._session.ws_connect(
                f"{base}/ws", headers=self._headers, protocols=["livechat.v1"], max_msg_size=0
            )
        self._socket = socket
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
            await asyncio.sleep(self._draw.uniform(0.8, 1.0) * PING_EVERY)
            asked = time.monotonic()
            with suppress(*_TROUBLE):
                await socket.send_json({"t": "ping"})
            await asyncio.sleep(PATIENCE)
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
                if self._lost_at is not None:
                    self.reconnects.append(time.monotonic() - self._lost_at)
                self.connected.set()
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
