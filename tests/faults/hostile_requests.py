"""HTTP requests by hand: every route of the visitors', with something wrong about it."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.faults.hostile_json import HostileJson

_METHODS = ("GET", "POST", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "BREW")
#: What stands in an address for what a route leaves open.
_HOLES = (
    *(
        "en",
        "de",
        "xx",
        "0",
        "deadbeef",
        "v-k-1",
        "..%2f..",
        "%00",
        "%ff%fe",
        "a" * 500,
        "%E2%80%AE",
    ),
    *("__proto__", "-", "%0d%0aX: y", ";x=1", "?v=1", "*"),
)
_TOKENS = ("", "A" * 43, "a" * 128, "\ud800" * 40, "../" * 15, "A" * 3_000)
#: Values that no good client sends, whatever the header is.
_VALUES = (
    *(
        "",
        " ",
        "\t",
        "\x00",
        "\xff\xfe",
        "x" * 7_000,
        "*",
        "null",
        "-1",
        "1e9",
        "0x10",
        "18446744073709551616",
    ),
    *(
        "a, b",
        '"',
        'W/"',
        "text/html; charset=utf-16",
        "application/json; charset=x",
        "gzip, deflate, br;q=nan",
    ),
    *(
        "%",
        "%zz",
        "%ff",
        "%00",
        "é",
        "=?utf-8?q?=00?=",
        "bytes=0-0,1-1",
        "a=b; " * 300,
        "chunked",
        "100-continue",
    ),
)
_HEADERS = (
    *(
        "Origin",
        "Host",
        "Cookie",
        "Content-Type",
        "Content-Length",
        "Transfer-Encoding",
        "Accept-Encoding",
    ),
    *(
        "If-None-Match",
        "If-Modified-Since",
        "Range",
        "Expect",
        "Upgrade",
        "Connection",
        "Sec-Fetch-Site",
    ),
    *("Sec-Fetch-Mode", "Sec-WebSocket-Key", "Sec-WebSocket-Version", "Sec-WebSocket-Protocol"),
    *("X-Livechat", "X-Livechat-Key", "X-Livechat-Name", "X-Livechat-About", "X-Forwarded-For"),
    *(
        "X-Remote-User",
        "X_Remote_User",
        "X-Livechat-Proxy",
        "Content-Encoding",
        "Forwarded",
        "X-\x01",
    ),
)


@dataclass(frozen=True)
class Whom:
    """Against whom it goes: the service's address, a page's origin, and a visitor's cookie."""

    host: str
    origin: str
    cookies: Sequence[str]


