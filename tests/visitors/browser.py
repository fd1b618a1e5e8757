"""A visitor's browser, as far as the service can tell: its cookie, its headers, its socket."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Callable
from typing import Any, Protocol, Self

import aiohttp
import pytest
from aiohttp import web

from bot.visitors.room import VisitorsRoom

ORIGIN = "https://help.example.org"
COOKIE = "__Host-livechat"
HEADERS = {"Origin": ORIGIN, "X-Livechat": "1", "Sec-Fetch-Site": "same-origin"}


CHAT = "chat-12345"


async def until(condition: Callable[[], bool]) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.002)


def texts(lines: list[dict[str, Any]]) -> list[str]:
    """Return what lines say."""
    return [line["text"] for line in lines]


def nonce() -> str:
    """Make a nonce as the widget does."""
    return secrets.token_urlsafe(32)


class Served(Protocol):
    """Something with an address: a server, or a proxy before it."""

    base: str


def put_into(app: web.Application, room: VisitorsRoom) -> None:
    """Let ``app`` have the room's routes, and end it when it shuts down."""
    app.add_routes(room.routes())
    app.on_shutdown.append(lambda _app: room.close())


class Server:
    """A room on a loopback port of its own, run as in production.

    aiohttp's own TestServer cancels handlers when a client goes, which a real one does not.
    """

    def __init__(self, room: VisitorsRoom) -> None:
        app = web.Application()
        put_into(app, room)
        self._runner = web.AppRunner(app, access_log=None)
        self.base = ""

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        self.base = f"http://{host}:{port}"
        return self

    async def __aexit__(self, *_what: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Stop as the service does on SIGTERM; harmless if it has stopped."""
        await self._runner.cleanup()


class Tab:
    """A window's socket."""

    def __init__(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        self.ws = ws

    @property
    def transport(self) -> asyncio.Transport:
        """The connection below, to be mistreated."""
        assert self.ws._conn
        transport = self.ws._conn.transport
        assert isinstance(transport, asyncio.Transport)
        return transport

    async def send(self, **frame: object) -> None:
        await self.ws.send_str(json.dumps(frame, ensure_ascii=False))

    async def hello(self, chat: str, after: int = 0) -> dict[str, Any]:
        """Say hello; return the welcome."""
        await self.send(t="hello", chat=chat, after=after)
        return await self.next("welcome", "over")

    async def frame(self) -> dict[str, Any]:
        """Return the next frame, whatever it is."""
        message = await self.ws.receive(timeout=5)
        assert message.type is aiohttp.WSMsgType.TEXT, f"closed with {self.ws.close_code}"
        value = json.loads(message.data)
        assert isinstance(value, dict)
        return value

    async def next(self, *kinds: str) -> dict[str, Any]:
        """Return the next frame of one of these kinds, leaving others out."""
        while True:
            frame = await self.frame()
            if frame["t"] in kinds:
                return frame

    async def lines(self, upto: int) -> list[dict[str, Any]]:
        """Return the lines that come until seq ``upto``."""
        lines: list[dict[str, Any]] = []
        while not lines or lines[-1]["seq"] < upto:
            lines.append(await self.next("line"))
        return lines

    async def closed(self) -> int:
        """Return the code with which the service closes, whatever it still sends before."""
        async with asyncio.timeout(20):
            while (await self.ws.receive()).type is aiohttp.WSMsgType.TEXT:
                pass
        assert self.ws.close_code is not None
        return self.ws.close_code


class Browser:
    """One cookie jar. The cookie is carried by hand: the test's server has no TLS."""

    def __init__(self, server: Served, prefix: str = "/livechat") -> None:
        self.base = f"{server.base}{prefix}/"
        self.cookie = ""
        self.http = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_what: object) -> None:
        await self.http.close()

    def url(self, path: str) -> str:
        return self.base + path

    def _headers(self, headers: dict[str, str] | None) -> dict[str, str]:
        given = dict(HEADERS if headers is None else headers)
        if self.cookie:
            given["Cookie"] = f"{COOKIE}={self.cookie}"
        return given

    async def get(self, path: str, **headers: str) -> aiohttp.ClientResponse:
        answer = await self.http.get(self.url(path), headers=self._headers(headers))
        await answer.read()
        return answer

    async def post(
        self, path: str, body: object, headers: dict[str, str] | None = None
    ) -> aiohttp.ClientResponse:
        answer = await self.http.post(self.url(path), json=body, headers=self._headers(headers))
        await answer.read()
        if COOKIE in answer.cookies:
            self.cookie = answer.cookies[COOKIE].value
        return answer

    async def join(self, token: str, key: str = "") -> dict[str, Any]:
        """Exchange a link; return the view."""
        answer = await self.post("api/join", {"token": token, "nonce": key or nonce()})
        assert answer.status == 200, await answer.text()
        view = await answer.json()
        assert isinstance(view, dict)
        return view

    async def tab(self, headers: dict[str, str] | None = None) -> Tab:
        """Open a socket. Raises aiohttp.WSServerHandshakeError if it is refused."""
        given = self._headers({"Origin": ORIGIN} if headers is None else headers)
        ws = await self.http.ws_connect(
            self.url("ws"), headers=given, protocols=("livechat.v1",), autoping=True
        )
        return Tab(ws)

    async def refusal(self, headers: dict[str, str]) -> int:
        """Try to open a socket that is refused; return the status."""
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await self.tab(headers)
        return refused.value.status

    async def talk(self, chat: str, after: int = 0) -> Tab:
        """Open a socket and say hello."""
        tab = await self.tab()
        await tab.hello(chat, after)
        return tab


class Poller:
    """A window behind a proxy that lets no WebSocket through."""

    def __init__(self, browser: Browser, chat: str, name: str = "window-1") -> None:
        self.browser = browser
        self.chat = chat
        self.name = name
        self.after = 0
        self.seen = ""

    async def ask(self, *frames: dict[str, Any]) -> aiohttp.ClientResponse:
        """Send one request, with these frames after the hello."""
        hello = {"t": "hello", "chat": self.chat, "after": self.after}
        body = {"window": self.name, "seen": self.seen, "frames": [hello, *frames]}
        return await self.browser.post("api/poll", body)

    async def frames(self, *frames: dict[str, Any]) -> list[dict[str, Any]]:
        """Send one request; return the answer's frames and note where that leaves us."""
        answer = await self.ask(*frames)
        assert answer.status == 200, await answer.text()
        told = await answer.json()
        self.seen = told["seen"]
        for frame in told["frames"]:
            if frame["t"] == "line":
                assert frame["seq"] == self.after + 1
                self.after = frame["seq"]
        found: list[dict[str, Any]] = told["frames"]
        return found
