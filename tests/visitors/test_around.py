"""What happens around every request."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web

from bot.visitors.around import answer, expecting, nowhere
from bot.visitors.pages import HEADERS


async def _here(request: web.Request) -> web.Response:
    return answer(200, {"told": (await request.read()).decode()})


@pytest.fixture
async def port() -> AsyncIterator[int]:
    """A service with one address, /here."""
    app = web.Application()
    app.add_routes(expecting([web.post("/here", _here)]))
    nowhere(app)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield runner.addresses[0][1]
    await runner.cleanup()


async def status(port: int, path: str, expect: bytes, *, method: str = "POST") -> bytes:
    """Ask with this header; return what comes first."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"{method} {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n".encode()
    writer.write(head + expect + b"\r\nhi")
    async with asyncio.timeout(20):
        line = await reader.readline()
    writer.close()
    return line.split(b" ", 1)[1].strip()


@pytest.mark.parametrize("path", ["/here", "/elsewhere"])
@pytest.mark.parametrize("wish", [b"\xe9", b"miracles", b"\x80\xff"])
async def test_what_cannot_be_expected_is_refused_and_nothing_breaks(
    port: int, path: str, wish: bytes
) -> None:
    assert await status(port, path, b"Expect: " + wish + b"\r\n") == b"417 Expectation Failed"


async def test_who_waits_to_be_told_to_go_on_is_told(port: int) -> None:
    assert await status(port, "/here", b"Expect: 100-continue\r\n") == b"100 Continue"


async def test_where_nothing_is_expected_there_is_nothing_elsewhere(port: int) -> None:
    assert await status(port, "/here", b"") == b"200 OK"
    assert await status(port, "/elsewhere", b"") == b"404 Not Found"
    assert await status(port, "/here", b"", method="PUT") == b"405 Method Not Allowed"


@pytest.mark.parametrize(("method", "path"), [("GET", "elsewhere"), ("PUT", "here")])
async def test_where_there_is_nothing_nothing_is_to_be_kept_or_framed_either(
    port: int, method: str, path: str
) -> None:
    """A cache between may keep a 404 and a 405 that say nothing of it, also once there is something."""
    async with aiohttp.request(method, f"http://127.0.0.1:{port}/{path}") as answered:
        assert HEADERS.items() <= dict(answered.headers).items()
        assert answered.headers.get("Allow") == ("POST" if answered.status == 405 else None)
