"""Passes one prefix of the help site on to the service, WebSockets too, as Apache's ProxyPass does."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping

from aiohttp import (
    ClientConnectionError,
    ClientError,
    ClientSession,
    ClientWebSocketResponse,
    WSMsgType,
    WSServerHandshakeError,
    web,
)
from multidict import CIMultiDict
from yarl import URL

#: Headers that are about one connection, not about the message (RFC 9110, 7.6.1).
HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
#: What the WebSocket client makes anew for its own handshake.
HANDSHAKE = frozenset(
    {"sec-websocket-key", "sec-websocket-version", "sec-websocket-extensions", "content-length"}
)
MAX_BODY = 6 * 1024 * 1024
Socket = web.WebSocketResponse | ClientWebSocketResponse


class Proxy:
    """Hands requests to ``service`` and its answers back; the browser's Origin and Host stay."""

    def __init__(
        self, service: URL, session: ClientSession, says: Mapping[str, str] | None = None
    ) -> None:
        """``says`` are headers that the web server adds: who is signed in, for instance."""
        self._service = service
        self._session = session
        self._says = says or {}

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Pass ``request`` on; 503 with a sentence when the service is not there."""
        target = self._service.join(request.rel_url)
        try:
            if request.headers.get("Upgrade", "").lower() == "websocket":
                return await self._socket(request, target)
            return await self._request(request, target)
        except ClientError as trouble:
            sentence = f"The chat service at {self._service} does not answer: start it first."
            raise web.HTTPServiceUnavailable(text=sentence) from trouble

    async def _request(self, request: web.Request, target: URL) -> web.StreamResponse:
        async with self._session.request(
            request.method,
            target,
            headers=_onward(request, self._says),
            data=await request.read(),
            allow_redirects=False,
            auto_decompress=False,
        ) as answer:
            body = await answer.read()
            headers = CIMultiDict(
                (name, value)
                for name, value in answer.headers.items()
                if name.lower() not in HOP_BY_HOP | {"content-length"}
            )
            return web.Response(status=answer.status, headers=headers, body=body)

    async def _socket(self, request: web.Request, target: URL) -> web.StreamResponse:
        offered = [
            name.strip()
            for name in request.headers.get("Sec-WebSocket-Protocol", "").split(",")
            if name.strip()
        ]
        headers = _onward(request, self._says, HANDSHAKE | {"sec-websocket-protocol"})
        try:
            behind = await self._session.ws_connect(
                target, headers=headers, protocols=offered, autoping=False, compress=0
            )
        except WSServerHandshakeError as refusal:
            return web.Response(status=refusal.status)
        front = web.WebSocketResponse(
            protocols=[behind.protocol] if behind.protocol else [], autoping=False, compress=False
        )
        await front.prepare(request)
        await _both_ways(front, behind)
        return front


async def _both_ways(front: web.WebSocketResponse, behind: ClientWebSocketResponse) -> None:
    """Carry frames both ways until one side closes, then close the other with the same code."""
    ways = [
        asyncio.create_task(_carry(front, behind)),
        asyncio.create_task(_carry(behind, front)),
    ]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        for way in ways:
            with contextlib.suppress(asyncio.CancelledError, ClientConnectionError):
                await way
        code = behind.close_code or front.close_code or 1011
        # 1005 and 1006 say that there was no code: they cannot be sent.
        code = 1011 if code in {1005, 1006} else code
        await behind.close(code=code)
        await front.close(code=code)


async def _carry(source: Socket, target: Socket) -> None:
    async for message in source:
        if message.type is WSMsgType.TEXT:
            await target.send_str(message.data)
        elif message.type is WSMsgType.BINARY:
            await target.send_bytes(message.data)
        elif message.type is WSMsgType.PING:
            await target.ping(message.data)
        elif message.type is WSMsgType.PONG:
            await target.pong(message.data)


def _onward(
    request: web.Request, says: Mapping[str, str], drop: frozenset[str] = frozenset()
) -> CIMultiDict[str]:
    """Return the headers to send on, with who asked appended as Apache appends it."""
    headers = CIMultiDict(
        (name, value)
        for name, value in request.headers.items()
        if name.lower() not in HOP_BY_HOP | drop
    )
    before = headers.get("X-Forwarded-For")
    remote = request.remote or "unknown"
    headers["X-Forwarded-For"] = f"{before}, {remote}" if before else remote
    headers["X-Forwarded-Proto"] = request.scheme
    headers["X-Forwarded-Host"] = request.host
    headers.update(says)
    return headers
