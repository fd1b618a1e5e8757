"""Who may ask, and how often: origins, the cookie, the sender's address, and bodies of a sane size.

The exact list of origins is what keeps others out. The cookie's SameSite does not: a page on a
sibling host of the same university is "same site", and its WebSocket would carry the cookie.
"""

from __future__ import annotations

import asyncio
import hashlib
import ipaddress
import re
import time
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from aiohttp import hdrs, web

from bot.relay.joining import Joining
from bot.relay.ports import Seat
from bot.visitors import wire
from bot.visitors.allowance import Buckets

COOKIE: Final = "__Host-livechat"
#: In a request: whoever has the seat that its cookie names has signed out at the site. It seats nobody.
SIGNED_OUT: Final = web.RequestKey("signed_out", bool)
#: What the cookie says instead of a secret once somebody else has signed in with this browser, until
#: the widget has heard that: what was not sent there is not the next one's to read.
GAVE_WAY: Final = "gave-way"
#: Seconds for which it is told again: the page that asked may be left before it has read the answer.
TOLD_AGAIN: Final = 60
MAX_BODY_BYTES: Final = 4096
BODY_SECONDS: Final = 10.0

_SECRET = re.compile(r"[A-Za-z0-9_-]{22,128}")
_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Refusal(Exception):
    """The request is answered with ``status`` and ``{"error": code}``, and nothing is done."""

    def __init__(self, status: int, code: str, retry_after: float | None = None) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.retry_after = retry_after


def check_origins(origins: Iterable[str]) -> frozenset[str]:
    """Return the allow-list, after looking at it. Raises ValueError with what to write instead."""
    checked = frozenset(origins)
    if not checked:
        raise ValueError("name at least one origin whose pages may open chats")
    for origin in checked:
        _check_origin(origin)
    return checked


def _check_origin(origin: str) -> None:
    parts = urlsplit(origin)
    if origin != f"{parts.scheme}://{parts.netloc}" or origin != origin.lower() or "*" in origin:
        raise ValueError(
            f"{origin!r} is no origin: write scheme://host[:port], in lower case, nothing after it"
        )
    if (parts.scheme, parts.port) in {("https", 443), ("http", 80)}:
        raise ValueError(f"{origin!r}: leave the port out, browsers do too when it is the usual")
    host = parts.netloc.removesuffix(f":{parts.port}")
    if not host or not (parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK)):
        raise ValueError(
            f"{origin!r} is not https: browsers keep the session's cookie from it "
            "(http is for loopback addresses)"
        )


def check_origin(request: web.Request, origins: frozenset[str]) -> None:
    """Refuse a page that is not on the list, and a client that does not say where it is from."""
    if request.headers.getall(hdrs.ORIGIN, []) not in ([origin] for origin in origins):
        raise Refusal(403, "origin")


def check_post(request: web.Request, origins: frozenset[str]) -> None:
    """Refuse a state-changing request that a page of ours cannot have sent."""
    check_script(request, origins)
    if request.content_type != "application/json":
        raise Refusal(415, "json")


def check_script(request: web.Request, origins: frozenset[str]) -> None:
    """Refuse what a script of a page of ours cannot have sent."""
    check_origin(request, origins)
    if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        raise Refusal(403, "origin")
    # Neither can come from a form, and a script elsewhere would need our consent (CORS) first.
    if request.headers.get("X-Livechat") != "1":
        raise Refusal(403, "header")


#: Names by which web servers tell who somebody is; ours drop what a client sends under them.
_TELLING = frozenset({"x-remote-user", "remote-user", "x-forwarded-user", "x-livechat-proxy"})


def check_spelling(request: web.Request) -> None:
    """Refuse another spelling of such a name (``X_Remote_User``), which no web server drops."""
    for sent in request.headers:
        if "_" in sent and sent.replace("_", "-").lower() in _TELLING:
            raise Refusal(403, "forged")


async def read_body(request: web.Request, most: int = MAX_BODY_BYTES) -> dict[str, Any]:
    """Read a JSON object of at most ``most`` bytes. Raises Refusal."""
    try:
        return wire.read_object((await read_bytes(request, most)).decode())
    except (UnicodeDecodeError, wire.BrokenFrame):
        raise Refusal(400, "broken") from None


