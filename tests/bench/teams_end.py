"""The Teams end of a bench: as fast as Python can, and no rules. Tokens and keys are the stand-in's."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web

from bot.sandbox.teams.faults import FaultPlan
from bot.sandbox.teams.login import Login
from bot.sandbox.teams.openid import OpenId
from bot.sandbox.teams.signing import Authority
from tests.bench.cast import Cast
from tests.bench.pipes import Answer, HttpEnd

HOST = "127.0.0.1"
PASSWORD = "bench-password"
_MARK = re.compile(rb"m\d+x\b")  # in JSON an n may stand before it: of \\n


@dataclass
class TeamsEnd:
    """Where the service under load finds Teams; ``seen`` is called with each mark in a post."""

    cast: Cast
    port: int
    login: Login
    openid: OpenId
    authority: Authority
    seen: Callable[[bytes], None]
    posts: int = 0
    edits: int = 0

    @property
    def token(self) -> str:
        """What Teams shows to the bot."""
        return self.openid.token(self.cast.service_url)

    def answer(self, method: str, path: str, body: bytes) -> Answer:
        """The Connector."""
        if "/pagedmembers" in path:
            return 200, self.cast.members
        if method == "PUT":
            self.edits += 1
            return 200, b'{"id":"1"}'
        self.posts += 1
        for mark in _MARK.findall(body):
            self.seen(mark)
        return 201, b'{"id":"17000%d"}' % self.posts


def _listen() -> tuple[socket.socket, int]:
    listener = socket.socket()
    listener.bind((HOST, 0))
    return listener, listener.getsockname()[1]


@asynccontextmanager
async def teams_end() -> AsyncIterator[TeamsEnd]:
    """Listen: the Connector, the signing keys, and a login by TLS."""
    connector, port = _listen()
    keys, keys_port = _listen()
    secure, secure_port = _listen()
    cast = Cast(f"http://{HOST}:{port}/teams/")
    login = Login(cast.app_id, PASSWORD, cast.tenant_id, FaultPlan())
    login.base_url = f"https://{HOST}:{secure_port}"
    openid = OpenId(cast.app_id, FaultPlan())
    openid.base_url = f"http://{HOST}:{keys_port}"
    end = TeamsEnd(cast, port, login, openid, Authority(), lambda _mark: None)
    app = web.Application()
    app.add_routes([*openid.routes(), *login.routes()])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.SockSite(runner, keys).start()
    await web.SockSite(runner, secure, ssl_context=end.authority.server_context).start()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: HttpEnd(end.answer), sock=connector, backlog=1000)
    try:
        yield end
    finally:
        server.close()
        await runner.cleanup()
        end.authority.close()
