"""The service as a process of its own, which can be killed; and a visitor without a browser."""

from __future__ import annotations

import asyncio
import io
import json
import os
import secrets
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self
from urllib.parse import quote

import aiohttp

from tests.hatchery import Hatchery
from tests.ports import free_port

__all__ = ["Running", "ServiceProcess", "Visitor", "free_port"]

ROOT = Path(__file__).parents[1]


class Running(Protocol):
    """What we do to a process, whoever started it."""

    pid: int

    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def send_signal(self, number: int, /) -> None: ...
    def kill(self) -> None: ...


class ServiceProcess:
    """``livechat serve`` with a configuration file; what it logs goes to ``log``.

    A ``hatchery`` starts it faster; ``bug`` is one of tests/faults/bugs.py to plant in it there.
    """

    def __init__(
        self,
        config: Path,
        url: str,
        *,
        hatchery: Hatchery | None = None,
        bug: str = "",
        **environment: str,
    ) -> None:
        self._config, self.url = config, url
        self._hatchery, self.bug = hatchery, bug
        self._environment = environment
        self.log = config.with_suffix(".log")
        self._process: Running | None = None

    @property
    def pid(self) -> int:
        """The process's number, once it was started."""
        assert self._process
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it runs (a paused one does)."""
        return self._process is not None and self._process.poll() is None

    async def start(self) -> None:
        """Start it and wait until it answers."""
        self._process = self._start()
        async with aiohttp.ClientSession() as session, asyncio.timeout(90):
            while not await self._answers(session):
                assert self._process.poll() is None, self.log.read_text()[-3000:]
                await asyncio.sleep(0.05)

    def _start(self) -> Running:
        command = ["--config", str(self._config), "serve"]
        if self._hatchery:
            return self._hatchery.hatch(command, self.log, self.bug, self._environment)
        assert not self.bug, "only a hatchery plants bugs"
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "bot", *command],
                cwd=ROOT,
                stdout=log,
                stderr=log,
                env={**os.environ, "PYTHONPATH": ".", **self._environment},
            )

    async def _answers(self, session: aiohttp.ClientSession) -> bool:
        try:
            async with session.get(f"{self.url}/healthz") as answer:
                return answer.ok
        except aiohttp.ClientError:
            return False

    def kill(self) -> None:
        """SIGKILL: no chance to tidy up."""
        assert self._process
        self._process.kill()
        self._process.wait()

    def pause(self) -> None:
        """SIGSTOP: it holds what it holds, and does nothing."""
        assert self._process
        self._process.send_signal(signal.SIGSTOP)

    def wake(self) -> None:
        """SIGCONT."""
        assert self._process
        self._process.send_signal(signal.SIGCONT)

    def signal(self, number: int) -> None:
        """Send a signal that does not end it."""
        assert self._process
        self._process.send_signal(number)

    async def terminate(self) -> float:
        """SIGTERM; return how many seconds it took to end."""
        assert self._process
        loop = asyncio.get_running_loop()
        began = loop.time()
        self._process.send_signal(signal.SIGTERM)
        await asyncio.to_thread(self._process.wait, 30)
        return loop.time() - began

    async def restart(self) -> None:
        """As if the machine's power had failed for a moment."""
        self.kill()
        await self.start()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self.alive:
            self.kill()