async def read_bytes(request: web.Request, most: int = MAX_BODY_BYTES) -> bytes:
    """Read a body of at most ``most`` bytes. Raises Refusal."""
    if (request.content_length or 0) > most:
        raise Refusal(413, "too_long")
    raw = b""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.content.iter_chunked(MAX_BODY_BYTES):
                raw += chunk
                if len(raw) > most:
                    raise Refusal(413, "too_long")
    except TimeoutError:
        raise Refusal(408, "slow") from None
    return raw


def secret_of(request: web.Request, cookie: str = COOKIE) -> str | None:
    """Return the session's secret out of the cookie, if what is there looks like one.

    The header is read here as browsers write it, a cookie up to each semicolon. A reader that makes
    two cookies of ``x=1 __Host-livechat=SECRET`` lets a sibling host plant one that it cannot set.
    """
    if cookie == COOKIE and SIGNED_OUT in request:
        return None
    secret = _cookie(request, cookie)
    return secret if _SECRET.fullmatch(secret) else None


async def held_seat(request: web.Request, joining: Joining) -> Seat | None:
    """Return the seat that the cookie stands for, if there is one."""
    secret = secret_of(request)
    return await joining.seat(secret) if secret else None


async def seat_of(request: web.Request, joining: Joining) -> Seat:
    """Return the seat of the cookie's bearer. Raises Refusal."""
    if held := await held_seat(request, joining):
        return held
    raise Refusal(401, "no_session")


def check_rate(buckets: Buckets, key: str) -> None:
    """Take one from the key's bucket. Raises Refusal, which says when there will be one to take."""
    if wait := buckets.take(key, time.monotonic()):
        raise Refusal(429, "slow_down", retry_after=wait)


def gave_way(request: web.Request) -> bool:
    """Tell whether whoever sat here before has signed out, or somebody else in: the widget forgets."""
    return SIGNED_OUT in request or _cookie(request, COOKIE) == GAVE_WAY


def before(request: web.Request) -> dict[str, bool]:
    """Return what the answer to who joins or begins a chat says of that, beside the view."""
    return {"signed_out": True} if gave_way(request) else {}


def _cookie(request: web.Request, cookie: str) -> str:
    sent = ";".join(request.headers.getall(hdrs.COOKIE, [])).split(";")
    named = [one.strip(" ").partition("=") for one in sent]
    # A browser has one of that name. If there is another, somebody else put one of them there.
    found = {value for name, _, value in named if name == cookie}
    return found.pop() if len(found) == 1 else ""


def set_secret(
    response: web.Response, secret: str, expires: datetime, now: datetime, cookie: str = COOKIE
) -> None:
    """Give the browser its session's secret, out of the reach of scripts and of other hosts."""
    _set(response, cookie, secret, max(0, int((expires - now).total_seconds())))


def make_way(response: web.Response, seconds: int | None = None) -> None:
    """Have the browser say, instead of its session's secret, that somebody else sits there."""
    _set(response, COOKIE, GAVE_WAY, seconds)


def _set(response: web.Response, cookie: str, value: str, age: int | None) -> None:
    response.set_cookie(
        cookie, value, max_age=age, path="/", secure=True, httponly=True, samesite="Strict"
    )


def drop_secret(response: web.Response, cookie: str = COOKIE) -> None:
    """Make the browser forget its session's secret."""
    response.del_cookie(cookie, path="/", secure=True, httponly=True, samesite="Strict")


def sender(request: web.Request) -> str:
    """Return a name for the sender's network, to count by (never to log).

    Apache speaks to us over loopback or a Unix socket and appends the address it saw to
    ``X-Forwarded-For``: only that last one is to be believed, and only from there. An IPv6
    customer has a whole /64.
    """
    peer = request.remote or ""
    if not peer or is_loopback(peer):
        forwarded = ",".join(request.headers.getall("X-Forwarded-For", []))
        peer = forwarded.rsplit(",", 1)[-1].strip() or peer
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def within(sender: str, networks: Iterable[str]) -> bool:
    """Tell whether a sender (as ``sender`` names it) is in one of these networks."""
    try:
        found = ipaddress.ip_network(sender)
    except ValueError:
        return False
    return any(_inside(found, ipaddress.ip_network(network)) for network in networks)


def _inside(found: _Network, network: _Network) -> bool:
    first, last = found.network_address, found.broadcast_address
    return first in network and last in network


def is_loopback(peer: str) -> bool:
    """Tell whether an address is this machine's own; not a name, nor an empty one."""
    try:
        return ipaddress.ip_address(peer).is_loopback
    except ValueError:
        return False


def token_name(token: str) -> str:
    """Return a name for a token, to count by."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
