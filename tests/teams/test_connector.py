"""The wire to the Connector: one session, a token only for allowed hosts, honest outcomes."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest
import structlog
from aiohttp import web

from bot.relay.answering import Answer
from bot.relay.delivery import STILL
from bot.relay.outcomes import Gone, NotDone, Refused, Unclear
from bot.relay.ports import Tell
from bot.sandbox.teams import Fault
from bot.teams.connector import Wire
from bot.teams.hosts import ServiceHosts
from tests.people import talking
from tests.teams.stage import Stage


class Vault:
    """Tokens that count how often they are handed out."""

    def __init__(self) -> None:
        self.given = 0

    async def token(self) -> str:
        self.given += 1
        return "secret-token"

    async def renew(self, refused: str) -> str:
        return await self.token()


@pytest.mark.parametrize(
    "url",
    [
        "https://smba.trafficmanager.net.evil.example/",
        "https://evil@smba.trafficmanager.net/",
        "http://smba.trafficmanager.net/",
        "https://10.0.0.1/",
        "http://127.0.0.1:1/",
    ],
)
async def test_a_forged_service_url_costs_neither_a_token_nor_a_connection(url: str) -> None:
    vault = Vault()
    wire = Wire(ServiceHosts(), vault)
    with pytest.raises(Refused, match="service address"):
        await wire.call("POST", url, "v3/conversations/x/activities", {})
    assert vault.given == 0
    assert wire._session is None


FAULTS = [
    (Fault.throttled(3), NotDone, 0),
    (Fault.gateway(502), Unclear, 0),
    (Fault.gateway(504, accepted=True), Unclear, 1),
    (Fault.web_page(502), Unclear, 0),
    (Fault.lost_request(), Unclear, 0),
    (Fault.lost_answer(), Unclear, 1),
    (Fault.not_in_roster(), Gone, 0),
    (Fault.writes_blocked(), Gone, 0),
    (Fault.conversation_not_found(), Gone, 0),
    (Fault.too_big(), Refused, 0),
]


@pytest.mark.parametrize(("fault", "kind", "posts"), FAULTS)
async def test_every_kind_of_trouble_is_told_and_nothing_is_sent_twice(
    stage: Stage, fault: Fault, kind: type[Exception], posts: int
) -> None:
    stage.teams.faults.add(fault)
    thread = stage.thread()
    path = f"v3/conversations/{thread.channel_id or thread.conversation_id}/activities"
    with pytest.raises(kind):
        await stage.room._wire.call("POST", thread.service_url, path, _message())
    assert len(stage.teams.posts("Live chat")) == posts
    assert len(stage.teams.ledger.sent("send")) == 1


async def test_a_refused_token_is_replaced_once(stage: Stage) -> None:
    await stage.room.tokens.token()  # type: ignore[union-attr]
    stage.teams.login.keys.rotate()
    stage.teams.login._known.clear()
    thread = stage.thread()
    path = f"v3/conversations/{thread.conversation_id}/activities"
    assert "id" in await stage.room._wire.call("POST", thread.service_url, path, _message())
    assert stage.teams.login.token_requests == 2


@pytest.mark.parametrize("status", [200, 401])
async def test_a_token_that_does_not_come_leaves_a_post_not_done(
    elsewhere: Any, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    """Else it would count as tried once the delivery's time is over, and be given up the next time."""

    class Hung(Vault):
        async def token(self) -> str:
            if self.given or status == 200:
                await asyncio.Event().wait()
            return await super().token()

    monkeypatch.setattr("bot.teams.connector.TOKEN", 0.1)
    url, _, answers = elsewhere
    answers["with"] = lambda _: asyncio.sleep(0, web.json_response({}, status=status))
    wire = Wire(ServiceHosts(loopback=True), Hung())
    async with asyncio.timeout(20):
        with pytest.raises(NotDone, match="gives the bot its token"):
            await wire.call("POST", url, "x", {})
    await wire.close()


async def test_a_port_where_nobody_listens_is_not_done() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/"
    wire = Wire(ServiceHosts(loopback=True), None)
    with pytest.raises(NotDone, match="cannot be reached"):
        await wire.call("POST", url, "x", {})
    await wire.close()


async def test_a_tls_handshake_that_fails_is_not_done(stage: Stage) -> None:
    """Neither with a server that speaks no TLS, nor with one that nobody vouches for."""
    wire = Wire(ServiceHosts(loopback=True), None)
    plain = stage.teams.service_url.replace("http://", "https://")
    for url in (plain, stage.teams.authority):
        with pytest.raises(NotDone, match="cannot be reached"):
            await wire.call("POST", url, "x", {})
    await wire.close()


