"""The sample help site passes its one prefix on as Apache would."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession, WSMsgType, WSServerHandshakeError, web
from aiohttp.test_utils import TestServer

from bot.sandbox.helpsite import HelpSite


async def echo(request: web.Request) -> web.StreamResponse:
    """Tell what arrived."""
    answer = web.json_response({"headers": dict(request.headers), "body": await request.text()})
    answer.headers.add("Set-Cookie", "a=1; Path=/")
    answer.headers.add("Set-Cookie", "b=2; Path=/")
    return answer


async def socket(request: web.Request) -> web.StreamResponse:
    """Echo texts; close with 4401 when told to."""
    if "Cookie" not in request.headers:
        return web.json_response({"error": "no_session"}, status=401)
    ws = web.WebSocketResponse(protocols=["livechat.v1"])
    await ws.prepare(request)
    async for message in ws:
        if message.data == "stop":
            await ws.close(code=4401)
        else:
            await ws.send_str(message.data)
    return ws


@pytest.fixture
async def site() -> AsyncIterator[HelpSite]:
    app = web.Application()
    app.router.add_get("/livechat/ws", socket)
    app.router.add_route("*", "/livechat/echo", echo)
    async with TestServer(app) as server, HelpSite(service_url=str(server.make_url("/"))) as site:
        yield site


@pytest.fixture
async def http(site: HelpSite) -> AsyncIterator[ClientSession]:
    async with ClientSession(site.url) as session:
        yield session


async def test_requests_and_answers_pass_through_with_who_asked(
    site: HelpSite, http: ClientSession
) -> None:
    async with http.post(
        "/livechat/echo", data="hello", headers={"Origin": site.url, "X-Forwarded-For": "6.6.6.6"}
    ) as answer:
        seen = await answer.json()
    assert seen["body"] == "hello"
    assert seen["headers"]["Origin"] == site.url
    assert seen["headers"]["Host"] == site.url.removeprefix("http://")
    assert seen["headers"]["X-Forwarded-For"] == "6.6.6.6, 127.0.0.1"
    assert [morsel.value for morsel in answer.cookies.values()] == ["1", "2"]


async def test_a_socket_passes_through_with_its_protocol_and_its_closing_code(
    http: ClientSession,
) -> None:
    ws = await http.ws_connect("/livechat/ws", protocols=["livechat.v1"], headers={"Cookie": "a=1"})
    assert ws.protocol == "livechat.v1"
    await ws.send_str("Grüße")
    assert await ws.receive_str() == "Grüße"
    await ws.send_str("stop")
    assert (await ws.receive()).type is WSMsgType.CLOSE
    assert ws.close_code == 4401


async def test_a_refused_handshake_is_refused_with_the_same_status(http: ClientSession) -> None:
    with pytest.raises(WSServerHandshakeError) as refusal:
        await http.ws_connect("/livechat/ws")
    assert refusal.value.status == 401


@pytest.mark.parametrize("path", ["/livechat/echo", "/livechat/ws"])
async def test_a_service_that_is_not_there_gives_503_with_words(path: str) -> None:
    async with (
        HelpSite(service_url="http://127.0.0.1:9") as site,
        ClientSession(site.url) as http,
        http.get(path) as answer,
    ):
        assert answer.status == 503
        assert "start it first" in await answer.text()


@pytest.mark.parametrize("page", ["/", "/printing", "/remote", "/ticket", "/contact"])
async def test_every_page_carries_the_widget_under_the_strictest_policy(
    http: ClientSession, page: str
) -> None:
    async with http.get(page) as answer:
        assert answer.status == 200
        html = await answer.text()
    assert "require-trusted-types-for 'script'" in answer.headers["Content-Security-Policy"]
    assert '<script type="module" async src="/livechat/widget.js"></script>' in html
    assert "<rt-livechat" in html
    assert " style=" not in html


async def test_what_is_no_page_is_not_found(http: ClientSession) -> None:
    for path in ("/nothing", "/../site.py", "/static/../site.py"):
        async with http.get(path) as answer:
            assert answer.status == 404


async def test_its_search_answers_with_the_pages_that_have_most_of_the_words(
    http: ClientSession,
) -> None:
    async with http.get("/search", params={"q": "How do I print from my laptop?"}) as answer:
        assert answer.content_type == "application/x-suggestions+json"
        found = await answer.json(content_type=None)
    assert found == [
        "How do I print from my laptop?",
        ["Print from your own laptop"],
        [],
        ["/printing"],
    ]
    async with http.get("/search", params={"q": "computing support telephone"}) as answer:
        assert "/contact" not in (await answer.json(content_type=None))[3]
    async with http.get("/search") as answer:
        assert await answer.json(content_type=None) == ["", [], [], []]
