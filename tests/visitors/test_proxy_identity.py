"""Who somebody is, by the web server's word; and what only looks like its word."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from bot.visitors.around import around
from bot.visitors.proxy_identity import ProxyIdentity

SECRET = "s" * 40
GOOD = [("X-Remote-User", "grace"), ("X-Livechat-Proxy", SECRET)]


@asynccontextmanager
async def asking(identity: ProxyIdentity, socket: Path | None = None) -> AsyncIterator[str]:
    """A server that answers with who asked; yields its address."""

    async def who(request: web.Request) -> web.Response:
        return web.Response(text=identity.login(request) or "nobody")

    async def handler(request: web.Request) -> web.StreamResponse:
        return await around(request, who)

    app = web.Application()
    app.add_routes([web.get("/", handler)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.UnixSite(runner, str(socket)) if socket else web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/" if not socket else "http://livechat/"
    await runner.cleanup()


async def said(url: str, headers: list[tuple[str, str]], socket: Path | None = None) -> str:
    connector = aiohttp.UnixConnector(str(socket)) if socket else None
    async with (
        aiohttp.ClientSession(connector=connector) as http,
        http.get(url, headers=headers) as answer,
    ):
        return await answer.text() if answer.status == 200 else str(answer.status)


@pytest.mark.parametrize(
    ("headers", "who"),
    [
        (GOOD, "grace"),
        ([("x-remote-user", "grace@INF.ED.AC.UK"), GOOD[1]], "grace@INF.ED.AC.UK"),
        ([GOOD[1]], "nobody"),
        ([("X-Remote-User", "(null)"), GOOD[1]], "nobody"),
        ([], "nobody"),
        ([GOOD[0]], "403"),
        ([GOOD[0], ("X-Livechat-Proxy", "s" * 39)], "403"),
        ([*GOOD, GOOD[1]], "403"),
        ([*GOOD, ("X-Remote-User", "mallory")], "403"),
        ([*GOOD, ("X_Remote_User", "mallory")], "403"),
        ([*GOOD, ("X-Remote_User", "mallory")], "403"),
        ([*GOOD, ("X_LIVECHAT-PROXY", "x")], "403"),
        ([("X-Remote-User", "grace, mallory"), GOOD[1]], "403"),
        ([("X-Remote-User", "gr\u00e4ce"), GOOD[1]], "403"),
        ([("X-Remote-User", "a" * 129), GOOD[1]], "403"),
    ],
)
async def test_on_tcp_only_who_shows_the_secret_is_believed(
    headers: list[tuple[str, str]], who: str
) -> None:
    async with asking(ProxyIdentity("X-Remote-User", SECRET)) as url:
        assert await said(url, headers) == who


async def test_without_a_secret_nobody_on_tcp_is_believed() -> None:
    async with asking(ProxyIdentity("X-Remote-User")) as url:
        assert await said(url, [("X-Remote-User", "grace"), ("X-Livechat-Proxy", "")]) == "403"


async def test_a_unix_socket_is_the_proxys_own(tmp_path: Path) -> None:
    socket = tmp_path / "s"
    async with asking(ProxyIdentity("X-Remote-User"), socket) as url:
        assert await said(url, [("X-Remote-User", "grace")], socket) == "grace"
        assert await said(url, [("X-Remote-User", "g"), ("X_Remote_User", "h")], socket) == "403"


async def test_without_a_header_in_the_settings_nobody_is_anybody() -> None:
    async with asking(ProxyIdentity("", SECRET)) as url:
        assert await said(url, GOOD) == "nobody"


def test_a_login_is_the_same_with_this_sites_realm_and_anothers_is_nobody_here() -> None:
    ours = ProxyIdentity("X-Remote-User", realms=frozenset({"INF.ED.AC.UK", "ed.ac.uk"}))
    assert {ours.local(it) for it in ("Grace@INF.ED.AC.UK", "grace", "grace@ed.ac.uk")} == {"grace"}
    for namesake in ("grace@evil.example", "grace@", "grace@ed.ac.uk@evil.example", "grace@ac.uk"):
        assert ours.local(namesake) is None
    assert ProxyIdentity("X-Remote-User").local("grace@INF.ED.AC.UK") is None
