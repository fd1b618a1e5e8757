"""What the doctor sees of the web server in front: its workers, whether it lets WebSockets through, and
for how long its certificate is good.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
from aiohttp import hdrs

from bot.visitors.wire import PROTOCOL

DEBIAN = Path("/etc/apache2")
ENOUGH = 400
"""Workers: fewer, and as many open pop-ups stop a site that Debian's 150 carried well before."""

#: Without a word in the configuration, Apache 2.4's own numbers for each way to work.
_BUILT_IN = {"event": 400, "worker": 400, "prefork": 256}
_SECTION = re.compile(r"^\s*<\s*(/?)IfModule\s*(!?)(?:mpm_)?(\w*)", re.IGNORECASE)
_WORKERS = re.compile(r"^\s*(?:MaxRequestWorkers|MaxClients)\s+(\d+)\s*$", re.IGNORECASE)


def workers(folder: Path = DEBIAN) -> tuple[str, int] | None:
    """Return how Apache works here (event, worker, prefork) and how many workers it may have.

    None if there is no Apache in ``folder``, laid out as Debian does, or none may be read.
    """
    loaded = sorted((folder / "mods-enabled").glob("mpm_*.load"))
    if not loaded:
        return None
    way = loaded[0].stem.removeprefix("mpm_")
    found = _BUILT_IN.get(way, 0)
    try:
        for file in _in_order(folder):
            for number in _numbers(file.read_text(encoding="utf-8", errors="replace"), way):
                found = number
    except OSError:
        return None
    return way, found


def _in_order(folder: Path) -> Iterable[Path]:
    """Name the files as Debian's apache2.conf includes them."""
    for kind in ("mods-enabled", "conf-enabled", "sites-enabled"):
        yield from sorted((folder / kind).glob("*.conf"))


def _numbers(text: str, way: str) -> Iterable[int]:
    """Return what a file says of workers to those who work that ``way``."""
    open_sections: list[bool] = []
    for line in text.splitlines():
        section = _SECTION.match(line)
        if section and section[1]:
            del open_sections[-1:]
        elif section:
            named = section[3].lower().removesuffix("_module").removesuffix("_c")
            concerns = named not in _BUILT_IN or (named == way) is not bool(section[2])
            open_sections.append(concerns)
        elif (told := _WORKERS.match(line)) and all(open_sections):
            yield int(told[1])


class AsksForLogin(Exception):
    """A sign-in stands before the service, which itself never asks a browser for one."""


async def upgraded(public_url: str, origin: str, *, verify: bool = True) -> int:
    """Ask for a WebSocket without a session; return the status: 401 if it would have come through.

    426: the proxy took the upgrade away. Raises AsksForLogin, and OSError or aiohttp.ClientError when
    out of reach.
    """
    headers = {
        hdrs.ORIGIN: origin,
        hdrs.CONNECTION: "Upgrade",
        hdrs.UPGRADE: "websocket",
        hdrs.SEC_WEBSOCKET_VERSION: "13",
        hdrs.SEC_WEBSOCKET_KEY: "bGl2ZWNoYXQtZG9jdG9yIQ==",
        hdrs.SEC_WEBSOCKET_PROTOCOL: PROTOCOL,
    }
    assert urlsplit(public_url).scheme in {"http", "https"}
    async with (
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http,
        http.get(f"{public_url}/ws", headers=headers, ssl=verify, allow_redirects=False) as answer,
    ):
        if hdrs.WWW_AUTHENTICATE in answer.headers:
            raise AsksForLogin
        return answer.status


async def expires(public_url: str) -> datetime | None:
    """Tell when the web server's certificate ends; None without TLS, or without one to be trusted here.

    What this machine trusts is what its system does, as for everything that is asked over HTTPS.
    """
    at = urlsplit(public_url)
    if at.scheme != "https":
        return None
    trusted = ssl.create_default_context()
    try:
        _, writer = await asyncio.open_connection(at.hostname, at.port or 443, ssl=trusted)
    except OSError:
        return None
    shown = writer.get_extra_info("peercert")
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(shown["notAfter"]), UTC)