async def test_a_token_that_is_refused_twice_is_an_alarm_and_not_done(stage: Stage) -> None:
    stage.teams.faults.add(Fault(status=401, times=2))
    thread = stage.thread()
    path = f"v3/conversations/{thread.conversation_id}/activities"
    with structlog.testing.capture_logs() as logs, pytest.raises(NotDone, match="livechat doctor"):
        await stage.room._wire.call("POST", thread.service_url, path, _message())
    assert "connector_refuses_token" in [entry["event"] for entry in logs]
    assert len(stage.teams.ledger.sent("send")) == 2


@pytest.fixture
async def elsewhere() -> Any:
    """A server that answers as its test wants, and what it was asked with."""
    seen: list[web.Request] = []
    answers: dict[str, Any] = {}

    async def serve(request: web.Request) -> web.StreamResponse:
        seen.append(request)
        await request.read()
        response: web.StreamResponse = await answers["with"](request)
        return response

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", serve)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/base/", seen, answers
    await runner.cleanup()


async def test_a_redirect_is_not_followed(elsewhere: Any) -> None:
    url, seen, answers = elsewhere

    async def away(request: web.Request) -> web.Response:
        return web.Response(status=307, headers={"Location": "/other"})

    answers["with"] = away
    wire = Wire(ServiceHosts(loopback=True), Vault())
    with pytest.raises(Refused):
        await wire.call("POST", url, "x", {})
    assert [request.path for request in seen] == ["/base/x"]
    await wire.close()


async def test_an_answer_that_does_not_come_leaves_a_post_unclear_and_an_edit_undone(
    elsewhere: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, _, answers = elsewhere

    async def late(request: web.Request) -> web.Response:
        await asyncio.sleep(5)
        return web.Response()

    answers["with"] = late
    monkeypatch.setattr("bot.teams.connector.TIMEOUT", 0.1)
    wire = Wire(ServiceHosts(loopback=True), None)
    with pytest.raises(Unclear):
        await wire.call("POST", url, "x", {})
    with pytest.raises(NotDone):
        await wire.call("PUT", url, "x", {})
    await wire.close()


async def test_a_post_that_found_no_free_connection_is_not_done(
    elsewhere: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, seen, answers = elsewhere

    free = asyncio.Event()

    async def late(request: web.Request) -> web.Response:
        await free.wait()
        return web.json_response({})

    answers["with"] = late
    monkeypatch.setattr("bot.teams.connector.CONNECT", 1.0)
    wire = Wire(ServiceHosts(loopback=True), None, connections=1)
    first = asyncio.create_task(wire.call("POST", url, "x", {}))
    async with asyncio.timeout(20):
        while not seen:  # noqa: ASYNC110 - until it has the only connection
            await asyncio.sleep(0.01)
    with pytest.raises(NotDone):
        await wire.call("POST", url, "y", {})
    free.set()
    await first
    assert [request.path for request in seen] == ["/base/x"]
    await wire.close()


async def test_what_is_somebody_elses_by_now_is_not_sent_though_the_connection_is_there(
    elsewhere: Any,
) -> None:
    url, seen, answers = elsewhere
    answers["with"] = lambda _: asyncio.sleep(0, web.json_response({}))
    wire = Wire(ServiceHosts(loopback=True), None)
    await wire.call("POST", url, "first", {})  # now there is a connection
    asked: list[bool] = []

    def still() -> bool:
        asked.append(True)
        return False

    token = STILL.set(still)
    try:
        async with asyncio.timeout(20):
            with pytest.raises(NotDone, match="too late"):
                await wire.call("POST", url, "x", {})
    finally:
        STILL.reset(token)
    assert asked
    await wire.call("POST", url, "last", {})
    assert [request.path for request in seen] == ["/base/first", "/base/last"]
    await wire.close()


async def test_ids_of_teams_stay_one_segment_of_the_path(stage: Stage) -> None:
    grace = stage.teams.people["grace"]
    post = await grace.post("Live chat", "hello")
    thread = stage.thread(root=post.id)
    await stage.room.threads.tell(thread, Tell(Answer.DONE, chat=talking()))
    assert stage.teams.ledger.sent("send")[-1].conversation == thread.conversation_id


def _message() -> dict[str, Any]:
    return {"type": "message", "text": "hello"}