class Visitor:
    """Ada's widget without a browser: it keeps what is not acknowledged, and resumes by seq."""

    def __init__(self, base: str, origin: str) -> None:
        self._base, self._origin = base, origin
        self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        self._cookie = ""
        self._nonce = secrets.token_urlsafe(32)
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self.chat = ""
        self.lines: list[dict[str, Any]] = []
        self.acknowledged: dict[str, int] = {}
        self.unsent: dict[str, str] = {}
        self.view: dict[str, Any] = {}

    async def join(self, token: str) -> None:
        """Exchange the link; harmless to repeat."""
        await self._enter("join", {"token": token, "nonce": self._nonce})

    async def begin(self, question: str) -> None:
        """Send the form of who has no link; harmless to repeat."""
        who = {"name": "Ada Lovelace", "email": "ada@elsewhere.test"}
        await self._enter("begin", {"key": self._nonce, "question": question, **who})

    async def _enter(self, how: str, body: dict[str, str]) -> None:
        headers = {"Origin": self._origin, "X-Livechat": "1", "Sec-Fetch-Site": "same-origin"}
        url = f"{self._base}/api/{how}"
        async with self._session.post(url, json=body, headers=headers) as answer:
            assert answer.status == 200, await answer.text()
            self._cookie = answer.headers["Set-Cookie"].split(";")[0]
            self.view = await answer.json()
            self.chat = self.view["chat"]

    async def connect(self) -> None:
        """Open the socket, say hello, send again what was not acknowledged."""
        headers = {"Origin": self._origin, "Cookie": self._cookie}
        self._socket = await self._session.ws_connect(
            f"{self._base}/ws", headers=headers, protocols=["livechat.v1"]
        )
        last = self.lines[-1]["seq"] if self.lines else 0
        await self._send({"t": "hello", "chat": self.chat, "after": last})
        for key, text in list(self.unsent.items()):
            await self._send({"t": "say", "key": key, "text": text})

    async def say(self, text: str) -> str:
        """Say something; it is kept until it is acknowledged."""
        key = secrets.token_hex(8)
        self.unsent[key] = text
        if self._socket and not self._socket.closed:
            await self._send({"t": "say", "key": key, "text": text})
        return key

    async def attach(self, name: str, content: bytes, about: str = "", key: str = "") -> int:
        """Send a file; return the answer's status."""
        headers = {
            "Origin": self._origin,
            "Cookie": self._cookie,
            "X-Livechat": "1",
            "X-Livechat-Chat": self.chat,
            "X-Livechat-Key": key or secrets.token_hex(8),
            "X-Livechat-Name": quote(name),
            "X-Livechat-About": quote(about),
        }
        url, body = f"{self._base}/api/file", io.BytesIO(content)
        async with self._session.post(url, data=body, headers=headers) as answer:
            return answer.status

    async def end(self) -> None:
        """End the chat."""
        await self._send({"t": "end"})

    async def rate(self, answer: str) -> int:
        """Say whether the chat helped; return the status of what is said to that."""
        headers = {"Origin": self._origin, "Cookie": self._cookie, "X-Livechat": "1"}
        url, body = f"{self._base}/api/rate", {"chat": self.chat, "answer": answer}
        async with self._session.post(url, json=body, headers=headers) as said:
            return said.status

    async def until(self, told: Any, seconds: float = 60) -> None:
        """Read frames, reconnecting as a widget does, until ``told()`` is true."""
        async with asyncio.timeout(seconds):
            while not told():
                if self._socket is None or self._socket.closed:
                    await self._reconnect()
                    continue
                # To a ping that comes just before the end nobody can answer; the end is read after it.
                with suppress(aiohttp.ClientConnectionResetError):
                    frame = await self._socket.receive()
                    if frame.type is aiohttp.WSMsgType.TEXT:
                        self._take(json.loads(frame.data))

    async def until_closed(self) -> int | None:
        """Read until the service closes the socket; return its code."""
        assert self._socket
        kind = aiohttp.WSMsgType.TEXT
        while kind is aiohttp.WSMsgType.TEXT:
            with suppress(aiohttp.ClientConnectionResetError):  # as above
                kind = (await self._socket.receive()).type
        return self._socket.close_code

    async def _reconnect(self) -> None:
        try:
            await self.connect()
        except aiohttp.ClientError:
            await asyncio.sleep(0.1)

    def _take(self, frame: dict[str, Any]) -> None:
        match frame["t"]:
            case "line":
                last = self.lines[-1]["seq"] if self.lines else 0
                if frame["seq"] > last:
                    assert frame["seq"] == last + 1, "a gap"
                    self.lines.append(frame)
            case "ack":
                self.acknowledged[frame["key"]] = frame["seq"]
                self.unsent.pop(frame["key"], None)
            case "view" | "welcome":
                self.view = frame["view"]

    async def _send(self, frame: dict[str, Any]) -> None:
        assert self._socket
        try:
            await self._socket.send_json(frame)
        except (ConnectionError, aiohttp.ClientError):
            return  # the next connection sends it again

    def texts(self) -> list[str]:
        """What was said, in order."""
        return [line["text"] for line in self.lines if line["kind"] == "said"]

    async def close(self) -> None:
        """Go away."""
        await self._session.close()
