"""What stands where the service should be, and sends frames that no service of ours sends."""

from __future__ import annotations

import asyncio
import json
import random
from copy import deepcopy
from typing import Any

import pytest
from aiohttp import WSCloseCode, web
from yarl import URL

from bot.sandbox.helpsite.proxy import Proxy
from tests.faults.hostile_json import HostileJson

_VIEW = {
    "chat": "",
    "state": "open",
    "ticket": "12345",
    "you": "Ada Lovelace",
    "operators": ["Grace Hopper"],
    "head": 3,
    "relayed": 0,
    "ended_by": None,
    "closing": None,
}
_ON_ONE = 300  # frames on one socket
_PAUSE = 0.005  # seconds between two: a socket that ends at once is not come back to soon
_AT = "2026-11-21T10:42:07.123Z"
_FILE = {
    "id": "v-1",
    "name": "tray.jpg",
    "type": "image/jpeg",
    "size": 7,
    "standing": "coming",
    "url": "",
}
_LINE = {
    "t": "line",
    "seq": 4,
    "kind": "said",
    "author": {"role": "operator", "name": "Grace Hopper"},
    "text": "Which one?",
    "at": _AT,
}
GOOD: tuple[dict[str, Any], ...] = (
    {"t": "welcome", "view": _VIEW},
    {"t": "view", "view": _VIEW},
    _LINE,
    {**_LINE, "quote": {"author": "Ada", "text": "It beeps."}},
    {**_LINE, "file": _FILE},
    {**_LINE, "kind": "edited", "target": 2},
    {**_LINE, "kind": "notice", "text": "not_shown", "target": 2},
    {**_LINE, "key": "k-1", "author": {"role": "visitor", "name": "Ada"}},
    {"t": "ack", "key": "k-1", "seq": 4, "at": _AT},
    {"t": "refused", "key": "k-1", "error": "slow_down"},
    {"t": "relayed", "seq": 2},
    {"t": "pong"},
)
#: What would be drawn, if it were taken for one of the widget's own descriptions.
_SPECS: tuple[Any, ...] = (
    {"tag": "script", "props": {"src": "https://evil.example/x.js"}, "kids": ["__pwned(1)"]},
    {"tag": "img", "props": {"src": "https://evil.example/x", "onerror": "__pwned(2)"}, "kids": []},
    {"tag": "iframe", "props": {"srcdoc": "<script>parent.__pwned(3)</script>"}, "kids": []},
    {"tag": "a", "props": {"href": "javascript:__pwned(4)"}, "kids": ["x"]},
    ["<img src=x onerror=__pwned(5)>"],
    {"toString": "__pwned", "length": 3, "split": 1},
)


class HostileService:
    """Answers WebSockets with hostile frames as long as ``on``; ``sent`` counts them."""

    def __init__(self, seed: int, monkeypatch: pytest.MonkeyPatch, chat: str) -> None:
        self.on = False
        self.sent = 0
        self.sockets = 0
        self._draw = random.Random(seed)
        self._json = HostileJson(self._draw, chat, [chat])
        self._chat = chat
        self._seq = 1_000  # of lines: far beyond what there is, so that it starts over afterwards
        usual, hostile = Proxy._socket, self

        async def socket(proxy: Proxy, request: web.Request, target: URL) -> web.StreamResponse:
            if hostile.on:
                return await hostile._serve(request)
            return await usual(proxy, request, target)

        monkeypatch.setattr(Proxy, "_socket", socket)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        front = web.WebSocketResponse(protocols=["livechat.v1"], compress=False)
        await front.prepare(request)
        self.sockets += 1
        await front.receive()
        welcome = {"t": "welcome", "view": {**_VIEW, "chat": self._chat}}
        await front.send_str(json.dumps(welcome))
        for _ in range(_ON_ONE):
            if not self.on or front.closed:
                break
            text = self.frame()
            self.sent += 1
            if self._draw.random() < 0.05:
                await front.send_bytes(text.encode("utf-8", "replace"))
            else:
                await front.send_str(text.encode("utf-8", "replace").decode())
            await asyncio.sleep(_PAUSE)
        await front.close(code=self._draw.choice((WSCloseCode.SERVICE_RESTART, 1011, 4999)))
        return front

    def frame(self) -> str:
        """A frame with something wrong in it, which ends nothing by being right."""
        draw = self._draw
        if draw.random() < 0.15:
            return self._json.text()
        frame = deepcopy(draw.choice(GOOD))
        if "view" in frame:
            frame["view"]["chat"] = self._chat
        if frame["t"] == "line":
            self._seq += draw.random() < 0.3
            frame["seq"] = self._seq
        for _ in range(draw.choice((1, 1, 2, 4))):
            self._spoil(frame)
        view = frame.get("view")
        # Another chat, or the end of this one, well told, would be believed.
        if isinstance(view, dict) and isinstance(view.get("chat"), str):
            view["chat"] = self._chat
        return json.dumps(frame, ensure_ascii=draw.random() < 0.5)

    def _spoil(self, frame: dict[str, Any]) -> None:
        draw = self._draw
        where: Any = frame
        inner = [value for value in frame.values() if isinstance(value, dict)]
        if inner and draw.random() < 0.7:
            where = draw.choice(inner)
        names = [*where, "quote", "file", "author", "key", "target", "closing", "tag", "props"]
        name = draw.choice(names)
        if draw.random() < 0.2:
            where.pop(name, None)
        else:
            spec = deepcopy(draw.choice(_SPECS))
            value = spec if draw.random() < 0.4 else self._json.value()
            where[name] = [value] if draw.random() < 0.1 else value