@dataclass
class Request:
    """A request, still to be spoilt."""

    method: str
    path: str
    body: bytes
    headers: list[tuple[str, str]] = field(default_factory=list)
    version: str = "HTTP/1.1"

    def write(self) -> bytes:
        lines = [f"{self.method} {self.path} {self.version}"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        head = "\r\n".join((*lines, "", ""))
        return head.encode("latin-1", "replace") + self.body


class HostileRequests:
    """Draws requests to ``routes`` (method, path with {holes}), which lie below ``prefix``."""

    def __init__(
        self,
        draw: random.Random,
        json_: HostileJson,
        whom: Whom,
        routes: Sequence[tuple[str, str]],
    ) -> None:
        self._draw, self._json, self._whom, self._routes = draw, json_, whom, routes

    def next(self) -> tuple[str, bytes]:
        """Another one: which route, and the bytes."""
        draw = self._draw
        method, path = draw.choice(self._routes)
        request = Request(method, self._path(path), b"")
        if method == "POST":
            request.body = self._body(path)
        request.headers = self._headers(request, path)
        for _ in range(draw.choice((0, 1, 1, 2, 4))):
            self._spoil(request)
        data = request.write()
        if draw.random() < 0.1:
            torn = bytearray(data)
            for _ in range(draw.choice((1, 3, 20))):
                torn[draw.randrange(len(torn))] = draw.randrange(256)
            data = bytes(torn)
        return f"{method} {path}", data

    def _path(self, path: str) -> str:
        while "{" in path:
            before, _, rest = path.partition("{")
            hole, depth = "", 1
            for at, letter in enumerate(rest):
                depth += (letter == "{") - (letter == "}")
                if not depth:
                    hole, rest = rest[:at], rest[at + 1 :]
                    break
            assert hole
            path = before + self._draw.choice(_HOLES) + rest
        if self._draw.random() < 0.15:
            path += self._draw.choice(
                ("?", "?a=%", "?ticket=1", "?/\\evil.example", "?v=%ff", "/", "//", "%2e%2e")
            )
        return path

    def _body(self, path: str) -> bytes:
        draw = self._draw
        if draw.random() < 0.1:
            return draw.randbytes(draw.choice((1, 50, 4_096, 4_097, 70_000)))
        good = self._good(path)
        text = json.dumps(good) if draw.random() < 0.2 else self._json.spoilt(good)
        return text.encode("utf-8", "surrogatepass")

    def _good(self, path: str) -> dict[str, Any]:
        draw = self._draw
        if path.endswith("/poll"):
            frames = [self._json.hello(), *(self._json.frame() for _ in range(draw.randrange(4)))]
            if draw.random() < 0.5:
                frames[draw.randrange(len(frames))] = self._json.value()
            return {"window": "w-1", "seen": "", "frames": frames}
        if path.endswith("/leave"):
            return {"x": 1}
        if path.endswith("/rate"):
            return {"chat": self._json.hello()["chat"], "answer": draw.choice(("yes", "no"))}
        if path.endswith("/begin"):
            asked = {"question": "It beeps.", "name": "Eve", "email": "eve@help.test"}
            return {**asked, "key": "b" * 43}
        if path.endswith("/sign-in"):
            return {"assertion": ".".join(draw.choice(_TOKENS)[:900] for _ in range(3))}
        return {"token": draw.choice(_TOKENS), "nonce": draw.choice(("A" * 43, "", "x"))}

    def _headers(self, request: Request, path: str) -> list[tuple[str, str]]:
        draw, whom = self._draw, self._whom
        cookies = whom.cookies[1:] if path.endswith("/leave") else whom.cookies  # he shall stay
        headers = [
            ("Host", whom.host),
            ("Origin", whom.origin),
            ("Cookie", f"__Host-livechat={draw.choice(cookies)}"),
            ("X-Livechat", "1"),
            ("X-Forwarded-For", ".".join(str(draw.randrange(1, 255)) for _ in range(4))),
        ]
        if request.body:
            headers += [
                ("Content-Type", "application/json"),
                ("Content-Length", str(len(request.body))),
            ]
        if path.endswith("/file"):
            headers[-2:-1] = [("Content-Type", "image/png")] if request.body else []
            headers += [("X-Livechat-Key", f"f-{draw.randrange(50)}"), ("X-Livechat-Name", "a.png")]
            headers += [("X-Livechat-Chat", self._json.hello()["chat"])]
        if path.endswith("/ws"):
            headers += [("Upgrade", "websocket"), ("Connection", "Upgrade")]
            headers += [("Sec-WebSocket-Version", "13"), ("Sec-WebSocket-Protocol", "livechat.v1")]
            headers += [("Sec-WebSocket-Key", "bGl2ZWNoYXQtZG9jdG9yIQ==")]
        return headers

    def _spoil(self, request: Request) -> None:
        draw, headers = self._draw, request.headers
        which = draw.randrange(7)
        if which == 0:
            request.method = draw.choice(_METHODS)
        elif which == 1 and headers:
            del headers[draw.randrange(len(headers))]
        elif which == 2 and headers:
            at = draw.randrange(len(headers))
            headers[at] = (headers[at][0], draw.choice(_VALUES))
        elif which == 3:
            headers.append((draw.choice(_HEADERS), draw.choice(_VALUES)))
        elif which == 4 and headers:
            headers.append(draw.choice(headers))
        elif which == 5:
            request.version = draw.choice(("HTTP/1.0", "HTTP/0.9", "HTTP/2.0", "", "HTTP/1.1 x"))
        else:
            words = ("http://elsewhere.example", "*", "/%00", "//evil.example", "/../" * 40, "é")
            request.path = draw.choice((draw.choice(words), request.path + draw.choice(words)))
