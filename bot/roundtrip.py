"""``livechat doctor --roundtrip``: a message from a pop-up to Teams, and a CO's answer back.

It is a visitor like any other: it opens an invitation's link at the public address, writes, and waits
for the answer. What stops it would have stopped a visitor, and nothing here is kept open for it.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
from aiohttp import hdrs

from bot.config import Settings
from bot.doctor import Finding, Level
from bot.visitors.guard import COOKIE
from bot.visitors.wire import PROTOCOL

WORDS = (
    "This is the live chat's self-test, and nobody who needs help. Please answer here within two "
    "minutes, and mention the bot in your answer."
)
_NEW_LINK = (
    "Get another: in Teams mention the bot with the number of a ticket of your own, press Invite."
)
_REMEDIES = {
    **dict.fromkeys(("unknown", "used", "revoked", "expired"), _NEW_LINK),
    "sign_in": "Visitors have to sign in first here (sign_in.demand): try it in a browser.",
}
_WEB = "livechat doctor looks at the service and the web server; so does the log (journalctl)."
_POLLS = "It goes on by polling, as a pop-up does. livechat doctor says what is in the way."
_OUT = (
    "In the log: `delayed` or `refused` with lane `teams`, `token_refused`; then docs/operations.md, "
    "When something is wrong."
)
_IN = (
    "Did somebody answer in the thread, with a mention? Then Microsoft does not reach us: look for "
    "/api/messages in the web server's log, and at docs/operations.md, the bot is silent in Teams."
)


#: What comes of reading an answer that something else than the service has made.
_NOT_OURS = (ValueError, LookupError, TypeError)


class NoLink(Exception):
    """What was given is no link of an invitation."""


class _Refused(Exception):
    """The service, or what stands before it, said no; ``todo`` is what to do, if that is known."""

    def __init__(self, said: str, todo: str = "") -> None:
        super().__init__(said)
        self.todo = todo


@dataclass(frozen=True, slots=True)
class _Leg:
    what: str
    said: str
    seconds: float
    go: Callable[[], Awaitable[None]]
    todo: str
    else_: Level = Level.FAIL


async def travel(settings: Settings, link: str, tell: Callable[[Finding], None]) -> bool:
    """Go all the way, and tell of each leg; return whether the answer came. Raises NoLink."""
    token = parse_qs(urlsplit(link.strip()).fragment).get("livechat")
    if not token:
        raise NoLink
    headers = {hdrs.ORIGIN: min(settings.origins), "X-Livechat": "1"}
    jar = aiohttp.DummyCookieJar()
    async with aiohttp.ClientSession(headers=headers, cookie_jar=jar) as http:
        visitor = _Visitor(http, settings.public_url, token[0])
        try:
            for leg in _legs(visitor):
                found = await _gone(leg)
                tell(found)
                if found.level is Level.FAIL:
                    return False
        finally:
            await visitor.leave()
    return True


def _legs(visitor: _Visitor) -> list[_Leg]:
    return [
        _Leg("link", "the web server and the service took it", 20, visitor.join, _WEB),
        _Leg("poll", "it works where no WebSocket gets through", 20, visitor.poll, _WEB),
        _Leg("websocket", "it comes through", 20, visitor.connect, _POLLS, Level.WARN),
        _Leg("message", "what the visitor wrote is stored", 20, visitor.say, _WEB),
        _Leg("teams", "it stands in the thread; please answer there", 90, visitor.shown, _OUT),
        _Leg("answer", "it has come back to the visitor", 120, visitor.answered, _IN),
    ]


async def _gone(leg: _Leg) -> Finding:
    began = time.monotonic()
    try:
        async with asyncio.timeout(leg.seconds):
            await leg.go()
    except TimeoutError:
        return Finding(leg.else_, leg.what, f"nothing within {leg.seconds:g} s", leg.todo)
    except _Refused as refusal:
        return Finding(leg.else_, leg.what, str(refusal), refusal.todo or leg.todo)
    except (aiohttp.ClientError, OSError, *_NOT_OURS) as error:
        return Finding(leg.else_, leg.what, f"it broke ({type(error).__name__})", leg.todo)
    return Finding(Level.OK, leg.what, f"{leg.said} ({time.monotonic() - began:.1f} s)")


class _Visitor:
    """As much of a pop-up as it takes."""

    def __init__(self, http: aiohttp.ClientSession, base: str, token: str) -> None:
        self._http, self._base, self._token = http, base, token
        self._cookie: dict[str, str] = {}
        self._chat = ""
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._asking: list[dict[str, str]] = []  # frames for the next poll
        self._seen, self._after = "", 0
        self._seq = self._relayed = 0
        self._welcome = self._answered = False

    async def join(self) -> None:
        """Exchange the link."""
        body = {"token": self._token, "nonce": secrets.token_urlsafe(32)}
        answer, view = await self._post("join", body)
        self._cookie = {hdrs.COOKIE: f"{COOKIE}={answer.cookies[COOKIE].value}"}
        self._chat = str(view["chat"])

    async def poll(self) -> None:
        """Ask as one does whom no WebSocket reaches."""
        await self._until(lambda: self._welcome)
        self._welcome = False

    async def connect(self) -> None:
        """Open the socket, and be welcome; if nothing comes of that, go on without."""
        url, protocols = f"{self._base}/ws", [PROTOCOL]
        try:
            self._socket = await self._http.ws_connect(
                url, headers=self._cookie, protocols=protocols
            )
            await self._socket.send_json(self._hello())
            await self._socket.send_json({"t": "presence", "state": "open"})
            await self._until(lambda: self._welcome)
        except aiohttp.WSServerHandshakeError as error:
            raise _Refused(f"{url} answers {error.status}") from None
        finally:
            if not self._welcome:
                self._socket = None

    async def say(self) -> None:
        """Write, and see it stored."""
        frame = {"t": "say", "key": secrets.token_hex(16), "text": WORDS}
        if self._socket is None:
            self._asking.append(frame)
        else:
            await self._socket.send_json(frame)
        await self._until(lambda: self._seq > 0)

    async def shown(self) -> None:
        """Wait until it is in Teams."""
        await self._until(lambda: self._relayed >= self._seq)

    async def answered(self) -> None:
        """Wait until an operator has written."""
        await self._until(lambda: self._answered)

    async def leave(self) -> None:
        """End the chat; if that does not get through, it ends by itself."""
        if self._chat:
            try:
                async with asyncio.timeout(10):
                    self._asking.append({"t": "end"})
                    await self._poll()
            except (_Refused, aiohttp.ClientError, OSError, *_NOT_OURS):
                pass

    def _hello(self) -> dict[str, Any]:
        return {"t": "hello", "chat": self._chat, "after": self._after}

    async def _post(self, what: str, body: object) -> tuple[aiohttp.ClientResponse, dict[str, Any]]:
        url = f"{self._base}/api/{what}"
        async with self._http.post(
            url, json=body, headers=self._cookie, allow_redirects=False
        ) as answer:
            if answer.status != 200:
                code = await _code(answer)
                raise _Refused(
                    f"{url} answers {answer.status} {code}".rstrip(), _REMEDIES.get(code, "")
                )
            return answer, await answer.json()

    async def _until(self, told: Callable[[], bool]) -> None:
        while not told():
            if self._socket is None:
                await self._poll()
                continue
            frame = await self._socket.receive()
            if frame.type is not aiohttp.WSMsgType.TEXT:
                raise _Refused(f"the connection was closed ({self._socket.close_code})")
            self._take(frame.json())

    async def _poll(self) -> None:
        """Ask for what is new; the answer comes when there is something, or after a while."""
        frames, self._asking = [self._hello(), *self._asking], []
        asked = {"window": "roundtrip", "seen": self._seen, "frames": frames}
        _, answer = await self._post("poll", asked)
        self._seen = answer["seen"]
        for frame in answer["frames"]:
            self._take(frame)

    def _take(self, frame: dict[str, Any]) -> None:
        if frame["t"] == "line":
            self._after = int(frame["seq"])
        match frame:
            case {"t": "welcome" | "view", "view": view}:
                self._welcome, self._relayed = True, int(view["relayed"])
            case {"t": "relayed", "seq": seq}:
                self._relayed = int(seq)
            case {"t": "ack", "seq": seq}:
                self._seq = int(seq)
            case {"t": "refused", "error": code}:
                raise _Refused(f"it was refused: {code}")
            case {"t": "line", "kind": "notice", "text": "not_shown" | "not_sure" as word}:
                raise _Refused(f"Teams did not take it ({word})")
            case {"t": "line", "kind": "said", "author": {"role": "operator"}}:
                self._answered = True


async def _code(answer: aiohttp.ClientResponse) -> str:
    """Return what the service calls it; nothing for what only a web server says."""
    try:
        return str((await answer.json())["error"])
    except (aiohttp.ContentTypeError, ValueError, KeyError, TypeError):
        return ""
